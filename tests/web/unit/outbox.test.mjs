import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	createDeduper, createQueue, expiryLeft, queueAdd, queueAnswer, queueCountMore, queueCountOn, queueDeadline, queueExpire, queueFailed, queueHurry,
	queueNextExpiry, queueRejected, queueReport, queueRestore, queueReturned, queueSent, queueStored, queueTake, queueTakeMany, reportLater,
} from '../../../web/client/outbox-queue.js';
import { createFlow, flowAcked, flowBusy, flowDeadline, flowHurry, flowLost, flowPresses, flowRoom, flowTook } from '../../../web/client/outbox-flow.js';
import { createBatches } from '../../../web/client/outbox-store.js';
import { createOutbox } from '../../../web/client/outbox.js';

const message = (id, priority = 'normal') => ({ id, topic: 'room/1', payload: 'x', priority });
const fill = (queue, ...pairs) => pairs.forEach(([id, priority], i) => queueAdd(queue, message(id, priority), i));
const order = (queue, now = 100) => {
	const ids = [];
	for (let item = queueTake(queue, now); item; item = queueTake(queue, now))
		ids.push(item.id);
	return ids;
};

test('by_priority_then_in_order', () => {
	const queue = createQueue();
	fill(queue, ['a', 'low'], ['b', 'normal'], ['c', 'critical'], ['d', 'high'], ['e', 'critical'], ['f', 'normal']);
	assert.deepEqual(order(queue), ['c', 'e', 'd', 'b', 'f', 'a']);
});

test('a_full_queue_drops_the_oldest_of_the_lowest_or_refuses', () => {
	const queue = createQueue({ limit: 3 });
	fill(queue, ['a', 'low'], ['b', 'normal'], ['c', 'low']);
	assert.deepEqual(queueAdd(queue, message('d', 'high'), 9), { ok: true, evicted: 'a' });
	assert.deepEqual(queueAdd(queue, message('e', 'low'), 9), { ok: false, reason: 'full' });
	assert.deepEqual([...queue.items.keys()], ['b', 'c', 'd']);
	const { evicted, refused, size } = queueReport(queue, 0);
	assert.deepEqual({ evicted, refused, size }, { evicted: 1, refused: 1, size: 3 });
});

test('what_flies_is_neither_taken_again_nor_evicted', () => {
	const queue = createQueue({ limit: 1 });
	fill(queue, ['a', 'low']);
	assert.equal(queueTake(queue, 0).id, 'a');
	assert.equal(queueTake(queue, 0), null);
	assert.equal(queueAdd(queue, message('b', 'critical'), 0).ok, false);
});

test('a_failure_waits_longer_each_time_until_a_new_connection', () => {
	const queue = createQueue();
	fill(queue, ['a', 'high']);
	const waits = [];
	for (let i = 0; i < 4; i++) {
		queueTake(queue, 1e9);
		queueFailed(queue, 'a', 0, 0.999);
		waits.push(queueDeadline(queue));
	}
	assert.ok(waits.every((wait, i) => i === 0 || wait > waits[i - 1]), waits.join());
	assert.equal(queueTake(queue, waits[0]), null);
	queueHurry(queue);
	assert.equal(queueTake(queue, 0).id, 'a');
});

test('sent_and_rejected_are_gone_for_good', () => {
	const queue = createQueue();
	fill(queue, ['a', 'high'], ['b', 'high']);
	queueSent(queue, 'a');
	queueSent(queue, 'a');
	queueRejected(queue, 'b');
	const { sent, rejected, size } = queueReport(queue, 0);
	assert.deepEqual({ sent, rejected, size }, { sent: 1, rejected: 1, size: 0 });
});

test('the_same_id_is_queued_once', () => {
	const queue = createQueue();
	fill(queue, ['a', 'high']);
	assert.equal(queueAdd(queue, message('a', 'high'), 1).reason, 'duplicate');
});

test('too_old_is_dropped_and_counted', () => {
	const queue = createQueue({ maxAgeMs: 1000 });
	fill(queue, ['a', 'low']);
	assert.deepEqual(queueExpire(queue, 900), []);
	assert.deepEqual(queueExpire(queue, 1100), ['a']);
	assert.equal(queueReport(queue, 0).expired, 1);
});

