/* eyes - at each broker somebody who looks, as its operator: at a hub, how many publishers it has let in, three times a second; everywhere, that the feed does not go back;
 * and, when asked, all that it retains. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PASSWORD, sleep, source } from '../web/support/tools.mjs';

const mqtt = createRequire(join(source, 'tests/web/package.json'))('mqtt');
const AGAIN_MS = 400;
const ASK_MS = 300;
const READ_MS = 3000;
const DELTA = 'scoreboard/feed/spectator/delta';
const REQUEST = '$CONTROL/scoreboard/v1';
const QUESTION = (broker) => JSON.stringify({ commands: [{ command: 'listClients', role: 'publisher', broker }] });

const options = (more) => ({ username: 'operator', password: PASSWORD, protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 2000, ...more });

/* `hub`: the name that it has in the cluster, or null for an edge. */
function openEye(part, hub, found) {
	const url = `mqtt://${part.machine.address}:${part.port}`;
	const seqs = new Map(); // epoch -> the last seq
	let client = null;
	let closed = false;

	const hear = (topic, payload) => {
		const message = JSON.parse(payload);
		if (topic !== DELTA)
			return count(message.responses[0]?.data);
		if (message.seq < (seqs.get(message.epoch) ?? -1))
			found.add(`${part.name}: seq ${message.seq} came after ${seqs.get(message.epoch)} of epoch ${message.epoch}`);
		seqs.set(message.epoch, message.seq);
	};
	const count = (data) => {
		eye.asked += data?.clients ? 1 : 0;
		if (data?.clients?.length > 1)
			found.add(`${part.name} has two publishers at once: ${data.clients.map(({ client: id, address }) => `${id} (${address})`).join(', ')}`);
		eye.leader = data?.clients?.[0]?.address ?? null;
	};
	const open = () => {
		if (closed)
			return;
		client = mqtt.connect(url, options({ keepalive: 3 }));
		client.on('message', hear).on('error', () => {});
		client.on('connect', () => client.subscribe(DELTA));
		client.on('close', () => { eye.leader = null; setTimeout(open, AGAIN_MS); });
	};
	const timer = hub && setInterval(() => client?.connected && client.publish(REQUEST, QUESTION(hub)), ASK_MS);
	const eye = {
		asked: 0, leader: null,
		close: () => { closed = true; clearInterval(timer); client.end(true); },
	};
	open();
	return eye;
}

export function openEyes({ hubs, edges }) {
	const found = new Set();
	const eyes = [...hubs.map((hub) => openEye(hub, hub.name, found)), ...edges.map((edge) => openEye(edge, null, found))];
	return {
		/* Sentences on what must not be, and was since the last call. */
		take() {
			const sentences = [...found];
			found.clear();
			return sentences;
		},
		get leaders() { return eyes.slice(0, hubs.length).map(({ leader }) => leader); },
		get asked() { return eyes.slice(0, hubs.length).map(({ asked }) => asked); },
		close: () => eyes.forEach((eye) => eye.close()),
	};
}

/* Who is there differs by broker, and is told a moment later. */
const isPresence = (topic) => topic.startsWith('scoreboard/presence/') || topic.startsWith('scoreboard/crew/presence/') || topic === 'scoreboard/crew/watching';

/* What a broker retains: topic -> text. Null when it cannot be read now. */
async function readTree(part) {
	const client = mqtt.connect(`mqtt://${part.machine.address}:${part.port}`, options());
	const tree = new Map();
	client.on('error', () => {});
	client.on('message', (topic, payload, { retain }) => {
		if (retain && !isPresence(topic))
			tree.set(topic, String(payload));
	});
	const all = new Promise((done) => {
		client.on('close', () => done(null));
		client.on('packetreceive', ({ cmd }) => cmd === 'pingresp' && done(tree));
		client.on('connect', () => client.subscribe('scoreboard/#', () => client.connected && client.sendPing()));
	});
	const read = await Promise.race([all, sleep(READ_MS).then(() => null)]);
	client.end(true);
	return read;
}

const STATUS = 'scoreboard/status';
const FEED = 'scoreboard/feed/';
const parse = (text) => (text === undefined ? {} : JSON.parse(text));

/* A clock of a view was right at a moment that its publisher chose. */
const plainClock = (value) => (typeof value === 'object' && value !== null ? { running: value.running, direction: value.direction } : value);
/* The same text for two states, pairs of key and value in any order, that differ in nothing else. */
export const stateText = (entries) =>
	JSON.stringify([...entries].map(([key, value]) => [key, plainClock(value)]).sort(([a], [b]) => (a < b ? -1 : 1)));

/* The views of a tree, as whoever joins has them: name -> state in order of keys. */
function viewsOf(tree) {
	const views = new Map();
	for (const [topic, text] of tree) {
		const [, name] = /^scoreboard\/feed\/([^/]+)\/snapshot$/.exec(topic) ?? [];
		if (!name)
			continue;
		const recent = parse(tree.get(`${FEED}${name}/recent`));
		const state = { ...parse(text).state, ...recent.set };
		(recent.del ?? []).forEach((key) => delete state[key]);
		views.set(`view ${name}`, stateText(Object.entries(state)));
	}
	return views;
}

const epochOf = (tree) => parse(tree.get(`${FEED}spectator/snapshot`)).epoch;

/* What two hubs must have in common. Each has a status of its own. Where each is told by another publisher, their feeds have other epochs, and the same state. */
function common(tree, other) {
	const isOne = epochOf(tree) === epochOf(other);
	const topics = [...tree].filter(([name]) => name !== STATUS && (isOne || !name.startsWith(FEED)));
	return new Map([...topics, ...(isOne ? [] : viewsOf(tree))]);
}

/* The first difference, or ''. */
function difference(one, other) {
	for (const name of new Set([...one.keys(), ...other.keys()]))
		if (one.get(name) !== other.get(name))
			return `${name} is ${String(other.get(name)).slice(0, 80)}, and not ${String(one.get(name)).slice(0, 80)}`;
	return '';
}

/* Do both hubs hold the same, and each edge, byte by byte, what one of the hubs does, and do all say live? '' or what is not so. */
export async function treesDiffer({ hubs, edges }) {
	const parts = [...hubs, ...edges];
	const trees = await Promise.all(parts.map(readTree));
	const unread = trees.indexOf(null);
	if (unread >= 0)
		return `${parts[unread].name} cannot be read`;
	const sleeping = trees.findIndex((tree) => !tree.get(STATUS)?.includes('"live"'));
	if (sleeping >= 0)
		return `${parts[sleeping].name} says ${trees[sleeping].get(STATUS)}`;
	const apart = difference(common(trees[0], trees[1]), common(trees[1], trees[0]));
	if (apart)
		return `${parts[1].name}: ${apart}`;
	for (let i = hubs.length; i < parts.length; i++) {
		const answers = hubs.map((_, h) => difference(trees[h], trees[i]));
		if (answers.every(Boolean))
			return `${parts[i].name}: ${answers[0]}`;
	}
	return '';
}
