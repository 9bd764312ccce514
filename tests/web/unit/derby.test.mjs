/* derby: what the pages show of a game, from the view's keys alone; team colours; and that the real publisher's keys have the types that are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, parseColor, safePair } from '../../../web/client/color.js';
import { KEYS, lengthMs, readGame, shapeOf, shownClocks, teamOf, valueOf } from '../../../web/client/derby.js';
import { spokenState } from '../../../web/board/spoken.js';
import { createWords } from '../../../web/board/words.js';
import { createTruth, readRecording } from '../support/recording.mjs';
import { boxRecordingPath, recordingPath } from '../support/tools.mjs';
import { viewOf } from '../support/view.mjs';

const game = (keys, use) => readGame(new Map(Object.entries(keys)), { use });
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
	['its first jam has no number yet', { 'in-jam': true }, 'Jam', 'jam'],
	['no clock runs', { 'in-jam': false }, 'Coming Up', null],
	['nothing yet', {}, '', null],
];
for (const [claim, keys, label, name] of PHASES)
	test(`which_clock_counts: ${claim}`, () => {
		const { phase } = game(keys);
		assert.deepEqual([phase.label, phase.clock], [label, name]);
	});

test('a_last_lineup_is_marked_and_a_timeout_names_its_team', () => {
	assert.equal(game({ 'clock/lineup': clock(true), 'no-more-jam': true }).phase.last, true);
	assert.equal(game({ 'clock/timeout': clock(true), 'timeout-owner': 'x_2' }).phase.team, 2);
});

const MARKS = [
	['lead', { lead: true }, 'lead'], ['lost lead', { lead: true, lost: true }, null],
	['star pass beats lead', { lead: true, 'star-pass': true }, 'star-pass'], ['none', {}, null],
];
for (const [claim, leaves, mark] of MARKS)
	test(`lead_mark: ${claim}`, () => {
		const keys = Object.fromEntries(Object.entries(leaves).map(([k, v]) => [`team/1/${k}`, v]));
		assert.equal(game({ ...keys, 'in-jam': true }).teams[0].mark, mark);
		assert.equal(game({ ...keys, 'clock/lineup': clock(true) }).teams[0].mark, null, 'between jams');
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
		const { jammer, mark, jamScore, lineup } = game({ ...PLACES, ...keys }).teams[0];
		assert.deepEqual([jammer.name, mark, jamScore, jammer.box], shown);
		assert.equal(lineup[0]?.box ?? false, shown[0] !== '');
	});

test('a_penalty_clock_is_that_of_the_position_where_its_skater_is_fielded', () => {
	const trips = {
		'team/1/box-trip/a/current-fielding': 'x_1_Blocker2', 'team/1/box-trip/a/clock': clock(true),
		'team/1/box-trip/b/current-fielding': 'x_1_Jammer', // it is over: no clock
		'team/2/box-trip/c/current-fielding': 'x_2_Jammer', 'team/2/box-trip/c/clock': clock(true),
	};
	const clocks = (keys) => game({ ...trips, ...keys }).teams.map(({ lineup }) => lineup.map((place) => place.penaltyClock));
	const inBox = [[null, null, null, 'team/1/box-trip/a/clock', null], ['team/2/box-trip/c/clock', null, null, null, null]];
	assert.deepEqual(clocks({ 'in-jam': true }), inBox);
	assert.deepEqual(clocks({ 'clock/lineup': clock(true) }), inBox);
	assert.deepEqual(clocks({ 'official-score': true }).flat().filter(Boolean), []);
});

test('a_game_of_one_period_is_called_a_game', () => {
	assert.equal(game({ 'current-period-number': 1, 'rule/Period.Number': '1' }).period.label, 'Game');
	assert.equal(game({ 'current-period-number': 1, 'rule/Period.Number': '2' }).period.label, 'Period 1');
});

test('points_of_an_initial_trip_that_is_not_complete_are_marked_but_not_in_overtime', () => {
	assert.equal(game({ 'team/1/no-initial': true }).teams[0].noInitial, true);
	assert.equal(game({ 'team/1/no-initial': true, 'in-overtime': true }).teams[0].noInitial, false);
});

test('the_board_swaps_its_sides_as_the_scoreboard_does_and_the_overlay_never', () => {
	const swapped = { 'setting/ScoreBoard.View_SwapTeams': 'true', 'timeout-owner': 'x_1', 'clock/timeout': clock(true) };
	assert.deepEqual(game(swapped).teams.map(({ number }) => number), [2, 1]);
	assert.equal(spokenState(game({ ...swapped, 'team/1/name': 'A', 'team/2/name': 'B' }), createWords('en')), 'Team Timeout, A');
	assert.deepEqual(game(swapped, 'overlay').teams.map(({ number }) => number), [1, 2]);
});

test('without_colours_a_team_called_by_a_colour_has_it', () => {
	const grounds = (keys) => game(keys).teams.map(({ colors }) => colors);
	const wanted = [{ bg: '#111111', fg: '#ffffff' }, { bg: '#ffffff', fg: '#000000' }];
	assert.deepEqual(grounds({ 'team/1/name': 'Black', 'team/2/name': 'White' }), wanted);
	assert.deepEqual(grounds({ 'team/1/name': 'Rose', 'team/1/team-name': 'Black', 'team/2/uniform-color': 'White' }), wanted);
	assert.equal(grounds({ 'team/1/name': 'Black', 'team/1/uniform-color': 'Red' })[0].bg, '#c8102e');
});

test('names_by_page_with_fallback', () => {
	const keys = { 'team/1/name': 'League', 'team/1/alternate-name/overlay': 'SHORT' };
	assert.equal(game(keys).teams[0].name, 'League');
	assert.equal(game(keys, 'overlay').teams[0].name, 'SHORT');
	assert.equal(game({}).teams[1].name, 'Team 2');
});

test('penalties_are_sorted_and_fouled_out_skaters_marked', () => {
	const keys = {
		'team/1/skater/b/name': 'B', 'team/1/skater/b/roster-number': '9', 'team/1/skater/b/penalty/2/code': 'X', 'team/1/skater/b/penalty/1/code': 'C',
		'team/1/skater/a/name': 'A', 'team/1/skater/a/roster-number': '101', 'team/1/skater/a/penalty/0/code': 'FO', 'team/1/skater/a/penalty/1/code': 'B',
		'team/2/skater/z/name': 'Z',
	};
	const [one, two] = game(keys).teams;
	assert.deepEqual(one.skaters.map((s) => [s.number, s.codes.join(''), s.out]), [['101', 'B', true], ['9', 'CX', false]]);
	assert.equal(two.skaters.length, 1);
});

test('dots_are_bounded_whatever_is_sent', () => {
	const { timeouts } = game({ 'team/1/timeouts': 1e9, 'rule/Team.Timeouts': '-3' }).teams[0];
	assert.deepEqual(timeouts, { left: 9, total: 9 });
	assert.deepEqual(game({ 'team/1/timeouts': 2 }).teams[0].timeouts, { left: 2, total: 3 });
});

test('rules_write_lengths_as_minutes_and_seconds', () => {
	assert.equal(lengthMs('2:00'), 120000);
	assert.equal(lengthMs('nonsense'), 0);
});

/* --- the phases by name, and what is told only in some --- */

