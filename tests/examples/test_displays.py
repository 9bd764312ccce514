"""examples/display: both programs show what the texts say, by a real broker and publisher, and `--` when that is not so any more."""
import json
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXAMPLES = os.path.join(TOP, "examples", "display")
PUBLISHER = os.path.join(os.environ.get("SB_BUILD_DIR", os.path.join(TOP, "build", "test")), "publisher", "scoreboard-publisher")
MOSQUITTO = os.environ.get("SB_MOSQUITTO", "/usr/sbin/mosquitto")
MODULES = os.path.join(TOP, "web", "node_modules")
WAIT_S = 20 * float(os.environ.get("SB_PATIENCE", "1"))
GAME = "ScoreBoard.CurrentGame."
JAM_3 = {"Team(1).Score": 23, "Team(2).Score": 17, "InJam": True, "Clock(Jam).Number": 3, "Clock(Jam).Running": True,
         "Clock(Jam).Direction": True, "Clock(Jam).Time": 92000}


def frame(values):
    return json.dumps({"state": {GAME + key: value for key, value in values.items()}}) + "\n"


def free_port():
    """And a UDP socket of that number, while which is open no other test program takes the port (tests/support/place.c). Below the range from which the
    system gives ports to outgoing connections: one of those could take it while the broker is down."""
    while True:
        address = ("127.0.0.1", random.randrange(12000, 32000))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(address)
            with socket.socket() as s:
                s.bind(address)
            return address[1], udp
        except OSError:
            udp.close()


def python_with_paho():
    """Another Python than Debian's may come first."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import paho.mqtt"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return python
    return None


class Display:
    """One of the examples, and the lines that it has shown."""

    def __init__(self, *command, cwd):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", cwd=cwd)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line.rstrip("\n")) for line in self.process.stdout], daemon=True).start()

    def wait_for(self, expected):
        seen, end = [], time.monotonic() + WAIT_S
        while not seen or seen[-1] != expected:
            try:
                seen.append(self.lines.get(timeout=max(0, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"expected {expected!r}, got {seen}") from None
        return seen

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Displays(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.port, udp = free_port()
        self.addCleanup(udp.close)
        with open(os.path.join(self.folder, "mosquitto.conf"), "w", encoding="utf-8") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.start_broker()
        self.addCleanup(lambda: self.end(self.broker))

    def end(self, process):
        process.kill()
        process.wait()

    def start_broker(self):
        self.broker = subprocess.Popen([MOSQUITTO, "-c", os.path.join(self.folder, "mosquitto.conf")], stderr=subprocess.DEVNULL)

    def start_publisher(self):
        p = subprocess.Popen([PUBLISHER, "--source", "-", "--broker", f"mqtt://127.0.0.1:{self.port}", "--retry-first-ms", "100",
                              "--schema", os.path.join(TOP, "schema", "crg.json")],
                             stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
        self.addCleanup(lambda: (self.end(p), p.stdin.close()))
        self.say(p, JAM_3)
        return p

    def say(self, publisher, values):
        publisher.stdin.write(frame(values))
        publisher.stdin.flush()

    def check(self, display):
        self.addCleanup(display.end)
        publisher = self.start_publisher()
        display.wait_for("Jam 3  1:32  23:17")
        self.say(publisher, {"Team(1).Score": 27})
        display.wait_for("Jam 3  1:32  27:17")
        self.say(publisher, {"InJam": False, "Clock(Jam).Running": False})
        display.wait_for("Coming Up  27:17")  # no clock counts
        # it vanishes: the texts stay at the broker, and the display does not show them
        publisher.send_signal(signal.SIGKILL)
        self.assertEqual(display.wait_for("--")[-1:], ["--"])
        publisher = self.start_publisher()
        display.wait_for("Jam 3  1:32  23:17")
        # the broker is lost
        self.end(self.broker)
        display.wait_for("--")
        self.start_broker()
        display.wait_for("Jam 3  1:32  23:17")

    def test_in_python(self):
        python = python_with_paho()
        if not python:
            self.skipTest("python3-paho-mqtt is not installed")
        self.check(Display(python, "-B", os.path.join(EXAMPLES, "display.py"), "127.0.0.1", str(self.port), cwd=self.folder))

    def test_in_node(self):
        if not shutil.which("node") or not os.path.isdir(os.path.join(MODULES, "mqtt")):
            self.skipTest("Node.js or MQTT.js is not installed")
        shutil.copy(os.path.join(EXAMPLES, "display.mjs"), self.folder)
        os.symlink(MODULES, os.path.join(self.folder, "node_modules"))
        self.check(Display("node", "display.mjs", f"mqtt://127.0.0.1:{self.port}", cwd=self.folder))


if __name__ == "__main__":
    unittest.main()
