/* figures - what the tables show of the state: brokers, viewers, limits and how near they are. Pure. What a broker does not tell (an older one, or one alone) is null. */

import { KEEP_MS, delayOf, droppedOf, isNumber, loadOf, risen } from './state.js';

const LATELY_MS = 10000;
export const LATE_MS = 1000; // a broker, or what comes to it

const PARTS = { alone: 'broker', hub: 'hub', mid: 'mid', edge: 'edge' };

/* A broker that has not answered since the page was opened has not said which part it plays: then its name has to tell. */
const partOf = ({ name, part }) => PARTS[part] ?? /^(hub|mid|edge)/i.exec(name)?.[1].toLowerCase() ?? '';
/* What is refused for these is no trouble. */
const HARMLESS = new Set(['taken']);

const withPrefix = (stats, prefix) => Object.entries(stats).filter(([name]) => name.startsWith(prefix)).map(([name, n]) => [name.slice(prefix.length), n]);
const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

/* A role is audience unless it has reserved seats, or the policy says that it is none. */
const isAudience = (role) => role !== undefined && !(role.reserved > 0) && role.audience !== false;

/* Viewers of one broker. Before the limits are known, those of the role `viewer`. */
function viewersAt({ stats }, roles) {
	if (isNumber(stats.watching))
		return stats.watching;
	const known = Object.keys(roles).length > 0;
	return sum(withPrefix(stats, 'connections/').filter(([role]) => (known ? isAudience(roles[role]) : role === 'viewer')).map(([, n]) => n));
}

/* Everybody who watches: by what the brokers have added up, with those over HTTP; or else by what each of them has. */
export function viewers(state) {
	const here = sum([...state.brokers.values()].filter(({ missingSince }) => missingSince === null).map((broker) => viewersAt(broker, state.roles)));
	const { total, mqtt, sse, polling } = state.watching ?? {};
	if (isNumber(total))
		return { total, mqtt: mqtt ?? null, sse: sse ?? null, polling: polling ?? null };
	return { total: here, mqtt: null, sse: null, polling: null };
}

/* --- brokers --- */

function refusedAt(broker) {
	const reasons = withPrefix(broker.stats, 'refused/').map(([label, total]) => ({ label, total, minute: risen(broker, `refused/${label}`) }));
	return {
		minute: sum(reasons.filter(({ label }) => !HARMLESS.has(label)).map(({ minute }) => minute)),
		reasons: reasons.filter(({ total }) => total > 0).sort((one, other) => other.minute - one.minute || other.total - one.total),
	};
}

/* Seats of those who have none reserved: taken, and how many there are. */
function seatsAt(broker, state) {
	const used = sum(withPrefix(broker.stats, 'connections/').map(([, n]) => n));
	const crowd = Object.keys(state.roles).find((role) => isAudience(state.roles[role]));
	const left = broker.stats[`seats_left/${crowd}`];
	const of = isNumber(left) ? used + left : state.limits.connections ?? null;
	return { used, of };
}

function filesAt({ host }) {
	return isNumber(host.open_files) && host.max_files > 0 ? { used: host.open_files, of: host.max_files } : null;
}

function brokerRow(broker, state, now) {
	return {
		name: broker.name,
		part: partOf(broker),
		missingMs: broker.missingSince === null ? null : now - broker.missingSince,
		named: broker.named,
		viewers: viewersAt(broker, state.roles),
		seats: seatsAt(broker, state),
		load: loadOf(broker),
		lateMs: broker.host.late_ms ?? null,
		delayMs: delayOf(broker, KEEP_MS),
		delayNowMs: delayOf(broker, LATELY_MS),
		dropped: droppedOf(broker),
		files: filesAt(broker),
		refused: refusedAt(broker),
	};
}

const RANK = { hub: 0, broker: 1, mid: 1, edge: 2 };
export function brokerRows(state, now) {
	return [...state.brokers.values()]
		.sort((one, other) => (RANK[partOf(one)] ?? 3) - (RANK[partOf(other)] ?? 3) || one.name.localeCompare(other.name, 'en', { numeric: true }))
		.map((broker) => brokerRow(broker, state, now));
}

/* --- limits --- */

const worst = (rows) => rows.reduce((most, row) => (most === null || row.used / row.of > most.used / most.of ? row : most), null);

/* [key, what people read, what is used of it, the name of the limit] */
const LIMITS = [
	['bans', 'Bans in force', (stats) => stats.bans, 'bans'],
	['addresses', 'Addresses remembered', (stats) => stats.addresses, 'addresses_remembered'],
	['sessions', 'Sessions kept', (stats) => sum(withPrefix(stats, 'sessions/').map(([, n]) => n)), 'sessions'],
	['retained', 'Topics kept', (stats) => stats.retained_topics, 'retained_topics'],
	['repeats', 'Topics compared', (stats) => stats.repeat_topics, 'repeat_topics'],
];

function reservedRows(broker, roles) {
	return Object.entries(roles).filter(([, { reserved }]) => reserved > 0)
		.map(([role, { reserved, connections }]) => ({
			key: `role ${role}`, what: `Seats kept for “${role}”`, broker: broker.name, used: broker.stats[`connections/${role}`] ?? 0, of: Math.min(reserved, connections ?? reserved),
			soft: true,
		}));
}

function roleRows(broker, roles) {
	return Object.entries(roles).filter(([, { connections }]) => connections < 1000000)
		.map(([role, { connections }]) => ({ key: `most ${role}`, what: `Seats that “${role}” may have`, broker: broker.name, used: broker.stats[`connections/${role}`] ?? 0, of: connections }));
}

function limitsOf(broker, state) {
	const rows = LIMITS.map(([key, what, used, limit]) => ({ key, what, broker: broker.name, used: used(broker.stats), of: state.limits[limit] }));
	const [seats, files] = [seatsAt(broker, state), filesAt(broker)];
	rows.push({ key: 'seats', what: 'Seats', broker: broker.name, ...seats });
	if (files)
		rows.push({ key: 'files', what: 'Open files', broker: broker.name, ...files });
	return [...rows, ...reservedRows(broker, state.roles), ...roleRows(broker, state.roles)].filter(({ used, of }) => isNumber(used) && of > 0);
}

/* Of each limit the broker that is nearest to it, the nearest first: { key, what, broker, used, of, share, soft }. `soft`: more may come, if others leave room. */
export function limitRows(state) {
	const byKey = new Map();
	for (const broker of state.brokers.values())
		if (broker.missingSince === null)
			for (const row of limitsOf(broker, state))
				byKey.set(row.key, worst([byKey.get(row.key), row].filter(Boolean)));
	return [...byKey.values()].map((row) => ({ ...row, share: row.used / row.of }))
		.sort((one, other) => Number(one.soft ?? false) - Number(other.soft ?? false) || other.share - one.share);
}
