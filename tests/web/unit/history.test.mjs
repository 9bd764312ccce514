/* What the history's pages make of answers, whoever has made those up; and what they say in each language. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHistory } from '../../../web/history/api.js';
import { createLines } from '../../../web/history/lines.js';
import { gapAt, isId, jamBeside, linesOf, plot, rangeOf, readList, readStory, readSummary, rowsOf } from '../../../web/history/model.js';
import { createPlayer, playerAsks, playerGoes, playerIsAtEnd, playerIsFull, playerMoves, playerStart, playerTakes, playerWants } from '../../../web/history/player.js';
import { historyWords } from '../../../web/history/words.js';
import board from '../../../web/board/lang/en.js';
import en from '../../../web/history/lang/en.js';
import { webDir } from '../support/tools.mjs';

/* --- a game --- */

const T = 1795762436000;
const chapter = (n, number, more) => ({ n, number, begin: T + n * 60000, end: T + n * 60000 + 30000, before: [0, 0], after: [0, 0], change: [0, 0], ...more });
const GAME = {
	id: 'g-1', title: 'A - B', first: T, last: T + 600000, begin: T + 60000, end: null, running: true, over: false, series: ['team/1/score', 'team/2/score'], result: [4, 5],
	chapter: 'jam', numbers: ['current-period-number', 'clock/jam/number'],
	chapters: [chapter(1, [1, 1], { after: [4, 0], change: [4, 0] }), chapter(2, [1, 2], { before: [4, 0], after: [4, 4], change: [0, 4] }),
		chapter(3, [2, 1], { before: [4, 4], after: [4, 5], change: [0, 1], end: null })],
	gaps: [{ from: T + 130000, to: T + 140000, why: 'away' }], viewers: { times: [[T + 120000, 7], [T + 60000, 3]], peak: 7 },
};

test('rows_are_in_the_order_of_time_and_name_who_takes_the_lead', () => {
	const rows = rowsOf(readStory(GAME)).map(({ kind, chapter: own, turned, gap, period }) => [kind, own?.jam ?? gap?.why ?? period, turned]);
	assert.deepEqual(rows, [['period', 1, undefined], ['jam', 1, null], ['jam', 2, null], ['gap', 'away', undefined], ['period', 2, undefined], ['jam', 1, 1]]);
});

test('a_tie_between_changes_no_lead', () => {
	const afters = [[2, 0], [2, 2], [5, 2], [5, 9], [5, 9], [12, 9]];
	const chapters = afters.map((after, i) => chapter(i + 1, [1, i + 1], { after }));
	assert.deepEqual(rowsOf(readStory({ ...GAME, chapters, gaps: [] })).filter(({ kind }) => kind === 'jam').map(({ turned }) => turned), [null, null, null, 1, null, 0]);
});

test('the_graph_goes_from_before_to_after_each_jam', () => {
	const story = readStory(GAME);
	assert.deepEqual(linesOf(story)[1], [[T + 60000, 0], [T + 90000, 0], [T + 120000, 0], [T + 150000, 4], [T + 180000, 4], [T + 600000, 5]]);
	const drawn = plot(linesOf(story), story.gaps);
	assert.deepEqual([drawn.from, drawn.to, drawn.most], [T + 60000, T + 600000, 10]);
	assert.deepEqual(drawn.lines[0].at(-1), [1, 0.6]);
	assert.deepEqual(drawn.bands.map((band) => band.map((x) => Math.round(x * 540))), [[70, 80]]);
	assert.equal(plot([[]]), null);
	assert.equal(plot([[[T, 1]]]), null, 'a point is no line');
});

test('a_replay_begins_before_the_first_jam_and_ends_after_the_result', () => {
	const day = 86400000;
	assert.deepEqual(rangeOf(readStory(GAME)), { from: T, to: T + 600000, start: T + 57000 });
	const long = readStory({ ...GAME, first: T - day, running: false, over: true, end: T + 700000, last: T + day });
	assert.deepEqual(rangeOf(long), { from: T + 60000 - 600000, to: T + 700000 + 600000, start: T + 57000 });
	assert.deepEqual(rangeOf(readStory({ ...GAME, begin: null, chapters: [] })), { from: T, to: T + 600000, start: T });
});

