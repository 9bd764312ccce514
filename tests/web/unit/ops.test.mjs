/* What the operations page makes of answers: rows, lines, sentences. Without a broker, and without a page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bansOf, byBroker, clientsOf, createList, lacksOf, listTake, refusalsOf, rowsOf } from '../../../web/ops/answers.js';
import { askingAdd, askingDrop, askingTake, createAsking } from '../../../web/ops/asking.js';
import { chartOf, mergeMinutes, pathOf, peakOf, roundUp } from '../../../web/ops/evening.js';
import { brokerRows, limitRows, viewers } from '../../../web/ops/figures.js';
import { runningParts } from '../../../web/ops/parts.js';
import { createState, risen, stateFound, stateHistory, stateLimits, stateStats, stateTopic, stateUnheard } from '../../../web/ops/state.js';
import { troubles, verdict } from '../../../web/ops/verdict.js';
import { count, delay, lacking, listed, many, percent, reason, span } from '../../../web/ops/words.js';

const MINUTE = 60000;
const LIVE = { phase: 'live', lostMs: 0, refused: false };
const ROLES = { viewer: { reserved: 0, connections: 1000000 }, publisher: { reserved: 5, connections: 1000000 }, monitor: { reserved: 2, connections: 20 } };
const LIMITS = { connections: 10000, bans: 1000 };

/* --- answers --- */

test('a_broker_alone_and_many_brokers_are_read_alike', () => {
	assert.deepEqual(byBroker({ stats: { bans: 1 } }), { brokers: [{ broker: 'broker', stats: { bans: 1 } }], missing: [] });
	assert.deepEqual(byBroker({ brokers: [{ broker: 'hub', stats: {} }, { broker: 'edge1' }], missing: ['edge2'] }),
		{ brokers: [{ broker: 'hub', stats: {} }, { broker: 'edge1' }], missing: ['edge2'] });
	assert.deepEqual(byBroker({ brokers: [{ broker: 'edge' }, { broker: 'edge' }] }).brokers.map(({ broker }) => broker), ['edge', 'edge (2)']);
	for (const bad of [undefined, null, 7, 'x', []])
		assert.deepEqual(byBroker(bad), { brokers: [], missing: [] });
	assert.deepEqual(byBroker({ brokers: [null, 7, {}, { broker: 7 }], missing: [null, 'a'] }), { brokers: [], missing: ['a'] });
});

test('lists_of_many_brokers_are_one_list', () => {
	assert.deepEqual(rowsOf({ rooms: [{ room: 'a' }, null, 7] }, 'rooms'), [{ room: 'a' }]);
	const refusals = listAt(0, 'refusals', { brokers: [{ broker: 'a', refusals: [{ at: 3 }, { at: 1 }, null] }, { broker: 'b', refusals: [{ at: 2 }] }, { broker: 'c' }] });
	assert.deepEqual(refusalsOf(refusals), [{ broker: 'a', at: 3 }, { broker: 'b', at: 2 }, { broker: 'a', at: 1 }]);
	const bans = listAt(0, 'bans', { brokers: [{ broker: 'a', bans: [{ user: 'ann', seconds: 5, why: 'operator' }] },
		{ broker: 'b', bans: [{ user: 'ann', seconds: 7, why: 'operator' }, { address: '192.0.2.1', seconds: 9, why: 'failed logins' }] }] });
	assert.deepEqual(bansOf(bans, 0),
		[{ address: null, user: 'ann', why: 'operator', seconds: 7, brokers: ['a', 'b'] }, { address: '192.0.2.1', user: null, why: 'failed logins', seconds: 9, brokers: ['b'] }]);
	assert.deepEqual(bansOf(bans, 8000).map(({ seconds }) => seconds), [1], 'one is over by now');
	assert.deepEqual(bansOf(listAt(0, 'bans', { bans: [{ user: 'ann', seconds: 5 }] }), 0).map(({ brokers }) => brokers), [['broker']]);
	assert.deepEqual(clientsOf({ clients: [{ client: 'x', broker: 'edge1' }], total: 12, brokers: [{ broker: 'edge1', total: 12 }], missing: ['edge2'] }),
		{ clients: [{ client: 'x', broker: 'edge1' }], total: 12, lacks: [{ broker: 'edge2', why: 'no answer' }] });
	assert.equal(clientsOf({ brokers: [{ broker: 'a', clients: [{ client: 'x' }], total: 1 }, { broker: 'b', clients: [], total: 4 }] }).total, 5);
});

