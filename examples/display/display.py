#!/usr/bin/env python3
"""A small display: one line with phase, clock and score, and `--` while nothing is known to be so now.

    display.py [HOST [PORT [PREFIX]]]        needs paho-mqtt (Debian: python3-paho-mqtt); tested with 1.6.1

In the place of print() comes what drives the display."""
import json
import sys

import paho.mqtt.client as mqtt

HOST, PORT, PREFIX = (sys.argv[1:] + ["127.0.0.1", "1883", "scoreboard"][len(sys.argv) - 1:])[:3]
TEXTS = ("phase", "clock", "score")
texts = {}
live = False  # what the broker has is the scoreboard's state, and we are connected to the broker
shown = None


def show():
    global shown
    line = "  ".join(filter(None, map(texts.get, TEXTS))) if live else "--"
    if line != shown:
        print(line, flush=True)
    shown = line


def on_connect(client, *_):
    client.subscribe([(f"{PREFIX}/display/+", 0), (f"{PREFIX}/status", 0)])


def on_message(client, userdata, message):
    global live
    text = message.payload.decode("utf-8", "replace")
    name = message.topic[len(PREFIX) + 1:]
    if name == "status":
        live = is_live(text)
    else:
        texts[name.partition("/")[2]] = text  # an empty one has been cleared
    show()


def is_live(text):
    try:
        return json.loads(text)["state"] == "live"
    except (ValueError, KeyError, TypeError):
        return False


def on_disconnect(*_):
    global live
    live = False
    texts.clear()  # the broker sends again what it has
    show()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client()
client.on_connect, client.on_message, client.on_disconnect = on_connect, on_message, on_disconnect
client.connect_async(HOST, int(PORT), keepalive=30)
client.loop_forever(retry_first_connection=True)
