/* The decision which connection to hold, told as stories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEndpoint, endpointFailed, endpointOpened, endpointScore, pickEndpoint } from '../../../web/client/endpoints.js';
import { LINK_DEFAULTS, PHASE, createLink, linkDeadline, linkStep } from '../../../web/client/link.js';
import { backoffDelay } from '../../../web/client/backoff.js';
import { isWoken } from '../../../web/client/sleep.js';

const RND = 0.5;

function story({ kinds = ['mqtt', 'sse', 'poll'], options } = {}) {
	const endpoints = kinds.map((kind, i) => createEndpoint(kind, `${kind}${i}`));
	const link = createLink(endpoints, options);
	const tell = { link, endpoints, now: 0 };
	tell.step = (type, endpoint, rnd = RND) => show(linkStep(link, { type, endpoint }, tell.now, rnd));
	tell.wake = () => { tell.now = linkDeadline(link); return tell.step('wake'); };
	return tell;
}
const show = (effects) => effects.map((effect) => `${effect.do} ${effect.endpoint.kind}`).join(', ');

test('websockets_first_then_use', () => {
	const s = story();
	assert.equal(s.step('start'), 'dial mqtt');
	assert.equal(s.step('ready', s.endpoints[0]), 'use mqtt');
	assert.equal(s.link.phase, PHASE.LIVE);
	assert.equal(linkDeadline(s.link), Infinity);
});

test('a_network_that_never_let_websockets_through_gets_sse_at_once', () => {
	const s = story();
	s.step('start');
	assert.equal(s.step('lost', s.endpoints[0]), 'dial sse');
	assert.equal(s.step('lost', s.endpoints[1]), 'dial poll');
	assert.equal(s.step('lost', s.endpoints[2]), '');
	assert.equal(s.link.phase, PHASE.WAITING);
	assert.equal(s.wake(), 'dial mqtt');
});

test('a_dial_that_hangs_is_given_up', () => {
	const s = story();
	s.step('start');
	assert.equal(linkDeadline(s.link), LINK_DEFAULTS.dialMs);
	assert.equal(s.wake(), 'hang-up mqtt, dial sse');
});

test('a_broker_that_worked_is_waited_for_before_its_crowd_turns_to_http', () => {
	const s = story();
	s.step('start');
	s.step('ready', s.endpoints[0]);
	assert.equal(s.step('lost', s.endpoints[0]), '');
	const waits = [];
	for (let round = 1; round < LINK_DEFAULTS.patience; round++) {
		waits.push(linkDeadline(s.link) - s.now);
		assert.equal(s.wake(), 'dial mqtt');
		assert.equal(s.step('lost', s.endpoints[0]), '', `round ${round}`);
	}
	assert.deepEqual(waits, [...waits].sort((a, b) => a - b));
	assert.equal(s.wake(), 'dial mqtt');
	assert.equal(s.step('lost', s.endpoints[0]), 'dial sse');
});

test('from_sse_it_looks_upwards_and_climbs_without_a_break', () => {
	const s = story();
	s.step('start');
	s.step('lost', s.endpoints[0]);
	assert.equal(s.step('ready', s.endpoints[1]), 'use sse');
	assert.equal(s.wake(), 'dial mqtt');
	assert.equal(s.link.phase, PHASE.LIVE);
	assert.equal(s.step('ready', s.endpoints[0]), 'use mqtt, hang-up sse');
	assert.equal(linkDeadline(s.link), Infinity);
});

test('probes_that_fail_become_rare', () => {
	const s = story();
	s.step('start');
	s.step('lost', s.endpoints[0]);
	s.step('ready', s.endpoints[1]);
	const waits = [];
	for (let i = 0; i < 8; i++) {
		waits.push(linkDeadline(s.link) - s.now);
		s.wake();
		s.step('lost', s.endpoints[0]);
		assert.equal(s.link.current, s.endpoints[1]);
	}
	assert.ok(waits[0] < waits[3] && waits[7] <= LINK_DEFAULTS.probeCeilingMs * 1.25);
});

test('a_probe_that_hangs_is_given_up', () => {
	const s = story();
	s.step('start');
	s.step('lost', s.endpoints[0]);
	s.step('ready', s.endpoints[1]);
	s.wake();
	assert.equal(s.wake(), 'hang-up mqtt');
	assert.equal(s.link.phase, PHASE.LIVE);
});

test('losing_the_connection_also_ends_its_probe', () => {
	const s = story();
	s.step('start');
	s.step('lost', s.endpoints[0]);
	s.step('ready', s.endpoints[1]);
	s.wake();
	assert.equal(s.step('lost', s.endpoints[1]), 'hang-up mqtt');
	assert.equal(s.link.phase, PHASE.WAITING);
});

test('another_broker_takes_over', () => {
	const s = story({ kinds: ['mqtt', 'mqtt', 'sse'] });
	s.step('start', undefined, 0);
	assert.equal(s.link.current, s.endpoints[0]);
	s.step('lost', s.endpoints[0]);
	assert.equal(s.link.current, s.endpoints[1]);
	s.step('ready', s.endpoints[1]);
	s.step('lost', s.endpoints[1]);
	s.step('wake', undefined, 0);
});

test('a_hidden_page_lets_go_after_a_while_and_comes_back_at_once', () => {
	const s = story();
	s.step('start');
	s.step('ready', s.endpoints[0]);
	assert.equal(s.step('hide'), '');
	assert.equal(s.wake(), 'hang-up mqtt');
	assert.equal(s.link.phase, PHASE.PAUSED);
	assert.equal(linkDeadline(s.link), Infinity);
	assert.equal(s.step('show'), 'dial mqtt');
});

test('a_short_look_away_changes_nothing', () => {
	const s = story();
	s.step('start');
	s.step('ready', s.endpoints[0]);
	s.step('hide');
	s.now += 1000;
	assert.equal(s.step('show'), '');
	assert.equal(linkDeadline(s.link), Infinity);
});

test('after_sleep_the_old_connection_is_not_believed', () => {
	const s = story();
	s.step('start');
	s.step('ready', s.endpoints[0]);
	assert.equal(s.step('woke'), 'hang-up mqtt, dial mqtt');
});

test('news_of_a_network_ends_the_wait', () => {
	const s = story({ kinds: ['mqtt'] });
	s.step('start');
	s.step('lost', s.endpoints[0]);
	assert.equal(s.step('nudge'), 'dial mqtt');
	assert.equal(s.step('nudge'), '');
});

test('events_of_sessions_long_gone_are_ignored', () => {
	const s = story();
	s.step('start');
	s.step('ready', s.endpoints[0]);
	assert.equal(s.step('lost', s.endpoints[1]), '');
	assert.equal(s.step('ready', s.endpoints[2]), '');
	assert.equal(s.link.current, s.endpoints[0]);
});

test('closed_is_closed', () => {
	const s = story();
	s.step('start');
	assert.equal(s.step('stop'), 'hang-up mqtt');
	for (const type of ['start', 'wake', 'show', 'nudge', 'woke'])
		assert.equal(s.step(type), '');
});

test('without_endpoints_it_waits_and_does_not_spin', () => {
	const s = story({ kinds: [] });
	assert.equal(s.step('start'), '');
	for (let i = 0; i < 50; i++)
		assert.ok(linkDeadline(s.link) > s.now), s.wake();
});

/* --- backoff, health, sleep --- */