function listAt(now, name, data, list = createList(), known = []) {
	listTake(list, name, { data, known, now });
	return list;
}

/* The hub refuses, or does not know an edge at the moment: then an answer names fewer brokers than there are. */
test('who_has_not_answered_is_known_whatever_the_answer_names', () => {
	const known = ['edge1', 'edge2', 'edge3', 'hub'];
	assert.deepEqual(lacksOf({ brokers: [{ broker: 'edge1' }, { broker: 'hub', error: 'too many requests' }], missing: ['edge3'] }, known),
		[{ broker: 'hub', why: 'too many requests' }, { broker: 'edge3', why: 'no answer' }, { broker: 'edge2', why: 'no answer' }]);
	assert.deepEqual(lacksOf({ brokers: known.map((broker) => ({ broker })), missing: [] }, known), []);
	assert.deepEqual(lacksOf({ clients: [], total: 1, brokers: [{ broker: 'edge1', total: 0 }, { broker: 'hub', total: 1 }], missing: ['hub'] }, ['edge1', 'hub']),
		[{ broker: 'hub', why: 'no answer' }], 'it has said how many it has, and not which');
	assert.deepEqual(lacksOf({}, ['broker']), [], 'one alone does not say its name');
	assert.equal(lacking([{ broker: 'a', why: 'no answer' }, { broker: 'b', why: 'too many requests' }, { broker: 'c', why: 'no answer' }]), 'a and c (no answer), b (too many requests)');
});

test('what_a_broker_has_said_holds_until_it_says_something_else', () => {
	const known = ['edge1', 'hub'];
	const ann = { user: 'ann', seconds: 600, why: 'operator' };
	const list = listAt(0, 'bans', { brokers: [{ broker: 'edge1', bans: [ann] }, { broker: 'hub', bans: [ann] }] }, createList(), known);
	assert.deepEqual([bansOf(list, 0)[0].brokers, list.lacks], [['edge1', 'hub'], []]);
	listAt(2000, 'bans', { brokers: [{ broker: 'edge1', bans: [] }, { broker: 'hub', error: 'too many requests' }] }, list, known);
	assert.deepEqual(bansOf(list, 2000), [{ address: null, user: 'ann', why: 'operator', seconds: 598, brokers: ['hub'] }]);
	assert.deepEqual(list.lacks, [{ broker: 'hub', why: 'too many requests' }]);
	listAt(4000, 'bans', { brokers: [{ broker: 'edge1', bans: [] }] }, list, known);
	assert.deepEqual([bansOf(list, 4000)[0].brokers, list.lacks], [['hub'], [{ broker: 'hub', why: 'no answer' }]]);
	listAt(6000, 'bans', { brokers: [{ broker: 'edge1', bans: [] }, { broker: 'hub', bans: [] }] }, list, known);
	assert.deepEqual([bansOf(list, 6000), list.lacks], [[], []]);
	listAt(8000, 'bans', { brokers: [{ broker: 'edge1', bans: [ann] }, { broker: 'hub', bans: [ann] }] }, list, known);
	listAt(9000, 'bans', { brokers: [{ broker: 'edge1', bans: [] }] }, list, ['edge1']);
	assert.deepEqual(bansOf(list, 9000), [], 'a broker that is forgotten has no bans');
});

