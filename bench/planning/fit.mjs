/* fit - the coefficients, from some of what bench/run.sh has measured; and the points that it has measured besides, which are to be
 * predicted. No point is of the rows that a coefficient comes from. Pure. */
import { median, number, sectionOf } from './results.mjs';

const BROKERS = [['2.0', 'Mosquitto + plugin'], ['2.1', 'Mosquitto 2.1 + plugin']];
const BILL_BYTES = 160 + 41; // of a delta in parts ratio, table and pings, with what MQTT and the WebSocket add

const from = (section, value, unit, what) => ({ value, unit, what, command: section.command, measured: section.measured });

/* ---- coefficients ---- */

/* By the broker, one whose name stands in the table's first heading. */
const ratioRows = (ratio, name) => ratio.tables.find((rows) => Object.keys(rows[0])[0].startsWith(`${name}:`));

function ofBill(bill) {
	const rows = bill?.tables[1]?.filter((row) => row.server === BROKERS[0][1]) ?? [];
	const row = rows.at(-1); // of the larger crowd
	if (!row)
		return {};
	const viewers = number(row.viewers);
	return {
		'hold_us_per_s 2.0': from(bill, number(row['hold, CPU per second']) * 1000 / viewers, 'us/s', `of a viewer who is sent nothing (${viewers} viewers)`),
		'delivery_us 2.0': from(bill, number(row['a, per delivery']), 'us', 'of the broker, a delivery without its bytes'),
		'byte_us 2.0': from(bill, number(row['b, per 1,000 bytes']) / 1000, 'us', 'of the broker, a byte of it'),
	};
}

/* 2.1 is not in part bill: what holding costs is in the delivery, and a byte costs what it costs in 2.0. */
function ofRatio(ratio, bytePrice) {
	const out = {};
	for (const [version, name] of BROKERS) {
		const rows = ratio && ratioRows(ratio, name);
		if (!rows)
			continue;
		const cpu = rows.map((row) => number(row['with the plugin'])), p99 = rows.map((row) => number(row['with the plugin (2)']));
		const viewers = number(rows[0]['viewers each']);
		const memory = [...ratio.text.matchAll(/Memory per viewer: .*?, ([\d.]+) kB with the plugin/g)];
		out[`wall_us ${version}`] = from(ratio, median(p99) * 1000 / (0.99 * viewers), 'us', 'from one viewer of a delta to the next, when it goes to all');
		out[`viewer_kb ${version}`] = from(ratio, number(memory[BROKERS.findIndex(([v]) => v === version)][1]), 'kB', 'of the broker\'s memory, a viewer');
		if (version === '2.1') {
			out['hold_us_per_s 2.1'] = from(ratio, 0, 'us/s', 'not measured apart: it is in delivery_us');
			out['delivery_us 2.1'] = from(ratio, median(cpu) - bytePrice * BILL_BYTES, 'us', 'of the broker, a delivery without its bytes');
			out['byte_us 2.1'] = from(ratio, bytePrice, 'us', 'taken from 2.0');
		}
	}
	return out;
}

/* What a ping more or less costs, from the keepalive of a minute and that of an hour. The load generator pings after nine tenths of it. */
function ofPings(pings) {
	const rows = pings?.tables[0];
	if (!rows)
		return {};
	const [minute, hour] = [60, 3600].map((s) => rows.find((row) => number(row.keepalive) === s)['CPU per delivery, pings included']);
	return { 'ping_us 2.0': from(pings, (number(minute) - number(hour)) * PINGS_DELTAS / (1 / 60 - 1 / 3600), 'us', 'of the broker, a ping of one of 10,000 viewers') };
}
const PINGS_DELTAS = 2; // a second, in parts ratio, table and pings

function ofStorm(storm) {
	const out = {};
	for (const [version, name] of BROKERS) {
		const row = storm?.tables[0]?.find((r) => r['what happened'] === `${name}: killed, started again`);
		if (row)
			out[`joins_per_s ${version}`] = from(storm, number(row['lost it']) / number(row['99 %']), '1/s', 'who have lost their broker come back to one broker, until 99 % are in sync');
	}
	return out;
}

