/* parts - all that runs, set up as conf/ ships it, each on a machine of its own: two publishers, two hubs, edges, two HAProxys. Only places, passwords and the
 * address that may speak for others (HAProxy's) are this test's. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askHaproxy, edgeConf, hubConf, serversOf } from '../web/support/cluster.mjs';
import { PASSWORD, haproxyPath, mosquittoPath, pagesDir, publisherPath, scratch, setDoor, shipped, source, stayRoot } from '../web/support/tools.mjs';
import { createMachine, createPart } from './net.mjs';

export const PORTS = { hub: 1880, edge: 1884, edgeWs: 9011, viewers: 9001, http: 8080 };

const broker = (folder, machine, text, port) => {
	const conf = join(folder, `${machine.name}.conf`);
	writeFileSync(conf, [text, ...stayRoot, ''].join('\n'), { mode: 0o600 });
	return createPart(machine, { command: mosquittoPath(), args: ['-c', conf], port });
};

const metricsOf = (set, machine) => join(set.folder, `${machine.name}.prom`);
const createHub = (set, machine) => broker(set.folder, machine,
	hubConf(set.door, { metrics: metricsOf(set, machine), more: [['plugin_opt_name hub', `plugin_opt_name ${machine.name}`]] }), PORTS.hub);
const createEdge = (set, machine, hubs) => broker(set.folder, machine, edgeConf(set.door, {
	name: machine.name, address: machine.address, port: PORTS.edge, wsPort: PORTS.edgeWs,
	hubs: hubs.map(({ machine: { address } }) => `${address}:${PORTS.hub}`), metrics: metricsOf(set, machine),
}), PORTS.edge);

/* The `server` lines of one backend, in place of those that are shipped. */
const serversFor = (backend, edges) => edges.map(({ name, machine: { address } }) => (backend.startsWith('displays_')
	? `\tserver ${name} ${address}:${PORTS.edge} track ${backend.slice('displays_'.length)}/${name}`
	: `\tserver ${name} ${address}:${PORTS.edgeWs} check port ${PORTS.edge}`)).join('\n');

function withServers(lines, edges) {
	const name = /^backend (\w+)/.exec(lines)[1];
	return lines.replace(/^(\tserver edge.*\n)+/m, () => `${serversFor(name, edges)}\n`);
}

function haproxyConf(set, machine, edges) {
	const files = Number(/Max open files +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
	const text = shipped('conf/cluster/haproxy.cfg', [
		['maxconn 100000', `maxconn ${Math.min(100000, Math.floor((files - 300) / 2))}`],
		['/run/haproxy/scoreboard.sock', join(set.folder, `${machine.name}.sock`)],
	]);
	const [head, ...backends] = text.split(/^(?=backend )/m);
	return head + backends.map((lines) => withServers(lines, edges)).join('');
}

function createProxy(set, machine, edges) {
	const conf = join(set.folder, `${machine.name}.cfg`);
	writeFileSync(conf, haproxyConf(set, machine, edges));
	const part = createPart(machine, { command: haproxyPath(), args: ['-db', '-f', conf], port: PORTS.viewers, env: { SCOREBOARD_MONITOR_PASSWORD: PASSWORD } });
	part.url = `ws://${machine.address}:${PORTS.viewers}/mqtt`;
	part.servers = () => serversOf({ ask: (question) => askHaproxy(join(set.folder, `${machine.name}.sock`), question) });
	return part;
}

/* The second one as scoreboard-publisher-standby.service starts it. */
function createPublisher(set, machine, { hubs, board, more }) {
	const conf = join(set.folder, `${machine.name}.conf`);
	writeFileSync(conf, shipped('conf/publisher.conf', [
		['ws://127.0.0.1:8000/WS/', board],
		['/usr/share/scoreboard-mqtt/schema/crg.json', join(source, 'schema/crg.json')],
		['/var/lib/scoreboard-mqtt/cookie', join(set.folder, `${machine.name}.cookie`)],
		['broker = mqtt://127.0.0.1:1883', `broker = mqtt://${hubs[0].machine.address}:${PORTS.hub}`],
		['#broker = mqtt://127.0.0.1:1880', `broker = mqtt://${hubs[1].machine.address}:${PORTS.hub}`],
		['/etc/scoreboard-mqtt/publisher.password', set.password],
		['127.0.0.1:8080', `${machine.address}:${PORTS.http}`],
		['/usr/share/scoreboard-mqtt/web', pagesDir],
	]));
	const part = createPart(machine, { command: publisherPath(), args: ['--config', conf], port: PORTS.http, env: more });
	part.http = `http://${machine.address}:${PORTS.http}`;
	return part;
}

function setFiles(track, addresses) {
	const folder = join(scratch(), track);
	mkdirSync(folder);
	const set = { folder, door: setDoor(folder, ['publisher', 'bridge', 'operator', 'crew', 'monitor']), password: join(folder, 'publisher.password') };
	const policy = JSON.parse(readFileSync(set.door.policy, 'utf8'));
	policy.trusted_proxies.push(...addresses); // as docs/scaling.md says of HAProxy on another machine
	writeFileSync(set.door.policy, JSON.stringify(policy));
	writeFileSync(set.password, `${PASSWORD}\n`, { mode: 0o600 });
	return set;
}

/* `board`: the scoreboard's address; `nth`: which of several tracks, each with machines, names and files of its own. Starts everything. */
export async function startParts(board, { nth = 0, n_edges = 3 } = {}) {
	const [letter, net] = [nth ? 'abc'[nth] : '', `10.77.${10 + nth}`];
	const machine = (kind, i) => createMachine(`${letter}${kind}${i + 1}`, `${net}.${{ pub: 10, hub: 20, edge: 30, proxy: 40 }[kind] + i}`);
	const two = [0, 1];
	const proxyMachines = two.map((i) => machine('proxy', i));
	const set = setFiles(`track${nth}`, proxyMachines.map(({ address }) => address));
	const hubs = two.map((i) => createHub(set, machine('hub', i)));
	const edges = Array.from({ length: n_edges }, (_, i) => createEdge(set, machine('edge', i), hubs));
	const proxies = proxyMachines.map((one) => createProxy(set, one, edges));
	const publishers = [{}, { SCOREBOARD_STANDBY: 'warm' }].map((more, i) => createPublisher(set, machine('pub', i), { hubs, board, more }));
	const kinds = { hub: hubs, edge: edges, proxy: proxies, publisher: publishers };
	Object.entries(kinds).forEach(([kind, some]) => some.forEach((part) => { part.kind = kind; }));
	const all = Object.values(kinds).flat();
	for (const part of all) {
		part.start();
		await part.up();
	}
	return { hubs, edges, proxies, publishers, all, folder: set.folder, stop: () => Promise.all(all.map((part) => { part.thaw(); return part.end(); })) };
}
