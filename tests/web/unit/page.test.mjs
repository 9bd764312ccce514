/* What the pages decide without a document: colours, the model, settings, the banner; and the SSE parser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, parseColor, safePair } from '../../../web/board/color.js';
import { boardModel, honesty, lengthMs, spokenState } from '../../../web/board/model.js';
import { readSettings } from '../../../web/board/settings.js';
import { createSseParser } from '../../../web/client/transports/sse-parser.js';

const model = (keys, use) => boardModel(new Map(Object.entries(keys)), use);
const clock = (running, time = 1000) => ({ time, running, direction: 'down', at: 0 });

test('colours_are_parsed_or_refused', () => {
	assert.deepEqual(parseColor('#fff'), [255, 255, 255]);
	assert.deepEqual(parseColor(' #1F4E9C '), [31, 78, 156]);
	assert.deepEqual(parseColor('#1f4e9c80'), [31, 78, 156]);
	assert.deepEqual(parseColor('Black'), [17, 17, 17]);
	for (const bad of ['', null, undefined, 'url(x)', '#12', 'red;}', 'constructor', 17])
		assert.equal(parseColor(bad), null, String(bad));
});

test('any_pair_of_team_colours_can_be_read', () => {
	const grounds = ['#000000', '#ffffff', '#f2c200', '#1f4e9c', '#808080', '#ff0000', '#00ff00', '#777777', 'Zelená', ''];
	for (const bg of grounds)
		for (const fg of [...grounds, bg]) {
			const pair = safePair(bg, fg, '#2b3a55');
			const ratio = contrast(parseColor(pair.bg), parseColor(pair.fg));
			assert.ok(ratio >= 4.5, `${bg} with ${fg}: ${ratio}`);
		}
	assert.equal(safePair('#1f4e9c', '#ffffff').fg, '#ffffff');
});

const PHASES = [
	['jam beats all', { 'in-jam': true, 'clock/jam/number': 4, 'clock/lineup': clock(true) }, 'Jam 4', 'jam'],
	['lineup', { 'clock/lineup': clock(true) }, 'Lineup', 'lineup'],
	['a timeout nobody owns yet', { 'clock/timeout': clock(true), 'timeout-owner': '' }, 'Timeout', 'timeout'],
	['officials', { 'clock/timeout': clock(true), 'timeout-owner': 'O' }, 'Official Timeout', 'timeout'],
	['team', { 'clock/timeout': clock(true), 'timeout-owner': 'ab-cd_2' }, 'Team Timeout', 'timeout'],
	['review', { 'clock/timeout': clock(true), 'timeout-owner': 'ab-cd_1', 'official-review': true }, 'Official Review', 'timeout'],
	['before the game', { 'clock/intermission': clock(true), 'clock/intermission/number': 0 }, 'Time To Derby', 'intermission'],
	['half time', { 'clock/intermission': clock(true), 'clock/intermission/number': 1, 'rule/Period.Number': '2' }, 'Intermission', 'intermission'],
	['at the end none', { 'clock/intermission': clock(true), 'clock/intermission/number': 2, 'rule/Period.Number': '2' }, 'Unofficial Score', null],
	['official', { 'official-score': true, 'clock/intermission': clock(true) }, 'Final Score', null],
	['official, with a clock', { 'official-score': true, 'clock-during-final-score': true, 'clock/intermission': clock(true) }, 'Final Score', 'intermission'],
	['a timeout\'s clock that goes on', { 'clock/lineup': clock(true), 'clock/timeout': clock(true), 'timeout-owner': '' }, 'Lineup', 'timeout'],
	['as the league words it', { 'clock/intermission': clock(true), 'clock/intermission/number': 1, 'setting/ScoreBoard.Intermission.Intermission': 'Pause' }, 'Pause', 'intermission'],
	['nothing yet', {}, 'Coming Up', null],
];
for (const [claim, keys, label, name] of PHASES)
	test(`which_clock_counts: ${claim}`, () => {
		const { phase } = model(keys);
		assert.deepEqual([phase.label, phase.clock], [label, name]);
	});

test('a_last_lineup_is_marked_and_a_timeout_names_its_team', () => {
	assert.equal(model({ 'clock/lineup': clock(true), 'no-more-jam': true }).phase.alert, true);
	assert.equal(model({ 'clock/timeout': clock(true), 'timeout-owner': 'x_2' }).phase.team, 2);
});

const MARKS = [
	['lead', { lead: true }, 'lead'], ['lost lead', { lead: true, lost: true }, null],
	['star pass beats lead', { lead: true, 'star-pass': true }, 'star-pass'], ['none', {}, null],
];
for (const [claim, leaves, mark] of MARKS)
	test(`lead_mark: ${claim}`, () => {
		const keys = Object.fromEntries(Object.entries(leaves).map(([k, v]) => [`team/1/${k}`, v]));
		assert.equal(model({ ...keys, 'in-jam': true }).teams[0].mark, mark);
		assert.equal(model({ ...keys, 'clock/lineup': clock(true) }).teams[0].mark, null, 'between jams');
	});

const PLACES = { 'team/1/position/jammer/name': 'J', 'team/1/position/jammer/penalty-box': true, 'team/1/position/pivot/name': 'P', 'team/1/jam-score': 8 };
const SHOWN = [
	['in a jam', { 'in-jam': true }, ['J', null, 8, true]],
	['after a star pass the pivot', { 'in-jam': true, 'team/1/star-pass': true }, ['P', 'star-pass', 8, false]],
	['in the next line-up', { 'clock/lineup': clock(true), 'team/1/star-pass': true, 'team/1/lead': true }, ['J', null, 8, true]],
	['in a timeout', { 'clock/timeout': clock(true), 'team/1/lead': true }, ['J', null, 8, true]],
	['at half time nobody', { 'clock/intermission': clock(true), 'clock/intermission/number': 1, 'team/1/lead': true }, ['', null, 0, false]],
	['with the final score nobody', { 'official-score': true, 'team/1/lead': true, 'team/1/star-pass': true }, ['', null, 0, false]],
];
for (const [claim, keys, shown] of SHOWN)
	test(`who_jams: ${claim}`, () => {
		const { jammer, mark, jamScore, lineup } = model({ ...PLACES, ...keys }).teams[0];
		assert.deepEqual([jammer.name, mark, jamScore, jammer.box], shown);
		assert.equal(lineup[0].box, shown[0] !== '');
	});

test('a_penalty_clock_is_that_of_the_position_where_its_skater_is_fielded', () => {
	const trips = {
		'team/1/box-trip/a/current-fielding': 'x_1_Blocker2', 'team/1/box-trip/a/clock': clock(true),
		'team/1/box-trip/b/current-fielding': 'x_1_Jammer', // it is over: no clock
		'team/2/box-trip/c/current-fielding': 'x_2_Jammer', 'team/2/box-trip/c/clock': clock(true),
	};
	const clocks = (keys) => model({ ...trips, ...keys }).teams.map(({ lineup }) => lineup.map((place) => place.penaltyClock));
	const inBox = [[null, null, null, 'team/1/box-trip/a/clock', null], ['team/2/box-trip/c/clock', null, null, null, null]];
	assert.deepEqual(clocks({ 'in-jam': true }), inBox);
	assert.deepEqual(clocks({ 'clock/lineup': clock(true) }), inBox);
	assert.deepEqual(clocks({ 'official-score': true }).flat().filter(Boolean), []);
});

test('a_game_of_one_period_is_called_a_game', () => {
	assert.equal(model({ 'current-period-number': 1, 'rule/Period.Number': '1' }).period.label, 'Game');
	assert.equal(model({ 'current-period-number': 1, 'rule/Period.Number': '2' }).period.label, 'Period 1');
});

test('points_of_an_initial_trip_that_is_not_complete_are_marked_but_not_in_overtime', () => {
	assert.equal(model({ 'team/1/no-initial': true }).teams[0].noInitial, true);
	assert.equal(model({ 'team/1/no-initial': true, 'in-overtime': true }).teams[0].noInitial, false);
});

test('the_board_swaps_its_sides_as_the_scoreboard_does_and_the_overlay_never', () => {
	const swapped = { 'setting/ScoreBoard.View_SwapTeams': 'true', 'timeout-owner': 'x_1', 'clock/timeout': clock(true) };
	assert.deepEqual(model(swapped).teams.map(({ number }) => number), [2, 1]);
	assert.equal(spokenState(model({ ...swapped, 'team/1/name': 'A', 'team/2/name': 'B' })), 'Team Timeout, A');
	assert.deepEqual(model(swapped, 'overlay').teams.map(({ number }) => number), [1, 2]);
});

test('without_colours_a_team_called_by_a_colour_has_it', () => {
	const grounds = (keys) => model(keys).teams.map(({ colors }) => colors);
	const wanted = [{ bg: '#111111', fg: '#ffffff' }, { bg: '#ffffff', fg: '#000000' }];
	assert.deepEqual(grounds({ 'team/1/name': 'Black', 'team/2/name': 'White' }), wanted);
	assert.deepEqual(grounds({ 'team/1/name': 'Rose', 'team/1/team-name': 'Black', 'team/2/uniform-color': 'White' }), wanted);
	assert.equal(grounds({ 'team/1/name': 'Black', 'team/1/uniform-color': 'Red' })[0].bg, '#c8102e');
});

test('names_by_page_with_fallback', () => {
	const keys = { 'team/1/name': 'League', 'team/1/alternate-name/overlay': 'SHORT' };
	assert.equal(model(keys).teams[0].name, 'League');
	assert.equal(model(keys, 'overlay').teams[0].name, 'SHORT');
	assert.equal(model({}).teams[1].name, 'Team 2');
});

test('penalties_are_sorted_and_fouled_out_skaters_marked', () => {
	const keys = {
		'team/1/skater/b/name': 'B', 'team/1/skater/b/roster-number': '9', 'team/1/skater/b/penalty/2/code': 'X', 'team/1/skater/b/penalty/1/code': 'C',
		'team/1/skater/a/name': 'A', 'team/1/skater/a/roster-number': '101', 'team/1/skater/a/penalty/0/code': 'FO', 'team/1/skater/a/penalty/1/code': 'B',
		'team/2/skater/z/name': 'Z',
	};
	const [one, two] = model(keys).teams;
	assert.deepEqual(one.skaters.map((s) => [s.number, s.codes.join(''), s.out]), [['101', 'B', true], ['9', 'CX', false]]);
	assert.equal(two.skaters.length, 1);
});

test('dots_are_bounded_whatever_is_sent', () => {
	const { timeouts } = model({ 'team/1/timeouts': 1e9, 'rule/Team.Timeouts': '-3' }).teams[0];
	assert.deepEqual(timeouts, { left: 9, total: 9 });
	assert.deepEqual(model({ 'team/1/timeouts': 2 }).teams[0].timeouts, { left: 2, total: 3 });
});

test('rules_write_lengths_as_minutes_and_seconds', () => {
	assert.equal(lengthMs('2:00'), 120000);
	assert.equal(lengthMs('nonsense'), 0);
});

/* --- the banner --- */
const live = { live: true, everLive: true, quiet: false, heardMs: 0, refusals: [] };
const BANNERS = [
	['all is well', {}, null],
	['a blink is not news', { connection: { ...live, live: false }, downMs: 500 }, null],
	['reconnecting', { connection: { ...live, live: false }, downMs: 3000 }, 'bad'],
	['first connect', { connection: { ...live, live: false, everLive: false }, downMs: 3000 }, 'info'],
	['stale', { status: { state: 'stale', since: 0 } }, 'warn'],
	['offline', { status: { state: 'offline', since: 0 } }, 'bad'],
	['silence', { connection: { ...live, quiet: true, heardMs: 27000 } }, 'warn'],
	['this device', { online: false }, 'bad'],
	['nothing to show', { known: false }, 'info'],
	['a server of another track', { connection: { ...live, live: false, everLive: false, refusals: ['Another.'] }, downMs: 3000 }, 'warn'],
];
for (const [claim, facts, level] of BANNERS)
	test(`banner: ${claim}`, () => {
		const news = honesty({ connection: live, status: { state: 'live' }, online: true, downMs: 0, known: true, ...facts });
		assert.equal(news?.level ?? null, level);
	});