test('an_answer_finds_its_question_in_any_order', () => {
	const asking = createAsking();
	const heard = [];
	const one = askingAdd(asking, [{ command: 'a' }, { command: 'b' }], (responses) => heard.push(['one', responses]));
	const two = askingAdd(asking, [{ command: 'c' }], (responses) => heard.push(['two', responses]));
	assert.deepEqual(JSON.parse(one.text).commands.map(({ correlationData }) => correlationData), one.numbers.map(String));
	const say = (...responses) => askingTake(asking, JSON.stringify({ responses }));
	say({ command: 'b', correlationData: String(one.numbers[1]), error: 'no' });
	assert.deepEqual(heard, []);
	say({ command: 'c', correlationData: String(two.numbers[0]), data: { n: 1 } });
	say({ command: 'a', correlationData: String(one.numbers[0]), data: {} }, { command: 'a', correlationData: String(one.numbers[0]), data: {} });
	assert.deepEqual(heard, [['two', [{ data: { n: 1 } }]], ['one', [{ data: {} }, { error: 'no' }]]]);
	assert.equal(asking.open.size, 0);
});

test('an_answer_to_no_command_is_for_the_oldest_question', () => {
	const asking = createAsking();
	const heard = [];
	askingAdd(asking, [{ command: 'a' }, { command: 'b' }], (responses) => heard.push(responses));
	const later = askingAdd(asking, [{ command: 'c' }], (responses) => heard.push(responses));
	askingTake(asking, '{"responses":[{"command":null,"error":"too many requests"}]}');
	assert.deepEqual(heard, [[{ error: 'too many requests' }, { error: 'too many requests' }]]);
	askingDrop(asking, later.numbers);
	for (const text of ['', 'x', 'null', '[]', '{"responses":7}', '{"responses":[null,7]}', `{"responses":[{"correlationData":"${later.numbers[0]}"}]}`])
		askingTake(asking, text);
	assert.equal(heard.length, 1);
});

/* --- words --- */

test('numbers_and_times_are_words', () => {
	assert.deepEqual([0, 1234567, null, NaN].map(count), ['0', '1,234,567', '–', '–']);
	assert.deepEqual([many(1, 'viewer'), many(2, 'viewer')], ['1 viewer', '2 viewers']);
	assert.deepEqual([0, 59400, 90000, 3600000, 4320000, 2 * 86400000, null].map(span), ['0 s', '59 s', '1 min', '1 h', '1 h 12 min', '2 days', '–']);
	assert.deepEqual([0.84, 12.4, 1430].map(delay), ['0.8 ms', '12 ms', '1.4 s']);
	assert.deepEqual([percent(0.999), percent(1)], ['99 %', '100 %']);
	assert.deepEqual([listed(['a']), listed(['a', 'b', 'c'])], ['a', 'a, b and c']);
	assert.deepEqual([reason('full'), reason('of tomorrow')], ['No seat free', 'of tomorrow']);
});

/* --- the evening --- */

test('minutes_of_several_brokers_are_one_line', () => {
	const rows = mergeMinutes(new Map([['hub', [[60000, 30, 0, 1], [120000, 5, 0, 0]]], ['edge1', [[60000, 30, 10, 2], [120000, 40, 12, 0], ['x'], null]], ['edge2', [[120000, 40, 50, 0]]]]), 180000);
	assert.deepEqual(rows, [{ at: 60000, watching: 30, refused: 3 }, { at: 120000, watching: 62, refused: 0 }]);
	assert.deepEqual(peakOf(rows), { watching: 62, at: 120000 });
	assert.equal(peakOf([]), null);
	assert.deepEqual([0, 10, 11, 149, 151, 4001].map(roundUp), [10, 10, 15, 150, 200, 5000]);
});

test('what_a_wrong_clock_says_is_no_part_of_the_evening', () => {
	const now = 1764165600000;
	const wrong = [-8e15, 0, now - 2 * 86400000, now + 3600000, 8e15].map((at) => [at, 7, 7, 7]);
	const rows = mergeMinutes(new Map([['edge1', wrong], ['edge2', [[now - MINUTE, 3, 3, 0]]]]), now);
	assert.deepEqual(rows, [{ at: now - MINUTE, watching: 3, refused: 0 }]);
	assert.ok(chartOf(rows, now).ticks.length < 10);
});

