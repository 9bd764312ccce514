/* join-time - from CONNACK until snapshot and recent are there, on an idle broker: as one plain SUBSCRIBE, and as the
 * library does it. node tests/web/join-time.mjs */
import mqtt from 'mqtt';
import { openMqtt } from '../../web/client/transports/mqtt.js';
import { startStage } from './support/stage.mjs';
import { sleep } from './support/tools.mjs';

const RUNS = 15;
const FEED = 'scoreboard/feed/spectator';
const stage = await startStage();
stage.seek(137000);
await sleep(2000);

function plain() {
	return new Promise((done) => {
		const client = mqtt.connect(stage.broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
		let begun = 0;
		let left = 2;
		client.on('connect', () => {
			begun = performance.now();
			client.subscribe([`${FEED}/delta`, 'scoreboard/status', `${FEED}/snapshot`, `${FEED}/recent`]);
		});
		client.on('message', (topic) => {
			if (/snapshot|recent/.test(topic) && --left === 0)
				client.end(true, () => done(performance.now() - begun));
		});
	});
}

function library() {
	return new Promise((done) => {
		let begun = 0;
		let left = 2;
		const connect = (...args) => mqtt.connect(...args).on('connect', () => { begun = performance.now(); });
		const session = openMqtt({ endpoint: { url: stage.broker.url }, prefix: 'scoreboard', view: 'spectator', dialMs: 5000,
			mqtt: async () => ({ connect }) }, {
			joined() {}, answered() {}, lost: (error) => { throw error; },
			message(kind) {
				if (/snapshot|recent/.test(kind) && --left === 0) {
					session.close();
					done(performance.now() - begun);
				}
			},
		});
	});
}

for (const [name, join] of Object.entries({ plain, library })) {
	const times = [];
	for (let i = 0; i < RUNS; i++) {
		times.push(Math.round(await join()));
		await sleep(30 + 100 * Math.random());
	}
	times.sort((a, b) => a - b);
	console.log(`${name}: median ${times[Math.floor(RUNS / 2)]} ms, ${times[0]} to ${times.at(-1)}`);
}
await stage.stop();
process.exit(0);