test('jams_are_found_from_anywhere', () => {
	const story = readStory(GAME);
	const jam = (n) => T + n * 60000;
	const cases = [[jam(1) - 5000, 1, jam(1)], [jam(1), 1, jam(2)], [jam(3), 1, null], [jam(3) + 1000, -1, jam(2)], [jam(3) + 5000, -1, jam(3)], [jam(1) + 1000, -1, null]];
	for (const [t, direction, found] of cases)
		assert.equal(jamBeside(story, t, direction), found, `${t - T} ${direction}`);
	assert.deepEqual([gapAt(story, T + 130000), gapAt(story, T + 130001)?.why, gapAt(story, T + 140000)], [null, 'away', null]);
});

test('what_is_not_of_its_type_counts_as_missing', () => {
	const values = [null, undefined, 7, -1, '', 'x', [], [null], {}, true, NaN, Infinity, 1e300, '<b>', [[]], [{}], { times: 7 }, { times: [7, [1], [T, 'x']] }];
	const keys = [...Object.keys(GAME), 'chapters.0', 'gaps.0'];
	for (const value of values) {
		for (const key of keys) {
			const [name, i] = key.split('.');
			const raw = i === undefined ? { ...GAME, [name]: value } : { ...GAME, [name]: [value, ...GAME[name]] };
			const story = readStory(raw);
			if (story === null)
				continue;
			plot(linesOf(story), story.gaps);
			rangeOf(story);
			for (const row of rowsOf(story))
				for (const t of [row.chapter?.begin, row.gap?.from, row.gap?.to].filter((each) => each !== undefined))
					new Date(t).toISOString();
		}
		assert.ok(Array.isArray(readList(value).games));
		assert.ok(Array.isArray(readList({ games: [value], more: true }).games));
		readStory({ ...GAME, chapters: [Object.fromEntries(Object.keys(GAME.chapters[0]).map((key) => [key, value]))] });
	}
	assert.equal(readSummary({ ...GAME, id: '../x' }), null);
	assert.deepEqual(['a', 'A_-9', '', 'a/b', 'a b', 'ä', 'x'.repeat(65), '.', '%2e'].map(isId), [true, true, false, false, false, false, false, false, false]);
});

/* --- who is asked --- */

const answers = (table) => {
	const asked = [];
	const get = async (url) => {
		asked.push(url);
		const [status, prefix] = table[new URL(url).host] ?? [];
		if (status === undefined)
			throw new TypeError('failed');
		return new Response(status === 200 ? '{"games":[]}' : 'x', { status, headers: prefix === null ? {} : { 'x-scoreboard-prefix': prefix } });
	};
	return { asked, get };
};
const http = ['http://one', 'http://two/'];

test('only_an_answer_of_the_prefix_is_taken', async () => {
	const cases = [
		[{ one: [200, 't 1'] }, null], [{ one: [200, 't%201'] }, null], [{ one: [200, 'other'], two: [200, 't 1'] }, null], [{ one: [503, null], two: [200, 't 1'] }, null],
		[{}, 'unreachable'], [{ one: [200, 'other'] }, 'foreign'], [{ one: [404, 'other'] }, 'foreign'], [{ one: [200, null] }, 'nameless'],
		[{ one: [404, 't 1'] }, 'absent'], [{ one: [404, null] }, 'absent'], [{ one: [503, null] }, 'busy'], [{ one: [404, 't 1'], two: [503, 't 1'] }, 'busy'], [{ one: [500, 't 1'] }, 'broken'],
	];
	for (const [table, kind] of cases) {
		const { get } = answers(table);
		const got = await createHistory({ http, prefix: 't 1', get }).games().then(() => null, (error) => error.kind);
		assert.equal(got, kind, JSON.stringify(table));
	}
});

test('the_server_that_has_answered_is_asked_first', async () => {
	const { get, asked } = answers({ two: [200, 'a/b'] });
	const history = createHistory({ http, prefix: 'a/b', get });
	await history.games();
	await history.at('x-1', 5);
	await history.log('x-1', 17);
	assert.deepEqual(asked, ['http://one/a/b/games.json', 'http://two/a/b/games.json', 'http://two/a/b/games/x-1/at.json?t=5', 'http://two/a/b/games/x-1/deltas.ndjson?after=17']);
	assert.equal(history.csvUrl('x-1'), 'http://two/a/b/games/x-1.csv');
});