test('the_chart_has_a_gap_where_nothing_is_known', () => {
	const at = (minute, watching) => ({ at: minute * MINUTE, watching });
	const { lines, top, ticks } = chartOf([at(0, 0), at(1, 50), at(60, 100), at(61, 100)], 100 * MINUTE);
	assert.equal(top, 100);
	assert.deepEqual(lines.map((line) => line.length), [2, 2]);
	assert.deepEqual(lines[0], [[0, 1], [0.01, 0.5]]);
	assert.deepEqual(ticks.map(({ x }) => x), [0.15, 0.3, 0.45, 0.6, 0.75, 0.9].filter((x) => x < 0.98));
	assert.equal(pathOf(lines[0], { width: 100, height: 50 }), 'M0 50L1 25');
	assert.equal(pathOf(lines[0], { width: 100, height: 50 }, true), 'M0 50L1 25L1 50L0 50Z');
	assert.deepEqual(chartOf([], 1e9).lines, []);
});

/* --- what is known --- */

/* A world with these brokers, each answer 2 s after the one before. */
function world(...brokers) {
	const state = createState();
	let now = 1000000;
	const w = {
		state,
		get now() { return now; },
		pass: (ms) => { now += ms; },
		say(parts, missing = []) {
			now += 2000;
			stateStats(state, { brokers: parts.map(([broker, stats, host, error]) => ({ broker, stats, host, ...(error && { error }) })), missing }, now);
		},
		topic: (topic, value) => stateTopic(state, { prefix: 'sb', topic: `sb/${topic}`, text: typeof value === 'string' ? value : JSON.stringify(value) }, now),
		status: (is, why = 'connected') => w.topic('status', { state: is, since: 1764165600000, reason: why }),
		keys: (link = LIVE) => troubles(state, link, now).map(({ key }) => key),
		head: (link = LIVE) => verdict(state, link, now),
	};
	stateLimits(state, { limits: LIMITS, roles: ROLES });
	stateHistory(state, { brokers: brokers.map(([broker, part]) => ({ broker, part, minutes: [] })) }, now);
	stateFound(state, now);
	return w;
}
const alone = () => world(['broker', 'alone']);
const cluster = () => world(['hub', 'hub'], ['edge1', 'edge'], ['edge2', 'edge']);
const ALL = [['hub', {}], ['edge1', { 'connections/viewer': 40 }], ['edge2', { 'connections/viewer': 2 }]];

test('viewers_are_those_without_reserved_seats', () => {
	const w = alone();
	w.say([['broker', { 'connections/viewer': 7, 'connections/publisher': 1, 'connections/monitor': 1 }]]);
	assert.deepEqual(viewers(w.state), { total: 7, mqtt: null, sse: null, polling: null });
	w.topic('presence/watching', { total: 12, mqtt: 7, sse: 3, polling: 2 });
	assert.deepEqual(viewers(w.state), { total: 12, mqtt: 7, sse: 3, polling: 2 });
	w.topic('presence/watching', 'nonsense');
	assert.equal(viewers(w.state).total, 7);
});

/* Where several scoreboards are below the prefix, each is a track, and the worst is said first. */
test('of_several_tracks_each_is_told', () => {
	const w = alone();
	const live = { state: 'live', since: 1764165600000, reason: 'connected' };
	const tracks = () => runningParts(w.state, w.now).filter(({ key }) => key.startsWith('track ')).map(({ name, level, text }) => [name, level, text.replace(/\d\d:\d\d/, 'T')]);
	w.say([['broker', {}]]);
	w.topic('track10/status', live);
	w.topic('track2/status', live);
	w.topic('track2/about', { title: 'Court 2' });
	w.topic('presence/track/track10', '13');
	w.topic('track3/about', { title: 'only told of' });
	assert.deepEqual(tracks(), [['Track “Court 2”', 'good', 'live since T'], ['Track “track10”', 'good', 'live since T, 12 viewers']]);
	assert.equal(w.head().what, 'All is well: viewers see 2 tracks live.');
	w.topic('track10/status', { state: 'stale', since: 1764165600000, reason: 'no route to host' });
	assert.deepEqual(w.keys(), ['scoreboard track10']);
	assert.match(w.head().what, /^Track “track10”: The scoreboard is not heard \(no route to host\)/);
	assert.deepEqual(tracks()[1], ['Track “track10”', 'bad', 'scoreboard: no route to host, 12 viewers']);
	w.topic('track10/status', { state: 'offline', since: 1764165600000, reason: 'stopped' });
	w.topic('presence/track/track10', '{"count":7}');
	assert.deepEqual(tracks()[1], ['Track “track10”', 'bad', 'publisher: gone']);
	w.topic('track10/status', '');
	assert.deepEqual(tracks().map(([name]) => name), ['Track “Court 2”']);
	for (let i = 0; i < 200; i++)
		w.topic(`more${i}/status`, live);
	assert.ok(tracks().length <= 64);
	w.topic('status', live);
	assert.deepEqual(tracks(), [], 'the prefix is a scoreboard itself');
});

