/* landing.mjs [BUILD] [VIEWERS] [TRACKS] [MESSAGES-A-SECOND] - what a delivery costs the broker when viewers follow all tracks of an event at once, as the start page does, and when they
 * follow one. Two brokers with the plugin and the shipped policy (but for its limits on connections), as many viewers of the load generator at the one as then at the
 * other, and as many messages of one size a second at both: at the one of TRACKS tracks by turns, at the other of one. The runs take turns, so that what changes slowly on this machine
 * hits both alike. BUILD is a build folder of this tree. Prints a table. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { login, publishPacket } from '../tests/attack/support/wire.mjs';

const [, , build = 'build/bench', viewers = '2000', tracks = '20', perS = '10'] = process.argv;
process.env.SB_BUILD_DIR = resolve(build);
const { startBroker } = await import('../tests/web/support/tools.mjs');

const TURNS = ['all', 'one', 'one', 'all', 'all', 'one'];
const SECONDS = 8;
const BYTES = 200;
const WIDE = { connections: 50000, connections_per_address: 50000, connects_per_s: 50000, connects_burst: 50000, connects_per_s_per_address: 50000, connects_burst_per_address: 50000 };

const folder = mkdtempSync(join(tmpdir(), 'sb-landing-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/* Each has the same length, whatever its number. */
const deltaOf = (seq) => `{"epoch":"bench","seq":${100000 + seq},"ts":${Date.now()},"set":{"event-info/Tournament":"`.padEnd(BYTES - 3, 'x').concat('"}}');

async function startArm(n, filter) {
	const broker = await startBroker({ change: (policy) => ({ ...policy, limits: { ...policy.limits, ...WIDE } }) });
	const names = Array.from({ length: n }, (_, i) => `scoreboard/track${i + 1}`);
	const publishers = await Promise.all(names.map((name) => login({ port: broker.port, id: `scoreboard-publisher@${name}`, user: broker.user, password: broker.password })));
	if (publishers.some(({ code }) => code !== 0))
		throw new Error('a publisher is not let in');
	let seq = 0;
	const timer = setInterval(() => {
		const i = ++seq % n;
		publishers[i].send(publishPacket(`${names[i]}/feed/card/delta`, deltaOf(seq)));
	}, 1000 / Number(perS));
	return { broker, filter, end: async () => { clearInterval(timer); publishers.forEach((one) => one.close()); await broker.stop(); } };
}

/* One run of the crowd: of its window, the cost of a delivery in us of the broker's CPU. */
async function measure({ broker, filter }) {
	const json = join(folder, 'result.json');
	const child = spawn(join(process.env.SB_BUILD_DIR, 'bench/loadgen/scoreboard-loadgen'), ['--url', broker.url, '--filter', filter, '--viewers', viewers, '--publish', '0',
		'--seconds', SECONDS, '--settle', '2000', '--watch', broker.child.pid, '--json', json, '--quiet'], { stdio: ['ignore', 'ignore', 'inherit'] });
	/* It ends with 1, since it does not know what is published. */
	const code = await new Promise((done) => child.on('exit', done));
	if (code === 2)
		throw new Error('it could not be measured');
	const [{ deliveries, cpu_us_per_delivery: cost }] = JSON.parse(readFileSync(json, 'utf8')).windows;
	return { deliveries, cost, share: deliveries / (Number(viewers) * Number(perS) * SECONDS) };
}

const arms = { all: await startArm(Number(tracks), 'scoreboard/+/feed/card/delta'), one: await startArm(1, 'scoreboard/track1/feed/card/delta') };
const costs = { all: [], one: [] };
console.log(`${viewers} viewers, ${perS} messages of ${BYTES} bytes a second, windows of ${SECONDS} s\nfollowed      deliveries   us of the broker's CPU each`);
for (const name of TURNS) {
	const { deliveries, cost, share } = await measure(arms[name]);
	costs[name].push(cost);
	console.log(`${(name === 'all' ? `${tracks} tracks` : 'one track').padEnd(12)} ${String(deliveries).padStart(11)}   ${cost.toFixed(2)}${Math.abs(share - 1) < 0.05 ? '' : `   (${Math.round(100 * share)} % of what was published)`}`);
}
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
console.log(`median: ${tracks} tracks ${median(costs.all).toFixed(2)}, one track ${median(costs.one).toFixed(2)}: ${(median(costs.all) / median(costs.one)).toFixed(3)} times as much`);
await Promise.all([arms.all.end(), arms.one.end()]);
process.exit(0);
