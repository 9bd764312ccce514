/* topics - which filters are wanted, by whom, and what the broker has said to them. Pure: time and chance are arguments. Knows no connection: each new one is
 * asked for all that is wanted, and what two want is asked for once.
 *
 * An owner is any object. A filter that is refused the first time is refused. One that was granted before is asked for again some times: a broker that has just
 * restarted refuses with the same reason what is only too much at once. */

const TRIES = 3;
const AGAIN_MS = 2000; // until the first of them; doubles
const SPREAD = 0.5;    // by chance so much longer
const REFUSED = 0x80;
const MAX_BYTES = 65535;
const MAX_LEVELS = 201; // of Mosquitto
const NO_TEXT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/* wants: filter -> { qos, owners, granted: ever, refusals, retryAt } */
export const createTopics = () => ({ wants: new Map() });

export function topicsWant(topics, filter, qos, owner) {
	const want = topics.wants.get(filter) ?? { qos, owners: new Set(), granted: false, refusals: 0, retryAt: Infinity };
	want.qos = Math.max(want.qos, qos);
	want.owners.add(owner);
	topics.wants.set(filter, want);
}

/* True: nobody wants it any more. */
export function topicsDrop(topics, filter, owner) {
	const want = topics.wants.get(filter);
	if (!want?.owners.delete(owner) || want.owners.size > 0)
		return false;
	return topics.wants.delete(filter);
}

export const topicsAll = (topics) => [...topics.wants].map(([filter, { qos }]) => ({ filter, qos }));
export const topicsOf = (topics, filters) => topicsAll(topics).filter(({ filter }) => filters.has(filter));

/* The codes of a SUBACK. Gives what is to be told: { owners, code, ended }; ended: it is wanted no longer. */
export function topicsAnswered(topics, filters, codes, { now, rnd }) {
	return filters.flatMap((filter, i) => {
		const want = topics.wants.get(filter);
		const code = codes[i] ?? REFUSED;
		return want ? answered(topics, { filter, want, code }, now, rnd) : [];
	});
}

function answered(topics, { filter, want, code }, now, rnd) {
	const owners = [...want.owners];
	want.retryAt = Infinity;
	if (code < REFUSED) {
		Object.assign(want, { granted: true, refusals: 0 });
		return [{ owners, code, ended: false }];
	}
	if (want.granted && ++want.refusals < TRIES) {
		want.retryAt = now + AGAIN_MS * 2 ** (want.refusals - 1) * (1 + SPREAD * rnd);
		return [];
	}
	topics.wants.delete(filter);
	return [{ owners, code, ended: true }];
}

export const topicsDeadline = (topics) => Math.min(Infinity, ...[...topics.wants.values()].map(({ retryAt }) => retryAt));

/* What is to be asked for again by now. */
export function topicsDue(topics, now) {
	const due = [...topics.wants].filter(([, { retryAt }]) => retryAt <= now);
	due.forEach(([, want]) => { want.retryAt = Infinity; });
	return due.map(([filter, { qos }]) => ({ filter, qos }));
}

/* Who wants these filters. */
export const topicsWanting = (topics, filters) => new Set(filters.flatMap((filter) => [...topics.wants.get(filter)?.owners ?? []]));

/* Who wants what comes on this topic. */
export function topicsOwners(topics, topic) {
	const owners = new Set();
	for (const [filter, want] of topics.wants)
		if (matches(filter, topic))
			want.owners.forEach((owner) => owners.add(owner));
	return owners;
}

/* As MQTT 5 has it (4.7). What it only advises against is none, either: Mosquitto ends the connection for it, and would do so after each reconnect. */
export function isFilter(filter) {
	if (typeof filter !== 'string' || filter === '' || NO_TEXT.test(filter) || new TextEncoder().encode(filter).length > MAX_BYTES)
		return false;
	const levels = filter.split('/');
	return levels.length <= MAX_LEVELS && levels.every((level, i) => level === '+' || (level === '#' && i === levels.length - 1) || !/[+#]/.test(level));
}

export function matches(filter, topic) {
	const wanted = filter.split('/');
	const levels = topic.split('/');
	if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#'))
		return false;
	for (let i = 0; i < wanted.length; i++) {
		if (wanted[i] === '#')
			return true;
		if (i >= levels.length || (wanted[i] !== '+' && wanted[i] !== levels[i]))
			return false;
	}
	return wanted.length === levels.length;
}