test('a_counter_that_begins_anew_is_counted_from_0', () => {
	const w = alone();
	w.say([['broker', { 'refused/full': 100 }]]);
	w.say([['broker', { 'refused/full': 130 }]]);
	assert.equal(risen(w.state.brokers.get('broker'), 'refused/full'), 30);
	w.say([['broker', { 'refused/full': 4 }]]);
	assert.equal(risen(w.state.brokers.get('broker'), 'refused/full'), 4);
	w.pass(MINUTE);
	w.say([['broker', { 'refused/full': 4 }]]);
	assert.equal(risen(w.state.brokers.get('broker'), 'refused/full'), 0);
});

test('a_load_is_what_was_used_lately', () => {
	const w = alone();
	const load = (host) => { w.say([['broker', {}, host]]); return brokerRows(w.state, w.now)[0].load; };
	assert.equal(load({ cpu_s: 100 }), null);
	assert.equal(load({ cpu_s: 101 }), 0.5);
	assert.equal(load({ cpu_s: 102 }), 0.5);
	for (let i = 0; i < 5; i++)
		load({ cpu_s: 102 });
	assert.equal(load({ cpu_s: 102 }), 0);
	assert.equal(load({ cpu_s: 0.1 }), null, 'it has started anew');
	assert.equal(load({}), null);
});

test('hubs_stand_before_edges_and_edge10_behind_edge2', () => {
	const w = world(['edge10', 'edge'], ['edge2', 'edge'], ['mid1', 'mid'], ['hub', 'hub']);
	w.say([['edge10', {}], ['edge2', {}], ['mid1', {}], ['hub', {}]]);
	assert.deepEqual(brokerRows(w.state, w.now).map(({ name }) => name), ['hub', 'mid1', 'edge2', 'edge10']);
});

test('a_broker_between_that_is_gone_hides_those_behind_it_and_is_what_is_to_be_mended', () => {
	const w = world(['hub', 'hub'], ['mid1', 'mid'], ['mid2', 'mid'], ['edge1', 'edge'], ['edge2', 'edge'], ['edge3', 'edge']);
	w.topic('status', { state: 'live', since: 1764165600000, reason: 'connected' });
	w.say(['hub', 'mid1', 'mid2', 'edge1', 'edge2', 'edge3'].map((name) => [name, {}]));
	assert.equal(w.keys().some((key) => key.startsWith('broker ')), false);
	for (let i = 0; i < 4; i++)
		w.say([['hub', {}], ['mid1', {}]], ['mid2', 'edge1']); /* edge1, behind mid1, is gone itself; edge2 and edge3 are behind mid2 */
	assert.deepEqual(w.keys().filter((key) => key.startsWith('broker ')).sort(), ['broker edge1', 'broker mid2']);
	assert.match(troubles(w.state, LIVE, w.now).find(({ key }) => key === 'broker mid2').what, /“mid2” does not answer\. edge2 and edge3 can’t be asked meanwhile\.$/);
	for (let i = 0; i < 4; i++)
		w.say([['edge1', {}]], ['mid1']); /* asked at edge1, which knows nobody else */
	assert.deepEqual(w.keys().filter((key) => /^(broker|hub)/.test(key)), ['broker mid1']);
	assert.match(troubles(w.state, LIVE, w.now).find(({ key }) => key === 'broker mid1').what, /“mid1” does not answer\. hub, mid2, edge2 and edge3 can’t be asked/);
	for (let i = 0; i < 4; i++)
		w.say([['edge1', {}], ['mid1', {}]], ['hub']);
	assert.equal(w.keys().includes('hub'), true);
	w.say([['hub', {}], ['mid1', {}], ['mid2', {}], ['edge1', {}], ['edge2', {}], ['edge3', {}]]);
	assert.equal(w.keys().some((key) => key.startsWith('broker ') || key === 'hub'), false);
});

