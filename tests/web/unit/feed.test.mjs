/* The feed's claims: whatever order the two retained packets and the deltas come in, an exact state or a cry for help. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	OUTCOME, createFeed, feedDelta, feedRecent, feedRejoin, feedSettle, feedSnapshot,
} from '../../../web/client/feed.js';
import { seeded } from '../support/chance.mjs';

const snapshot = (seq, state, epoch = 'e') => ({ epoch, seq, ts: 0, state });
const recent = (base, seq, set = {}, del = [], epoch = 'e') => ({ epoch, base, seq, ts: 0, set, del });
const delta = (seq, set = {}, del = [], epoch = 'e') => ({ epoch, seq, ts: 0, set, del });
const heartbeat = (seq, epoch = 'e') => ({ epoch, seq, ts: 0 });
const asObject = (feed) => Object.fromEntries(feed.state);

function joined() {
	const feed = createFeed();
	feedSnapshot(feed, snapshot(10, { a: 1, b: 2 }));
	feedRecent(feed, recent(10, 12, { a: 3 }, ['b']));
	return feed;
}

test('two_packets_make_an_exact_state', () => {
	const feed = joined();
	assert.deepEqual(asObject(feed), { a: 3 });
	assert.equal(feed.seq, 12);
	assert.ok(feed.exact && feed.settled);
});

test('recent_may_come_before_its_snapshot', () => {
	const feed = createFeed();
	assert.equal(feedRecent(feed, recent(10, 12, { a: 3 }, ['b'])).outcome, OUTCOME.HELD);
	assert.equal(feedSnapshot(feed, snapshot(10, { a: 1, b: 2 })).outcome, OUTCOME.APPLIED);
	assert.deepEqual(asObject(feed), { a: 3 });
	assert.equal(feed.seq, 12);
});

test('a_recent_older_than_the_snapshot_is_ignored', () => {
	const feed = createFeed();
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	feedRecent(feed, recent(3, 9, { a: 99 }));
	assert.deepEqual(asObject(feed), { a: 1 });
	assert.equal(feed.seq, 10);
	assert.ok(feed.settled);
});

test('a_newer_recent_waits_for_its_snapshot', () => {
	const feed = createFeed();
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	assert.equal(feedRecent(feed, recent(20, 22, { a: 9 })).outcome, OUTCOME.HELD);
	assert.equal(feed.settled, false);
	feedSnapshot(feed, snapshot(20, { a: 5, c: 6 }));
	assert.deepEqual(asObject(feed), { a: 9, c: 6 });
	assert.equal(feed.seq, 22);
});

test('a_recent_of_another_epoch_is_not_applied', () => {
	const feed = createFeed();
	feedRecent(feed, recent(10, 12, { a: 99 }, [], 'old'));
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	assert.deepEqual(asObject(feed), { a: 1 });
});

test('a_recent_of_a_new_epoch_waits_for_that_epochs_snapshot', () => {
	const feed = joined();
	assert.equal(feedRecent(feed, recent(0, 2, { a: 7 }, [], 'f')).outcome, OUTCOME.HELD);
	assert.deepEqual(asObject(feed), { a: 3 });
	feedSnapshot(feed, snapshot(0, { z: 1 }, 'f'));
	assert.deepEqual(asObject(feed), { a: 7, z: 1 });
	assert.equal(feed.seq, 2);
});

test('deltas_that_overtake_the_snapshot_are_replayed', () => {
	const feed = createFeed();
	feedDelta(feed, delta(12, { a: 12 }));
	feedDelta(feed, delta(13, { a: 13 }));
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	feedRecent(feed, recent(10, 12, { a: 12 }));
	assert.equal(feed.seq, 13);
	assert.deepEqual(asObject(feed), { a: 13 });
});

test('a_delta_after_the_snapshot_needs_no_recent', () => {
	const feed = createFeed();
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	assert.equal(feedDelta(feed, delta(11, { a: 2 })).outcome, OUTCOME.APPLIED);
	assert.ok(feed.settled);
});

test('a_delta_is_applied_once', () => {
	const feed = joined();
	const { change } = feedDelta(feed, delta(13, { a: 4, c: 1 }, ['x']));
	assert.deepEqual([...change.set], [['a', 4], ['c', 1]]);
	assert.deepEqual(change.del, []); // x was not there
	assert.equal(feedDelta(feed, delta(13, { a: 99 })).outcome, OUTCOME.QUIET);
	assert.equal(feedDelta(feed, delta(2, { a: 99 })).outcome, OUTCOME.QUIET);
	assert.equal(feed.state.get('a'), 4);
});

test('a_lost_delta_is_a_gap_and_the_old_state_stays_readable', () => {
	const feed = joined();
	assert.equal(feedDelta(feed, delta(14, { a: 9 })).outcome, OUTCOME.GAP);
	assert.equal(feed.exact, false);
	assert.deepEqual(asObject(feed), { a: 3 });
	feedSnapshot(feed, snapshot(10, { a: 1, b: 2 }));
	feedRecent(feed, recent(10, 14, { a: 9 }, ['b']));
	assert.deepEqual(asObject(feed), { a: 9 });
	assert.equal(feed.seq, 14);
});

test('a_heartbeat_repeats_the_last_seq_and_betrays_a_lost_delta', () => {
	const feed = joined();
	assert.equal(feedDelta(feed, heartbeat(12)).outcome, OUTCOME.QUIET);
	assert.equal(feedDelta(feed, heartbeat(13)).outcome, OUTCOME.GAP);
});

test('a_new_epoch_is_noticed_even_with_a_lower_seq', () => {
	const feed = joined();
	assert.equal(feedDelta(feed, delta(1, { a: 0 }, [], 'f')).outcome, OUTCOME.EPOCH);
	feedSnapshot(feed, snapshot(0, { z: 1 }, 'f'));
	feedSettle(feed);
	assert.deepEqual(asObject(feed), { a: 0, z: 1 });
});

test('an_old_epochs_snapshot_met_by_a_new_epochs_delta_is_asked_for_again', () => {
	const feed = createFeed();
	feedDelta(feed, delta(5, { a: 5 }, [], 'new'));
	assert.equal(feedSnapshot(feed, snapshot(10, { a: 1 }, 'old')).outcome, OUTCOME.EPOCH);
	assert.equal(feed.exact, false);
	feedSnapshot(feed, snapshot(4, { a: 4 }, 'new'));
	assert.deepEqual(asObject(feed), { a: 5 });
});

test('a_snapshot_without_recent_is_taken_when_nothing_more_comes', () => {
	const feed = createFeed();
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	assert.equal(feed.settled, false);
	feedSettle(feed);
	assert.ok(feed.settled);
});

test('a_held_gap_is_found_when_the_join_settles', () => {
	const feed = createFeed();
	feedSnapshot(feed, snapshot(10, { a: 1 }));
	assert.equal(feedDelta(feed, delta(13, { a: 13 })).outcome, OUTCOME.HELD);
	assert.equal(feedSettle(feed).outcome, OUTCOME.GAP);
});

test('rubbish_is_refused_and_changes_nothing', () => {
	const feed = joined();
	const before = JSON.stringify(asObject(feed));
	for (const bad of [null, 1, 'x', [], {}, { epoch: 1, seq: 1 }, { epoch: 'e', seq: -1, set: {} },
		{ epoch: 'e', seq: 13.5, set: {} }, { epoch: 'e', seq: 13, set: [] }, { epoch: 'e', seq: 13, del: {} }])
		for (const take of [feedDelta, feedRecent, feedSnapshot])
			assert.equal(take(feed, bad).outcome, OUTCOME.BAD);
	assert.equal(JSON.stringify(asObject(feed)), before);
});

test('hostile_keys_are_only_keys', () => {
	const feed = createFeed();
	feedSnapshot(feed, JSON.parse('{"epoch":"e","seq":1,"state":{"__proto__":1,"constructor":2,"a":3}}'), true);
	assert.equal(feed.state.get('__proto__'), 1);
	assert.equal({}.a, undefined);
});

test('pending_deltas_are_bounded', () => {
	const feed = createFeed();
	for (let seq = 1; seq < 5000; seq++)
		feedDelta(feed, delta(seq, { a: seq }));
	assert.ok(feed.pending.length <= 512);
});

test('any_interleaving_of_a_join_ends_exact_or_asks_again', () => {
	const random = seeded(7);
	for (let round = 0; round < 3000; round++)
		oneJoin(random);
});

/* A publisher with random deltas, renewing its snapshot now and then; a viewer that joins in the middle, gets each
 * stream in order but the streams mixed, and loses a delta now and then. */
