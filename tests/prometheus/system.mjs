/* system - all that Prometheus watches, running: a scoreboard that the test leads, the publisher, a hub, two edges and HAProxy as conf/ ships
 * them, node_exporter for the files of the brokers' plugins, and Debian's Prometheus on conf/prometheus/, which looks every second and need not
 * wait as long as at a real evening. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startCluster } from '../web/support/cluster.mjs';
import { readRecording } from '../web/support/recording.mjs';
import { PASSWORD, createService, freePort, portOpen, publisherPath, recordingPath, scratch, shipped, source, until, webDir } from '../web/support/tools.mjs';

const require = createRequire(join(source, 'tests/web/package.json'));
const { WebSocketServer } = require('ws');
const mqtt = require('mqtt');

/* A scoreboard with a game that goes on: the whole state when somebody registers, then a frame of the recording now and then. */
async function startBoard(port) {
	const frames = readRecording(recordingPath()).map(({ frame }) => JSON.stringify(frame));
	const board = { autoPong: true, talks: true };
	let server, timer, at;
	board.start = async () => {
		at = 0;
		server = new WebSocketServer({ host: '127.0.0.1', port, autoPong: false });
		server.on('connection', (socket) => {
			socket.on('ping', (data) => board.autoPong && socket.pong(data));
			socket.on('message', (text) => String(text).includes('"Register"') && socket.send(frames[0]));
			socket.on('error', () => {});
		});
		timer = setInterval(() => {
			at = 1 + at % (frames.length - 1);
			if (board.talks)
				board.say(frames[at]);
		}, 100);
		await until(() => portOpen(port), 'the board');
	};
	board.say = (text) => server.clients.forEach((socket) => socket.send(text));
	board.stop = async () => {
		clearInterval(timer);
		server.clients.forEach((socket) => socket.terminate());
		await new Promise((done) => server.close(done));
	};
	board.url = `ws://127.0.0.1:${port}/WS/`;
	await board.start();
	return board;
}

function publisherService(cluster, board, web, httpPort, more = []) {
	const folder = scratch();
	writeFileSync(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
	return createService(publisherPath(), ['--source', board.url, '--schema', join(source, 'schema/crg.json'), '--state-file', 'none',
		'--broker', `mqtt://127.0.0.1:${cluster.hub.port}`, '--user', 'publisher', '--password-file', join(folder, 'password'),
		'--http', `127.0.0.1:${httpPort}`, '--web-dir', web, '--http-connections', '40', '--retry-first-ms', '100', '--retry-max-ms', '500',
		'--ping-every-ms', '300', '--pong-within-ms', '500', ...more], [httpPort]);
}

/* Seconds of a real evening are too long for a test. */
const hasten = (text) => text
	.replace(/^( +for:) .*$/gm, '$1 2s')
	.replaceAll('[6h:1m]', '[10m:1s]')
	.replaceAll('[2m:15s]', '[15s:1s]')
	.replaceAll(/\[(1m|5m|10m)\]/g, '[15s]')
	.replaceAll(/(written_seconds >) 60/g, '$1 15');

function writeConfig(folder, ports) {
	let text = shipped('conf/prometheus/scoreboard.yml', [
		['"127.0.0.1:8080"', ports.publishers.map((port) => `"127.0.0.1:${port}"`).join(', ')],
		['127.0.0.1:9100', `127.0.0.1:${ports.exporter}`],
		['127.0.0.1:8404', `127.0.0.1:${ports.haproxy}`],
		['scrape_interval: 10s', 'scrape_interval: 1s'],
		['evaluation_interval: 10s', 'evaluation_interval: 1s'],
	]);
	writeFileSync(join(folder, 'scoreboard.yml'), text);
	text = hasten(readFileSync(join(source, 'conf/prometheus/scoreboard.rules.yml'), 'utf8'));
	writeFileSync(join(folder, 'scoreboard.rules.yml'), text);
}

async function startPrometheus(ports) {
	const folder = scratch();
	const port = await freePort();
	writeConfig(folder, ports);
	const service = createService('/usr/bin/prometheus', [`--config.file=${join(folder, 'scoreboard.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`,
		`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'], [port]);
	await service.start();
	const ask = async (path, members) => {
		const answer = await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(members)}`)).json();
		if (answer.status !== 'success')
			throw new Error(`${JSON.stringify(members)}: ${answer.error}`);
		return answer.data;
	};
	return {
		stop: () => service.stop(),
		/* [{ metric, value }] now; a value that is not a number is none. */
		query: async (query) => (await ask('query', { query })).result.filter(({ value }) => !Number.isNaN(Number(value[1]))),
		targets: async () => (await ask('targets', {})).activeTargets,
		/* The names of alerts that fire. */
		firing: async () => new Set((await ask('alerts', {})).alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname)),
	};
}

/* Pages that may lose their library; what has board/ is ours, and needs it. */
function copyWeb() {
	const folder = join(scratch(), 'web');
	for (const part of ['board', 'vendor', 'index.html'])
		cpSync(join(webDir, part), join(folder, part), { recursive: true });
	return folder;
}

export async function startSystem({ prepare } = {}) {
	const web = copyWeb();
	const cluster = await startCluster({ prepare });
	const board = await startBoard(await freePort());
	const publishers = [await freePort(), await freePort()];
	const ports = { publisher: publishers[0], publishers, exporter: await freePort(), haproxy: cluster.haproxy.statsPort };
	const publisher = publisherService(cluster, board, web, ports.publisher);
	await publisher.start();
	const standby = publisherService(cluster, board, web, publishers[1], ['--standby', 'cold']);
	await standby.start();
	const exporter = createService('/usr/bin/prometheus-node-exporter', ['--collector.disable-defaults', '--collector.textfile',
		`--collector.textfile.directory=${cluster.folder}`, `--web.listen-address=127.0.0.1:${ports.exporter}`], [ports.exporter]);
	await exporter.start();
	const prometheus = await startPrometheus(ports);
	return {
		...cluster, cluster, board, publisher, standby, exporter, prometheus, web, ports,
		http: `http://127.0.0.1:${ports.publisher}`,
		metricsOf: (name) => readFileSync(join(cluster.folder, `${name}.prom`), 'utf8'),
		async stop() {
			await prometheus.stop();
			await exporter.stop();
			await standby.stop();
			await publisher.stop();
			await board.stop();
			await cluster.stop();
		},
	};
}

/* A client of a broker, in and listening. Its QoS 1 messages are acknowledged unless `mute`. */
export async function startClient(port, { user, filters = [], websockets = false, qos = 0 } = {}) {
	const client = mqtt.connect(websockets ? `ws://127.0.0.1:${port}/mqtt` : `mqtt://127.0.0.1:${port}`,
		{ protocolVersion: 5, reconnectPeriod: 0, ...(user && { username: user, password: PASSWORD }) });
	client.on('error', () => {});
	await new Promise((done, fail) => { client.once('connect', done); client.once('close', () => fail(new Error(`refused at ${port}`))); });
	client.heard = new Map();
	client.on('message', (topic, payload) => client.heard.set(topic, String(payload)));
	if (filters.length)
		await client.subscribeAsync(filters, { qos });
	return client;
}