/* Of a part whose only table has the columns `what` and `value`: a function that makes a coefficient of a row, if there is one. */
function rowsOf(section) {
	const values = Object.fromEntries((section?.tables[0] ?? []).map((row) => [row.what, row.value]));
	return (key, row, unit, what) => (row in values ? { [key]: from(section, number(values[row]), unit, what) } : {});
}

function ofHops(hops) {
	const of = rowsOf(hops);
	return {
		...of('hub_us_per_edge_message', 'hub: a message to an edge', 'us', 'of the hub, a message to one edge'),
		...of('hub_us_per_s_edge', 'hub: an edge, in a second', 'us/s', 'of the hub, an edge while nothing is written: beats, presence'),
		...of('haproxy_us', 'HAProxy: a delivery', 'us', 'of HAProxy, a delivery that passes'),
		...of('haproxy_kb', 'HAProxy: memory of a viewer', 'kB', 'of HAProxy\'s memory, a viewer'),
	};
}

function ofPolls(polls) {
	const of = rowsOf(polls);
	return {
		...of('poll_news_us nginx', 'nginx: a poll, with news', 'us', 'of nginx, a poll with news that its cache answers'),
		...of('poll_same_us nginx', 'nginx: a poll, nothing new', 'us', 'of nginx, a poll that is answered with 304'),
		...of('poll_news_us publisher', 'publisher: a poll, with news', 'us', 'of the publisher, a poll with news that nothing stands before'),
		...of('poll_same_us publisher', 'publisher: a poll, nothing new', 'us', 'of the publisher, a poll that is answered with 304'),
		...of('poll_bytes', 'an answer with news, compressed, with its header', 'bytes', 'of a poll with news'),
		...of('poll_same_bytes', 'an answer 304', 'bytes', 'of a poll that is answered with 304'),
	};
}

export function fit(results) {
	const of = (part) => sectionOf(results, part);
	const bill = ofBill(of('bill'));
	return {
		...bill, ...ofRatio(of('ratio'), bill['byte_us 2.0']?.value ?? 0), ...ofPings(of('pings')), ...ofStorm(of('storm')),
		...ofHops(of('hops')), ...ofPolls(of('polls')),
	};
}

/* ---- points ---- */

const point = (section, name, what, measured, unit, load) => ({ part: section.command, name, what, measured, unit, load });

function ofTable(table) {
	const points = [];
	for (const row of table?.tables[0] ?? []) {
		const broker = BROKERS.find(([, name]) => name === row.server)?.[0];
		const viewers = number(row.viewers);
		if (!broker || viewers < 1000)
			continue;
		const load = { broker, viewers, deltas: 2, bytes: BILL_BYTES, keepalive: 3600 };
		const name = `${viewers} viewers, ${row.server}`;
		points.push(point(table, name, 'cpu', number(row['CPU per delivery']), 'us', load));
		points.push(point(table, name, 'memory', number(row['memory per viewer']), 'kB', load));
		points.push(point(table, name, 'p99', number(row.p99), 'ms', load));
	}
	return points;
}

function pointsOfPings(pings) {
	const row = pings?.tables[0]?.find((r) => number(r.keepalive) === 300);
	const load = { broker: '2.0', viewers: 10000, deltas: PINGS_DELTAS, bytes: BILL_BYTES, keepalive: 300 };
	return row ? [point(pings, '10000 viewers, keepalive 300 s', 'cpu', number(row['CPU per delivery, pings included']), 'us', load)] : [];
}

function pointsOfScale(scale) {
	const row = scale?.tables[0]?.[0];
	if (!row)
		return [];
	const load = { broker: '2.0', viewers: number(row.viewers), deltas: 0.5, bytes: BILL_BYTES, keepalive: 3600 };
	const name = `${row.viewers} viewers on 3 edges`;
	return [
		point(scale, name, 'cpu', number(row['CPU per delivery']), 'us', load),
		point(scale, name, 'memory', number(row['memory per viewer']), 'kB', load),
	];
}

export function points(results) {
	const of = (part) => sectionOf(results, part);
	return [...ofTable(of('table')), ...pointsOfPings(of('pings')), ...pointsOfScale(of('scale'))];
}
