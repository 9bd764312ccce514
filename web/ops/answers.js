/* answers - what comes back from the control commands (docs/policy.md, Control). Pure. A broker that stands alone answers with its data; one of
 * many with that of each, { brokers: [{ broker, ... }], missing: [names] }. Both become the latter here. What a broker says is checked no further
 * than is needed to show it. */

const ALONE = 'broker';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value) => (Array.isArray(value) ? value : []);

/* Two brokers with one name would hide each other. */
function distinct(parts) {
	const seen = new Map();
	return parts.map((part) => {
		const n = (seen.get(part.broker) ?? 0) + 1;
		seen.set(part.broker, n);
		return n === 1 ? part : { ...part, broker: `${part.broker} (${n})` };
	});
}

export function byBroker(data) {
	if (!isObject(data))
		return { brokers: [], missing: [] };
	const { brokers, missing, ...own } = data;
	const parts = Array.isArray(brokers)
		? brokers.filter((part) => isObject(part) && typeof part.broker === 'string')
		: [{ broker: typeof own.broker === 'string' ? own.broker : ALONE, ...own }];
	return { brokers: distinct(parts), missing: listOf(missing).filter((name) => typeof name === 'string') };
}

/* All rows of a list, each with its `broker` where several have answered. */
export function rowsOf(data, name) {
	if (Array.isArray(data?.[name]))
		return data[name].filter(isObject);
	return byBroker(data).brokers.flatMap(({ broker, [name]: rows }) => listOf(rows).filter(isObject).map((row) => ({ broker, ...row })));
}

/* The brokers that have not answered as the others have: [{ broker, why }]. known: the names of those that there are; an answer need not name all of them: where the hub refuses to
 * ask its edges, or does not know one of them at the moment, they are neither among `brokers` nor `missing`. */
export function lacksOf(data, known) {
	const { brokers, missing } = byBroker(data);
	const refused = brokers.filter(({ error }) => typeof error === 'string').map(({ broker, error }) => ({ broker, why: error }));
	const named = new Set(brokers.map(({ broker }) => broker));
	const silent = new Set([...missing, ...known.filter((name) => !named.has(name))]); // one that is missing may be named: it has said how many clients it has, but not which
	return [...refused, ...[...silent].map((broker) => ({ broker, why: 'no answer' }))];
}

/* A page of clients: { clients, total, lacks }. */
export function clientsOf(data, known = []) {
	return { clients: rowsOf(data, 'clients'), total: byBroker(data).brokers.reduce((sum, { total }) => sum + (total || 0), 0), lacks: lacksOf(data, known) };
}

/* --- lists that each broker has for itself --- */

/* What the brokers have said last: `parts`, name -> { at, rows }; and who said nothing when all were asked last. What a broker has said holds until it says something else: a ban that it
 * has is not lifted because the broker is too busy to tell of it. */
export const createList = () => ({ parts: new Map(), lacks: [] });

export function listTake(list, name, { data, known, now }) {
	const { brokers } = byBroker(data);
	for (const { broker, error, [name]: rows } of brokers)
		if (error === undefined)
			list.parts.set(broker, { at: now, rows: listOf(rows).filter(isObject) });
	list.lacks = lacksOf(data, known);
	const there = new Set([...brokers.map(({ broker }) => broker), ...list.lacks.map(({ broker }) => broker)]);
	for (const broker of [...list.parts.keys()].filter((one) => !there.has(one)))
		list.parts.delete(broker);
}

const rowsIn = ({ parts }) => [...parts].flatMap(([broker, { at, rows }]) => rows.map((row) => ({ ...row, broker, saidAt: at })));

/* Bans are the same at all brokers, but for those that failed logins bring about: one row each, with the brokers that have it. */
export function bansOf(list, now) {
	const bans = new Map();
	for (const { broker, saidAt, address = null, user = null, seconds: then = 0, why = '' } of rowsIn(list)) {
		const seconds = then - Math.floor((now - saidAt) / 1000);
		if (seconds < 0)
			continue;
		const key = JSON.stringify([address, user, why]);
		const ban = bans.get(key) ?? { address, user, why, seconds: 0, brokers: [] };
		ban.seconds = Math.max(ban.seconds, seconds);
		ban.brokers.push(broker);
		bans.set(key, ban);
	}
	return [...bans.values()];
}

/* Newest first, of all brokers. */
export function refusalsOf(list) {
	return rowsIn(list).map(({ saidAt: _, ...row }) => row).sort((one, other) => other.at - one.at);
}