test('what_cannot_be_published_is_refused', () => {
	const queue = createQueue({ maxBytes: 10 });
	for (const wrong of [{ priority: 'urgent' }, { topic: '' }, { topic: 'a/+' }, { topic: 'a/#' }, { payload: 'x'.repeat(11) }, { payload: 5 },
		{ topic: 'a\u0007' }, { topic: 'a\u009f' }, { topic: 'a\ud800' }, { topic: 'a\ufffe' }, { topic: 7 }, { id: '' }, { id: 'a\u0000' }, { id: 'i'.repeat(257) },
		{ expiryS: 0 }, { expiryS: 1.5 }, { expiryS: 2 ** 32 }, { expiryS: '5' }, { priority: 'toString' }])
		assert.equal(queueAdd(queue, { ...message('a'), ...wrong }, 0).ok, false, JSON.stringify(wrong));
});

test('restored_in_order_of_age', () => {
	const queue = createQueue();
	queueRestore(queue, [{ ...message('b'), at: 2, tries: 1 }, { ...message('a'), at: 1, tries: 0 }]);
	assert.deepEqual(order(queue), ['a', 'b']);
});

test('in_order_of_their_numbers_when_the_times_tie_or_the_clock_was_set_back', () => {
	const queue = createQueue();
	['z', 'y', 'x'].forEach((id) => queueAdd(queue, message(id), 5000));
	queueAdd(queue, message('d'), 10);
	const stored = ['d', 'x', 'y', 'z'].map((id) => queueStored(queue, id));
	const next = createQueue();
	assert.deepEqual(queueRestore(next, stored), []);
	queueAdd(next, message('a'), 20);
	assert.deepEqual(order(next, 1e4), ['z', 'y', 'x', 'd', 'a']);
});

test('what_is_stored_has_what_publishing_needs_and_no_book_keeping', () => {
	const queue = createQueue();
	queueAdd(queue, { ...message('a'), retain: true, expiryS: 60 }, 7);
	queueTake(queue, 7);
	assert.deepEqual(queueStored(queue, 'a'), { id: 'a', topic: 'room/1', payload: 'x', priority: 'normal', at: 7, seq: 7, tries: 0, retain: true, expiryS: 60 });
});

test('restoring_more_than_there_is_room_for_keeps_the_important_and_says_what_it_left', () => {
	const queue = createQueue({ limit: 2 });
	const stored = [['a', 'low'], ['b', 'critical'], ['c', 'high'], ['d', 'urgent']].map(([id, priority], i) => ({ ...message(id, priority), at: i, seq: i, tries: 0 }));
	assert.deepEqual(queueRestore(queue, stored).sort(), ['a', 'd']);
	assert.deepEqual([...queue.items.keys()], ['b', 'c']);
	assert.equal(queueReport(queue, 0).evicted, 2);
});

test('behind_one_that_is_tried_again_its_topic_waits_and_no_other', () => {
	const queue = createQueue();
	queueAdd(queue, { ...message('a'), topic: 't' }, 1);
	queueAdd(queue, { ...message('b'), topic: 't' }, 2);
	queueAdd(queue, { ...message('c'), topic: 'u' }, 3);
	queueAdd(queue, { ...message('d', 'low'), topic: 't' }, 4);
	queueTake(queue, 5);
	queueFailed(queue, 'a', 5, 0.9);
	assert.deepEqual(queueTakeMany(queue, 6, 9).map(({ id }) => id), ['c', 'd']);
	assert.deepEqual(queueTakeMany(queue, 1e9, 9).map(({ id }) => id), ['a', 'b']);
});

test('without_an_answer_the_order_stays_as_it_was', () => {
	const queue = createQueue();
	fill(queue, ['a', 'low'], ['b', 'high'], ['c', 'high']);
	queueTakeMany(queue, 9, 9).reverse().forEach(({ id }) => queueReturned(queue, id, 9, 0.5));
	assert.deepEqual(order(queue, 9), ['b', 'c', 'a']);
});

