/* outbox - messages that an app's own clients send: kept until the broker has acknowledged them, over lost
 * connections and reloads. The broker may get one twice (its answer was lost): it carries an id as the user property
 * "id", and the receiver drops the second (createDeduper).
 *
 *   const outbox = await createOutbox({ publish: board.publish });
 *   outbox.send('room/7/cheer', '{"n":1}', { priority: 'low' });
 */

import {
	createQueue, queueAdd, queueDeadline, queueExpire, queueFailed, queueHurry, queueRejected, queueReport,
	queueRestore, queueSent, queueTake,
} from './outbox-queue.js';
import { openStore } from './outbox-store.js';

export { PRIORITIES, createDeduper } from './outbox-queue.js';

const FLIGHTS = 8;          // unacknowledged at a time
const ANSWER_MS = 10000;    // an acknowledgement later than this is a failure
const REFUSED = 0x80;
const BUSY = new Set([0x97, 0x93, 0x88, 0x89]); // quota, receive maximum, unavailable, busy: not for ever

/* publish({ id, topic, payload }) resolves with the acknowledgement's reason code, or rejects when there is none. */
export async function createOutbox({ publish, name = 'scoreboard-outbox', store, now = Date.now, ...limits }) {
	const queue = createQueue(limits);
	const shelf = store ?? await openStore(name);
	let flights = 0;
	let timer = null;
	let closed = false;
	queueRestore(queue, await shelf.all());

	const forget = (id) => shelf.remove(id).catch(() => {});
	const settle = (item, code) => {
		if (code < REFUSED)
			queueSent(queue, item.id);
		else if (BUSY.has(code))
			return queueFailed(queue, item.id, now(), Math.random());
		else
			queueRejected(queue, item.id);
		return forget(item.id);
	};
	const fly = async (item) => {
		flights++;
		try {
			await settle(item, await within(publish({ id: item.id, topic: item.topic, payload: item.payload }), ANSWER_MS));
		} catch {
			queueFailed(queue, item.id, now(), Math.random());
		}
		flights--;
		pump();
	};
	const pump = () => {
		clearTimeout(timer);
		if (closed)
			return;
		queueExpire(queue, now()).forEach(forget);
		for (let item = take(); item; item = take())
			fly(item);
		const wait = queueDeadline(queue) - now();
		if (flights < FLIGHTS && wait < Infinity)
			timer = setTimeout(pump, Math.max(20, wait));
	};
	const take = () => (flights < FLIGHTS ? queueTake(queue, now()) : null);

	pump();
	return {
		persistent: shelf.persistent,
		/* { ok, id } when it is kept (and stored), { ok: false, reason } when not. */
		async send(topic, payload, { priority = 'normal', id = crypto.randomUUID() } = {}) {
			const { ok, reason, evicted } = queueAdd(queue, { id, topic, payload, priority }, now());
			if (!ok)
				return { ok, reason };
			await shelf.put({ id, topic, payload, priority, at: now(), tries: 0 }).catch(() => {});
			if (evicted !== undefined)
				await forget(evicted);
			pump();
			return { ok, id };
		},
		/* Call it when a connection came back. */
		flush() {
			queueHurry(queue);
			pump();
		},
		get stats() { return { ...queueReport(queue), flights }; },
		close() {
			closed = true;
			clearTimeout(timer);
			shelf.close();
		},
	};
}

function within(promise, ms) {
	let timer;
	const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no acknowledgement')), ms); });
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
