/* Polling, by answers of a made-up network: what is new is told, and the same answer again is no sign of life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openPoll } from '../../../web/client/transports/poll.js';

const answer = (seq, ts, more = {}) => JSON.stringify({ epoch: 'e', seq, ts, state: {}, status: { state: 'live' }, ...more });

/* What it tells of these answers, one after the other, and then of no answer. */
async function follow(t, answers) {
	const told = [];
	t.mock.timers.enable(process.version.startsWith('v18.') ? ['setTimeout'] : { apis: ['setTimeout'] });
	t.mock.method(globalThis, 'fetch', async () => {
		if (!answers.length)
			throw new Error('nobody there');
		const text = answers.shift();
		return new Response(text, { headers: { 'x-scoreboard-prefix': 'sb' } });
	});
	const transport = openPoll({ endpoint: { url: 'http://here' }, prefix: 'sb', view: 'v' }, {
		message: (kind, payload, { live }) => told.push(kind === 'snapshot' ? `${live ? 'live ' : ''}${JSON.parse(payload).ts}` : kind),
		notice: (text) => told.push(`notice ${text}`),
		answered: () => told.push('answered'),
		lost: () => told.push('lost'),
	});
	for (let left = answers.length + 5; left; left--) {
		for (let i = 0; i < 20; i++)
			await new Promise(setImmediate);
		t.mock.timers.tick(2300);
	}
	transport.close();
	return told;
}

test('the_same_answer_again_is_an_answer_and_nothing_that_was_heard', async (t) => {
	assert.deepEqual(await follow(t, [answer(1, 1), answer(1, 1), answer(1, 1)]), ['1', 'status', 'answered', 'answered', 'lost']);
});

test('what_two_caches_give_by_turns_is_nothing_that_was_heard', async (t) => {
	assert.deepEqual(await follow(t, [answer(2, 12), answer(1, 1), answer(2, 12), answer(1, 1), answer(2, 12)]),
		['12', 'status', 'live 1', 'status', 'answered', 'answered', 'answered', 'lost']);
});

test('a_notice_that_is_taken_back_at_once_is_gone', async (t) => {
	const of = (more) => answer(1, 1, { at: 10000, ...more });
	assert.deepEqual(await follow(t, [of(), of({ notice: { id: 'n' } }), of()]),
		['1', 'status', 'notice {"id":"n"}', '1', 'status', 'notice null', '1', 'status', 'lost']);
});

test('what_is_no_JSON_is_none_that_was_heard', async (t) => {
	assert.deepEqual(await follow(t, [answer(1, 1), '<html>', '<html>', '<html>']), ['1', 'status', 'lost']);
});

test('a_heartbeat_is_heard_though_nothing_has_changed', async (t) => {
	assert.deepEqual(await follow(t, [answer(1, 1), answer(1, 11), answer(1, 11)]), ['1', 'status', 'live 11', 'status', 'answered', 'lost']);
});

test('a_notice_is_told_once', async (t) => {
	const notice = { notice: { id: 'n' } };
	assert.deepEqual(await follow(t, [answer(1, 1, notice), answer(1, 11, notice), answer(1, 21)]),
		['notice {"id":"n"}', '1', 'status', 'live 11', 'status', 'notice null', 'live 21', 'status', 'lost']);
});
