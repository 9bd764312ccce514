import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	clockSpoken, clockText, clockTime, createSync, publisherNow, syncKnown, syncLive, syncReset, syncRetained,
} from '../../../web/client/clock.js';

const HOUR = 3600000;

test('a_running_clock_counts_from_where_it_was_true', () => {
	const down = { time: 120000, running: true, direction: 'down', at: 1000 };
	assert.equal(clockTime(down, 1000), 120000);
	assert.equal(clockTime(down, 31000), 90000);
	assert.equal(clockTime({ ...down, direction: 'up' }, 31000), 150000);
	assert.equal(clockTime({ ...down, running: false }, 31000), 120000);
});

test('a_clock_never_shows_less_than_zero_nor_runs_backwards', () => {
	const down = { time: 2000, running: true, direction: 'down', at: 1000 };
	assert.equal(clockTime(down, 99000), 0);
	assert.equal(clockTime(down, 500), 2000); // our estimate is a little behind
});

const TEXTS = [
	['down rounds up', 91001, 'down', '1:32'], ['a whole second', 92000, 'down', '1:32'],
	['up rounds down', 91999, 'up', '1:31'], ['below a minute only seconds', 59000, 'down', '59'],
	['just above is a minute', 59001, 'down', '1:00'], ['up below a minute', 59999, 'up', '59'],
	['zero', 0, 'down', '0'], ['half an hour', 1800000, 'down', '30:00'], ['two hours', 7265000, 'up', '2:01:05'],
];
for (const [claim, ms, direction, text] of TEXTS)
	test(`shown_as_the_scoreboard_does: ${claim}`, () => assert.equal(clockText(ms, direction), text));

test('spoken_times', () => {
	assert.equal(clockSpoken(92000, 'down'), '1 minute 32 seconds');
	assert.equal(clockSpoken(61000, 'up'), '1 minute 1 second');
	assert.equal(clockSpoken(0, 'up'), '0 seconds');
});

/* A publisher whose clock differs from ours by `offset`, over a network with a base delay and jitter. */
function listen({ offset, n = 30, jitter = 400, base = 20, start = 1e6 }) {
	const sync = createSync();
	let local = start;
	let seed = 5;
	for (let i = 0; i < n; i++) {
		seed = (seed * 48271) % 2147483647;
		const late = base + jitter * (seed / 2147483647) ** 2;
		const sent = local + offset;
		syncLive(sync, local + late, sent);
		local += 1500;
	}
	return { sync, error: publisherNow(sync, local) - (local + offset) };
}

for (const offset of [0, 5 * HOUR, -5 * HOUR, 37 * 365 * 24 * HOUR])
	test(`right_within_100_ms_although_our_clock_is_off_by ${offset / HOUR} h`, () => {
		const { error } = listen({ offset });
		assert.ok(Math.abs(error) < 100, `off by ${error} ms`);
	});

test('the_first_live_message_corrects_a_wrong_guess', () => {
	const sync = createSync();
	syncRetained(sync, 1000000, 1000000 - 8 * HOUR, 1000000, true);
	assert.equal(syncKnown(sync), false);
	syncLive(sync, 1001000, 1000990 - 3 * HOUR);
	assert.ok(syncKnown(sync));
	assert.equal(publisherNow(sync, 1001000), 1000990 - 3 * HOUR);
});

test('a_retained_message_of_unknown_age: our own clock, if that makes sense', () => {
	const guess = (ts, wall, runs) => {
		const sync = createSync();
		syncRetained(sync, 1000, ts, wall, runs);
		return publisherNow(sync, 1000);
	};
	assert.equal(guess(50000 - 7000, 50000, true), 50000);          // 7 s old: plausible
	assert.equal(guess(50000 - 600000, 50000, false), 50000);       // 10 min old, nothing runs: plausible
	assert.equal(guess(9e6 - HOUR, 9e6, true), 9e6 - HOUR);         // an hour old while a clock runs: our clock is wrong
	assert.equal(guess(9e6 + HOUR, 9e6, false), 9e6 + HOUR);        // from the future: our clock is wrong
});

test('one_late_burst_does_not_move_the_estimate', () => {
	const { sync } = listen({ offset: 0 });
	const local = 1e6 + 31 * 1500;
	const before = publisherNow(sync, local);
	for (let i = 0; i < 10; i++)
		syncLive(sync, local + i, local - 20000);
	assert.ok(Math.abs(publisherNow(sync, local) - before) < 1);
});

test('a_publisher_whose_clock_is_set_back_is_followed', () => {
	const { sync } = listen({ offset: 0 });
	let local = 1e6 + 31 * 1500;
	for (let i = 0; i < 10; i++, local += 2000)
		syncLive(sync, local, local - 60000);
	assert.ok(Math.abs(publisherNow(sync, local) - (local - 60000)) < 50);
});

test('slow_drift_is_followed', () => {
	const sync = createSync();
	let local = 0;
	for (let i = 0; i < 400; i++, local += 1500)
		syncLive(sync, local, local * (1 - 100e-6)); // the publisher's clock is slow by 100 ppm
	assert.ok(Math.abs(publisherNow(sync, local) - local * (1 - 100e-6)) < 30);
});

test('delay_is_reported_against_the_best_message', () => {
	const sync = createSync();
	assert.equal(syncLive(sync, 1000, 0), 0);
	assert.equal(syncLive(sync, 2300, 1000), 300);
	syncReset(sync);
	assert.ok(Number.isNaN(publisherNow(sync, 0)));
});
