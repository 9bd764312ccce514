/* rink - what is attacked: a broker as conf/mosquitto.conf ships it, or a hub, two edges and HAProxy as conf/cluster/ does, with the
 * shipped policy, and the real publisher, which plays the recorded game. Changed are ports, paths, passwords, and: tokens are taken, publishers may be several, there are
 * more operators, and where the attacker is to be a stranger, no address is trusted as a proxy's (all of 127.0.0.0/8 is, as it ships). */
import { pbkdf2Sync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { on21, startCluster } from '../../web/support/cluster.mjs';
import { PASSWORD, createService, ctlPath, makeToken, mosquittoPath, portOpen, publisherPath, recordingPath, run, scratch, setDoor, shipped,
	sleep, source, stayRoot, stop, until, webDir } from '../../web/support/tools.mjs';

export { PASSWORD };
const EDGES_SETTLE_MS = 5000; // on 2.1 a new edge's bridge dials a second time once, after some 3 s
const SPEED = 10;           // of the game: several deltas a second
const TOKEN_KEY = 'a key of this test, long enough for HS256';
export const OPERATORS = Array.from({ length: 12 }, (_, i) => `operator${i + 1}`);

/* What mosquitto_passwd of 2.1 makes of PASSWORD: half a tenth of a second for each login. */
const ARGON2ID = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBvZiB0aGUgdGVzdA$qHuUVWShG7bzOXXE7qsIN+P8998vfLnfPb80fVPw/5g';
const SLOW_ITERATIONS = 60000; // of PBKDF2: about as long

function slowLine(user) {
	const salt = Buffer.from('salt of this test');
	const hash = pbkdf2Sync(PASSWORD, salt, SLOW_ITERATIONS, 64, 'sha512');
	return `${user}:$7$${SLOW_ITERATIONS}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/* For an edge, too: its bridge's user is in the same file. */
function adapt(door, { trusted, slow }) {
	const folder = dirname(door.policy);
	const policy = JSON.parse(readFileSync(door.policy, 'utf8'));
	if (!trusted)
		policy.trusted_proxies = [];
	for (const name of OPERATORS)
		policy.users[name] = 'operator';
	policy.roles.publisher.exclusive = false; // beside the publisher that is in, another one asks whether it would be let in
	policy.tokens = { keys: [{ algorithm: 'HS256', file: 'token.key' }], roles: ['app'], default_role: 'app' };
	writeFileSync(join(folder, 'token.key'), TOKEN_KEY);
	writeFileSync(door.policy, JSON.stringify(policy));
	const cheap = readFileSync(join(folder, 'passwd'), 'utf8').trim().split('\n');
	writeFileSync(join(folder, 'passwd'), [
		...cheap.filter((line) => !slow || !/^(publisher|operator):/.test(line)),
		...(slow ? [`publisher:${ARGON2ID}`, ...['operator', ...OPERATORS].map(slowLine)] : []),
	].join('\n') + '\n');
}

/* Longer than any run of these tests. */
export const tokenFor = (sub, hosts) => makeToken(TOKEN_KEY, { sub, hosts, exp: Math.floor(Date.now() / 1000) + 7200 });

const USERS = ['publisher', 'bridge', 'operator', 'crew', 'monitor'];

async function startOne(options) {
	const folder = scratch();
	const door = setDoor(folder, USERS);
	adapt(door, options);
	const [port, wsPort] = [await freePort(), await freePort()];
	const conf = join(folder, 'mosquitto.conf');
	writeFileSync(conf, [shipped('conf/mosquitto.conf', [
		['listener 1883', `listener ${port} 127.0.0.1`],
		['listener 9001', `listener ${wsPort} 127.0.0.1`],
		['/usr/lib/x86_64-linux-gnu/mosquitto_scoreboard.so', door.plugin],
		['/etc/scoreboard-mqtt/policy.json', door.policy],
		['/var/lib/mosquitto/scoreboard.prom', join(folder, 'broker.prom')],
	]), 'sys_interval 1', ...stayRoot, ''].join('\n'), { mode: 0o600 });
	const limit = options.files ? `ulimit -Sn ${options.files}; ` : '';
	const broker = createService('/bin/sh', ['-c', `${limit}exec "$0" -c "$1"`, mosquittoPath(), conf], [port, wsPort]);
	await broker.start();
	return {
		brokers: [Object.assign(broker, { name: 'broker', port, wsPort })], publishPort: port, tcpPort: port, wsPort,
		stop: () => broker.stop(),
	};
}

async function startEdges(options) {
	const cluster = await startCluster({ prepare: (door) => adapt(door, options) });
	const { hub, edges, haproxy } = cluster;
	return { servers: cluster.servers, brokers: [hub, ...edges], publishPort: hub.port, tcpPort: haproxy.tcpPort, wsPort: haproxy.port, stop: () => cluster.stop() };
}

async function startPublisher(place, { httpFiles, speed = SPEED }) {
	const folder = scratch();
	const httpPort = await freePort();
	writeFileSync(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
	const limit = httpFiles ? `ulimit -n ${httpFiles}; ` : '';
	const child = run('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, publisherPath(), '--source', `file:${recordingPath()}`, '--loop', '--speed', String(speed),
		'--schema', join(source, 'schema/crg.json'), '--broker', `mqtt://127.0.0.1:${place.publishPort}`, '--user', 'publisher',
		'--password-file', join(folder, 'password'), '--http', `127.0.0.1:${httpPort}`, '--web-dir', webDir, '--state-file', 'none']);
	await until(() => portOpen(httpPort), 'the publisher\'s port').catch((error) => { throw new Error(`${error.message}: ${child.said}`); });
	return { child, httpPort };
}