test('a_message_that_ends_every_connection_lets_others_pass', () => {
	const queue = createQueue();
	fill(queue, ['poison', 'critical']);
	queueAdd(queue, { ...message('good', 'low'), topic: 'other' }, 1);
	for (let connection = 0; connection < 3; connection++) {
		queueHurry(queue);
		assert.equal(queueTake(queue, 9).id, 'poison', `connection ${connection}`);
		queueReturned(queue, 'poison', 9, 0.5);
		if (connection === 2)
			break;
		assert.equal(queueTake(queue, 9).id, 'poison', 'once more on the same one: that nobody answers proves nothing');
		queueReturned(queue, 'poison', 9, 0.5);
		assert.equal(queueDeadline(queue), 0);
	}
	queueHurry(queue);
	assert.equal(queueTake(queue, 9).id, 'good');
});

test('not_authorized_is_doubted_while_it_can_mean_too_fast', () => {
	const queue = createQueue();
	fill(queue, ['a', 'high'], ['b', 'high']);
	assert.equal(queueAnswer(queue, 'a', 0x87, false), 'rejected');
	assert.equal(queueAnswer(queue, 'a', 0x10, true), 'sent');
	assert.deepEqual([1, 2, 3, 4, 5].map(() => queueAnswer(queue, 'a', 0x87, true)), [...Array(4).fill('again'), 'rejected'], 'not for ever');
	assert.deepEqual([0x97, 0x96, 0x88, 0x95, 0x80].map((code) => queueAnswer(queue, 'b', code, false)), ['again', 'again', 'again', 'rejected', 'rejected']);
});

test('a_message_has_the_life_that_its_sender_gave_it', () => {
	const queue = createQueue({ maxAgeMs: 60000 });
	queueAdd(queue, { ...message('short'), expiryS: 2 }, 1000);
	queueAdd(queue, { ...message('long'), expiryS: 900 }, 1000);
	assert.equal(queueNextExpiry(queue), 3001);
	assert.equal(expiryLeft(queue.items.get('short'), 1500), 2);
	assert.equal(expiryLeft(queue.items.get('short'), 2999), 1);
	assert.deepEqual(queueExpire(queue, 3000), []);
	assert.deepEqual(queueExpire(queue, 3001), ['short']);
	assert.deepEqual(queueExpire(queue, 61001), ['long'], 'the queue has the last word');
	assert.equal(queueNextExpiry(queue), Infinity);
});

test('each_priority_is_told_by_itself', () => {
	const queue = createQueue({ limit: 3, maxAgeMs: 5000 });
	fill(queue, ['a', 'low'], ['b', 'low'], ['c', 'high']);
	queueAdd(queue, message('d', 'critical'), 1000);      // evicts a
	queueAdd(queue, message('e', 'low'), 1000);           // full
	queueTake(queue, 1000);                               // d flies
	const { critical, high, normal, low } = queueReport(queue, 2000).priorities;
	const none = { waiting: 0, processing: 0, oldest: null, added: 0, sent: 0, retries: 0, evicted: 0, refused: 0, rejected: 0, expired: 0 };
	assert.deepEqual(critical, { ...none, processing: 1, oldest: 1000, added: 1 });
	assert.deepEqual(high, { ...none, waiting: 1, oldest: 1998, added: 1 });
	assert.deepEqual(normal, none);
	assert.deepEqual(low, { ...none, waiting: 1, oldest: 1999, added: 2, evicted: 1, refused: 1 });
	queueFailed(queue, 'd', 2000, 0);
	queueSent(queue, 'd');
	queueRejected(queue, 'c');
	queueExpire(queue, 9000);
	const after = queueReport(queue, 9000);
	assert.deepEqual(after.priorities.critical, { ...none, added: 1, retries: 1, sent: 1 });
	assert.deepEqual(after.priorities.high, { ...none, added: 1, rejected: 1 });
	assert.deepEqual(after.priorities.low, { ...none, added: 2, evicted: 1, refused: 1, expired: 1 });
	for (const what of ['added', 'sent', 'retries', 'evicted', 'refused', 'rejected', 'expired'])
		assert.equal(after[what], Object.values(after.priorities).reduce((sum, row) => sum + row[what], 0), what);
});

