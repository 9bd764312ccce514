/* cluster - many brokers as conf/cluster/ ships them: a hub, two edges, HAProxy before them; with Mosquitto 2.1 also the PROXY
 * protocol, as edge.conf says. Each can be ended and started anew. To a stage it is a broker: publishers go to the hub, viewers to HAProxy. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
	PASSWORD, createService, ctlPath, freePort, haproxyPath, mosquittoPath, run, scratch, setDoor, shipped, source, stayRoot, stop as stopChild, until,
} from './tools.mjs';

const EDGES = [1, 2];
export const on21 = Boolean(process.env.SB_DOOR_21);
const LISTENER_21 = on21 ? 'enable_proxy_protocol 2\n' : '';
const SERVER_21 = on21 ? ' send-proxy-v2' : '';

function createBroker(folder, name, text, ports) {
	const conf = join(folder, `${name}.conf`);
	writeFileSync(conf, [text, ...stayRoot, ''].join('\n'), { mode: 0o600 });
	return Object.assign(createService(mosquittoPath(), ['-c', conf], ports), { name, port: ports[0], wsPort: ports[1] });
}

/* As they are shipped, but for places and passwords. `more`: what else is to be replaced; `hubs`: their addresses, with the ports. */
export const hubConf = (door, { metrics, more = [] }) => shipped('conf/cluster/hub.conf', [
	['/usr/lib/x86_64-linux-gnu/mosquitto_scoreboard.so', door.plugin],
	['/etc/scoreboard-mqtt/policy.json', door.policy],
	['/var/lib/mosquitto/scoreboard.prom', metrics],
	...more,
]);
/* By the template, as mosquitto-edge@.service fills it. */
export const edgeConf = (door, { name, address, port, wsPort, hubs, metrics }) =>
	execFileSync(join(source, 'conf/cluster/fill'), [join(source, 'conf/cluster/edge.conf')], {
		encoding: 'utf8',
		env: { PATH: process.env.PATH, NAME: name, ADDRESS: address, PORT: port, WS_PORT: wsPort, HUB: hubs.join(' '),
			HUB_PASSWORD: PASSWORD, PLUGIN: door.plugin, POLICY: door.policy, METRICS: metrics },
	});

async function createHub(folder, door) {
	const port = await freePort();
	return createBroker(folder, 'hub', hubConf(door, { metrics: join(folder, 'hub.prom'), more: [['listener 1880', `listener ${port} 127.0.0.1`]] }), [port]);
}

async function createEdge(folder, door, hub, number, direct) {
	const [port, wsPort] = [await freePort(), await freePort()];
	const name = `edge${number}`;
	const text = edgeConf(door, { name, address: '127.0.0.1', port, wsPort, hubs: [`127.0.0.1:${hub.port}`], metrics: join(folder, `${name}.prom`) });
	const listener = 'protocol websockets\n';
	return createBroker(folder, name, direct ? text : text.replace(listener, listener + LISTENER_21), [port, wsPort]);
}

/* The shipped file has two edges; a third one's lines stand behind those of the second, as somebody would add them. */
function withThird(text, [, second, third]) {
	const line = (of) => of.replaceAll(second.name, third.name).replaceAll(second.wsPort, third.wsPort).replaceAll(second.port, third.port);
	return third ? text.replaceAll(/^\tserver edge2 .*$/gm, (of) => `${of}\n${line(of)}`) : text;
}

