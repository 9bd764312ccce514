/* outbox-queue - the order in which an app's own messages leave, and what happens when there are too many. Pure: time
 * and chance are arguments. Knows no store, no network and no other tab.
 *
 * Higher priorities first, first in first out within one. That order is kept by a number that every message gets (`seq`) and
 * keeps in the store, since many are written in one millisecond. Messages of one priority to one topic are a lane: when one
 * of them has to be tried again, those behind it wait. Bounded: a full queue makes room by dropping the oldest
 * message of the lowest priority below the new one's, else it refuses the new one. Whatever becomes of a message is counted,
 * in all and by priority. */

import { backoffDelay } from './backoff.js';

export const PRIORITIES = Object.freeze(['critical', 'high', 'normal', 'low']);

const BACKOFF = { base: 1000, ceiling: 60000, floor: 200 };
const DOUBT = { base: 1000, ceiling: 2000, floor: 200 };
const REFUSED = 0x80;
const NOT_AUTHORIZED = 0x87;
const BUSY = new Set([0x97, 0x96, 0x93, 0x88, 0x89]); // quota, rate, receive maximum, unavailable, busy: worth another try
const DOUBTS = 4;               // so often a "not authorized" is doubted, see queueAnswer()
const SUSPECT = 3;              // connections that ended while the message was on its way, before others go first
const EXPIRY_MAX_S = 0xffffffff;
const COUNTED = Object.freeze({ added: 0, sent: 0, retries: 0, evicted: 0, refused: 0, rejected: 0, expired: 0 });

export function createQueue({ limit = 500, maxAgeMs = 24 * 3600000, maxBytes = 262144 } = {}) {
	return {
		limit, maxAgeMs, maxBytes,
		items: new Map(),      // id -> item
		seq: 0,                // the last one given
		epoch: 0,              // connections so far
		stats: { ...COUNTED, duplicates: 0, restored: 0 },
		by: Object.fromEntries(PRIORITIES.map((priority) => [priority, { ...COUNTED }])),
	};
}

function count(queue, what, priority) {
	queue.stats[what]++;
	if (Object.hasOwn(queue.by, priority) && what in COUNTED)
		queue.by[priority][what]++;
}

/* { id, topic, payload, priority, retain?, expiryS?, at?, seq? } -> { ok, reason?, evicted? }; the item is kept as given, with its own
 * book-keeping. `at` and `seq` are there when another tab has given them. */
export function queueAdd(queue, message, now) {
	const reason = queueUnfit(queue, message) ?? (queue.items.has(message.id) ? 'duplicate' : null);
	if (reason) {
		if (reason === 'duplicate')
			queue.stats.duplicates++;
		else
			queueRefused(queue, message.priority);
		return { ok: false, reason };
	}
	const evicted = queue.items.size >= queue.limit ? victim(queue, rank(message)) : null;
	if (queue.items.size >= queue.limit && !evicted) {
		queueRefused(queue, message.priority);
		return { ok: false, reason: 'full' };
	}
	if (evicted)
		remove(queue, evicted.id, 'evicted');
	keep(queue, { ...message, at: message.at ?? now, seq: message.seq ?? queueNextSeq(queue, now) });
	count(queue, 'added', message.priority);
	return { ok: true, evicted: evicted?.id };
}

/* A message that was not even kept. */
export function queueRefused(queue, priority) {
	count(queue, 'refused', priority);
}

/* Larger than any before it, over reloads as well; near the time, so that tabs which have not heard of each other agree, too. */
export function queueNextSeq(queue, now) {
	queue.seq = Math.max(queue.seq + 1, now);
	return queue.seq;
}

