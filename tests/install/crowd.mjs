/* crowd.mjs URL NAME N - N viewers over WebSockets with TLS, who do not come again when they lost their connection. When standard input ends it says how many were in all the time, and
 * the score that they saw last, each of them; and before that `all have SCORE`, whenever that is so. */
import { createRequire } from 'node:module';

const mqtt = createRequire(new URL('../../web/package.json', import.meta.url))('mqtt');
const [url, name, n] = process.argv.slice(2);
const AT_ONCE = 50;
const viewers = [];
let coming = [];
for (let i = 0; i < Number(n); i++) {
	const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0, wsOptions: { servername: name, headers: { Host: name } } });
	const viewer = { lost: '', score: null };
	viewers.push(viewer);
	client.on('close', () => { viewer.lost ||= 'closed'; });
	client.on('error', (e) => { viewer.lost ||= e.message; });
	client.on('message', (_topic, payload) => {
		viewer.score = payload.toString();
		if (viewers.length === Number(n) && viewers.every(({ lost, score }) => lost || score === viewer.score))
			console.log(`all have ${viewer.score}`);
	});
	coming.push(new Promise((done) => { client.on('connect', () => client.subscribe('scoreboard/team/1/score', done)); client.on('close', done); }));
	if (coming.length === AT_ONCE || i === Number(n) - 1) {
		await Promise.all(coming);
		coming = [];
	}
}
console.log(`${viewers.filter(({ lost }) => !lost).length} are in`);
process.stdin.resume();
process.stdin.on('end', () => {
	const stayed = viewers.filter(({ lost }) => !lost);
	console.log(`${stayed.length} were in all the time, and saw ${[...new Set(stayed.map(({ score }) => score))].join(' or ')}`);
	console.log([...new Set(viewers.map(({ lost }) => lost).filter(Boolean))].join(', '));
	process.exit(0);
});
