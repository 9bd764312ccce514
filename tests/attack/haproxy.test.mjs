/* The proxies as they are shipped: whom they let through to a broker, and how HAProxy finds out which edge is live. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startCluster } from '../web/support/cluster.mjs';
import { startNginx } from '../web/support/nginx.mjs';
import { PASSWORD, haproxyPath, nginxPath, source, startBroker, until } from '../web/support/tools.mjs';
import { CONNACK, CONNECT, connectPacket, dial, head, login, sleep } from './support/wire.mjs';

let cluster;
before(async () => { cluster = await startCluster(); });
after(() => cluster?.stop());

const viewers = () => ({ port: cluster.haproxy.port, ws: true });
const displays = () => ({ port: cluster.haproxy.tcpPort });

async function codeOf(options) {
	const wire = await login(options);
	wire.close();
	return wire.code;
}

/* [the page's origin, the host that the browser came to, is it let in] */
const PAGES = [
	[undefined, '127.0.0.1:9001', true],                      // no browser
	['http://127.0.0.1:8080', '127.0.0.1:9001', true],
	['https://League.Example', 'league.example:9001', true],
	['http://[::1]:8080', '[::1]:9001', true],
	['https://evil.example', 'league.example:9001', false],
	['https://league.example.evil.example', 'league.example', false],
	['https://evil.example:9001', 'league.example:9001', false],
	['null', 'league.example', false],                        // a file, a sandboxed frame
];

for (const [origin, host, welcome] of PAGES)
	test(`haproxy: a page of ${origin} at ${host} is ${welcome ? 'let in' : 'refused'}`, async () => {
		assert.equal(await codeOf({ ...viewers(), origin, as: host }), welcome ? 0 : -1);
	});

for (const [origin, host, welcome] of PAGES)
	test(`nginx: a page of ${origin} at ${host} is ${welcome ? 'let in' : 'refused'}`, { skip: nginxPath() ? false : 'nginx is not installed' }, async () => {
		const broker = await startBroker();
		const nginx = await startNginx({ broker, httpPort: 1 });
		assert.equal(await codeOf({ port: nginx.port, ws: true, origin, as: host }), welcome ? 0 : -1);
		await nginx.stop();
		await broker.stop();
	});

/* MQTT over TCP: only a whole CONNECT opens a connection to an edge. */
async function answerTo(...pieces) {
	const wire = await dial(displays());
	const answer = wire.wait(CONNACK, 15000);
	for (const piece of pieces) {
		wire.send(piece);
		await sleep(300);
	}
	const body = await answer;
	wire.close();
	return body ? body[1] : -1;
}

test('haproxy: a CONNECT that comes in pieces is let in', async () => {
	const whole = connectPacket({ id: 'slow' });
	assert.equal(await answerTo(whole.subarray(0, 1), whole.subarray(1, 7), whole.subarray(7)), 0);
});
test('haproxy: 200 MB before CONNECT reach no edge', async () => {
	const led = await ledToEdges();
	assert.equal(await answerTo(head(CONNECT, 200e6), ...Array.from({ length: 3 }, () => Buffer.alloc(1e6))), -1);
	assert.equal(await ledToEdges(), led);
});
test('haproxy: who says nothing is sent away after ten seconds and reaches no edge', async () => {
	const led = await ledToEdges();
	const begun = Date.now();
	const wire = await dial(displays());
	await sleep(1000);
	assert.equal(await ledToEdges(), led);
	await until(() => wire.ended, 'the connection ends', { ms: 15000 });
	assert.ok(Date.now() - begun > 8000, 'there was time to speak');
});
test('haproxy: what is not MQTT is sent away', async () => {
	assert.equal(await answerTo(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')), -1);
});

/* How many connections of displays HAProxy has led to edges. */
async function ledToEdges() {
	const rows = (await cluster.haproxy.ask('show stat')).trim().split('\n').map((line) => line.split(','));
	const total = rows[0].indexOf('stot');
	return rows.filter(([name, part]) => name.startsWith('displays_') && part === 'BACKEND').reduce((sum, row) => sum + Number(row[total]), 0);
}

test('haproxy: without the monitor\'s password it does not start, and says why', () => {
	const { SCOREBOARD_MONITOR_PASSWORD, ...env } = process.env;
	const { status, stderr } = spawnSync(haproxyPath(), ['-c', '-f', `${source}/conf/cluster/haproxy.cfg`], { env, encoding: 'utf8' });
	assert.notEqual(status, 0);
	assert.match(stderr, /SCOREBOARD_MONITOR_PASSWORD is not set/);
});
