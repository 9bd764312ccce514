/* The decision which connection to hold, told as stories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEndpoint, endpointFailed, endpointOpened, endpointScore, pickEndpoint } from '../../../web/client/endpoints.js';
import { LINK_DEFAULTS, PHASE, createLink, linkDeadline, linkEndpoints, linkProblem, linkStep } from '../../../web/client/link.js';
import { backoffDelay } from '../../../web/client/backoff.js';
import { isWoken } from '../../../web/client/sleep.js';

const RND = 0.5;

function story({ kinds = ['mqtt', 'sse', 'poll'], options } = {}) {
	const endpoints = kinds.map((kind, i) => createEndpoint(kind, `${kind}${i}`));
	const link = createLink(endpoints, options);
	const tell = { link, endpoints, now: 0 };
	/* The newer line to an endpoint is the one that is told of. */
	const lineTo = (endpoint) => endpoint && ([link.probe, link.current].find((line) => line?.endpoint === endpoint) ?? { endpoint, since: 0 });
	tell.step = (type, endpoint, rnd = RND) => tell.event({ type, line: lineTo(endpoint) }, rnd);
	tell.event = (event, rnd = RND) => show(linkStep(link, event, tell.now, rnd));
	tell.wake = () => { tell.now = linkDeadline(link); return tell.step('wake'); };
	return tell;
}
const show = (effects) => effects.map((effect) => `${effect.do} ${effect.line.endpoint.kind}`).join(', ');

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

test('a_broker_that_let_us_in_has_longer_when_there_is_nothing_else_to_turn_to', () => {
	const s = story();
	s.step('start');
	s.step('admitted', s.endpoints[0]);
	assert.equal(linkDeadline(s.link), LINK_DEFAULTS.dialMs, 'there is HTTP');
	s.step('ready', s.endpoints[0]);
	s.step('admitted', s.endpoints[0]);
	assert.equal(linkDeadline(s.link), Infinity, 'of no interest once it is used');
	s.step('lost', s.endpoints[0]);
	assert.equal(s.wake(), 'dial mqtt');
	const since = s.now;
	s.event({ type: 'admitted', line: { endpoint: s.endpoints[0], since: 0 } });
	assert.equal(linkDeadline(s.link), since + LINK_DEFAULTS.dialMs, 'another line was let in');
	s.step('admitted', s.endpoints[0]);
	assert.equal(linkDeadline(s.link), since + LINK_DEFAULTS.joinMs);
	assert.equal(s.wake(), 'hang-up mqtt', 'and then it is given up');
	assert.equal(s.wake(), 'dial mqtt');
	assert.equal(linkDeadline(s.link), s.now + LINK_DEFAULTS.dialMs, 'the next dial begins anew');
});

