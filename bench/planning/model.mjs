/* model - what a crowd costs, by coefficients that were measured; and the machines that it needs. Pure.
 *
 * A broker is one thread. In a second it spends on its viewers
 *     viewers x (hold + deltas x (delivery + bytes x byte) + pings)
 * and a delta has reached nearly all of them after viewers x wall: they are sent it one after the other. What bounds a broker's viewers is
 * that time, its core, its memory, and how long they take to come back to it when they have lost another broker. */

const PING_VIEWERS = 10000; // of which ping_us was measured: on 2.0 each ping looks at all sockets
const PING_S = 3600;        // keepalive that is in hold_us_per_s
const FRAME_BYTES = 66;     // Ethernet, IP and TCP with timestamps, around each delivery

const need = (coefficients, name) => {
	if (!(name in coefficients))
		throw new Error(`no coefficient "${name}": it is measured by another part of bench/run.sh`);
	return coefficients[name].value;
};

/* us of the broker in a second, for each of its viewers. load: {broker, viewers, deltas, bytes, keepalive}; deltas a second. */
export function viewerUs(c, load) {
	const of = (name) => need(c, `${name} ${load.broker}`);
	const pings = load.broker === '2.0' && load.keepalive < PING_S
		? of('ping_us') * load.viewers / PING_VIEWERS * (1 / load.keepalive - 1 / PING_S) : 0;
	return of('hold_us_per_s') + load.deltas * (of('delivery_us') + load.bytes * of('byte_us')) + pings;
}

/* What bench/run.sh measures of such a load: `cpu` is us for each delivery, `memory` kB for each viewer, `p99` ms. */
export function predict(c, what, load) {
	if (what === 'cpu')
		return viewerUs(c, load) / load.deltas;
	if (what === 'memory')
		return need(c, `viewer_kb ${load.broker}`);
	return 0.99 * load.viewers * need(c, `wall_us ${load.broker}`) / 1000;
}

/* ---- a plan ---- */

/* The most viewers of one broker, by what bounds it; Infinity: not measured. */
export function bounds(c, q) {
	const of = (name) => need(c, `${name} ${q.broker}`);
	const load = { broker: q.broker, viewers: PING_VIEWERS, deltas: q.peakDeltas, bytes: q.bytes, keepalive: PING_S };
	return {
		'a delta in time': Math.floor(q.inTimeMs * 1000 / of('wall_us')),
		'its core': Math.floor(q.busy * 1e6 / viewerUs(c, load)),
		'coming back': `joins_per_s ${q.broker}` in c ? Math.floor(q.backS * of('joins_per_s')) : Infinity,
		'limits.connections': q.connections,
		'open files': q.files,
	};
}

/* Hubs above the edges: [] when one broker is enough; else how many of each level, the top first. */
export function hubLevels(edges, perHub) {
	if (edges <= 1)
		return [];
	const levels = [Math.ceil(edges / perHub)];
	while (levels[0] > 1)
		levels.unshift(Math.ceil(levels[0] / perHub));
	return levels;
}

const BYTES_PER_MB = 1e6;

/* q: {viewers, broker, deltas, peakDeltas, bytes, joinBytes, inTimeMs, backS, busy, connections, files, perHub, hubMessages, haproxyConnections,
 * spare}. What is in the answer is told by plan.mjs, which prints it. */
export function plan(c, q) {
	const limits = bounds(c, q);
	const [bound, most] = Object.entries(limits).reduce((a, b) => (b[1] < a[1] ? b : a));
	const edges = Math.ceil(q.viewers / most) + q.spare;
	const single = edges === 1;
	const each = Math.ceil(q.viewers / edges);
	const load = { broker: q.broker, viewers: each, deltas: q.peakDeltas, bytes: q.bytes, keepalive: PING_S };
	const levels = hubLevels(edges, q.perHub);
	const children = levels.map((n, i) => Math.ceil((levels[i + 1] ?? edges) / n));
	const proxies = single ? 0 : Math.ceil(q.viewers / q.haproxyConnections) + q.spare;
	const wire = q.bytes + FRAME_BYTES;
	const average = { ...load, deltas: q.deltas };
	const edgeUs = viewerUs(c, average);
	const proxyUs = proxies ? q.deltas * need(c, 'haproxy_us') : 0;
	return {
		viewers: q.viewers, limits, bound, most, single, edges, each, levels, proxies,
		edgeBusy: each * viewerUs(c, load) / 1e6,
		edgeMb: each * need(c, `viewer_kb ${q.broker}`) / 1000,
		inTimeMs: each * need(c, `wall_us ${q.broker}`) / 1000,
		hubBusy: children.map((n) => n * (need(c, 'hub_us_per_edge_message') * q.hubMessages + need(c, 'hub_us_per_s_edge')) / 1e6),
		proxyCores: proxies ? q.viewers * q.peakDeltas * need(c, 'haproxy_us') / 1e6 / q.busy : 0,
		proxyMb: proxies ? q.viewers * need(c, 'haproxy_kb') / 1000 : 0,
		mbitPeak: q.viewers * q.peakDeltas * wire * 8 / 1e6,
		mbitAverage: q.viewers * q.deltas * wire * 8 / 1e6,
		coreHours: (edgeUs + proxyUs) / 1e6,
		mbPerHour: (q.deltas * 3600 * wire + q.joinBytes) / BYTES_PER_MB,
	};
}

/* How many polls a second, and what they cost: each page asks every 2 s. share: of polls that get news. */
export function polling(c, { viewers, deltas, everyS, cacheS }) {
	const perS = viewers / everyS;
	const news = 1 - Math.exp(-deltas * everyS);
	const bytes = news * need(c, 'poll_bytes') + (1 - news) * need(c, 'poll_same_bytes') + 2 * FRAME_BYTES;
	const us = (server) => news * need(c, `poll_news_us ${server}`) + (1 - news) * need(c, `poll_same_us ${server}`);
	return {
		perS, news, toOrigin: Math.min(perS, 1 / cacheS), cores: perS * us('nginx') / 1e6,
		withoutCache: 1e6 / us('publisher') * everyS, mbit: perS * bytes * 8 / 1e6, mbPerHour: bytes * 3600 / everyS / BYTES_PER_MB,
	};
}