test('another_tab_counts_on_and_ages_what_it_was_told', () => {
	const queue = createQueue();
	fill(queue, ['a', 'low'], ['b', 'high']);
	queueSent(queue, 'b');
	const report = queueReport(queue, 100);
	assert.equal(reportLater(report, 50).priorities.low.oldest, 150);
	assert.equal(reportLater(report, 50).priorities.high.oldest, null);
	const next = createQueue();
	queueCountOn(next, report);
	queueRestore(next, [queueStored(queue, 'a')]);
	queueSent(next, 'a');
	assert.deepEqual([queueReport(next, 0).sent, queueReport(next, 0).priorities.high.sent, queueReport(next, 0).added], [2, 1, 2]);
	fill(queue, ['c', 'high']);
	queueCountMore(next, report, queueReport(queue, 200));
	assert.deepEqual([queueReport(next, 0).added, queueReport(next, 0).priorities.high.added], [3, 2]);
});

/* --- how much at a time --- */

const fly = (flow, now, most) => {
	const n = flowRoom(flow, now, most);
	flowTook(flow, n, now);
	return n;
};
const ack = (flow, n, now) => { for (let i = 0; i < n; i++) flowAcked(flow, now); };

test('the_window_doubles_with_each_round_trip_up_to_what_the_broker_takes', () => {
	const flow = createFlow();
	const flights = [];
	for (let i = 0; i < 5; i++) {
		flights.push(fly(flow, i, 50));
		assert.equal(flowRoom(flow, i, 50), 0);
		assert.equal(flowDeadline(flow, i, 50), Infinity, 'an answer has to come first');
		ack(flow, flights[i], i);
	}
	assert.deepEqual(flights, [8, 16, 32, 50, 50]);
	assert.equal(flowRoom(flow, 9, 1), 1);
	flowTook(flow, 50, 10);
	ack(flow, 24, 11);
	assert.deepEqual([flowRoom(flow, 11, 50), flowDeadline(flow, 11, 50)], [0, Infinity], 'not a packet for each acknowledgement');
	ack(flow, 1, 11);
	assert.equal(flowRoom(flow, 11, 50), 25);
});

test('a_lost_connection_is_one_loss_and_one_message_looks_whether_it_is_back', () => {
	const flow = createFlow();
	fly(flow, 0);
	for (let i = 0; i < 8; i++)
		flowLost(flow, 10, 0.999);
	assert.equal(flow.flights, 0);
	assert.equal(flowDeadline(flow, 10), flow.heldUntil);
	assert.ok(flow.heldUntil > 900 && flow.heldUntil <= 1010, String(flow.heldUntil));
	assert.equal(flowRoom(flow, 800), 0);
	const waits = [];
	for (let i = 0, now = 2000; i < 8; i++, now = flow.heldUntil) {
		assert.equal(fly(flow, now), 1);
		flowLost(flow, now, 0.999);
		waits.push(flow.heldUntil - now);
	}
	assert.ok(waits.every((wait, i) => i === 0 || wait > waits[i - 1] || wait > 59000), waits.join());
	flowHurry(flow);
	assert.equal(flowRoom(flow, 2001), 8);
});

test('too_fast_halves_the_window_and_sets_a_pace_that_grows_again_and_is_forgotten', () => {
	const flow = createFlow();
	const sent = (from, to) => {
		let n = 0;
		for (let now = from; now < to; now += 10) {
			const took = fly(flow, now);
			ack(flow, took, now);
			n += took;
		}
		return n;
	};
	assert.equal(flowPresses(flow, 0), false);
	fly(flow, 0);
	assert.equal(flowPresses(flow, 0), false, 'eight in a second');
	for (let i = 0; i < 8; i++)
		flowBusy(flow, 0);
	assert.equal(flowPresses(flow, 5000), true);
	assert.equal(flow.window, 4, 'refusals of one burst are one word');
	assert.equal(flowRoom(flow, 0), 0);
	assert.equal(flowDeadline(flow, 0), 100);
	const first = sent(0, 2000);
	assert.ok(first >= 17 && first <= 22, `${first} in two seconds`);
	assert.ok(sent(2000, 12000) > 120, 'faster and faster');
	fly(flow, 12000);
	flowBusy(flow, 12000);
	assert.ok(flow.pace < 12, String(flow.pace));
	flow.flights = 0;
	assert.equal(flowRoom(flow, 12001 + 30000), flow.window);
	assert.equal(flowPresses(flow, 42001), false);
	flowTook(flow, 9, 42001);
	assert.equal(flowPresses(flow, 43000), true, 'nine in a second');
	assert.equal(flowPresses(flow, 43001), false);
});

