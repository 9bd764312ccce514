/* viewer.mjs URL TOPIC VALUE [SECONDS [NAME]] - a viewer's client over WebSockets: 0 when TOPIC is VALUE in time, 1 when not. NAME: of the server, where URL has its address. */
import { createRequire } from 'node:module';

const mqtt = createRequire(new URL('../../web/package.json', import.meta.url))('mqtt');
const [url, topic, value, seconds = '20', name] = process.argv.slice(2);
const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 500, ...name && { wsOptions: { servername: name, headers: { Host: name } } } });
const seen = new Set();
const end = (code) => {
	if (code)
		console.log(`${topic} was not ${value} within ${seconds} s, but: ${[...seen].join(', ') || 'nothing'}`);
	process.exit(code);
};
client.on('error', (e) => seen.add(e.message));
client.on('connect', () => client.subscribe(topic));
client.on('message', (_topic, payload) => {
	seen.add(payload.toString());
	if (payload.toString() === value)
		end(0);
});
setTimeout(() => end(1), Number(seconds) * 1000);