const running = (...names) => Object.fromEntries(names.map((name) => [`clock/${name}`, clock(true)]));
const NAMES = [
	['none', {}], ['fresh', { state: 'Prepared' }], ['coming', { 'current-period-number': 2 }],
	['pre-game', { ...running('intermission'), 'clock/intermission/number': 0 }], ['lineup', running('lineup', 'intermission')],
	['jam', { 'in-jam': true, ...running('timeout', 'lineup') }], ['timeout', running('timeout')], ['official-timeout', { ...running('timeout'), 'timeout-owner': 'O' }],
	['team-timeout', { ...running('timeout'), 'timeout-owner': 'x_1' }], ['official-review', { ...running('timeout'), 'timeout-owner': 'x_1', 'official-review': true }],
	['official-timeout', { ...running('timeout'), 'timeout-owner': 'O', 'official-review': true }],
	['intermission', { ...running('intermission'), 'clock/intermission/number': 1 }],
	['unofficial', { ...running('intermission'), 'clock/intermission/number': 2, 'rule/Period.Number': '2' }],
	['unofficial', { ...running('intermission'), 'clock/intermission/number': 1, 'rule/Period.Number': '1' }],
	['final', { 'official-score': true }],
];
for (const [name, keys] of NAMES)
	test(`a_phase_has_a_name: ${name}`, () => {
		const { phase, begun, over, known } = game(keys);
		assert.equal(phase.name, name);
		assert.deepEqual({ begun, over, known }, { begun: !['none', 'fresh', 'pre-game'].includes(name), over: ['unofficial', 'final'].includes(name), known: name !== 'none' });
	});

test('what_the_scoreboard_words_itself_is_no_wording_of_the_league', () => {
	const half = (words) => game({ ...running('intermission'), 'clock/intermission/number': 1, 'setting/ScoreBoard.Intermission.Intermission': words }).phase;
	assert.deepEqual(['Intermission', 'Pause', ''].map((words) => [half(words).label, half(words).worded]), [['Intermission', false], ['Pause', true], ['Intermission', false]]);
});

test('a_period_has_a_label_until_the_score_is_final', () => {
	const label = (keys) => game({ 'current-period-number': 2, ...keys }).period.label;
	assert.deepEqual([label({}), label({ 'in-overtime': true }), label({ 'official-score': true }), label({ 'current-period-number': 0 })], ['Period 2', 'Overtime', '', 'Before the game']);
});

test('how_a_jam_ended_is_told_until_the_next_one_and_what_is_lost_only_in_it', () => {
	const after = (keys) => { const { ended, lost, tripScore } = game({ 'team/1/lost': true, 'team/1/trip-score': 4, 'team/1/calloff': true, ...keys }).teams[0]; return [ended, lost, tripScore]; };
	assert.deepEqual(after({ 'in-jam': true }), [null, true, 4]);
	assert.deepEqual(after(running('lineup')), ['calloff', false, 0]);
	assert.deepEqual(after({ ...running('timeout'), 'team/1/injury': true }), ['injury', false, 0]);
	assert.deepEqual(after({ 'official-score': true }), [null, false, 0]);
});

