/* outbox-queue - the order in which an app's own messages leave, and what happens when there are too many. Pure: time
 * and chance are arguments. Knows no store and no network.
 *
 * Higher priorities first, first in first out within one. Bounded: a full queue makes room by dropping the oldest
 * message of the lowest priority below the new one's, else it refuses the new one. Whatever becomes of a message is counted. */

import { backoffDelay } from './backoff.js';

export const PRIORITIES = Object.freeze(['critical', 'high', 'normal', 'low']);

const BACKOFF = { base: 1000, ceiling: 60000, floor: 200 };

export function createQueue({ limit = 500, maxAgeMs = 24 * 3600000, maxBytes = 262144 } = {}) {
	return {
		limit, maxAgeMs, maxBytes,
		items: new Map(),      // id -> item, in order of arrival
		stats: { added: 0, sent: 0, retries: 0, evicted: 0, refused: 0, rejected: 0, expired: 0, duplicates: 0, restored: 0 },
	};
}

/* { id, topic, payload, priority } -> { ok, reason?, evicted? }; the item is kept as given, with its own book-keeping. */
export function queueAdd(queue, message, now) {
	const reason = unfit(queue, message);
	if (reason) {
		queue.stats[reason === 'duplicate' ? 'duplicates' : 'refused']++;
		return { ok: false, reason };
	}
	const evicted = queue.items.size >= queue.limit ? victim(queue, rank(message)) : null;
	if (queue.items.size >= queue.limit && !evicted) {
		queue.stats.refused++;
		return { ok: false, reason: 'full' };
	}
	if (evicted) {
		queue.items.delete(evicted.id);
		queue.stats.evicted++;
	}
	queue.items.set(message.id, { ...message, at: now, tries: 0, notBefore: 0, flying: false });
	queue.stats.added++;
	return { ok: true, evicted: evicted?.id };
}

function unfit(queue, message) {
	if (!PRIORITIES.includes(message.priority))
		return 'no such priority';
	if (typeof message.topic !== 'string' || message.topic === '' || /[+#\0]/.test(message.topic))
		return 'not a topic to publish to';
	if (typeof message.payload !== 'string' || message.payload.length > queue.maxBytes)
		return 'payload missing or too long';
	return queue.items.has(message.id) ? 'duplicate' : null;
}

const rank = ({ priority }) => PRIORITIES.indexOf(priority);

function victim(queue, newRank) {
	let worst = null;
	for (const item of queue.items.values())
		if (!item.flying && rank(item) > newRank && (worst === null || rank(item) > rank(worst)))
			worst = item;
	return worst;
}

/* What was stored before a reload, oldest first. */
export function queueRestore(queue, stored) {
	for (const item of [...stored].sort((a, b) => a.at - b.at).slice(-queue.limit)) {
		queue.items.set(item.id, { ...item, flying: false, notBefore: 0 });
		queue.stats.restored++;
	}
}

/* The next to send, marked as flying; null when nothing is due. */
export function queueTake(queue, now) {
	let best = null;
	for (const item of queue.items.values())
		if (!item.flying && item.notBefore <= now && (best === null || rank(item) < rank(best)))
			best = item;
	if (best)
		best.flying = true;
	return best;
}

export function queueSent(queue, id) {
	if (queue.items.delete(id))
		queue.stats.sent++;
}

/* The other side said no: trying again would not change its mind. */
export function queueRejected(queue, id) {
	if (queue.items.delete(id))
		queue.stats.rejected++;
}

export function queueFailed(queue, id, now, rnd) {
	const item = queue.items.get(id);
	if (!item)
		return;
	item.flying = false;
	item.tries++;
	item.notBefore = now + backoffDelay(item.tries - 1, rnd, BACKOFF);
	queue.stats.retries++;
}

/* Removes what is too old to matter; says which. */
export function queueExpire(queue, now) {
	const old = [...queue.items.values()].filter((item) => !item.flying && now - item.at > queue.maxAgeMs);
	for (const { id } of old) {
		queue.items.delete(id);
		queue.stats.expired++;
	}
	return old.map(({ id }) => id);
}

/* There is a new connection: messages that wait for their next try need not wait any longer. */
export function queueHurry(queue) {
	for (const item of queue.items.values())
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

export function queueReport(queue) {
	const waiting = Object.fromEntries(PRIORITIES.map((priority) => [priority, 0]));
	for (const item of queue.items.values())
		waiting[item.priority]++;
	return { ...queue.stats, waiting, size: queue.items.size };
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