/* MB that a process holds; MB that it held at most since forgetPeak(). */
const ofStatus = (pid, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
/* Seconds of a processor that it has used. */
function secondsOf(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}
const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/* Below what the kernel gives to those who dial: an attack takes many of these. */
async function freePort() {
	for (;;) {
		const port = 12000 + Math.floor(Math.random() * 18000);
		if (!await portOpen(port))
			return port;
	}
}

/* `one` or `edges`. trusted: the attacker's address is that of a proxy. */
async function start(kind, options) {
	const place = await (kind === 'one' ? startOne : startEdges)(options);
	const publisher = await startPublisher(place, options).catch(async (error) => { await place.stop(); throw error; });
	await until(async () => (await place.servers?.())?.every(({ up }) => up) ?? true, 'HAProxy takes the edges for live', { ms: 15000 });
	const pids = () => [...place.brokers.map(({ child }) => child.pid), publisher.child.pid];
	if (on21 && kind === 'edges')
		await sleep(EDGES_SETTLE_MS);
	return {
		...place, kind, publisher, httpPort: publisher.httpPort,
		/* Of brokers and publisher: MB now, and at most since. */
		memory: () => pids().map((pid) => (forgetPeak(pid), ofStatus(pid, 'VmRSS'))),
		peaks: () => pids().map((pid) => ofStatus(pid, 'VmHWM')),
		publisherSeconds: () => secondsOf(publisher.child.pid),
		control: (...command) => askBroker(place.brokers[0], command),
		async stop() {
			await stop(publisher.child);
			await place.stop();
		},
	};
}

/* A port of the cluster's may have been taken meanwhile. */
export async function startRink(kind, options = {}) {
	for (let tries = 1; ; tries++)
		try {
			return await start(kind, options);
		} catch (error) {
			if (tries === 3)
				throw error;
			console.log(`# once more: ${error.message}`);
		}
}

/* What scoreboard-ctl says. Not by spawnSync: a probe may be at work. */
async function askBroker(broker, command) {
	const child = run(ctlPath(), ['-p', String(broker.port), ...command], { env: { ...process.env, SCOREBOARD_CTL_PASSWORD: PASSWORD } });
	await child.ended;
	return child.said;
}
