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

/* All rows of a list that every broker has, each with its `broker`: refusals, bans, rooms. */
export function rowsOf(data, name) {
	if (Array.isArray(data?.[name]))
		return data[name].filter(isObject);
	return byBroker(data).brokers.flatMap(({ broker, [name]: rows }) => listOf(rows).filter(isObject).map((row) => ({ broker, ...row })));
}

/* A page of clients: { clients, total, missing }. */
export function clientsOf(data) {
	const { brokers, missing } = byBroker(data);
	return { clients: rowsOf(data, 'clients'), total: brokers.reduce((sum, { total }) => sum + (total || 0), 0), missing };
}

/* Bans are the same at all brokers, but for those that failed logins bring about: one row each, with the brokers that have it. */
export function bansOf(data) {
	const bans = new Map();
	for (const { broker = null, address = null, user = null, seconds = 0, why = '' } of rowsOf(data, 'bans')) {
		const key = JSON.stringify([address, user, why]);
		const ban = bans.get(key) ?? { address, user, why, seconds: 0, brokers: [] };
		ban.seconds = Math.max(ban.seconds, seconds);
		if (broker !== null)
			ban.brokers.push(broker);
		bans.set(key, ban);
	}
	return [...bans.values()];
}

/* Newest first, of all brokers. */
export function refusalsOf(data) {
	return rowsOf(data, 'refusals').sort((one, other) => other.at - one.at);
}