test('a_banner_says_why_and_calls_nothing_the_last_known_state_when_there_is_none', () => {
	const say = (facts) => honesty({ connection: live, status: { state: 'live' }, online: true, downMs: 3000, known: false, ...facts }).text;
	assert.equal(say({}), 'Connected. There is no game here yet.');
	assert.equal(say({ status: { state: 'stale', since: 0 } }), 'Connected. There is no game here yet. No word from the scoreboard itself.');
	assert.equal(say({ connection: { ...live, live: false, refusals: ['Another.'] } }), 'Connection lost, reconnecting. Another.');
	assert.match(say({ status: { state: 'stale', since: 0 }, known: true }), /last known state/);
});

/* --- settings --- */
const at = (href) => new URL(href);
const config = { servers: [], http: [], prefix: 'scoreboard', view: 'spectator', overlayView: 'overlay' };

test('without_configuration_the_broker_is_beside_the_page', () => {
	assert.deepEqual(readSettings(config, at('http://rink.local:8080/')).servers, ['ws://rink.local:9001/mqtt']);
	assert.deepEqual(readSettings(config, at('https://x.org/live/')).servers, ['wss://x.org/mqtt']);
	assert.deepEqual(readSettings(config, at('https://x.org/live/overlay.html?a')).http, ['https://x.org/live/']);
});

