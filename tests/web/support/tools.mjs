/* tools - where things are, free ports, processes of ours that end with us. */
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const source = process.env.SB_SOURCE_DIR ?? resolve(here, '../../..');
export const build = process.env.SB_BUILD_DIR ?? join(source, 'build/test');
export const webDir = join(source, 'web');

const firstOf = (...paths) => paths.find((path) => path && existsSync(path)) ?? null;

/* The pages as they ship: built, or their sources where esbuild is not installed. */
export const pagesDir = firstOf(join(build, 'pages'), webDir);

export const recordingPath = () => join(source, 'tests/fixtures/game.jsonl');
/* A real scoreboard that times penalties: two skaters in the box over two jams, then a timeout whose clock goes on. */
export const boxRecordingPath = () => join(source, 'tests/web/fixtures/box.jsonl');
export const mosquittoPath = () => firstOf(process.env.SB_MOSQUITTO, '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto');
export const nginxPath = () => firstOf('/usr/sbin/nginx', '/usr/local/sbin/nginx');
export const ctlPath = () => firstOf(join(build, 'mosquitto-plugin/scoreboard-ctl'));
export const haproxyPath = () => firstOf('/usr/sbin/haproxy', '/usr/local/sbin/haproxy');
export const chromiumPath = () => firstOf(process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome');
export const publisherPath = () => firstOf(join(build, 'publisher/scoreboard-publisher'));

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(claim, what, { ms = 10000, every = 25 } = {}) {
	const end = Date.now() + ms;
	for (;;) {
		const answer = await claim();
		if (answer)
			return answer;
		if (Date.now() > end)
			throw new Error(`not within ${ms} ms: ${what}`);
		await sleep(every);
	}
}

/* The UDP port of the same number, which nothing here uses; false when another test program has it. The kernel frees it when this one ends. */
const reserve = (port) => new Promise((done) => {
	const socket = createSocket('udp4').once('error', () => { socket.close(); done(false); });
	socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => { socket.unref(); done(true); });
});

const isFree = (port) => new Promise((done) => {
	const server = createServer().once('error', () => done(false)).listen(port, '0.0.0.0', () => server.close(() => done(true)));
});

/* Below the range from which the system gives ports to outgoing connections: one of those could take it while a broker is down for a moment. Nor are
 * other test programs to take it then (tests/support/place.c reserves in the same way). */
export async function freePort() {
	for (let tries = 0; tries < 1000; tries++) {
		const port = 12000 + Math.floor(Math.random() * 20000);
		if (await reserve(port) && await isFree(port))
			return port;
	}
	throw new Error('no free port');
}

/* `host` may be a machine that swallows everything. */
export const portOpen = (port, host = '127.0.0.1') => new Promise((done) => {
	const socket = connect({ port, host, timeout: 500 });
	const end = (open) => { socket.destroy(); done(open); };
	socket.on('connect', () => end(true)).on('error', () => end(false)).on('timeout', () => end(false));
});

const ours = new Set();
const folders = new Set();
process.on('exit', () => {
	ours.forEach((child) => child.kill('SIGKILL'));
	folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});
for (const signal of ['SIGINT', 'SIGTERM'])
	process.on(signal, () => process.exit(1));

export function scratch() {
	const folder = mkdtempSync(join(tmpdir(), 'sb-web-'));
	folders.add(folder);
	return folder;
}

/* setpriv: if we are killed without a chance to clean up, the child ends, too. */
const SETPRIV = firstOf('/usr/bin/setpriv');

export function run(command, args, options = {}) {
	const line = SETPRIV ? [SETPRIV, '--pdeathsig', 'KILL', command, ...args] : [command, ...args];
	const child = spawn(line[0], line.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], ...options });
	ours.add(child);
	child.said = '';
	const hear = (text) => { child.said = (child.said + text).slice(-20000); };
	child.stdout?.on('data', hear);
	child.stderr?.on('data', hear);
	child.stdin?.on('error', () => {}); // it may be gone before we are done writing
	child.ended = new Promise((done) => child.on('exit', (code, signal) => { ours.delete(child); done(code ?? signal); }));
	return child;
}

export async function stop(child, signal = 'SIGTERM') {
	if (!child || child.exitCode !== null || child.signalCode !== null)
		return;
	child.kill(signal);
	const late = setTimeout(() => child.kill('SIGKILL'), 3000);
	await child.ended;
	clearTimeout(late);
}