/* --- languages --- */

const folder = join(webDir, 'history');
const texts = new Map(await Promise.all(readdirSync(join(folder, 'lang')).map(async (name) => [name.replace(/\.js$/, ''), (await import(join(folder, 'lang', name))).default])));
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('every_language_has_the_same_keys_with_the_same_holes', () => {
	assert.deepEqual([...texts.keys()].sort(), ['de', 'en', 'es', 'fr']);
	for (const [lang, own] of texts) {
		assert.deepEqual(Object.keys(own), Object.keys(en), lang);
		for (const [key, text] of Object.entries(own))
			assert.deepEqual(holes(text), holes(en[key]), `${lang} ${key}`);
	}
	assert.deepEqual(Object.keys(en).filter((key) => key in board), [], 'a text of the board has the same name');
});

test('every_key_is_used_and_a_page_says_before_its_script_runs_what_is_in_the_files', () => {
	const modules = readdirSync(folder).filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
	const pages = ['games.html', 'game.html'].map((name) => readFileSync(join(webDir, name), 'utf8'));
	const used = (key) => modules.includes(`'${key}'`) || pages.some((html) => html.includes(`"${key}"`)) || key.startsWith('fault.');
	assert.deepEqual(Object.keys(en).filter((key) => !used(key)), []);
	for (const html of pages)
		for (const [, attribute, key, rest] of html.matchAll(/data-say(|-label|-content)="([^"]+)"([^<]*)/g)) {
			const said = attribute === '' ? />([^<]*)$/.exec(rest)?.[1] : /(?:aria-label|content)="([^"]*)"/.exec(rest)?.[1];
			assert.equal(said, en[key] ?? board[key], key);
		}
});

test('dates_are_of_the_reader_s_region', () => {
	const at = Date.UTC(2026, 2, 5, 12);
	assert.deepEqual([['en-GB'], ['en-US'], ['de-AT', 'en'], []].map((list) => historyWords('', list).date(at)), ['5 March 2026', 'March 5, 2026', '5. März 2026', 'March 5, 2026']);
	assert.equal(historyWords('fr', ['de-AT']).date(at), '5 mars 2026');
});

/* --- a replay, without a network --- */

const delta = (n, set, del) => ({ n, t: T + n * 1000, delta: { epoch: `e${n}`, seq: 9 * n, ts: T + n * 1000, ...(set && { set }), ...(del && { del }) } });
const STORY = readStory({ ...GAME, gaps: [], running: false, over: true, end: T + 500000 });
const START = { game: 'g-1', n: 10, ts: T + 10000, state: { a: 1, b: 2 } };
const begin = (story = STORY, at = 10000) => {
	const p = createPlayer(story, 0);
	assert.ok(playerStart(p, START, T + at));
	return p;
};
const takes = (p, line, when = {}) => playerTakes(p, line, { asked: 0, local: 0, chars: JSON.stringify(line).length, ...when });
const stateOf = (p) => Object.fromEntries(p.feed.state);
const END = { end: true, after: 30, running: false };

test('events_are_folded_when_their_time_comes_whatever_they_are_numbered', () => {
	const p = begin();
	for (const line of [delta(12, { a: 3 }), delta(20, { c: 4 }, ['b']), { n: 25, t: T + 25000, gap: { from: 1, to: 2, why: '' } }, { n: 27, t: T + 25000, snapshot: { state: { d: 5 } } }, delta(28), delta(30, { d: 6 }), END])
		assert.ok(takes(p, line));
	const seen = [11999, 12000, 20000, 25000, 30000].map((t) => { playerGoes(p, T + t); return stateOf(p); });
	assert.deepEqual(seen, [{ a: 1, b: 2 }, { a: 3, b: 2 }, { a: 3, c: 4 }, { d: 5 }, { d: 6 }]);
	assert.equal(p.chars, 0, 'all that was read has been used');
});