test('the_address_overrides_and_only_sockets_are_taken', () => {
	const s = readSettings(config, at('http://h/?server=ws://a/&server=javascript:alert(1)&server=wss://b/&prefix=t2&view=v'));
	assert.deepEqual([s.servers, s.prefix, s.view], [['ws://a/', 'wss://b/'], 't2', 'v']);
	assert.equal(readSettings(config, at('http://h/'), 'overlayView').view, 'overlay');
});

test('the_feed_comes_packed_unless_file_or_address_say_json', () => {
	const encoding = (file, query) => readSettings({ ...config, encoding: file }, at(`http://h/${query}`)).encoding;
	assert.deepEqual([encoding(undefined, ''), encoding('packed', ''), encoding('typo', '?encoding=typo')], ['packed', 'packed', 'packed']);
	assert.deepEqual([encoding('json', ''), encoding('packed', '?encoding=json'), encoding('json', '?encoding=packed')], ['json', 'json', 'packed']);
});

test('an_overlay_shows_notices_only_when_it_is_told_to', () => {
	const notice = (query) => readSettings(config, at(`http://h/${query}`)).notice;
	assert.deepEqual(['', '?notice', '?notice=0', '?notice=true', '?notice=1'].map(notice), [false, false, false, false, true]);
});

test('a_server_that_only_the_address_names_is_foreign', () => {
	const league = { ...config, servers: ['wss://live.league.example/mqtt'], http: [] };
	const foreign = (query) => readSettings(league, at(`https://league.example/${query}`)).foreign;
	assert.deepEqual(foreign(''), []);
	assert.deepEqual(foreign('?server=wss://live.league.example:444/mqtt&http=https://league.example/x'), []);
	assert.deepEqual(foreign('?server=wss://evil.example/mqtt&http=https://evil.example:8443'), ['evil.example', 'evil.example:8443']);
	assert.deepEqual(foreign('?server=wss://league.example.evil.example/&server=wss://league.example@evil.example/'), ['league.example.evil.example', 'evil.example']);
	assert.deepEqual(readSettings(config, at('http://rink.local:8080/?server=ws://rink.local:9001/mqtt')).foreign, []);
});

/* --- SSE --- */
function parse(...parts) {
	const events = [];
	const feed = createSseParser((event) => events.push(event));
	parts.forEach(feed);
	return events;
}

test('events_survive_any_cut_and_any_line_end', () => {
	const text = ': hello\r\n\r\nevent: delta\r\nid: e:1\r\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: status\ndata: x\n\ndata:no space\r\r:\n';
	const whole = parse(text);
	assert.deepEqual(whole.map((e) => [e.type, e.data, e.id]), [
		['delta', '{"a":\n1}', 'e:1'], ['status', 'x', 'e:1'], ['message', 'no space', 'e:1']]);
	for (let cut = 1; cut < text.length; cut++)
		assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), whole, `cut at ${cut}`);
});

test('an_endless_event_is_an_error', () => {
	const feed = createSseParser(() => {});
	assert.throws(() => { for (let i = 0; i < 100; i++) feed('x'.repeat(100000)); }, /too long/);
});
