// A newcomer by MQTT.js over WebSockets: subscribes, prints "topic<TAB>payload" of every retained message until as
// many topics as asked for have come, or none came for three seconds.
//
//   node mqttjs_count.mjs MODULE ws://127.0.0.1:PORT FILTER COUNT
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [module, url, filter, count] = process.argv.slice(2);
const required = createRequire(import.meta.url)(resolve(module));
const mqtt = required.default ?? required;
const seen = new Map();
const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 20000 });
let quiet;

function finish(code) {
	for (const [topic, payload] of seen)
		process.stdout.write(`${topic}\t${payload}\n`);
	client.end(true, () => process.exit(code));
}

function heard() {
	clearTimeout(quiet);
	quiet = setTimeout(() => finish(0), seen.size >= Number(count) ? 300 : 3000);
}

client.on('error', (error) => {
	console.error(`mqttjs_count: ${error.message}`);
	process.exit(1);
});
client.on('connect', () => client.subscribe(filter, heard));
client.on('message', (topic, payload, packet) => {
	if (packet.retain)
		seen.set(topic, payload.toString());
	heard();
});