function oneJoin(random) {
	const truth = [{}];
	const deltas = [];
	for (let seq = 1; seq <= 30; seq++) {
		const key = 'abcdef'[Math.floor(random() * 6)];
		const gone = random() < 0.3;
		const next = { ...truth[seq - 1] };
		if (gone)
			delete next[key];
		else
			next[key] = seq;
		truth.push(next);
		deltas.push(gone ? delta(seq, {}, [key]) : delta(seq, { [key]: seq }));
	}
	const at = 1 + Math.floor(random() * 25);
	const base = Math.floor(random() * (at + 1));
	const since = deltas.slice(base, at);
	const touched = new Set(since.flatMap((d) => [...Object.keys(d.set), ...d.del]));
	const set = Object.fromEntries([...touched].filter((k) => k in truth[at]).map((k) => [k, truth[at][k]]));
	const packets = [snapshot(base, truth[base]), recent(base, at, set, [...touched].filter((k) => !(k in truth[at])))];
	const lost = random() < 0.3 ? at + 1 + Math.floor(random() * 3) : -1;
	const stream = deltas.slice(at - Math.floor(random() * Math.min(at, 3)), 30).filter((d) => d.seq !== lost);
	const feed = createFeed();
	const retained = random() < 0.5 ? packets : packets.reverse();
	let asked = false;
	while (!asked && (retained.length || stream.length)) {
		const step = retained.length && (random() < 0.4 || !stream.length) ? takeRetained(feed, retained.shift()) : feedDelta(feed, stream.shift());
		asked = step.outcome === OUTCOME.GAP;
		if (feed.exact && feed.settled)
			assert.deepEqual(asObject(feed), truth[feed.seq]);
	}
	assert.equal(asked, lost !== -1);
	if (!asked)
		assert.equal(feed.seq, 30);
}

const takeRetained = (feed, packet) => (packet.state ? feedSnapshot(feed, packet) : feedRecent(feed, packet));

test('rejoin_forgets_what_was_pending_but_not_the_state', () => {
	const feed = joined();
	feedRejoin(feed);
	assert.equal(feed.pending.length, 0);
	assert.deepEqual(asObject(feed), { a: 3 });
});
