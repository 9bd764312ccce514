#!/usr/bin/env node
/* A small display: one line with phase, clock and score, and `--` while nothing is known to be so now.
 *
 *	node display.mjs [URL [PREFIX]]        needs MQTT.js (npm install mqtt); mqtt://, mqtts:// or ws://
 *
 * In the place of console.log() comes what drives the display. */
import mqtt from 'mqtt';

const [url = 'mqtt://127.0.0.1:1883', prefix = 'scoreboard'] = process.argv.slice(2);
const TEXTS = ['phase', 'clock', 'score'];
const texts = new Map();
let live = false; // what the broker has is the scoreboard's state, and we are connected to the broker
let shown;

function show() {
	const line = live ? TEXTS.map((name) => texts.get(name)).filter(Boolean).join('  ') : '--';
	if (line !== shown)
		console.log(line);
	shown = line;
}

function isLive(text) {
	try {
		return JSON.parse(text).state === 'live';
	} catch {
		return false;
	}
}

const client = mqtt.connect(url, { keepalive: 30, reconnectPeriod: 2000 });
client.on('connect', () => client.subscribe([`${prefix}/display/+`, `${prefix}/status`]));
client.on('message', (topic, payload) => {
	const name = topic.slice(prefix.length + 1);
	if (name === 'status')
		live = isLive(String(payload));
	else
		texts.set(name.slice('display/'.length), String(payload)); // an empty one has been cleared
	show();
});
client.on('close', () => {
	live = false;
	texts.clear(); // the broker sends again what it has
	show();
});
client.on('error', ({ message }) => console.error(message));