test('with_a_second_broker_to_turn_to_one_that_let_us_in_has_no_longer', () => {
	const s = story({ kinds: ['mqtt', 'mqtt'] });
	s.step('start');
	const first = s.link.current.endpoint;
	s.step('admitted', first);
	assert.equal(linkDeadline(s.link), LINK_DEFAULTS.dialMs);
	assert.equal(s.wake(), 'hang-up mqtt, dial mqtt');
	s.step('admitted', s.link.current.endpoint);
	assert.equal(linkDeadline(s.link), s.now + LINK_DEFAULTS.joinMs);
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
	assert.equal(s.step('ready', s.endpoints[0]), 'use mqtt, retire sse');
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
		assert.equal(s.link.current.endpoint, s.endpoints[1]);
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
	assert.equal(s.link.current.endpoint, s.endpoints[0]);
	s.step('lost', s.endpoints[0]);
	assert.equal(s.link.current.endpoint, s.endpoints[1]);
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
	assert.equal(s.link.current.endpoint, s.endpoints[0]);
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

/* --- renewing: newer credentials without a break --- */

function startRenewing({ kinds = ['mqtt'], renewAt = 1000 } = {}) {
	const s = story({ kinds });
	s.step('start', undefined, 0);
	const first = s.link.current;
	s.event({ type: 'ready', line: first, ms: 50, renewAt });
	return Object.assign(s, { first });
}

test('credentials_are_renewed_with_the_new_line_up_before_the_old_one_goes', () => {
	const s = startRenewing();
	assert.equal(linkDeadline(s.link), 1000);
	assert.equal(s.wake(), 'dial mqtt');
	assert.equal(s.link.current, s.first, 'the old line is used meanwhile');
	const second = s.link.probe;
	assert.notEqual(second, s.first);
	assert.equal(s.event({ type: 'ready', line: second, renewAt: 9000 }), 'use mqtt, retire mqtt');
	assert.equal(s.link.current, second);
	assert.equal(linkDeadline(s.link), 9000);
	assert.equal(s.event({ type: 'lost', line: s.first }), '', 'the old one is nobody any more');
	assert.equal(s.endpoints[0].failures, 0);
});

test('a_renewal_that_fails_is_tried_again_while_the_old_line_lives_and_elsewhere_if_there_is_another', () => {
	const s = startRenewing({ kinds: ['mqtt', 'mqtt'] });
	const waits = [];
	const dialled = [];
	for (let i = 0; i < 4; i++) {
		waits.push(linkDeadline(s.link) - s.now);
		assert.equal(s.wake(), 'dial mqtt');
		dialled.push(s.link.probe.endpoint.url);
		assert.equal(s.event({ type: 'lost', line: s.link.probe, trouble: 'network' }), '');
		assert.equal(s.link.current, s.first);
	}
	assert.deepEqual(dialled, ['mqtt0', 'mqtt1', 'mqtt1', 'mqtt1']);
	assert.ok(waits.slice(1).every((wait) => wait >= 1000 && wait <= 60000) && waits[3] > waits[1], waits.join());
});

test('an_old_line_that_ends_while_it_is_renewed_leaves_its_place_to_the_new_one', () => {
	const s = startRenewing();
	s.wake();
	const second = s.link.probe;
	assert.equal(s.event({ type: 'lost', line: s.first }), '', 'with a session that the broker keeps, the new one ends the old one');
	assert.equal(s.link.phase, PHASE.DIALING);
	assert.equal(s.event({ type: 'ready', line: second }), 'use mqtt');
	assert.equal(s.endpoints[0].failures, 0);
});

test('a_renewal_takes_the_place_of_a_probe_that_climbs', () => {
	const s = story({ kinds: ['mqtt', 'sse'] });
	s.step('start');
	s.step('lost', s.endpoints[0]);
	s.event({ type: 'ready', line: s.link.current, renewAt: 30000 });
	s.now = linkDeadline(s.link);
	s.step('wake');
	s.now = 30000;
	assert.equal(s.step('wake'), 'hang-up mqtt, dial sse');
});

/* --- barred: credentials that are not taken never become an endless redial --- */

test('whoever_is_barred_dials_no_broker_until_then', () => {
	const s = story({ kinds: ['mqtt', 'mqtt'] });
	s.step('start');
	assert.equal(s.event({ type: 'barred', line: s.link.current, until: 90000, trouble: 'token' }), '');
	assert.equal(linkProblem(s.link), 'token');
	assert.equal(linkDeadline(s.link), 90000);
	assert.deepEqual(linkEndpoints(s.link, 0).map(({ state, retryInMs }) => [state, retryInMs]).sort(), [['refused', 90000], ['untried', 90000]]);
	assert.equal(s.wake(), 'dial mqtt');
	s.step('ready', s.link.current.endpoint);
	assert.equal(linkProblem(s.link), null);
});

test('whoever_is_barred_may_still_watch_over_http', () => {
	const s = story({ kinds: ['mqtt', 'sse'] });
	s.step('start');
	assert.equal(s.event({ type: 'barred', line: s.link.current, until: 90000, trouble: 'token' }), 'dial sse');
	s.step('ready', s.endpoints[1]);
	assert.equal(linkDeadline(s.link), 90000, 'no probe before');
	assert.equal(linkProblem(s.link), 'token');
});

test('a_nudge_ends_it_but_not_at_once', () => {
	const s = story({ kinds: ['mqtt'] });
	s.step('start');
	s.event({ type: 'barred', line: s.link.current, until: Infinity, trouble: 'token' });
	assert.equal(linkDeadline(s.link), Infinity);
	s.now = 1000;
	assert.equal(s.step('nudge'), '');
	s.now = 6000;
	assert.equal(s.step('nudge'), 'dial mqtt');
});

test('credentials_refused_while_they_are_renewed_leave_the_old_line', () => {
	const s = startRenewing();
	s.wake();
	assert.equal(s.event({ type: 'barred', line: s.link.probe, until: 40000, trouble: 'token' }), '');
	assert.equal(s.link.current, s.first);
	assert.equal(linkDeadline(s.link), 40000);
});

test('what_is_wrong_is_said', () => {
	const s = story({ kinds: ['mqtt', 'sse'] });
	assert.equal(linkProblem(s.link), null);
	s.step('start');
	s.event({ type: 'lost', line: s.link.current, trouble: 'network' });
	assert.equal(linkProblem(s.link), 'network');
	s.step('ready', s.endpoints[1]);
	assert.equal(linkProblem(s.link), 'network', 'there is no way to the broker');
	assert.deepEqual(linkEndpoints(s.link, 0).map(({ state, failures }) => [state, failures]), [['failed', 1], ['used', 0]]);
	s.wake();
	s.event({ type: 'lost', line: s.link.probe, trouble: 'refused' });
	assert.equal(linkProblem(s.link), 'refused');
	s.wake();
	s.step('ready', s.endpoints[0]);
	assert.equal(linkProblem(s.link), null);
});

/* --- let in and sent away again --- */

/* Is let in, and lost after `lifeMs`, so many times; gives the longest waits that chance allows. */
function livesShortly(s, lifeMs, times) {
	const waits = [];
	for (let i = 0; i < times; i++) {
		s.event({ type: 'ready', line: s.link.current });
		s.now += lifeMs;
		s.event({ type: 'lost', line: s.link.current, trouble: 'network' }, 0.999);
		waits.push(linkDeadline(s.link) - s.now);
		s.wake();
	}
	return waits;
}

test('who_is_let_in_and_sent_away_again_and_again_waits_longer_each_time', () => {
	const s = story({ kinds: ['mqtt'] });
	s.step('start');
	const waits = livesShortly(s, 500, 8);
	assert.ok(waits[0] <= 1500 && waits[1] <= 3000 && waits[7] > 15000 && waits[7] <= 20000, waits.join());
	assert.ok(livesShortly(s, 60000, 1)[0] <= 1500, 'a life that was long enough begins anew');
});

test('two_who_take_a_kept_session_from_each_other_come_to_an_end', () => {
	const s = story({ kinds: ['mqtt'], options: { stays: true } });
	s.step('start');
	const waits = livesShortly(s, 500, 3);
	assert.ok(waits[1] < 5000 && waits[2] >= 30000 && waits[2] <= 60000, waits.join());
});

/* --- a slow endpoint that lives --- */

function startSlow({ kinds = ['mqtt', 'mqtt'], rnd = 0 } = {}) {
	const s = story({ kinds });
	s.step('start', undefined, 0);
	s.event({ type: 'ready', line: s.link.current, ms: 40 });
	s.measures = (ms, times = 1) => {
		for (let i = 0; i < times; i++)
			s.event({ type: 'measured', line: s.link.current, ms }, rnd);
	};
	return s;
}

test('round_trips_are_measured_now_and_then_where_there_is_another_broker_and_never_where_not', () => {
	const alone = startSlow({ kinds: ['mqtt', 'sse'] });
	assert.equal(linkDeadline(alone.link), Infinity);
	alone.event({ type: 'doubt' });
	alone.measures(9000, 5);
	assert.equal(linkDeadline(alone.link), Infinity);
	const s = startSlow();
	assert.equal(linkDeadline(s.link), LINK_DEFAULTS.measureMs);
	s.event({ type: 'doubt' });
	assert.equal(linkDeadline(s.link), LINK_DEFAULTS.measureAgainMs / 2);
	assert.equal(s.wake(), 'measure mqtt');
});

test('three_slow_round_trips_in_a_row_and_a_better_broker_is_used', () => {
	const s = startSlow();
	const [slow, other] = s.endpoints;
	s.measures(1600, 2);
	s.measures(100);
	s.measures(1600, 2);
	assert.equal(s.link.leaveAt, Infinity);
	s.measures(1600);
	assert.equal(s.wake(), 'dial mqtt');
	assert.equal(s.link.current.endpoint, slow);
	assert.equal(s.event({ type: 'ready', line: s.link.probe, ms: 700 }), 'use mqtt, retire mqtt');
	assert.equal(s.link.current.endpoint, other);
});

test('one_that_is_no_better_is_not_used_and_asked_rarely', () => {
	const s = startSlow();
	let asked = 0;
	const begun = s.now;
	while (s.now - begun < 3600000) {
		s.measures(2000);
		if (s.wake() !== 'dial mqtt')
			continue;
		asked++;
		assert.equal(s.event({ type: 'ready', line: s.link.probe, ms: 1900 }), 'hang-up mqtt');
	}
	assert.equal(s.link.current.endpoint, s.endpoints[0]);
	assert.ok(asked >= 5 && asked <= 15, `asked ${asked} times in an hour`);
});

test('a_crowd_does_not_leave_in_one_moment_nor_flap', () => {
	const at = new Set();
	for (let i = 0; i < 100; i++) {
		const s = startSlow({ rnd: i / 100 });
		s.measures(1600, 3);
		at.add(Math.floor(s.link.leaveAt / 1000));
	}
	assert.ok(at.size >= 15, 'spread');
	const s = startSlow();
	for (let moves = 0, last = -Infinity; moves < 5; moves++) {
		s.measures(1600, 3);
		s.now = s.link.leaveAt;
		assert.equal(s.step('wake'), 'dial mqtt');
		assert.ok(s.now - last >= LINK_DEFAULTS.leaveMs, 'at most once a minute');
		last = s.now;
		s.event({ type: 'ready', line: s.link.probe, ms: 10 });
	}
});

test('a_broker_that_keeps_our_session_is_not_left', () => {
	const s = story({ kinds: ['mqtt', 'mqtt'], options: { stays: true } });
	s.step('start', undefined, 0);
	s.event({ type: 'ready', line: s.link.current, ms: 40 });
	for (let i = 0; i < 5; i++)
		s.event({ type: 'measured', line: s.link.current, ms: 9000 });
	assert.equal(linkDeadline(s.link), Infinity);
});

test('a_slow_broker_that_dies_while_it_is_left_leaves_its_place', () => {
	const s = startSlow();
	s.measures(1600, 3);
	s.wake();
	const { current, probe } = s.link;
	assert.equal(s.event({ type: 'lost', line: current }), '');
	assert.equal(s.event({ type: 'ready', line: probe, ms: 2000 }), 'use mqtt');
});

/* --- silent: it may be frozen, or just slow --- */

function startSilent({ kinds = ['mqtt', 'mqtt'], options } = {}) {
	const s = story({ kinds, options });
	s.step('start', undefined, 0);
	s.event({ type: 'ready', line: s.link.current, ms: 40 });
	s.first = s.link.current;
	return s;
}

test('a_silent_line_is_kept_until_another_one_is_ready', () => {
	const s = startSilent();
	assert.equal(s.step('silent'), 'dial mqtt');
	assert.equal(s.link.current, s.first);
	assert.notEqual(s.link.probe.endpoint, s.first.endpoint);
	assert.equal(s.event({ type: 'ready', line: s.link.probe, ms: 900 }), 'use mqtt, hang-up mqtt', 'whatever its round trip: the other one has none');
	assert.equal(s.first.endpoint.failures, 1, 'the next round begins elsewhere');
});

test('one_that_speaks_after_all_is_kept', () => {
	const s = startSilent();
	s.step('silent');
	assert.equal(s.step('spoke'), 'hang-up mqtt');
	assert.equal(s.link.current, s.first);
	assert.equal(s.link.probe, null);
	assert.equal(s.step('spoke'), '', 'and nothing is left of it');
});

test('another_one_that_cannot_be_had_changes_nothing', () => {
	const s = startSilent();
	s.step('silent');
	assert.equal(s.event({ type: 'lost', line: s.link.probe, trouble: 'network' }), '');
	assert.equal(s.link.current, s.first);
	assert.equal(s.step('silent'), 'dial mqtt', 'it may be had the next time');
	s.now += LINK_DEFAULTS.dialMs;
	assert.equal(s.step('wake'), 'hang-up mqtt');
	assert.equal(s.link.current, s.first);
});

test('a_silent_line_that_ends_leaves_its_place_to_the_one_that_is_dialled', () => {
	const s = startSilent();
	s.step('silent');
	const { probe } = s.link;
	assert.equal(s.event({ type: 'lost', line: s.first }), '');
	assert.equal(s.link.phase, PHASE.DIALING);
	assert.equal(s.event({ type: 'ready', line: probe }), 'use mqtt');
});

test('where_there_is_no_other_or_a_session_is_kept_nothing_is_dialled', () => {
	for (const setup of [{ kinds: ['mqtt', 'sse'] }, { options: { stays: true } }])
		assert.equal(startSilent(setup).step('silent'), '');
});

test('what_is_to_replace_it_anyway_gets_its_time', () => {
	const s = startRenewing({ kinds: ['mqtt', 'mqtt'] });
	s.wake();
	assert.equal(s.step('silent'), '');
	assert.equal(s.link.probe.why, 'renew');
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