test('the_position_goes_by_the_speed_and_never_beyond_what_is_known', () => {
	const p = begin();
	p.playing = true;
	const go = (local) => { playerMoves(p, local); return p.position - T; };
	takes(p, delta(14, { a: 9 }));
	p.speed = 2;
	assert.deepEqual([go(500), go(1000)], [11000, 12000]);
	p.speed = 10;
	assert.deepEqual([go(1500), p.stalled], [14000, true], 'the log has come so far');
	assert.deepEqual([go(9000), stateOf(p).a], [14000, 9]);
	takes(p, END);
	assert.deepEqual([go(9100), p.stalled], [15000, false]);
	assert.equal(go(60000), 25000, 'a page that was hidden goes on where it was');
	playerGoes(p, p.range.to - 1);
	go(61000);
	assert.deepEqual([p.position, p.playing, playerIsAtEnd(p)], [p.range.to, false, true]);
});

test('what_is_read_ahead_has_a_bound', () => {
	const p = begin();
	let n = 11;
	while (!playerIsFull(p))
		takes(p, delta(n++, { a: 'x'.repeat(10000) }));
	assert.ok(n < 130, `${n} deltas of 10 kB`);
	assert.equal(playerWants(p, 0), false);
	assert.equal(p.readTo, n - 1, 'the log goes on behind the last one');
	playerGoes(p, T + (n - 5) * 1000);
	assert.equal(playerWants(p, 0), true);
	for (; n < 5000; n++) {
		takes(p, delta(n, { a: n }));
		playerGoes(p, T + n * 1000);
	}
	assert.ok(p.events.length < 2000, 'what was used is gone');
});

test('a_game_that_is_on_is_asked_when_little_is_left', () => {
	const p = begin(readStory({ ...GAME, running: true, last: T + 30000 }), 29000);
	takes(p, delta(30, { a: 5 }), { local: 1000 });
	takes(p, { ...END, running: true }, { asked: 500, local: 1000 });
	p.playing = true;
	p.speed = 5;
	playerMoves(p, 1000);
	assert.deepEqual([p.position - T, p.speed, playerIsAtEnd(p)], [30000, 1, false], 'it has caught up, and the game is not over');
	assert.deepEqual([playerWants(p, 1000)], [true]);
	playerAsks(p, 1000);
	assert.deepEqual([playerWants(p, 3900), playerWants(p, 4000)], [false, true], 'not at once again');
	takes(p, { ...END, running: true }, { asked: 41000, local: 41100 });
	assert.equal(p.known, T + 30000 + 40000, 'nothing has happened in 40 s but what can be on its way');
	assert.equal(playerWants(p, 50000), false, 'enough is known');
});

test('what_is_no_answer_is_not_taken', () => {
	const p = createPlayer(STORY, 0);
	for (const answer of [null, 7, {}, { n: 1 }, { n: 0, state: {} }, { n: 1, state: null }, { n: 1, state: [] }, { n: '1', state: {} }])
		assert.equal(playerStart(p, answer, T), null, JSON.stringify(answer));
	begin();
	for (const line of [null, 7, {}, { n: 1 }, { n: 'x', t: 1 }, { n: 1, t: null }])
		assert.equal(takes(p, line), false, JSON.stringify(line));
	const q = begin();
	for (const line of [{ n: 11, t: T }, { n: 12, t: T, delta: 7 }, { n: 13, t: T, delta: { set: 7 } }, { n: 14, t: T, delta: { set: { a: 1 }, del: 'x' } }, { n: 15, t: T, snapshot: 7 }, { n: 16, t: T, snapshot: {} }])
		assert.ok(takes(q, line));
	playerGoes(q, T + 10000);
	assert.deepEqual(stateOf(q), START.state);
});

test('lines_come_in_any_pieces', () => {
	const text = '{"n":1}\n{"n":22}\n{"end":true}\n';
	for (let size = 1; size < text.length; size++) {
		const split = createLines();
		const lines = [];
		for (let i = 0; i < text.length; i += size)
			lines.push(...split(text.slice(i, i + size)));
		assert.deepEqual(lines, text.trim().split('\n'));
	}
	assert.throws(() => createLines()('x'.repeat(10 * 1024 * 1024)), /too long/);
});