test('of_each_limit_the_nearest_broker_is_shown', () => {
	const w = world(['a', 'edge'], ['b', 'edge']);
	w.say([['a', { 'connections/viewer': 100, 'connections/monitor': 3, bans: 1 }], ['b', { 'connections/viewer': 100, 'seats_left/viewer': 5, bans: 0 }]]);
	const rows = limitRows(w.state);
	assert.deepEqual(rows.slice(0, 2).map(({ key, broker, used, of }) => [key, broker, used, of]), [['seats', 'b', 100, 105], ['most monitor', 'a', 3, 20]]);
	assert.deepEqual(rows.filter(({ soft }) => soft).map(({ key, used, of }) => [key, used, of]), [['role monitor', 3, 2], ['role publisher', 0, 5]]);
});

/* --- what is wrong --- */

test('all_is_well', () => {
	const w = cluster();
	w.status('live');
	w.say(ALL);
	assert.deepEqual(w.keys(), []);
	assert.equal(w.head().level, 'good');
	assert.deepEqual(runningParts(w.state, w.now).map(({ key, level }) => [key, level]),
		[['scoreboard', 'good'], ['publisher', 'good'], ['standby', 'note'], ['broker hub', 'good'], ['broker edge1', 'good'], ['broker edge2', 'good']]);
});

test('each_state_of_the_game_has_its_sentence', () => {
	const rows = [
		['offline', 'scoreboard-publisher has stopped', 'offline', /publisher has gone/],
		['stale', 'the scoreboard is silent', 'scoreboard', /scoreboard is not heard \(the scoreboard is silent\)/],
		['stale', 'connection refused', 'scoreboard', /scoreboard is not heard \(connection refused\)/],
		['stale', 'this edge is cut off from its hub', 'cut', /hears nothing from its hub/],
		['stale', 'the hub has no publisher', 'offline', /hub has no publisher/],
		['stale', 'the broker refuses some of our messages', 'denied', /refuses some/],
	];
	for (const [is, why, key, what] of rows) {
		const w = alone();
		w.status(is, why);
		w.say([['broker', {}]]);
		assert.deepEqual([w.head().key, w.head().level], [key, 'bad'], why);
		assert.match(w.head().what, what);
		assert.ok(w.head().todo.length > 20, why);
	}
});

test('comparing_is_no_trouble_until_it_goes_on', () => {
	const w = alone();
	w.status('stale', 'synchronizing');
	w.say([['broker', {}]]);
	assert.equal(w.head().level, 'warn');
	w.pass(20000);
	assert.equal(w.head().level, 'bad');
});

test('a_broker_that_no_publisher_has_told_anything', () => {
	const w = alone();
	w.say([['broker', {}]]);
	assert.equal(w.head().key, 'looking');
	w.pass(5000);
	assert.equal(w.head().key, 'never');
});

test('an_edge_that_does_not_answer_is_named', () => {
	const w = cluster();
	w.status('live');
	w.say(ALL);
	w.say([ALL[0], ALL[2]], ['edge1']);
	assert.deepEqual(w.keys(), ['broker edge1']);
	assert.match(w.head().what, /“edge1” does not answer; it had 40 viewers/);
	w.say(ALL);
	assert.deepEqual(w.keys(), []);
});

test('a_broker_that_nobody_names_any_more_is_missed_and_forgotten_later', () => {
	const w = cluster();
	w.status('live');
	w.say(ALL);
	w.say([ALL[0], ALL[1]]);
	assert.deepEqual(w.keys(), []);
	w.say([ALL[0], ALL[1]]);
	w.say([ALL[0], ALL[1]]);
	assert.deepEqual(w.keys(), ['broker edge2']);
	w.pass(16 * MINUTE);
	w.say([ALL[0], ALL[1]]);
	assert.deepEqual(w.keys(), []);
});

