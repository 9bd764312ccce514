/* What the overlay's panels show and what the control page says, without a document. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_JAMS, MOST_SKATERS, fittingScale, jamsModel, panelColors, penaltiesModel, pictureOf, rosterModel } from '../../../web/board/panels-model.js';
import { contrast, parseColor } from '../../../web/client/color.js';
import { readGame } from '../../../web/client/derby.js';
import { createDesk, deskChange, deskFailed, deskHeard, deskLost, deskNext, deskShows, deskTaken, deskWord } from '../../../web/control/state.js';

const teamsOf = (keys) => readGame(new Map(Object.entries(keys)), { use: 'overlay' }).teams;
const skater = (team, id, { number, name, flags = '', codes = [] }) => ({
	[`team/${team}/skater/${id}/roster-number`]: number, [`team/${team}/skater/${id}/name`]: name, [`team/${team}/skater/${id}/flags`]: flags,
	...Object.fromEntries(codes.map((code, i) => [`team/${team}/skater/${id}/penalty/${i + 1}/code`, code])),
});

test('a_roster_has_who_skates', () => {
	const [team, other] = rosterModel(teamsOf({
		...skater(1, 'a', { number: '24', name: 'Ella', flags: 'C' }), ...skater(1, 'b', { number: '101', name: 'Ida' }),
		...skater(1, 'c', { number: '8', name: 'Not today', flags: 'ALT' }), ...skater(1, 'd', { number: '', name: 'Coach', flags: 'B' }),
	}));
	assert.deepEqual(team.rows, [{ number: '101', name: 'Ida', captain: false }, { number: '24', name: 'Ella', captain: true }]);
	assert.deepEqual({ rows: other.rows, more: other.more }, { rows: [], more: 0 });
});

test('penalties_are_by_number_of_them_and_nobody_else_is_there', () => {
	const [team] = penaltiesModel(teamsOf({
		'team/1/total-penalties': 9, ...skater(1, 'a', { number: '1', name: 'One', codes: ['B'] }), ...skater(1, 'b', { number: '2', name: 'None' }),
		...skater(1, 'c', { number: '3', name: 'Seven', codes: [...'ABCDEFG'] }), 'team/1/skater/d/name': 'Expelled', 'team/1/skater/d/penalty/0/code': 'FO',
	}));
	assert.equal(team.total, 9);
	assert.deepEqual(team.rows.map(({ name, codes, out }) => [name, codes, out]), [['Seven', 'A B C D E F G', true], ['One', 'B', false], ['Expelled', '', true]]);
});

test('a_hostile_crowd_of_skaters_and_jams_is_counted_not_drawn', () => {
	const keys = Object.assign({}, ...Array.from({ length: 500 }, (_, i) => skater(2, `s${i}`, { number: String(i), name: 'x', codes: Array(40).fill('X'.repeat(1000)) })));
	for (const of of [rosterModel, penaltiesModel]) {
		const [, team] = of(teamsOf(keys));
		assert.equal(team.rows.length, MOST_SKATERS);
		assert.equal(team.more, 500 - MOST_SKATERS);
	}
	const [, { rows }] = penaltiesModel(teamsOf(keys));
	assert.ok(rows.every(({ codes }) => codes.length < 40));
	const jams = new Map(Array.from({ length: 500 }, (_, i) => [`period/1/jam/${i + 1}/team-jam/1/jam-score`, 4]));
	const { jams: shown, teams } = jamsModel(jams, teamsOf({}));
	assert.equal(shown.length, MOST_JAMS);
	assert.equal(shown.at(-1), 500);
	assert.equal(teams[0].total, 2000, 'the total has them all');
});

test('points_per_jam_are_those_of_the_latest_period', () => {
	const state = new Map([['period/0/jam/0/team-jam/1/jam-score', 9], ['period/1/jam/1/team-jam/1/jam-score', 8], ['period/2/jam/10/team-jam/2/jam-score', 3],
		['period/2/jam/2/team-jam/1/jam-score', 4], ['period/2/jam/2/team-jam/2/jam-score', 0], ['period/x/jam/1/team-jam/1/jam-score', 5], ['period/2/jam/3/team-jam/1/jam-score', 'many']]);
	const { period, jams, teams } = jamsModel(state, teamsOf({ 'team/1/name': 'A' }));
	assert.deepEqual({ period, jams, points: teams.map(({ points, total }) => [points, total]) }, { period: 2, jams: [2, 10], points: [[[4, 0], 4], [[0, 3], 3]] });
	assert.equal(jamsModel(new Map([['period/0/jam/0/team-jam/1/jam-score', 0]]), teamsOf({})), null);
});

test('on_any_ground_the_panels_can_be_read', () => {
	for (const color of [undefined, '#000000', '#ffffff', '#808080', '#ff0000', '#f5d327'])
		assert.ok(contrast(...Object.values(panelColors(color)).map(parseColor)) >= 4.5, color);
	assert.equal(panelColors('#14284b').bg, '#14284b');
});

test('a_sponsor_s_picture_is_one_of_ours', () => {
	const sponsors = [{ name: 'Acme', image: 'sponsors/acme.svg' }, { name: 'Up', image: '../secret.svg' }, { name: 'Far', image: 'https://x.example/a.svg' }, { name: 'Root', image: '//x.example/a.svg' }, { name: 'Data', image: 'data:image/svg+xml,x' }, null, { name: 'None' }];
	assert.equal(pictureOf(sponsors, 'Acme'), 'sponsors/acme.svg');
	for (const name of ['Up', 'Far', 'Root', 'Data', 'None', 'Nobody', '', undefined])
		assert.equal(pictureOf(sponsors, name), null, name);
	assert.equal(pictureOf(undefined, 'Acme'), null);
});

test('the_score_is_no_larger_than_its_room', () => {
	assert.equal(fittingScale(2, { width: 84, height: 8 }, { width: 116, height: 30 }), 116 / 84);
	assert.equal(fittingScale(2, { width: 33, height: 14 }, { width: 116, height: 21 }), 1.5);
	assert.equal(fittingScale(0.5, { width: 84, height: 8 }, { width: 116, height: 30 }), 0.5);
});

/* --- what the control page says --- */