/* --- the store --- */

test('what_comes_while_the_store_writes_goes_with_the_next_transaction', async () => {
	const commits = [];
	let finish = null;
	const batches = createBatches((changes) => new Promise((resolve) => {
		commits.push([...changes]);
		finish = resolve;
	}));
	const told = [];
	const change = (id, item) => batches.change(id, item).then(() => told.push(id));
	change('a', 1);
	change('b', 2);
	await Promise.resolve();
	for (let i = 0; i < 100; i++)
		change(`c${i}`, i);
	change('a', null);
	change('a', null);
	await new Promise(setImmediate);
	assert.deepEqual(commits, [[['a', 1], ['b', 2]]]);
	finish();
	await new Promise(setImmediate);
	assert.deepEqual(told, ['a', 'b'], 'told when it is complete, not before');
	assert.equal(commits.length, 2);
	assert.equal(commits[1].length, 101);
	assert.deepEqual(commits[1].at(-1), ['a', null]);
	finish();
	await batches.idle();
	await new Promise(setImmediate);
	assert.equal(told.length, 104);
});

test('one_message_that_cannot_be_stored_keeps_no_other_from_it', async () => {
	const stored = new Map([['old', 1]]);
	const batches = createBatches(async (changes) => {
		if ([...changes.values()].includes('huge'))
			throw new Error('quota');
		changes.forEach((item, id) => (item === null ? stored.delete(id) : stored.set(id, item)));
	});
	const results = await Promise.allSettled([batches.change('a', 1), batches.change('b', 'huge'), batches.change('old', null)]);
	assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
	assert.deepEqual([...stored], [['a', 1]]);
});

/* --- the receiver, and the whole --- */

test('the_receiver_counts_each_id_once_and_remembers_a_bounded_number', () => {
	const isNew = createDeduper({ size: 3 });
	assert.deepEqual(['a', 'b', 'a', undefined, undefined].map(isNew), [true, true, false, true, true]);
	['c', 'd', 'e'].forEach(isNew);
	assert.equal(isNew('a'), true);
});

test('each_message_is_told_its_fate', async () => {
	const outbox = await createOutbox({
		limit: 2,
		publish: ({ id }) => (id === 'a' ? Promise.resolve(0) : id === 'b' ? Promise.reject(Object.assign(new Error('no'), { code: 0x87 })) : Promise.reject(new Error('gone'))),
	});
	const fate = async (id, priority) => (await outbox.send('t', 'x', { id, priority })).done;
	assert.deepEqual(await fate('a', 'normal'), { ok: true, code: 0 });
	assert.deepEqual(await fate('b', 'normal'), { ok: false, reason: 'refused', code: 0x87 });
	const evicted = fate('c', 'low'); // nobody answers: it waits
	await outbox.send('t', 'x', { id: 'd', priority: 'low' });
	await new Promise((done) => setTimeout(done, 20));
	await outbox.send('t', 'x', { id: 'e', priority: 'high' });
	assert.deepEqual(await evicted, { ok: false, reason: 'evicted' });
	outbox.close();
});

test('an_outbox_retries_what_was_not_acknowledged_and_drops_what_was_refused', async () => {
	const answers = { a: [new Error('gone'), 0], b: [0x87], c: [0x97, 0] };
	const outbox = await createOutbox({
		publish: async ({ id }) => {
			const answer = answers[id].shift();
			if (answer instanceof Error)
				throw answer;
			return answer;
		},
	});
	for (const id of ['a', 'b', 'c'])
		assert.ok((await outbox.send('t', 'x', { id })).ok);
	await new Promise((done) => setTimeout(done, 50));
	assert.equal(outbox.stats.size, 2);
	outbox.flush();
	await new Promise((done) => setTimeout(done, 50));
	const { sent, rejected, retries, size } = outbox.stats;
	assert.deepEqual({ sent, rejected, retries, size }, { sent: 2, rejected: 1, retries: 2, size: 0 });
	outbox.close();
});

test('an_option_that_an_outbox_does_not_know_is_an_error', async () => {
	await assert.rejects(createOutbox({ publish: async () => 0, maxAge: 5 }), { name: 'TypeError', message: /"maxAge"/ });
});