test('who_has_called_what_is_told_while_it_goes_on', () => {
	const calls = (keys) => game({ 'team/1/in-timeout': true, 'team/2/in-official-review': true, ...keys }).teams.map((team) => team.calls);
	assert.deepEqual(calls(running('timeout')), ['timeout', 'review']);
	assert.deepEqual(calls(running('lineup')), [null, null]);
});

test('nobody_is_lined_up_when_the_game_is_over', () => {
	const lineup = (keys) => game(keys).teams.map((team) => team.lineup.length);
	assert.deepEqual(lineup({ 'official-score': true }), [0, 0]);
	assert.deepEqual(lineup({ ...running('intermission'), 'clock/intermission/number': 1 }), [5, 5]);
});

test('clocks_that_have_nothing_to_say_are_not_shown', () => {
	const endless = 86400000;
	const shown = (keys, times) => Object.values(shownClocks(game(keys), (name) => (name in times ? { running: false, direction: 'down', time: times[name] } : null)))
		.map((found) => found?.time ?? null);
	assert.deepEqual(shown({ 'in-jam': true, 'current-period-number': 1 }, { jam: 5, period: 7 }), [5, 7]);
	assert.deepEqual(shown({ 'in-jam': true, 'current-period-number': 1 }, { jam: 0, period: 0 }), [0, null]);
	assert.deepEqual(shown({ 'in-jam': true, 'current-period-number': 1 }, { jam: endless, period: endless }), [null, null]);
	assert.deepEqual(shown({ state: 'Prepared' }, { intermission: 5, period: 7 }), [null, null]);
	assert.deepEqual(shown({ 'official-score': true, 'current-period-number': 2 }, { intermission: 5, period: 7 }), [null, null]);
});

test('a_team_without_a_name_has_one_that_says_so', () => {
	assert.deepEqual(game({}).teams.map(({ name, named }) => [name, named]), [['Team 1', false], ['Team 2', false]]);
	assert.equal(teamOf(game({ 'team/2/name': 'B' }), 2).named, true);
});

test('who_is_on_the_roster_and_skates', () => {
	const flags = { a: 'C', b: '', c: 'ALT', d: 'B', e: 'A' };
	const keys = Object.fromEntries(Object.entries(flags).flatMap(([id, flag]) => [[`team/1/skater/${id}/flags`, flag], [`team/1/skater/${id}/roster-number`, id]]));
	assert.deepEqual(game(keys).teams[0].skaters.map(({ skates, captain }) => [skates, captain]), [[true, true], [true, false], [false, false], [false, false], [true, false]]);
});

/* --- types --- */

const WRONG = [null, undefined, {}, [], '<b>', 7, true, NaN, Infinity, () => 1, { time: 'x', at: 1 }];
test('a_value_of_another_type_is_as_if_it_were_not_there', () => {
	for (const [shape, type] of KEYS) {
		const key = shape.replace(/^team\/\*/, 'team/1').replace(/\*/g, 'jammer');
		const fits = { string: 1, number: 1, boolean: 1, clock: 0 }[type];
		assert.equal(WRONG.filter((value) => valueOf(new Map([[key, value]]), key) !== undefined).length, fits, key);
	}
	const all = [...KEYS.keys()].map((shape) => shape.replace(/^team\/\*/, 'team/1').replace(/\*/g, 'jammer'));
	for (const value of WRONG) {
		const { teams: [one], phase, period, event } = game(Object.fromEntries(all.map((key) => [key, value])));
		assert.ok([one.name, one.initials, phase.label, period.label, event.venue].every((text) => typeof text === 'string'), String(value));
		assert.ok([one.score, one.jamScore, one.timeouts.left, one.timeouts.total, period.number, phase.lengthMs].every(Number.isFinite), String(value));
	}
	assert.equal(valueOf(new Map([['team/1/unknown', 1]]), 'team/1/unknown'), undefined);
});

test('the_recorded_games_have_the_keys_that_are_read_and_their_types', () => {
	const found = new Set();
	for (const path of [recordingPath(), boxRecordingPath()]) {
		const truth = createTruth();
		for (const entry of readRecording(path)) {
			truth.apply(entry);
			for (const [key, value] of viewOf(truth.all, { told: () => 0, now: 0, wall: 1 }))
				if (KEYS.has(shapeOf(key))) {
					assert.notEqual(valueOf(new Map([[key, value]]), key), undefined, `${key} is ${JSON.stringify(value)}`);
					found.add(shapeOf(key));
				}
		}
	}
	const ours = [...KEYS.keys()].filter((shape) => shape.startsWith('file/')); // the publisher's own
	assert.deepEqual([...KEYS.keys()].filter((shape) => !found.has(shape)), ours);
});