/* What switches TLS on, at ports of its own. `tls`: { certificate, the file; pages, the port of what serves them }. */
async function createTls({ certificate, pages }) {
	const [tlsPort, mqttsPort, plainPort, certbotPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
	return {
		env: [`SCOREBOARD_CERTIFICATE=${certificate}`],
		ports: { tlsPort, mqttsPort, plainPort, certbotPort },
		places: [['bind :443', `bind 127.0.0.1:${tlsPort}`], ['bind :8883', `bind 127.0.0.1:${mqttsPort}`], ['bind :80\n', `bind 127.0.0.1:${plainPort}\n`],
			['127.0.0.1:402', `127.0.0.1:${certbotPort}`], ['127.0.0.1:8080\n', `127.0.0.1:${pages}\n`]],
	};
}

async function createHaproxy(folder, edges, tls) {
	const [port, tcpPort, statsPort] = [await freePort(), await freePort(), await freePort()];
	const secure = tls ? await createTls(tls) : { env: [], ports: {}, places: [] };
	const conf = join(folder, 'haproxy.cfg');
	const write = (all) => writeFileSync(conf, withThird(shipped('conf/cluster/haproxy.cfg', [
		['maxconn 100000', 'maxconn 1000'],
		['/run/haproxy/scoreboard.sock', join(folder, 'haproxy.sock')],
		['bind :9001', `bind 127.0.0.1:${port}`],
		['bind :1883', `bind 127.0.0.1:${tcpPort}`],
		['127.0.0.1:8404', `127.0.0.1:${statsPort}`],
		...secure.places,
		...all.slice(0, 2).flatMap((edge, i) => [
			[`127.0.0.1:${9011 + i}`, `127.0.0.1:${edge.wsPort}`],
			[`127.0.0.1:${1884 + i}`, `127.0.0.1:${edge.port}`],
			[`check port ${1884 + i}`, `check port ${edge.port}${SERVER_21}`],
		]),
	]), all));
	const args = [`SCOREBOARD_MONITOR_PASSWORD=${PASSWORD}`, ...secure.env, haproxyPath(), '-db', '-f', conf];
	const haproxy = createService('/usr/bin/env', args, [port]);
	const olds = [];
	write(edges);
	/* As `systemctl reload haproxy`: another process takes all that is new, and the old one keeps what it has. */
	const reload = async (all) => {
		write(all);
		olds.push(haproxy.child);
		haproxy.child = run('/usr/bin/env', [...args, '-sf', String(haproxy.child.pid)]);
		await until(async () => (await serversOf(haproxy)).length === all.length, `HAProxy has ${all.length} edges`);
	};
	const stop = async () => { await Promise.all([haproxy.child, ...olds].map((child) => stopChild(child))); };
	const socket = join(folder, 'haproxy.sock');
	return Object.assign(haproxy, { port, tcpPort, statsPort, socket, ...secure.ports, reload, stop, ask: (question) => askHaproxy(socket, question) });
}

/* A command to HAProxy, as `socat` would give it. */
export function askHaproxy(path, question) {
	return new Promise((done, fail) => {
		const socket = connect(path, () => socket.end(`${question}\n`));
		let answer = '';
		socket.on('data', (text) => { answer += text; }).on('error', fail).on('end', () => done(answer));
	});
}

/* What HAProxy says of the servers of its backend `live`: [{ name, viewers, up }] */
export async function serversOf(haproxy) {
	const [head, ...rows] = (await haproxy.ask('show stat')).replace('# ', '').trim().split('\n').map((line) => line.split(','));
	return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])))
		.filter(({ pxname, svname }) => pxname === 'live' && svname.startsWith('edge'))
		.map(({ svname, scur, status }) => ({ name: svname, viewers: Number(scur), up: status === 'UP' }));
}

/* What scoreboard-ctl prints about a broker. */
export function control(broker, ...command) {
	const env = { ...process.env, SCOREBOARD_CTL_PASSWORD: PASSWORD };
	return spawnSync(ctlPath(), ['-p', broker.port, ...command], { env, encoding: 'utf8', timeout: 10000 }).stdout;
}

/* `prepare`: changes policy and passwords before a broker reads them. `direct`: viewers come to the edges without HAProxy, so nobody speaks the PROXY
 * protocol to them. `tls`: HAProxy speaks it, too (createTls()). */
export async function startCluster({ prepare = () => {}, direct = false, tls } = {}) {
	const folder = scratch();
	const door = setDoor(folder, ['publisher', 'bridge', 'operator', 'crew', 'monitor']);
	prepare(door);
	const hub = await createHub(folder, door);
	const edges = [];
	for (const number of EDGES)
		edges.push(await createEdge(folder, door, hub, number, direct));
	const haproxy = await createHaproxy(folder, edges, tls);
	const all = [hub, ...edges, haproxy];
	const stop = () => Promise.all(all.reverse().map((service) => service.stop()));
	try {
		for (const service of all)
			await service.start();
	} catch (error) {
		await stop(); // what runs would keep the test from ending
		throw error;
	}
	return {
		hub, edges, haproxy, folder, policy: door.policy,
		/* One more edge, of which HAProxy knows nothing yet. */
		async addEdge() {
			const edge = await createEdge(folder, door, hub, edges.length + 1, direct);
			all.push(edge);
			await edge.start();
			edges.push(edge);
			return edge;
		},
		port: hub.port, url: `ws://127.0.0.1:${haproxy.port}/mqtt`, user: 'publisher', password: PASSWORD,
		servers: () => serversOf(haproxy),
		stop,
	};
}
