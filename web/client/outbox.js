/* outbox - messages that an app's own clients send: kept until the broker has acknowledged them, over lost
 * connections and reloads. The broker may get one twice (its answer was lost): it carries an id as the user property
 * "id", and the receiver drops the second (createDeduper).
 *
 *   const outbox = await createOutbox({ publish: board.publish });
 *   const { ok, done } = await outbox.send('rooms/7/cheer', '{"n":1}', { priority: 'low' });   // it is kept
 *   if (ok) console.log(await done);                                                          // it was taken, or why not
 */

import {
	createQueue, queueAdd, queueDeadline, queueExpire, queueFailed, queueHurry, queueRejected, queueReport,
	queueRestore, queueSent, queueTake,
} from './outbox-queue.js';
import { openStore } from './outbox-store.js';

export { PRIORITIES, createDeduper } from './outbox-queue.js';

const LIMITS = ['limit', 'maxAgeMs', 'maxBytes'];
const FLIGHTS = 8;          // messages that wait for their acknowledgement at the same time
const ANSWER_MS = 10000;    // an acknowledgement later than this is a failure
const REFUSED = 0x80;
const BUSY = new Set([0x97, 0x93, 0x88, 0x89]); // quota, receive maximum, unavailable, busy: worth another try

/* publish({ id, topic, payload }) resolves when the broker has taken it. It rejects with the acknowledgement's reason as
 * the error's `code` when the broker refused it, and without a code when there was no answer. */
export async function createOutbox({ publish, name = 'scoreboard-outbox', store, now = Date.now, ...limits }) {
	for (const option of Object.keys(limits))
		if (!LIMITS.includes(option))
			throw new TypeError(`createOutbox(): there is no option "${option}"`);
	const queue = createQueue(limits);
	const shelf = store ?? await openStore(name);
	let flights = 0;
	let timer = null;
	let closed = false;
	queueRestore(queue, await shelf.all());

	const forget = (id) => shelf.remove(id).catch(() => {});
	const fates = new Map(); // id -> resolves the promise `done` that send() gave
	const tell = (id, fate) => {
		fates.get(id)?.(fate);
		fates.delete(id);
	};
	const settle = (item, code) => {
		if (code < REFUSED)
			queueSent(queue, item.id);
		else
			queueRejected(queue, item.id);
		tell(item.id, code < REFUSED ? { ok: true } : { ok: false, reason: 'refused', code });
		return forget(item.id);
	};
	/* The code of the broker's answer. Throws when there was none, or when it is worth another try. */
	const ask = async ({ id, topic, payload }) => {
		const code = await within(publish({ id, topic, payload }), ANSWER_MS).catch(codeOf);
		if (BUSY.has(code))
			throw new Error('busy');
		return code;
	};
	const fly = async (item) => {
		flights++;
		try {
			await settle(item, await ask(item));
		} catch {
			queueFailed(queue, item.id, now(), Math.random());
		}
		flights--;
		pump();
	};
	const drop = (id, reason) => {
		tell(id, { ok: false, reason });
		return forget(id);
	};
	const pump = () => {
		clearTimeout(timer);
		if (closed)
			return;
		queueExpire(queue, now()).forEach((id) => drop(id, 'expired'));
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
		/* { ok, id, done } when it is kept (and stored), { ok: false, reason } when not. Kept is not sent: `done` resolves
		 * when the broker has taken it ({ ok: true }), or when it never will ({ ok: false, reason, code? }). */
		async send(topic, payload, { priority = 'normal', id = crypto.randomUUID() } = {}) {
			const { ok, reason, evicted } = queueAdd(queue, { id, topic, payload, priority }, now());
			if (!ok)
				return { ok, reason };
			const done = new Promise((resolve) => { fates.set(id, resolve); });
			await shelf.put({ id, topic, payload, priority, at: now(), tries: 0 }).catch(() => {});
			if (evicted !== undefined)
				await drop(evicted, 'evicted');
			pump();
			return { ok, id, done };
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

function codeOf(error) {
	if (error?.code >= REFUSED)
		return error.code;
	throw error;
}

function within(promise, ms) {
	let timer;
	const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no acknowledgement')), ms); });
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