const by = { id: '1', by: 'ann' };
const ofOther = { id: 'other', by: 'ben', panels: ['roster'] };
const known = (air = null) => {
	const desk = createDesk();
	deskHeard(desk, air, { retained: true, time: '12:00' });
	return desk;
};

test('a_change_is_on_its_way_until_the_broker_has_it', () => {
	const desk = known();
	deskChange(desk, { panels: [] }, by);
	assert.deepEqual(deskNext(desk, 1000), { id: '1', show: { panels: [], id: '1', by: 'ann' } });
	assert.deepEqual(deskWord(desk, 1001), { level: 'note', text: 'Sending …' });
	assert.match(deskWord(desk, 4000).text, /not answered yet/);
	deskTaken(desk, '1', '12:01');
	assert.deepEqual(deskWord(desk, 4001), { level: 'good', text: 'The broker has your last change (12:01).' });
	assert.deepEqual(deskShows(desk).panels, []);
	deskHeard(desk, { id: '1', by: 'ann', panels: [] }, { retained: false, time: '12:01' });
	assert.equal(desk.other, '', 'it was nobody else');
});

test('one_is_on_its_way_and_the_newest_goes_next', () => {
	const desk = known();
	for (const scale of [0.5, 1, 1.5, 2])
		deskChange(desk, { scale }, { ...by, id: `s${scale}` }), deskNext(desk, 0);
	assert.deepEqual([desk.flight.show.scale, desk.wanted.show.scale, deskShows(desk).scale], [0.5, 2, 2]);
	deskTaken(desk, 's0.5', '');
	assert.deepEqual(deskNext(desk, 0).show, { panels: ['score'], scale: 2, id: 's2', by: 'ann' });
});

test('a_refusal_takes_back_what_was_shown', () => {
	const desk = known(ofOther);
	deskChange(desk, { panels: ['score'] }, by);
	deskNext(desk, 0);
	deskFailed(desk, '1', true);
	assert.match(deskWord(desk, 0).text, /refused/);
	assert.deepEqual(deskShows(desk), ofOther);
});

for (const [what, air, pattern] of [['it_has_arrived', { id: '1', panels: [] }, /broker has your last change/], ['it_has_not', ofOther, /has not arrived/], ['nothing_is_there', null, /has not arrived/]])
	test(`after_a_lost_connection_the_broker_tells: ${what}`, () => {
		const desk = known(ofOther);
		deskChange(desk, { panels: [] }, by);
		deskNext(desk, 0);
		deskChange(desk, { panels: ['jams'] }, { ...by, id: '2' });
		deskLost(desk);
		deskFailed(desk, '1', false);
		assert.match(deskWord(desk, 0).text, /is seen when it is back/);
		assert.equal(deskNext(desk, 0), null, 'nothing is sent again by itself');
		deskHeard(desk, air, { retained: true, time: '' });
		assert.match(deskWord(desk, 0).text, pattern);
		assert.deepEqual(deskShows(desk).panels, air?.panels ?? ['score']);
	});

test('who_else_has_changed_it_is_told', () => {
	const desk = known(ofOther);
	assert.equal(desk.other, '“ben” had this on air before.');
	deskHeard(desk, { id: 'x', panels: ['jams'], by: 'eve' }, { retained: false, time: '12:05' });
	assert.equal(desk.other, '“eve” has changed it, from another page (12:05).');
	deskHeard(desk, null, { retained: false, time: '12:06' });
	assert.match(desk.other, /has ended it \(12:06\)/);
	deskHeard(desk, undefined, { retained: false, time: '12:07' });
	assert.match(desk.other, /nothing that overlays take/);
	assert.deepEqual(deskShows(desk).panels, ['score']);
});

test('an_end_of_ours_is_not_somebody_else_s', () => {
	const desk = known(ofOther);
	deskChange(desk, null, by);
	assert.deepEqual(deskNext(desk, 0), { id: '1', show: null });
	deskHeard(desk, null, { retained: false, time: '' });
	deskTaken(desk, '1', '12:01');
	assert.equal(desk.other, '“ben” had this on air before.');
	assert.equal(desk.air, null);
});

test('what_is_no_direction_is_not_sent', () => {
	const desk = known();
	for (const change of [{ scale: 3 }, { title: 'x'.repeat(81) }, { title: 'a\u0007' }, { color: 'red' }, { html: 'x' }]) {
		deskChange(desk, change, by);
		assert.equal(deskNext(desk, 0), null, JSON.stringify(change));
		assert.match(deskWord(desk, 0).text, /can’t be sent/);
	}
	deskChange(desk, { title: '', style: undefined }, by);
	assert.deepEqual(deskNext(desk, 0).show, { panels: ['score'], id: '1', by: 'ann' });
});