test('a_broker_whose_answers_do_not_come_is_missed', () => {
	const w = alone();
	w.status('live');
	w.say([['broker', { 'connections/viewer': 7 }]]);
	w.pass(4000);
	stateUnheard(w.state, w.now);
	assert.deepEqual(w.keys(), []);
	w.pass(2000);
	stateUnheard(w.state, w.now);
	assert.deepEqual(w.keys(), ['broker broker']);
	w.say([['broker', {}]]);
	assert.deepEqual(w.keys(), []);
});

test('while_the_hub_is_gone_nothing_else_is_blamed', () => {
	const w = cluster();
	w.status('live');
	w.say(ALL);
	w.say([ALL[1]], ['edge2', 'hub']);
	assert.deepEqual(w.keys(), ['hub']);
	assert.match(w.head().what, /hub “hub” does not answer.*edge2 can’t be asked/);
	w.status('stale', 'this edge is cut off from its hub');
	assert.deepEqual(w.keys(), ['hub']);
});

test('one_of_two_hubs_gone_is_a_warning', () => {
	const w = world(['hub1', 'hub'], ['hub2', 'hub'], ['edge1', 'edge']);
	w.status('live');
	w.say([['hub1', {}], ['hub2', {}], ['edge1', {}]]);
	w.say([['hub2', {}], ['edge1', {}]], ['hub1']);
	assert.deepEqual([w.head().key, w.head().level], ['hub hub1', 'warn']);
});

test('without_a_connection_that_is_the_trouble', () => {
	const w = cluster();
	w.status('live');
	w.say(ALL);
	w.say([ALL[1]], ['hub']);
	assert.deepEqual(w.keys({ phase: 'lost', lostMs: 12000, refused: false }), ['lost']);
	assert.match(w.head({ phase: 'lost', lostMs: 12000, refused: false }).what, /12 s ago/);
	assert.deepEqual(w.keys({ phase: 'lost', lostMs: 12000, refused: true }), ['refused']);
});

test('limits_that_are_near_are_told_of', () => {
	const w = alone();
	w.status('live');
	w.say([['broker', { 'connections/viewer': 8000, bans: 950 }, { open_files: 100, max_files: 1000 }]]);
	assert.deepEqual(w.keys(), ['limit bans']);
	w.say([['broker', { 'connections/viewer': 9900, 'seats_left/viewer': 20 }, { open_files: 995, max_files: 1000 }]]);
	assert.deepEqual(w.keys(), ['limit seats', 'limit files']);
	assert.deepEqual(w.head().level, 'bad');
});

test('refusals_become_a_sentence_when_they_mean_something', () => {
	const w = alone();
	w.status('live');
	const say = (reasons) => w.say([['broker', Object.fromEntries(Object.entries(reasons).map(([label, n]) => [`refused/${label}`, n]))]]);
	say({ full: 5, login: 10, connect_rate: 10, banned: 10, subscribe: 3 });
	say({ full: 5, login: 20, connect_rate: 50, banned: 4000, subscribe: 9 });
	assert.deepEqual(w.keys(), []);
	say({ full: 6, login: 99, connect_rate: 900, banned: 4000, subscribe: 9 });
	assert.deepEqual(w.keys(), ['full broker', 'logins broker', 'crowd broker']);
	w.pass(MINUTE);
	say({ full: 6, login: 99, connect_rate: 900 });
	say({ full: 6, login: 99, connect_rate: 900 });
	assert.deepEqual(w.keys(), []);
});

