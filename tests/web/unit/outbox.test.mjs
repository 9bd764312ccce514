import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	createDeduper, createQueue, queueAdd, queueDeadline, queueExpire, queueFailed, queueHurry, queueRejected,
	queueReport, queueRestore, queueSent, queueTake,
} from '../../../web/client/outbox-queue.js';
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
	const { evicted, refused, size } = queueReport(queue);
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
	const { sent, rejected, size } = queueReport(queue);
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
	assert.equal(queueReport(queue).expired, 1);
});

test('what_cannot_be_published_is_refused', () => {
	const queue = createQueue({ maxBytes: 10 });
	for (const wrong of [{ priority: 'urgent' }, { topic: '' }, { topic: 'a/+' }, { topic: 'a/#' }, { payload: 'x'.repeat(11) }, { payload: 5 }])
		assert.equal(queueAdd(queue, { ...message('a'), ...wrong }, 0).ok, false, JSON.stringify(wrong));
});

test('restored_in_order_of_age', () => {
	const queue = createQueue();
	queueRestore(queue, [{ ...message('b'), at: 2, tries: 1 }, { ...message('a'), at: 1, tries: 0 }]);
	assert.deepEqual(order(queue), ['a', 'b']);
});

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
	assert.deepEqual(await fate('a', 'normal'), { ok: true });
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
