/* outbox - messages that an app's own clients send: kept until the broker has acknowledged them, over lost
 * connections, reloads and crashes. The broker may get one twice (its answer was lost): it carries an id as the user property
 * "id", and the receiver drops the second (createDeduper).
 *
 *   const outbox = await createOutbox({ publish: board.publish });
 *   const { ok, done } = await outbox.send('rooms/7/say/fan', '{"n":1}', { priority: 'low' });   // it is kept
 *   if (ok) console.log(await done);                                                           // it was taken, or why not
 *
 * Tabs of one origin share the queue of a name. One sends: it has the queue, and alone writes to the store. The others hand it their messages, and
 * keep each until they hear what became of it: whoever sends next is handed again what has no answer yet. So a message is never lost with
 * a tab; when one dies between the broker's answer and telling of it, the message goes a second time. */

import { newId } from './id.js';
import { createQueue, queueAdd, queueCountMore, queueCountOn, queueNextSeq, queueRefused, queueRestore, queueStored, queueUnfit, reportLater } from './outbox-queue.js';
import { createSender } from './outbox-sender.js';
import { openStore } from './outbox-store.js';
import { canShare, createTabs } from './outbox-tabs.js';

export { PRIORITIES, createDeduper } from './outbox-queue.js';

const LIMITS = ['limit', 'maxAgeMs', 'maxBytes'];
const RECEIVE_MAXIMUM = 20; // Mosquitto's default: brokers that let more be under way say so
const SILENT_MS = 5000;     // a tab that sends and does not even answer another one so long is frozen, and is relieved
const MEET_MS = 1000;       // so long a new tab waits to hear of the others
const REPORT_MS = 100;      // how often the others are told how the queue stands
const REMEMBERED = 1000;    // messages whose fate is remembered, in case a tab asks again
const REFUSED = 0x80;

/* publish({ id, topic, payload, retain?, expiryS? }) resolves with the acknowledgement's code when the broker has taken it. It rejects with the
 * reason as the error's `code` when the broker refused it, and without a code when there was no answer. */
export async function createOutbox({ publish, receiveMaximum = () => RECEIVE_MAXIMUM, name = 'scoreboard-outbox', store, now = Date.now, ...limits }) {
	for (const option of Object.keys(limits))
		if (!LIMITS.includes(option))
			throw new TypeError(`createOutbox(): there is no option "${option}"`);
	const shelf = store ?? await openStore(name);
	const outbox = new Outbox({ publish, receiveMaximum, shelf, now, limits });
	await outbox.open(shelf.shared && canShare() ? name : null);
	return {
		persistent: shelf.persistent,
		/* { ok, id, stored, done } when it is kept, { ok: false, reason } when not. Kept is not sent: `done` resolves when the
		 * broker has taken it ({ ok: true, code }), or when it never will ({ ok: false, reason, code? }). */
		send: (topic, payload, { priority = 'normal', id = newId(), retain, expiryS } = {}) =>
			outbox.send({ id, topic, payload, priority, ...(retain && { retain: true }), ...(expiryS !== undefined && { expiryS }) }),
		/* Call it when a connection came back. */
		flush: () => outbox.flush(),
		get stats() { return outbox.stats; },
		/* Is this the tab that sends? */
		get sends() { return outbox.leading; },
		close: () => outbox.close(),
	};
}

class Outbox {
	leading = false;         // this tab sends; not yet while it reads the store for that
	#make;                   // queue -> sender
	#queue;                  // while another tab sends: without messages, for the limits and the numbers
	#sender;
	#shelf;
	#now;
	#limits;
	#tabs = null;
	#reign = 0;              // so often this tab has begun or ended to send
	#mine = new Map();       // id -> a message of this tab, until its fate is known: { item, isAnswered, answered(answer), fated(fate) }
	#fates = new Map();      // id -> what became of it lately, here or in another tab: { fate, seq }; seq tells it from a later one with the same id
	#told = null;            // what the tab that sends has said of the queue: { report, at, seq }
	#timers = { report: null, silence: null };
	#ready = true;           // this tab may have a connection; false when it had none lately
	#stuck = false;          // this tab sends, and can't
	#closed = false;
	#met = () => {};