/* Why this can't be published; null: it can. A topic or id that is no text of MQTT would cost the connection. */
export function queueUnfit({ maxBytes }, { id, topic, payload, priority, expiryS }) {
	if (!PRIORITIES.includes(priority))
		return 'no such priority';
	if (!isText(topic) || /[+#]/.test(topic))
		return 'not a topic to publish to';
	if (typeof payload !== 'string' || payload.length > maxBytes)
		return 'payload missing or too long';
	if (!isText(id) || id.length > 256)
		return 'not an id';
	if (expiryS !== undefined && !(Number.isInteger(expiryS) && expiryS > 0 && expiryS <= EXPIRY_MAX_S))
		return 'not a time to expire';
	return null;
}

const isText = (value) => typeof value === 'string' && value !== '' && value.length <= 65535
	&& !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(value);

const rank = ({ priority }) => PRIORITIES.indexOf(priority);
const inOrder = (a, b) => rank(a) - rank(b) || a.seq - b.seq || (a.id < b.id ? -1 : 1);
const laneOf = ({ priority, topic }) => `${priority} ${topic}`;

function keep(queue, item) {
	queue.items.set(item.id, { tries: 0, ...item, notBefore: 0, flying: false, doubts: 0, lost: 0, lostIn: -1 });
	queue.seq = Math.max(queue.seq, item.seq);
}

function remove(queue, id, what) {
	const item = queue.items.get(id);
	if (item) {
		queue.items.delete(id);
		count(queue, what, item.priority);
	}
	return item;
}

function victim(queue, newRank) {
	let worst = null;
	for (const item of queue.items.values())
		if (!item.flying && rank(item) > newRank && (worst === null || rank(item) > rank(worst) || (rank(item) === rank(worst) && item.seq < worst.seq)))
			worst = item;
	return worst;
}

/* What was stored before a reload, or by a tab that is gone. Returns the ids of what there is no room for, or what can't be sent. */
export function queueRestore(queue, stored) {
	const left = [];
	for (const item of [...stored].map(withSeq).sort(inOrder)) {
		if (queue.items.has(item.id))
			continue;
		if (queueUnfit(queue, item) || queue.items.size >= queue.limit) {
			left.push(item.id);
			count(queue, 'evicted', item.priority);
			continue;
		}
		keep(queue, item);
		queue.stats.restored++;
	}
	return left;
}

/* Those of an earlier release have no number: their age has to do. */
const withSeq = (item) => ({ ...item, seq: Number.isFinite(item.seq) ? item.seq : Number(item.at) || 0 });

/* What is stored of a message. */
export function queueStored(queue, id) {
	const { topic, payload, priority, retain, expiryS, at, seq, tries } = queue.items.get(id);
	return { id, topic, payload, priority, at, seq, tries, ...(retain && { retain }), ...(expiryS !== undefined && { expiryS }) };
}

/* Up to `most` that are due, in order, marked as flying. */
export function queueTakeMany(queue, now, most) {
	const taken = [];
	const held = new Set();        // lanes whose first waits for its next try
	if (most < 1)
		return taken;
	for (const item of [...queue.items.values()].filter(({ flying }) => !flying).sort(inOrder)) {
		const lane = laneOf(item);
		if (held.has(lane))
			continue;
		if (item.notBefore > now) {
			held.add(lane);
			continue;
		}
		item.flying = true;
		taken.push(item);
		if (taken.length >= most)
			break;
	}
	return taken;
}

export const queueTake = (queue, now) => queueTakeMany(queue, now, 1)[0] ?? null;

/* The broker's answer: is it 'sent', 'rejected' for good, or to be tried 'again'? `pressed`: many went lately. Mosquitto 2.0 says "not
 * authorized" also to what is only too much or too fast, so that is doubted for a while when it can mean that. */
export function queueAnswer(queue, id, code, pressed) {
	if (code < REFUSED)
		return 'sent';
	if (BUSY.has(code))
		return 'again';
	const item = queue.items.get(id);
	if (code !== NOT_AUTHORIZED || !pressed || !item || item.doubts >= DOUBTS)
		return 'rejected';
	item.doubts++;
	return 'again';
}

/* Gives the item; undefined: it was gone already. */
export function queueSent(queue, id) {
	return remove(queue, id, 'sent');
}

/* The other side said no: trying again would not change its mind. */
export function queueRejected(queue, id) {
	return remove(queue, id, 'rejected');
}

/* The broker wants it later. */
export function queueFailed(queue, id, now, rnd) {
	const item = queue.items.get(id);
	if (!item)
		return;
	item.flying = false;
	item.tries++;
	item.notBefore = now + (item.doubts > 0 ? backoffDelay(item.doubts - 1, rnd, DOUBT) : backoffDelay(item.tries - 1, rnd, BACKOFF));
	count(queue, 'retries', item.priority);
}

/* There was no answer: the connection is gone, it has nothing to do with this message. Unless that happens to it on one connection after the
 * other: the broker may have ended them because of it, and it must not keep all others from being sent. */
export function queueReturned(queue, id, now, rnd) {
	const item = queue.items.get(id);
	if (!item)
		return;
	item.flying = false;
	if (item.lostIn !== queue.epoch)
		item.lost++;
	item.lostIn = queue.epoch;
	if (item.lost >= SUSPECT)
		item.notBefore = now + backoffDelay(item.lost - SUSPECT, rnd, BACKOFF);
	count(queue, 'retries', item.priority);
}

/* Removes what is too old to matter; says which. */
export function queueExpire(queue, now) {
	const old = [...queue.items.values()].filter((item) => !item.flying && now > expiresAt(queue, item));
	old.forEach(({ id }) => remove(queue, id, 'expired'));
	return old.map(({ id }) => id);
}

const expiresAt = ({ maxAgeMs }, { at, expiryS = Infinity }) => at + Math.min(maxAgeMs, expiryS * 1000);

/* What is left of the life that the sender gave it, in whole seconds. */
export const expiryLeft = ({ at, expiryS }, now) => Math.max(1, Math.ceil((at + expiryS * 1000 - now) / 1000));

/* There is a new connection: messages that wait for their next try need not wait any longer. */
export function queueHurry(queue) {
	queue.epoch++;
	for (const item of queue.items.values())
		if (item.lost < SUSPECT)
			item.notBefore = 0;
}

/* When something may be due next; Infinity when nothing waits. */
export function queueDeadline(queue) {
	let next = Infinity;
	for (const item of queue.items.values())
		if (!item.flying)
			next = Math.min(next, item.notBefore);
	return next;
}

/* When the next one is too old; Infinity when nothing waits. */
export function queueNextExpiry(queue) {
	let next = Infinity;
	for (const item of queue.items.values())
		if (!item.flying)
			next = Math.min(next, expiresAt(queue, item) + 1);
	return next;
}

export function queueReport(queue, now) {
	const waiting = Object.fromEntries(PRIORITIES.map((priority) => [priority, 0]));
	const priorities = Object.fromEntries(PRIORITIES.map((priority) => [priority, { waiting: 0, processing: 0, oldest: null, ...queue.by[priority] }]));
	for (const { priority, flying, at } of queue.items.values()) {
		const row = priorities[priority];
		waiting[priority]++;
		row[flying ? 'processing' : 'waiting']++;
		row.oldest = Math.max(row.oldest ?? 0, now - at);
	}
	return { ...queue.stats, waiting, size: queue.items.size, priorities };
}

/* The same report `ms` later, if nothing has happened. */
export function reportLater(report, ms) {
	const later = (row) => ({ ...row, oldest: row.oldest === null ? null : row.oldest + ms });
	return { ...report, priorities: Object.fromEntries(Object.entries(report.priorities).map(([priority, row]) => [priority, later(row)])) };
}

/* Another tab has counted until now: this one goes on from there. */
export function queueCountOn(queue, report) {
	for (const what of Object.keys(queue.stats))
		queue.stats[what] = report[what];
	for (const priority of PRIORITIES)
		for (const what of Object.keys(COUNTED))
			queue.by[priority][what] = report.priorities[priority][what];
}

/* It has counted a little more since, from `told` to `last`. */
export function queueCountMore(queue, told, last) {
	for (const what of Object.keys(queue.stats))
		queue.stats[what] += Math.max(0, last[what] - told[what]);
	for (const priority of PRIORITIES)
		for (const what of Object.keys(COUNTED))
			queue.by[priority][what] += Math.max(0, last.priorities[priority][what] - told.priorities[priority][what]);
}

/* --- at the receiver: the same message may come twice, it counts once --- */

export function createDeduper({ size = 2048 } = {}) {
	const seen = new Map();
	return function isNew(id) {
		if (id === undefined || seen.has(id))
			return id === undefined; // without an id nothing can be said
		seen.set(id, true);
		if (seen.size > size)
			seen.delete(seen.keys().next().value);
		return true;
	};
}