test('all_of_one_turn_goes_at_once_and_in_order_as_far_as_the_broker_takes_it', async () => {
	const turns = [];
	let open = [];
	const outbox = await createOutbox({
		receiveMaximum: () => 30,
		publish: ({ id }) => new Promise((resolve) => {
			open.push({ id, resolve });
			if (open.length === 1)
				setTimeout(() => {
					turns.push(open.map((flight) => flight.id));
					open.splice(0).forEach((flight) => flight.resolve(0));
				}, 10);
		}),
	});
	const kept = [];
	for (let i = 0; i < 100; i++)
		kept.push(outbox.send('t', 'x', { id: String(i), priority: i % 4 === 3 ? 'critical' : 'low' }));
	assert.ok((await Promise.all(kept)).every(({ ok }) => ok));
	while (outbox.stats.size > 0)
		await new Promise((done) => setTimeout(done, 10));
	assert.deepEqual(turns.map((turn) => turn.length), [8, 16, 30, 30, 16]);
	const ids = turns.flat().map(Number);
	assert.deepEqual(ids, [...ids].sort((a, b) => (b % 4 === 3) - (a % 4 === 3) || a - b));
	outbox.close();
});

test('how_it_is_to_be_published_is_handed_on_and_the_code_comes_back', async () => {
	const asked = [];
	const outbox = await createOutbox({ publish: async (what) => { asked.push(what); return 0x10; } });
	const { done, stored } = await outbox.send('rooms/a/state/phase', '"jam"', { id: 'a', retain: true, expiryS: 30 });
	assert.equal(stored, true);
	assert.deepEqual(await done, { ok: true, code: 0x10 });
	await (await outbox.send('rooms/a/say/x', '1', { id: 'b' })).done;
	assert.deepEqual(asked, [{ id: 'a', topic: 'rooms/a/state/phase', payload: '"jam"', retain: true, expiryS: 30 }, { id: 'b', topic: 'rooms/a/say/x', payload: '1' }]);
	assert.equal(outbox.sends, true);
	await outbox.close();
	assert.deepEqual(await outbox.send('t', 'x'), { ok: false, reason: 'closed' });
});

test('kept_is_said_when_the_store_says_so_and_whether_it_does', async (t) => {
	let stored = null;
	const none = async () => [];
	const outbox = await createOutbox({
		publish: async () => { throw new Error('offline'); },
		store: { persistent: true, put: () => new Promise((resolve, reject) => { stored = { resolve, reject }; }), remove: none, all: none, close: none },
	});
	t.after(() => outbox.close());
	let told = null;
	const send = () => outbox.send('t', 'x').then((answer) => { told = answer; });
	send();
	await new Promise((done) => setTimeout(done, 30));
	assert.equal(told, null);
	stored.resolve();
	await new Promise(setImmediate);
	assert.equal(told.stored, true);
	send();
	await new Promise(setImmediate);
	stored.reject(new Error('no room'));
	await new Promise(setImmediate);
	assert.deepEqual([told.ok, told.stored], [true, false]);
});

test('at_a_door_that_says_not_authorized_to_what_is_too_fast_all_get_in', async () => {
	let tokens = 40;
	let filled = Date.now();
	const taken = [];
	let denied = 0;
	const outbox = await createOutbox({
		publish: async ({ id }) => {
			const now = Date.now();
			tokens = Math.min(40, tokens + (now - filled) / 100); // Mosquitto 2.0 with the shipped policy's role app
			filled = now;
			if (tokens < 1) {
				denied++;
				throw Object.assign(new Error('no'), { code: 0x87 });
			}
			tokens--;
			taken.push(Number(id));
			return 0;
		},
	});
	for (let i = 0; i < 70; i++)
		await outbox.send('t', 'x', { id: String(i) });
	while (outbox.stats.size > 0)
		await new Promise((done) => setTimeout(done, 50));
	const { sent, rejected } = outbox.stats;
	assert.deepEqual({ sent, rejected }, { sent: 70, rejected: 0 });
	assert.equal(new Set(taken).size, 70);
	assert.ok(denied > 0 && denied < 40, `${denied} were denied`);
	await outbox.close();
});