	constructor({ publish, receiveMaximum, shelf, now, limits }) {
		this.#shelf = shelf;
		this.#now = now;
		this.#limits = limits;
		this.#make = (queue) => createSender({ publish, receiveMaximum, queue, now, on: {
			fate: (id, fate, seq) => this.#settle(id, fate, seq),
			changed: () => this.#reportSoon(),
			lost: () => this.#lost(),
			late: (id, code) => this.#late(id, code),
		} });
		this.#begin(createQueue(limits));
	}

	/* `name`: of the lock; null: this tab shares with nobody. */
	async open(name) {
		if (name === null) {
			await this.#lead();
			return;
		}
		const met = new Promise((resolve) => { this.#met = resolve; });
		this.#tabs = createTabs(name, { lead: () => this.#lead(), follow: () => this.#follow(), heard: (message) => this.#heard(message) });
		this.#tabs.start();
		this.#tabs.tell({ type: 'hello' });
		await within(met, MEET_MS);
	}

	async send(message) {
		if (this.#closed)
			return { ok: false, reason: 'closed' };
		const reason = queueUnfit(this.#queue, message) ?? (this.#mine.has(message.id) ? 'duplicate' : null);
		if (reason) {
			this.#refused({ reason, priority: message.priority });
			return { ok: false, reason };
		}
		const item = { ...message, at: this.#now(), seq: queueNextSeq(this.#queue, this.#now()) };
		const mine = { item, isAnswered: false };
		const answer = new Promise((resolve) => { mine.answered = resolve; });
		const done = new Promise((resolve) => { mine.fated = resolve; });
		this.#mine.set(item.id, mine);
		this.#ask(item, false);
		const { ok, stored, reason: why } = await answer;
		return ok ? { ok, id: item.id, stored, done } : { ok, reason: why };
	}

	flush() {
		this.#ready = true;
		this.#stuck = false;
		if (this.leading)
			this.#sender.hurry();
		else
			this.#tabs?.tell({ type: 'ready' });
	}

	get stats() {
		if (this.leading || !this.#told)
			return this.#sender.report();
		return reportLater(this.#told.report, this.#now() - this.#told.at);
	}

	async close() {
		this.#tellReport('report');
		this.#closed = true;
		this.#sender.stop();
		Object.values(this.#timers).forEach(clearTimeout);
		this.#mine.forEach(({ answered }) => answered({ ok: false, reason: 'closed' }));
		await this.#shelf.close();  // what is on its way to the store is there before the next tab reads it
		this.#tabs?.close();
	}

	/* --- who sends --- */

	#begin(queue) {
		queue.seq = Math.max(queue.seq, this.#queue?.seq ?? 0);
		this.#queue = queue;
		this.#sender = this.#make(queue);
	}

	async #lead() {
		const reign = ++this.#reign;
		const stored = await this.#shelf.all().catch((error) => {
			if (this.#tabs === null)
				throw error;
			return [];
		});
		if (reign !== this.#reign || this.#closed)
			return;
		this.#begin(createQueue(this.#limits));
		const left = this.#restore(stored);
		this.leading = true;
		left.forEach((id) => this.#settle(id, { ok: false, reason: 'evicted' }));
		this.#askAgain();
		this.#sender.start();
		this.#tellReport('leads');
		this.#met();
	}

	/* When it was another tab that sent before, its numbers go on, and what it had was not stored before a reload. */
	#restore(stored) {
		if (this.#told)
			queueCountOn(this.#queue, this.#told.report);
		const { restored } = this.#queue.stats;
		const left = queueRestore(this.#queue, stored);
		if (this.#told)
			this.#queue.stats.restored = restored;
		return left;
	}

	#follow() {
		this.#reign++;
		this.#tellReport('last');
		this.#told = { report: this.#sender.report(), at: this.#now(), seq: this.#queue.seq };
		this.leading = false;
		this.#stuck = false;
		this.#sender.stop();
		this.#begin(createQueue(this.#limits));
		this.#askAgain();
	}

	/* There was no answer. Perhaps another tab has a connection. */
	#lost() {
		this.#ready = false;
		if (!this.#stuck)
			this.#tabs?.tell({ type: 'stuck' });
		this.#stuck = true;
	}

	/* --- messages, from this tab and others, to the one that sends --- */

	#ask(item, again) {
		if (this.leading) {
			this.#take(item, again).then((answer) => this.#answered(answer));
			return;
		}
		this.#tabs.tell({ type: 'add', item, again });
		this.#timers.silence ??= setTimeout(() => this.#silent(), SILENT_MS);
	}

	#askAgain() {
		this.#mine.forEach(({ item }) => this.#ask(item, true));
	}

	#silent() {
		this.#timers.silence = null;
		if ([...this.#mine.values()].some(({ isAnswered }) => !isAnswered))
			this.#tabs.take();
	}

	/* `again`: it was handed over before, perhaps to a tab that is gone. */
	async #take(item, again) {
		const { id } = item;
		if (again && this.#fates.get(id)?.seq === item.seq) {
			this.#tellFate(id, this.#fates.get(id).fate, item.seq);
			return { id, ok: true, stored: true };
		}
		const isHere = this.#queue.items.get(id)?.seq === item.seq;
		const { ok, reason, evicted } = isHere ? { ok: true } : queueAdd(this.#queue, item, this.#now());
		if (!ok) {
			this.#reportSoon();
			return { id, ok, reason };
		}
		const stored = this.#shelf.put(queueStored(this.#queue, id)).then(() => true, () => false);
		if (evicted !== undefined)
			this.#settle(evicted, { ok: false, reason: 'evicted' });
		this.#sender.soon();
		return { id, ok, stored: await stored };
	}

	#answered({ id, ok, stored, reason }) {
		const mine = this.#mine.get(id);
		if (!mine || mine.isAnswered)
			return;
		mine.isAnswered = true;
		mine.answered({ ok, stored, reason });
		if (!ok)
			this.#mine.delete(id);
	}

	#refused({ reason, priority }) {
		if (!this.leading)
			this.#tabs?.tell({ type: 'refused', reason, priority });
		else if (reason === 'duplicate')
			this.#queue.stats.duplicates++;
		else
			queueRefused(this.#queue, priority);
		this.#reportSoon();
	}

	/* --- what becomes of them --- */

	/* Told before it is forgotten: what the next tab does not find in the store, this one has heard of. */
	#settle(id, fate, seq) {
		if (fate.reason === undefined || fate.reason === 'refused')
			this.#stuck = false;
		this.#tellFate(id, fate, seq);
		this.#shelf.remove(id).catch(() => {});
	}

	#tellFate(id, fate, seq) {
		this.#tabs?.tell({ type: 'fate', id, fate, seq });
		this.#fated(id, fate, seq);
	}

	#fated(id, fate, seq) {
		this.#fates.set(id, { fate, seq });
		if (this.#fates.size > REMEMBERED)
			this.#fates.delete(this.#fates.keys().next().value);
		const mine = this.#mine.get(id);
		if (!mine || (seq !== undefined && mine.item.seq !== seq))
			return;
		this.#answered({ id, ok: true, stored: true });
		mine.fated(fate);
		this.#mine.delete(id);
	}

	/* An answer of the broker to a message that another tab sends by now. */
	#late(id, code) {
		if (code >= REFUSED)
			return;
		if (this.leading)
			this.#sender.answered(id, code);
		else
			this.#tabs?.tell({ type: 'late', id, code });
	}

	/* --- what tabs tell each other --- */

	#heard(message) {
		const { type, from } = message;
		if (['leads', 'report', 'got', 'answer', 'fate'].includes(type))
			this.#heardSender();
		if (type === 'fate')
			this.#heardFate(message);
		else if (this.leading)
			this.#asSender(type, from, message);
		else
			this.#asOther(type, from, message);
	}

	#heardSender() {
		clearTimeout(this.#timers.silence);
		const waits = [...this.#mine.values()].some(({ isAnswered }) => !isAnswered);
		this.#timers.silence = waits ? setTimeout(() => this.#silent(), SILENT_MS) : null;
	}

	#heardFate({ id, fate, seq }) {
		if (this.leading && fate.ok && this.#queue.items.get(id)?.seq === seq)
			this.#sender.answered(id, fate.code);
		this.#fated(id, fate, seq);
	}

	#asSender(type, from, message) {
		if (type === 'hello')
			this.#tellReport('report');
		else if (type === 'add')
			this.#serve(from, message);
		else if (type === 'late')
			this.#late(message.id, message.code);
		else if (type === 'refused')
			this.#refused(message);
		else if (type === 'last' && this.#told)
			this.#countMore(message.report);
		else if (type === 'ready' && this.#stuck)
			this.#handOver(from);
		if (type === 'hello' && this.#stuck)
			this.#tabs.tell({ type: 'stuck', to: from });
	}

	/* What the tab that sent before has counted since its last report. The others are told, because they have heard less from this one already. */
	#countMore(last) {
		queueCountMore(this.#queue, this.#told.report, last);
		this.#reportSoon();
	}

	#handOver(to) {
		this.#stuck = false;
		this.#tellReport('report');
		this.#tabs.tell({ type: 'take', to });
	}

	async #serve(to, { item, again }) {
		this.#tabs.tell({ type: 'got', to });
		const answer = await this.#take(item, again);
		this.#tabs.tell({ type: 'answer', to, answer });
	}

	#asOther(type, from, message) {
		if (type === 'leads' || type === 'report' || type === 'last')
			this.#learn(message);
		if (type === 'leads')
			this.#askAgain();
		else if (type === 'answer')
			this.#answered(message.answer);
		else if (type === 'stuck' && this.#ready)
			this.#tabs.tell({ type: 'ready', to: from });
		else if (type === 'take')
			this.#tabs.take();
	}

	#learn({ report, at, seq }) {
		this.#told = { report, at, seq };
		this.#queue.seq = Math.max(this.#queue.seq, seq);
		this.#met();
	}

	#reportSoon() {
		if (this.#tabs && this.leading)
			this.#timers.report ??= setTimeout(() => this.#tellReport('report'), REPORT_MS);
	}

	#tellReport(type) {
		clearTimeout(this.#timers.report);
		this.#timers.report = null;
		if (this.leading)
			this.#tabs?.tell({ type, report: this.#sender.report(), at: this.#now(), seq: this.#queue.seq });
	}
}

function within(promise, ms) {
	let timer;
	const late = new Promise((resolve) => { timer = setTimeout(resolve, ms); });
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