test('backoff_grows_to_its_ceiling_and_is_spread_over_the_whole_range', () => {
	const most = (n) => backoffDelay(n, 0.9999, { base: 400, ceiling: 20000, floor: 100 });
	assert.deepEqual([0, 1, 2].map(most), [400, 800, 1600]);
	assert.ok(most(60) <= 20000);
	assert.equal(backoffDelay(9, 0, { base: 400, ceiling: 20000, floor: 100 }), 100);
});

test('a_crowd_does_not_come_back_in_one_moment', () => {
	const buckets = new Array(10).fill(0);
	for (let i = 0; i < 10000; i++)
		buckets[Math.min(9, Math.floor(backoffDelay(2, i / 10000, { base: 500, ceiling: 20000, floor: 0 }) / 200))]++;
	assert.ok(Math.max(...buckets) < 1200, buckets.join());
});

test('health_falls_fast_and_returns_slowly', () => {
	const endpoint = createEndpoint('mqtt', 'x');
	endpointFailed(endpoint);
	endpointFailed(endpoint);
	assert.equal(endpoint.health, 0.25);
	endpointOpened(endpoint, 100);
	assert.ok(endpoint.health > 0.25 && endpoint.health < 0.6);
});

test('the_healthier_and_faster_broker_is_picked_and_equals_share_the_crowd', () => {
	const [a, b] = [createEndpoint('mqtt', 'a'), createEndpoint('mqtt', 'b')];
	assert.deepEqual([0, 0.99].map((rnd) => pickEndpoint([a, b], rnd).url), ['a', 'b']);
	endpointOpened(a, 3000);
	endpointOpened(b, 50);
	assert.ok(endpointScore(b) > endpointScore(a));
	assert.equal(pickEndpoint([a, b], 0).url, 'b');
	endpointFailed(b);
	assert.equal(pickEndpoint([a, b], 0.99).url, 'a');
	assert.equal(pickEndpoint([], 0.5), null);
});

test('sleep_is_told_from_a_throttled_tab', () => {
	const tick = (local, wall) => ({ local, wall });
	assert.equal(isWoken(tick(0, 0), tick(1000, 1000), false), false);
	assert.equal(isWoken(tick(0, 0), tick(60000, 60000), true), false);
	assert.equal(isWoken(tick(0, 0), tick(40000, 40000), false), true);      // the page stood still
	assert.equal(isWoken(tick(0, 0), tick(1000, 3600000), false), true);     // its clock stood still in sleep
});
