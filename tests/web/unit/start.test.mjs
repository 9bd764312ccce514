/* What the start page decides without a document: which filters it follows, what a card says of its track. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWords } from '../../../web/board/words.js';
import { readGame } from '../../../web/client/derby.js';
import { cardModel, clockOf, trackState } from '../../../web/start/card.js';
import { groupsOf, short } from '../../../web/start/follow.js';

const words = createWords('en');

test('all_tracks_have_few_filters', () => {
	const tracks = (...prefixes) => prefixes.map((prefix) => ({ prefix, title: 'x' }));
	assert.deepEqual(groupsOf('scoreboard', []), ['scoreboard', 'scoreboard/+']);
	assert.deepEqual(groupsOf('scoreboard/track1', []), ['scoreboard/+']);
	assert.deepEqual(groupsOf('x', tracks('scoreboard/track1', 'scoreboard/track2', 'hall')), ['scoreboard/+', 'hall']);
	assert.deepEqual(groupsOf('x', tracks('a/1', 'b/1', 'c/1', 'd/1', 'e/1')).length, 3);
});

test('a_text_is_cut_between_characters', () => {
	assert.equal(short('Track 1'), 'Track 1');
	assert.equal(short('x'.repeat(80)), 'x'.repeat(80));
	assert.equal(short('x'.repeat(81)), `${'x'.repeat(79)}…`);
	assert.equal(short('\u{1f989}'.repeat(1000), 3), '\u{1f989}\u{1f989}…');
});

const well = { live: true, status: { state: 'live' }, known: true, heardMs: 2000 };
const STATES = [
	['all is well', {}, 'live', 'Live'],
	['the publisher is gone', { status: { state: 'offline' } }, 'bad', 'Scoreboard offline'],
	['the scoreboard is silent', { status: { state: 'stale' } }, 'doubt', 'Score may be old'],
	['nothing is heard any more', { heardMs: 11000 }, 'doubt', 'Score may be old'],
	['there is no game', { known: false }, 'doubt', 'Connected'],
	['it is not there yet', { live: false, known: false, status: null }, 'off', 'Connecting'],
	['it has ended before we came', { live: false, known: false, status: { state: 'offline' } }, 'off', 'Scoreboard offline'],
];
for (const [claim, facts, level, text] of STATES)
	test(`a card says what is: ${claim}`, () => assert.deepEqual(trackState({ ...well, ...facts }, { linked: true, say: words.say }), { level, text }));

test('nothing_is_live_without_a_connection', () => {
	assert.deepEqual(trackState({ ...well, live: false }, { linked: false, say: words.say }), { level: 'off', text: 'Last known' });
});

test('a_card_has_names_score_phase_and_clock', () => {
	const state = new Map([['team/1/name', 'Home'], ['team/2/name', 'x'.repeat(500)], ['team/1/score', 23], ['team/2/score', 117], ['in-jam', true], ['current-period-number', 2],
		['clock/jam/number', 7], ['clock/jam', { time: 92000, running: true, direction: 'down', at: 1000 }], ['event-info/Tournament', 'Cup']]);
	const game = readGame(state);
	const { teams, phase, period, event } = cardModel(game, words);
	assert.deepEqual([teams.map(({ score }) => score), teams[0].name, teams[1].name.length, phase, period, event], [['23', '117'], 'Home', 60, 'Jam 7', 'Period 2', 'Cup']);
	assert.deepEqual(clockOf(state, game, 3000), { now: '1:30', period: '' });
	assert.deepEqual(clockOf(state, game, NaN).now, '1:32', 'before the publisher\'s time is known');
	assert.equal(cardModel(readGame(new Map()), words).known, false);
});
