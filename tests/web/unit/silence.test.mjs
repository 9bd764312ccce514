/* When a viewer who hears nothing asks, and when it says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SILENCE_DEFAULTS, createSilence, silenceEnd, silenceGoesOn } from '../../../web/client/silence.js';

const HEARTBEAT_MS = 10000; // the publisher's longest silence: schema/README.md

/* When it asks within `ms` of silence, looked at once a second. */
function asked(ms, rnd) {
	const silence = createSilence(0, rnd);
	const times = [];
	for (let now = 1000; now <= ms; now += 1000)
		if (silenceGoesOn(silence, now, rnd))
			times.push(now);
	return { times, quiet: silence.quiet };
}

test('between_heartbeats_nobody_asks', () => {
	for (const rnd of [0, 0.5, 0.999])
		assert.deepEqual(asked(HEARTBEAT_MS + 4000, rnd), { times: [], quiet: false });
});

test('a_longer_silence_is_asked_about_before_it_is_shown', () => {
	for (const rnd of [0, 0.5, 0.999]) {
		const { times, quiet } = asked(20000, rnd);
		assert.equal(times.length, 1);
		assert.equal(quiet, false);
	}
	assert.equal(asked(25000, 0.5).quiet, false);
	assert.equal(asked(26000, 0.5).quiet, true);
});

test('while_it_lasts_it_is_asked_about_seldom', () => {
	for (const rnd of [0, 0.5, 0.999]) {
		const { length } = asked(120000, rnd).times;
		assert.ok(length >= 8 && length <= 14, `${length} questions in two minutes`);
	}
});

test('a_crowd_that_falls_silent_in_one_moment_does_not_ask_in_one_moment', () => {
	const times = [0, 0.2, 0.4, 0.6, 0.8].map((rnd) => asked(30000, rnd).times[0]);
	assert.equal(new Set(times).size, 5);
	assert.equal(Math.max(...times) - Math.min(...times), 0.8 * SILENCE_DEFAULTS.spreadMs);
});

test('a_word_ends_it', () => {
	const silence = createSilence(0, 0);
	silenceGoesOn(silence, 26000, 0);
	assert.equal(silence.quiet, true);
	silenceEnd(silence, 27000, 0);
	assert.equal(silence.quiet, false);
	assert.equal(silence.heardAt, 27000);
	assert.equal(silenceGoesOn(silence, 41000, 0), false);
	assert.equal(silenceGoesOn(silence, 42000, 0), true);
});
