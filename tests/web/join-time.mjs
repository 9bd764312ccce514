/* join-time - from opening a connection until the first exact state, on an idle broker, by encoding: as one plain SUBSCRIBE, and as the
 * library does it. The four take turns. node tests/web/join-time.mjs */
import mqtt from 'mqtt';
import { fflate } from './support/packed.mjs';
import { openMqtt } from '../../web/client/transports/mqtt.js';
import { startStage } from './support/stage.mjs';
import { sleep } from './support/tools.mjs';

const RUNS = 25;
const FEED = 'scoreboard/feed/spectator';
const stage = await startStage();
stage.seek(137000);
await sleep(2000);

function plain(levels) {
	return new Promise((done) => {
		const begun = performance.now();
		const client = mqtt.connect(stage.broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
		let left = 2;
		client.on('connect', () => client.subscribe([`${FEED}/${levels[0]}`, 'scoreboard/status', `${FEED}/${levels[1]}`, `${FEED}/${levels[2]}`]));
		client.on('message', (topic) => {
			if (/snapshot|base|recent/.test(topic) && --left === 0)
				client.end(true, () => done(performance.now() - begun));
		});
	});
}

function library(encoding) {
	return new Promise((done) => {
		const begun = performance.now();
		let left = 2;
		const session = openMqtt({ endpoint: { url: stage.broker.url }, prefix: 'scoreboard', view: 'spectator', dialMs: 5000, encoding,
			mqtt: async () => mqtt, fflate: async () => fflate, credentials: async () => null }, {
			joining() {}, joined() {}, answered() {}, connected() {}, notice() {}, other() {}, measured() {}, missed() {}, unread() {}, lost: (error) => { throw error; },
			message(kind) {
				if (/snapshot|recent/.test(kind) && --left === 0) {
					session.close();
					done(performance.now() - begun);
				}
			},
		});
	});
}

const ways = {
	'JSON, plain': () => plain(['delta', 'snapshot', 'recent']),
	'packed, plain': () => plain(['z', 'z/base', 'z/recent']),
	'JSON, library': () => library('json'),
	'packed, library': () => library('packed'),
};
const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let i = 0; i < RUNS; i++)
	for (const [name, join] of Object.entries(ways)) {
		times[name].push(Math.round(await join()));
		await sleep(30 + 100 * Math.random());
	}
for (const [name, list] of Object.entries(times)) {
	list.sort((a, b) => a - b);
	console.log(`${name}: median ${list[Math.floor(RUNS / 2)]} ms, ${list[0]} to ${list.at(-1)}`);
}
await stage.stop();
process.exit(0);
