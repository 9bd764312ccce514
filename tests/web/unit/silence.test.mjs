/* When a viewer who hears nothing asks, and when it says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, createSilence, silenceEnd, silenceGoesOn, silenceIsNew, silenceWasSlow } from '../../../web/client/silence.js';

const HEARTBEAT_MS = 3000; // the publisher's longest silence: schema/README.md
const TICK_MS = 1000;
const CHANCES = [0, 0.5, 0.999];

/* When it asks within `ms` of silence, looked at once a second. */
function asked(ms, { rnd, early = false, polls = false, silence = createSilence(0, rnd) }) {
	const times = [];
	for (let now = silence.heardAt + TICK_MS; now <= silence.heardAt + ms; now += TICK_MS)
		if (silenceGoesOn(silence, now, { rnd, early, polls }))
			times.push(now - silence.heardAt);
	return { times, quiet: silence.quiet };
}

test('between_heartbeats_nobody_asks', () => {
	for (const early of [false, true])
		for (const rnd of CHANCES)
			assert.deepEqual(asked(HEARTBEAT_MS + 999, { rnd, early }), { times: [], quiet: false });
});

test('with_another_broker_to_turn_to_it_is_asked_about_before_it_is_shown', () => {
	for (const rnd of CHANCES) {
		const { times, quiet } = asked(8000, { rnd, early: true });
		assert.equal(times.length, 1);
		assert.equal(quiet, false);
	}
});

test('with_a_single_broker_only_a_long_silence_is_asked_about', () => {
	for (const rnd of CHANCES) {
		assert.deepEqual(asked(14000, { rnd }).times, []);
		assert.equal(asked(20000, { rnd }).times.length, 1);
	}
});

test('it_is_shown_and_later_where_a_cache_may_answer', () => {
	assert.equal(asked(9000, { rnd: 0 }).quiet, true);
	assert.equal(asked(25000, { rnd: 0, polls: true }).quiet, false);
	assert.equal(asked(26000, { rnd: 0, polls: true }).quiet, true);
});

test('while_it_lasts_it_is_asked_about_seldom', () => {
	for (const early of [false, true])
		for (const rnd of CHANCES) {
			const { length } = asked(120000, { rnd, early }).times;
			assert.ok(length >= 8 && length <= 15, `${length} questions in two minutes`);
		}
});

test('a_crowd_that_falls_silent_in_one_moment_does_not_ask_in_one_moment', () => {
	const times = [0, 0.2, 0.4, 0.6, 0.8].map((rnd) => asked(30000, { rnd }).times[0]);
	assert.equal(new Set(times).size, 5);
	assert.equal(Math.max(...times) - Math.min(...times), 0.8 * ASK.late.spreadMs);
});

test('a_word_ends_it', () => {
	const silence = createSilence(0, 0);
	silenceGoesOn(silence, 26000, { rnd: 0 });
	assert.equal(silence.quiet, true);
	silenceEnd(silence, 27000, 0);
	assert.equal(silence.quiet, false);
	assert.equal(silence.heardAt, 27000);
	assert.equal(silenceGoesOn(silence, 41000, { rnd: 0 }), false);
	assert.equal(silenceGoesOn(silence, 42000, { rnd: 0 }), true);
});

const MINUTE_MS = 60000;
const firstAsk = (silence, now) => { silenceEnd(silence, now, 0); return asked(MINUTE_MS, { rnd: 0, early: true, silence }).times[0]; };

test('whoever_doubted_a_slow_broker_wrongly_is_more_patient_with_it_each_time_but_not_for_ever', () => {
	const silence = createSilence(0, 0);
	const waits = [firstAsk(silence, 0)];
	for (let i = 0; i < 4; i++) {
		silenceWasSlow(silence, 1000 * i);
		waits.push(firstAsk(silence, 1000 * i));
	}
	assert.deepEqual(waits, [4000, 8000, 16000, 16000, 16000]);
	assert.equal(firstAsk(silence, 3000 + MINUTE_MS), 4000, 'after a minute it is trusted anew');
	silenceWasSlow(silence, 4000 + MINUTE_MS);
	assert.equal(firstAsk(silence, 4000 + MINUTE_MS), 8000, 'and not much less the next time');
	silenceIsNew(silence, 5000 + MINUTE_MS, 200);
	assert.equal(firstAsk(silence, 5000 + MINUTE_MS), 4000, 'so is another one');
});

test('whoever_was_let_in_slowly_is_patient_for_a_minute', () => {
	const silence = createSilence(0, 0);
	silenceIsNew(silence, 0, 3500);
	assert.equal(firstAsk(silence, 0), 16000);
	assert.equal(firstAsk(silence, MINUTE_MS), 4000);
});