test('a_standby_that_asks_no_more_is_missed', () => {
	const w = alone();
	w.status('live');
	for (let n = 0; n < 5; n++)
		w.say([['broker', { 'refused/taken': n }]]);
	assert.deepEqual(w.keys(), []);
	assert.equal(runningParts(w.state, w.now).find(({ key }) => key === 'standby').level, 'good');
	for (let n = 0; n < 45; n++)
		w.say([['broker', { 'refused/taken': 4 }]]);
	assert.deepEqual(w.keys(), ['standby']);
	assert.match(w.head().todo, /restart scoreboard-publisher-standby/, 'its unit is another one');
	w.say([['broker', { 'refused/taken': 5 }]]);
	assert.deepEqual(w.keys(), []);
});

test('a_busy_broker_is_told_of', () => {
	const w = cluster();
	w.status('live');
	w.say([ALL[0], ['edge1', {}, { late_ms: 2000 }], ['edge2', {}, { late_ms: 999 }]]);
	assert.deepEqual(w.keys(), ['late edge1']);
});

test('what_comes_late_or_is_dropped_is_told_of', () => {
	const w = cluster();
	w.status('live');
	const say = (host) => w.say([ALL[0], ['edge1', {}, host], ['edge2', {}, { delay_ms: 999, dropped: 0 }]]);
	const edge1 = () => { const { delayMs, dropped } = brokerRows(w.state, w.now).find(({ name }) => name === 'edge1'); return [delayMs, dropped]; };
	say({});
	assert.deepEqual(edge1(), [null, null]);
	say({ delay_ms: 40, dropped: 12 });
	assert.deepEqual([edge1(), w.keys()], [[40, 0], []], 'what was dropped before is over');
	say({ delay_ms: 3100, dropped: 15 });
	assert.deepEqual([edge1(), w.keys()], [[3100, 3], ['delay edge1', 'dropped edge1']]);
	assert.match(w.head().what, /^“edge1” gets the game late: .* up to 3\.1 s old/);
	assert.equal(w.head().level, 'warn');
	for (let i = 0; i < 6; i++)
		say({ dropped: 15 });
	assert.deepEqual([edge1(), w.keys()], [[3100, 3], ['dropped edge1']], 'late is what is so now; the row has the minute');
	w.pass(MINUTE);
	say({ delay_ms: 20, dropped: 15 });
	assert.deepEqual([edge1(), w.keys()], [[20, 0], []]);
	say({ delay_ms: 20, dropped: 2 });
	assert.deepEqual(edge1(), [20, 2], 'it has started anew');
});

/* An edge may ask its hub for so much and no more. Then the hub answers that, and the other edges are not asked. */
test('who_refuses_to_tell_is_no_broker_that_is_gone_nor_one_that_has_begun_anew', () => {
	const w = cluster();
	w.status('live');
	const before = [['hub', { 'refused/login': 900, 'connections/viewer': 5 }], ALL[1], ALL[2]];
	w.say(before);
	for (let i = 0; i < 35; i++) {
		w.say([['hub', undefined, undefined, 'too many requests'], ALL[1]]);
		stateUnheard(w.state, w.now);
		assert.deepEqual(w.keys(), ['refuses hub']);
	}
	assert.equal(w.head().level, 'good');
	assert.equal(viewers(w.state).total, 47, 'what was known is known');
	w.say(before);
	assert.deepEqual(w.keys(), [], 'nobody has failed to log in 900 times within this minute');
});

test('whatever_a_broker_says_the_page_goes_on', () => {
	const w = alone();
	for (const bad of [null, 7, 'x', [], { 'connections/viewer': 'x', 'refused/x': {}, __proto__: 7 }])
		w.say([['broker', bad, bad]]);
	for (const bad of ['', 'x', '7', 'null', '[]', '{}', '{"state":7}', '{"state":"stale"}', '{"state":"<b>","since":"x","reason":7}'])
		w.topic('status', bad);
	stateHistory(w.state, { brokers: [{ broker: 'broker', part: 7, minutes: [null, 7, ['x'], [1, 2, 3]] }] }, w.now);
	stateLimits(w.state, { limits: 7, roles: null });
	assert.deepEqual(mergeMinutes(w.state.minutes, MINUTE), [{ at: 1, watching: 3, refused: 0 }]);
	assert.ok(w.head().what);
	assert.ok(brokerRows(w.state, w.now).length > 0 && limitRows(w.state) && runningParts(w.state, w.now));
});
