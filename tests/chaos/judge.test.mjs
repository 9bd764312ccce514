import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTruths, createView, viewForget, viewLook, viewShows } from './judge.mjs';

const LAG = 1000;
const states = { a: { key: 'a', n: 1 }, b: { key: 'b', n: 2 }, c: { key: 'c', n: 3 } };

function begin() {
	const truths = createTruths();
	const view = createView();
	return {
		view, truths,
		say: (name, at) => truths.say(name, states[name].n, at),
		shows: (name) => viewShows(view, states[name], truths),
		looks: (now, live = true) => viewLook(view, { truths, now, lagMs: LAG, says: () => live }),
	};
}

test('a_board_is_right_while_it_shows_what_was_true_within_the_lag', () => {
	const t = begin();
	t.say('a', 0);
	t.shows('a');
	assert.ok(t.looks(5000));
	t.say('b', 5000);
	assert.ok(t.looks(5999));
	assert.ok(!t.looks(6000));
	assert.equal(t.view.wrongAt, 6000);
	t.shows('b');
	assert.ok(t.looks(6100));
	assert.equal(t.view.wrongAt, 6000);
});

test('a_board_without_a_state_is_wrong_and_says_nothing', () => {
	const t = begin();
	t.say('a', 0);
	assert.ok(!t.looks(100));
	assert.equal(t.view.over, 0);
});

test('live_over_old_counts_from_when_it_became_old_and_only_while_the_page_says_live', () => {
	const t = begin();
	t.say('a', 0);
	t.shows('a');
	t.say('b', 1000);
	t.looks(4000);
	assert.equal(t.view.over, 3000);
	t.looks(9000, false);
	assert.equal(t.view.over, 3000);
	viewForget(t.view);
	assert.deepEqual([t.view.over, t.view.wrongAt], [0, null]);
});

test('a_state_may_be_shown_before_it_is_told', () => {
	const t = begin();
	t.say('a', 0);
	t.shows('b');
	assert.ok(t.looks(3000));
	t.say('b', 3000);
	assert.ok(t.looks(3100));
	assert.deepEqual([t.view.torn, t.view.back], [0, 0]);
});

test('what_the_scoreboard_never_said_is_torn', () => {
	const t = begin();
	t.say('a', 0);
	t.say('b', 10);
	viewShows(t.view, { key: 'a and b', n: 2 }, t.truths);
	t.looks(20);
	assert.equal(t.view.torn, 1);
});

test('an_earlier_state_than_before_is_a_step_back', () => {
	const t = begin();
	t.say('a', 0);
	t.say('b', 10);
	t.shows('b');
	t.shows('a');
	assert.equal(t.view.back, 1);
	t.say('c', 20);
	t.shows('c');
	assert.equal(t.view.back, 1);
});

test('states_that_were_replaced_long_ago_are_forgotten', () => {
	const truths = createTruths(1000);
	truths.say('a', 1, 0);
	truths.say('b', 2, 10);
	truths.say('c', 3, 2000);
	assert.deepEqual(['a', 'b', 'c'].map((name) => truths.find(states[name])?.n), [undefined, 2, 3]);
	assert.equal(truths.find({ key: null, n: 2 }).n, 2);
	assert.equal(truths.find({ key: 'c', n: 2 }), null);
});