/* A program that can be ended and started anew; it is up when its ports are open. */
export function createService(command, args, ports) {
	const service = { child: null };
	service.start = async () => {
		service.child = run(command, args);
		for (const port of ports)
			await until(() => portOpen(port), `${command} at port ${port}: ${service.child.said}`);
	};
	service.stop = () => stop(service.child);
	service.kill = () => stop(service.child, 'SIGKILL');
	service.restart = async () => { await service.stop(); await service.start(); };
	return service;
}

/* A file of conf/ with this test's places in it. What is to be replaced must be there, so that a change is noticed. */
export const shipped = (name, replacements) => placed(readFileSync(join(source, name), 'utf8'), name, replacements);

export const placed = (whole, name, replacements) => replacements.reduce((text, [from, to]) => {
	if (!text.includes(from))
		throw new Error(`"${from}" is not in ${name}`);
	return text.replaceAll(from, to);
}, whole);

/* What the plugin at the door needs: the policy as it is shipped, with a key for its tokens, and users with the password PASSWORD. */
export const PASSWORD = 'a password of this test';
export const TOKEN_SECRET = 'the secret of these tests';
export function setDoor(folder, users, tokens) {
	const door = { plugin: join(build, 'mosquitto-plugin/mosquitto_scoreboard.so'), policy: join(folder, 'policy.json') };
	if (!existsSync(door.plugin))
		throw new Error(`the plugin is not built: ${door.plugin}`);
	copyFileSync(join(source, 'conf/policy.json'), door.policy);
	addTokens(door.policy, tokens);
	writeFileSync(join(folder, 'passwd'), users.map((user) => `${user}:${PASSWORD}\n`).join(''), { mode: 0o600 });
	execFileSync('mosquitto_passwd', ['-U', join(folder, 'passwd')]);
	return door;
}

/* { role, secret }: whoever has a token signed with the secret has the role. Without a role the shipped policy's tokens are taken. */
function addTokens(policy, { role, secret = TOKEN_SECRET } = {}) {
	writeFileSync(join(dirname(policy), 'token.key'), secret, { mode: 0o600 });
	const tokens = { keys: [{ algorithm: 'HS256', file: 'token.key' }], roles: [role], default_role: role };
	if (role)
		writeFileSync(policy, JSON.stringify({ ...JSON.parse(readFileSync(policy, 'utf8')), tokens }));
}

export function makeToken(secret, claims) {
	const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.round(Date.now() / 1000) + 600, ...claims })}`;
	return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

function doorLines(folder, { tokens, change, users = ['publisher'] }) {
	const { plugin, policy } = setDoor(folder, users, tokens);
	if (change)
		writeFileSync(policy, JSON.stringify(change(JSON.parse(readFileSync(policy, 'utf8')))));
	return [`plugin ${plugin}`, `plugin_opt_policy ${policy}`];
}

/* A change of user would outlive us: see run(). */
export const stayRoot = process.getuid?.() === 0 ? ['user root'] : [];

/* A real broker: plain and WebSockets listeners on 127.0.0.1, the plugin at the door unless the test is of another
 * application. restart() keeps the ports. `change` gives the policy in place of the shipped one. */
export async function startBroker({ persistent = false, door = true, tokens, change, users } = {}) {
	const folder = scratch();
	const [port, wsPort] = [await freePort(), await freePort()];
	const conf = join(folder, 'mosquitto.conf');
	writeFileSync(conf, [
		...stayRoot,
		'per_listener_settings false', 'allow_anonymous true', 'allow_duplicate_messages true', 'set_tcp_nodelay true',
		`listener ${port} 127.0.0.1`,
		`listener ${wsPort} 127.0.0.1`, 'protocol websockets', 'socket_domain ipv4',
		...(door ? doorLines(folder, { tokens, change, users }) : []),
		...(persistent ? ['persistence true', `persistence_location ${folder}/`] : []),
	].join('\n') + '\n');
	const broker = createService(mosquittoPath(), ['-c', conf], [port, wsPort]);
	await broker.start();
	return Object.assign(broker, { port, wsPort, url: `ws://127.0.0.1:${wsPort}/mqtt` },
		door && { user: 'publisher', password: PASSWORD });
}
