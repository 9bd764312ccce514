/* Games of the past, in a real Chromium, with a real publisher that keeps them: the list, a game's page, and the board that plays one again. What is expected is
 * what the live board showed, and what follows from the scoreboard's own frames.
 *
 * SB_SEED: which moments are looked at. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seeded } from '../support/chance.mjs';
import { launch, openPage } from '../support/chrome.mjs';
import { readBoard } from '../support/look.mjs';
import { ofTruth, ofView } from '../support/oracle.mjs';
import { startStage } from '../support/stage.mjs';
import { scratch, sleep, until } from '../support/tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SEED = Number(process.env.SB_SEED ?? 1127);
const MOMENTS = 50;
const MIDDLE_MS = 412000; // of the recording: in a jam of its second game
const SPEED = 100;
const GAMES = ['7ad0696b-9fc0-4eea-865d-3eec4140a459', '1b2fd862-903f-496e-81bf-00664c1bf7e0', '81a79f46-9119-4d0c-8fd4-7d64d226e52e'];
const GAME = GAMES[1];

let stage;
let browser;
let live;
const moments = [];      // { t, game, shown }: what the live board showed, and when that was at the publisher
const ledger = new Map(); // game -> { title, over, jams: [{ number, before, after }] }, from the frames

before(async () => {
	stage = await startStage({ more: ['--history', join(scratch(), 'games.db')] });
	browser = await launch();
	live = await openPage(browser, stage.address());
	await live.waitForFunction(() => window.scoreboard?.connection.live);
	await record(MIDDLE_MS, 44);
});
after(async () => {
	await browser?.close();
	await stage?.stop();
});

const address = (page, query = {}) => `http://127.0.0.1:${stage.httpPort}/${page}?${new URLSearchParams({ lang: 'en', ...query })}`;
const ask = async (path) => (await fetch(`http://127.0.0.1:${stage.httpPort}/scoreboard/${path}`)).json();
const textOf = (page, selector) => page.locator(selector).evaluateAll((list) => list.filter((element) => element.checkVisibility()).map((element) => element.innerText.replace(/\s+/g, ' ').trim()));

/* --- the recording, and what is known of it --- */

/* Goes on to `t` of the recording, and looks at `count` moments of it. Where a jam begins or ends, all that was before is let arrive first, so that it is not told as one. */
async function record(t, count) {
	const random = seeded(SEED + moments.length);
	const from = stage.position;
	const looks = Array.from({ length: count }, () => from + random() * (t - from)).sort((a, b) => a - b);
	let turn = turnOf();
	while (stage.position <= t) {
		const next = stage.frames.find((frame) => frame.t === stage.position);
		const turns = Object.keys(next.frame.state).some((path) => /CurrentGame\.(Game|InJam|OfficialScore)$/.test(path));
		if (turns)
			await settled();
		const before = stage.position;
		stage.seek(before);
		note();
		if (turns && turnOf() !== turn) {
			await settled();
			turn = turnOf();
		}
		while (looks[0] < stage.position) {
			looks.shift();
			await settled();
			await lookAt();
		}
		await sleep(Math.min(1000, stage.position - before) / SPEED);
	}
	await settled();
}

const turnOf = () => JSON.stringify(['Game', 'InJam', 'OfficialScore'].map((name) => stage.truth.get(name)));

/* The live board has what the scoreboard has said. */
const settled = () => until(async () => ofView(new Map(await live.evaluate(() => [...window.scoreboard.state]))) === ofTruth(stage.truth), 'the board has it all');

/* What the live board shows, once nothing is on its way to it: the publisher, asked afterwards, has nothing else. */
async function lookAt() {
	await until(async () => {
		const { at, state, shown } = await momentOf(live);
		const there = JSON.stringify(Object.entries((await ask('spectator.json')).state).sort());
		if (JSON.stringify(state.sort()) !== there)
			return false;
		moments.push({ t: at, game: stage.truth.get('Game'), shown });
		return true;
	}, 'a moment at which nothing is on its way');
}

const momentOf = (page) => page.evaluate(`(${readMoment})(${readBoard})`);

/* Runs in the board. */
async function readMoment(read) {
	await new Promise((done) => requestAnimationFrame(done));
	const text = (selector) => document.querySelector(selector).textContent.replace(/\s+/g, ' ');
	return {
		at: window.scoreboard.now(), state: [...window.scoreboard.state],
		shown: { ...read(), event: text('.event h1'), place: text('#event-place'), one: text('#side-1'), two: text('#side-2') },
	};
}

function note() {
	const of = (name) => stage.truth.get(name);
	const id = of('Game');
	if (!id)
		return;
	const game = ledger.get(id) ?? { jams: [] };
	const [number, scores] = [[of('CurrentPeriodNumber'), of('Clock(Jam).Number')], [1, 2].map((n) => of(`Team(${n}).Score`))];
	const last = game.jams.at(-1);
	ledger.set(id, Object.assign(game, { title: [1, 2].map((n) => of(`Team(${n}).Name`)).join(' - '), result: scores, over: of('OfficialScore') === true }));
	if (of('InJam') && String(last?.number) !== String(number))
		game.jams.push({ number, before: scores, after: scores });
	else if (last)
		last.after = scores;
}

/* --- the replay --- */

/* Opens a replay that stands still. */
async function openReplay(game, options = {}) {
	const page = await openPage(browser, address('', { game, ...options.query }), options);
	await page.waitForFunction(() => window.scoreboard?.known && !window.scoreboard.loading);
	await page.click('.replay .play');
	assert.deepEqual(await textOf(page, '.replay .play'), ['Play']);
	return page;
}

async function goTo(page, t) {
	await page.evaluate((to) => window.scoreboard.seek(to), t);
	await page.waitForFunction(() => !window.scoreboard.loading);
	return (await momentOf(page)).shown;
}

const seconds = (text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

/* What is not as it was. Of a clock a tick is granted: it may have been drawn a frame ago. */
function differences(was, is) {
	const ticks = (name) => (was[name] === '') === (is[name] === '') && Math.abs(seconds(was[name]) - seconds(is[name])) <= 1;
	return Object.keys(was).filter((name) => (/^(time|periodTime)$/.test(name) ? !ticks(name) : JSON.stringify(was[name]) !== JSON.stringify(is[name])))
		.map((name) => `${name}: ${JSON.stringify(is[name])}, was ${JSON.stringify(was[name])}`);
}

async function sameMoments(chosen) {
	const random = seeded(SEED);
	const wrong = [];
	for (const game of new Set(chosen.map((moment) => moment.game))) {
		const page = await openReplay(game);
		for (const { t, shown } of chosen.filter((moment) => moment.game === game).sort(() => random() - 0.5))
			wrong.push(...differences(shown, await goTo(page, t)).map((text) => `${Math.round(t)}: ${text}`));
		assert.deepEqual(page.complaints, []);
		await page.context().close();
	}
	assert.deepEqual(wrong.slice(0, 5), []);
}

test('a_game_that_is_on_is_shown_as_the_live_board_showed_it', async () => {
	assert.equal(moments.length, 44);
	assert.ok(new Set(moments.map(({ shown }) => shown.label)).size > 8, 'they are of many kinds');
	await sameMoments(moments);
});

/* --- the replay as it is used --- */

const marks = (page) => page.evaluate(() => ({ chip: document.querySelector('#link-text').textContent, foot: document.querySelector('footer').textContent, title: document.title, text: document.body.innerText }));
async function saysReplay(page) {
	const { chip, foot, title, text } = await marks(page);
	assert.match(chip, /^Replay/);
	assert.match(title, /^Replay · /);
	assert.match(foot, /From the history/);
	assert.doesNotMatch(text.replace('To the live score', ''), /\blive\b/i);
}

test('clocks_run_by_the_replay_and_stand_with_it', async () => {
	const page = await openReplay(GAME);
	const { chapters } = await ask(`games/${GAME}.json`);
	const clock = async () => seconds((await momentOf(page)).shown.time);
	const position = () => page.evaluate(() => window.scoreboard.position);
	await saysReplay(page);
	await goTo(page, chapters[4].begin + 200);
	assert.match((await momentOf(page)).shown.label, /^Jam 1$/);
	const [stood, at] = [await clock(), await position()];
	await sleep(1200);
	assert.deepEqual([await clock(), await position()], [stood, at]);
	assert.deepEqual(page.requests.filter((url) => url.startsWith('ws')), []);
	assert.ok(!page.requests.some((url) => /events|spectator/.test(url)), 'nothing is followed');

	await page.getByRole('button', { name: '10×' }).click();
	await page.keyboard.press('Escape');
	await page.evaluate(() => document.activeElement.blur());
	await page.keyboard.press(' ');
	await until(async () => await position() > at + 1500, 'it plays');
	await page.keyboard.press(' ');
	const begins = (i) => async () => Math.abs(await position() - chapters[i].begin) < 1;
	await goTo(page, chapters[4].begin + 200);
	await page.getByRole('button', { name: 'Next jam' }).click();
	await until(begins(5), 'the next jam');
	await goTo(page, chapters[7].begin);
	await page.keyboard.press('Shift+ArrowLeft');
	const before = chapters.findLastIndex(({ begin }) => begin < chapters[7].begin - 3000); // the recording was told fast
	await until(begins(before), 'a jam before');
	await goTo(page, chapters[8].begin);
	await page.keyboard.press('ArrowLeft');
	await until(async () => await position() === await page.evaluate((t) => Math.max(window.scoreboard.range.from, t - 10000), chapters[8].begin), 'ten seconds before');
	await page.locator('.replay input').evaluate((slider, t) => { slider.value = t; slider.dispatchEvent(new Event('input')); }, chapters[6].begin);
	await page.waitForFunction(() => !window.scoreboard.loading);
	assert.ok(Math.abs(await position() - chapters[6].begin) <= 1000, 'as near as the slider goes');
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

/* One moment after the other, by playing from the first to behind the last. */
test('what_is_played_is_what_was', async () => {
	const page = await openReplay(GAME);
	const { chapters } = await ask(`games/${GAME}.json`);
	await goTo(page, chapters[0].begin - 1000);
	const asked = page.requests.length;
	await page.evaluate(() => { window.scoreboard.set(10); window.scoreboard.play(); });
	await page.waitForFunction((t) => window.scoreboard.position > t, chapters[6].begin);
	const { t, state } = await page.evaluate(() => ({ t: window.scoreboard.position, state: Object.fromEntries(window.scoreboard.state) }));
	assert.deepEqual(state, (await ask(`games/${GAME}/at.json?t=${Math.floor(t)}`)).state);
	assert.ok(page.requests.length - asked <= 2, 'nothing but the log was asked for');
	await page.context().close();
});

test('a_game_that_is_on_is_caught_up_with', async () => {
	const score = stage.truth.get('Team(1).Score');
	const say = (points) => stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': points });
	say(score + 1); // how late it is at the publisher nobody tells a replay but what happens there
	const page = await openReplay(GAME);
	await page.evaluate(() => { window.scoreboard.set(10); window.scoreboard.seek(window.scoreboard.range.to); window.scoreboard.play(); });
	await until(() => page.evaluate(() => window.scoreboard.speed === 1 && window.scoreboard.playing), 'single speed');
	const before = await page.evaluate(() => window.scoreboard.position);
	await until(async () => await page.evaluate(() => window.scoreboard.position) > before + 3000, 'it goes on');
	say(score + 100);
	await until(async () => (await textOf(page, '.score'))[0] === String(score + 100), 'what happens meanwhile is played', { ms: 30000 });
	await saysReplay(page);
	say(score);
	await page.context().close();
});

test('half_a_minute_back_and_to_the_live_board_again', async () => {
	await until(() => live.locator('.back').isVisible(), 'the button');
	assert.deepEqual(await textOf(live, 'footer a'), ['All games']);
	const begun = (await ask(`games/${GAME}.json`)).first;
	await until(() => Date.now() - begun > 31000, 'the game has half a minute', { ms: 31000 });
	const now = Date.now();
	await live.click('.back');
	await live.waitForSelector('.replay');
	await until(async () => (await marks(live)).title.startsWith('Replay'), 'the replay');
	await until(async () => /^Replay, (29|3\d) s behind$/.test((await marks(live)).chip), 'half a minute behind');
	await saysReplay(live);
	const { position, score } = await live.evaluate(() => ({ position: Date.now() - 30000, score: document.querySelector('.score').textContent }));
	assert.ok(position - now + 30000 < 10000);
	assert.equal(score, String((await ask(`games/${GAME}/at.json?t=${position}`)).state['team/1/score']));
	assert.equal(await live.locator('.back').isVisible(), false);
	await live.getByRole('button', { name: 'To the live score' }).click();
	assert.deepEqual([(await marks(live)).chip, await textOf(live, '.replay')], ['Live', []]);
	assert.doesNotMatch((await marks(live)).title, /Replay/);
	assert.match((await marks(live)).foot, /Live from the scoreboard/);
	assert.deepEqual((await momentOf(live)).shown.scores, [1, 2].map((n) => String(stage.truth.get(`Team(${n}).Score`))));
	assert.deepEqual(live.complaints, []);
});

/* --- when it does not come --- */

test('a_log_that_is_cut_off_is_resumed_and_a_busy_server_asked_again', async () => {
	const logs = [];
	let refusals = 2;
	const prepare = async (page) => {
		await page.route('**/at.json*', (route) => (refusals-- > 0 ? route.fulfill({ status: 503, body: '503' }) : route.continue()));
		await page.route('**/deltas.ndjson*', async (route) => {
			logs.push(Number(new URL(route.request().url()).searchParams.get('after')));
			if (logs.length > 3)
				return route.continue();
			const answer = await route.fetch();
			const text = await answer.text();
			return route.fulfill({ response: answer, body: text.slice(0, Math.floor(text.length / 3)) });
		});
	};
	const page = await openPage(browser, address('', { game: GAME }), { prepare });
	await until(async () => /too much to do/.test((await marks(page)).text), 'it says that the server is busy');
	await page.waitForFunction(() => window.scoreboard?.known && !window.scoreboard.fault, undefined, { timeout: 30000 });
	await until(() => logs.length > 3, 'the log is asked for again', { ms: 30000 });
	assert.ok(logs.every((after, i) => i === 0 || after > logs[i - 1]), `behind what has come: ${logs}`);
	await page.waitForFunction(() => !window.scoreboard.fault);
	const { chapters } = await ask(`games/${GAME}.json`);
	await page.evaluate((t) => { window.scoreboard.pause(); window.scoreboard.seek(t); }, chapters[7].begin);
	await page.waitForFunction(() => !window.scoreboard.loading);
	assert.deepEqual(await page.evaluate(() => Object.fromEntries(window.scoreboard.state)), (await ask(`games/${GAME}/at.json?t=${chapters[7].begin}`)).state);
	await page.context().close();
});

test('who_has_no_history_says_so_and_leads_nowhere', async () => {
	const cases = [
		['games.html', {}, { status: 404, body: '' }, 'This server keeps no games.'],
		['game.html', { game: 'none' }, null, 'There is no such game here. It may have been deleted, or its address is wrong.'],
		['game.html', { game: '../../x' }, null, 'There is no such game here. It may have been deleted, or its address is wrong.'],
		['games.html', { prefix: 'other' }, null, 'This server shows another scoreboard: “scoreboard”.'],
		['games.html', {}, { status: 200, body: '{"games":[]}' }, 'This server does not say which scoreboard it shows.'],
		['games.html', {}, { status: 200, body: '{"games":[],"more":false}', headers: { 'x-scoreboard-prefix': 'scoreboard' } }, 'No game yet. The first one appears here as soon as the scoreboard has it.'],
		['games.html', {}, { status: 503, body: '' }, 'The server has too much to do with old games just now. Asking again…'],
		['games.html', {}, 'abort', 'Can’t reach the server. Asking again…'],
	];
	await Promise.all(cases.map(async ([name, query, answer, text]) => {
		const prepare = (page) => answer && page.route('**/games.json*', (route) => (answer === 'abort' ? route.abort() : route.fulfill(answer)));
		const page = await openPage(browser, address(name, query), { prepare });
		await until(async () => (await textOf(page, '#note')).includes(text), `${name}: ${text}`);
		assert.deepEqual([await textOf(page, '#games a'), await textOf(page, '#game')], [[], []]);
		await page.context().close();
	}));
	for (const game of ['none', '../../x']) {
		const page = await openPage(browser, address('', { game }));
		await until(async () => (await textOf(page, '#empty-hint'))[0]?.startsWith('There is no such game'), game);
		await page.context().close();
	}
});

test('without_a_history_the_board_leads_nowhere_and_loads_nothing_of_it', async () => {
	const atOnce = (page) => page.addInitScript(() => { Math.random = () => 0; }); // when it asks is left to chance
	const untold = (page) => page.route('**/config.json', (route) => route.fulfill({ json: {} })); // by a publisher without a history, or a static server
	const none = (page) => page.route('**/games.json*', (route) => route.fulfill({ status: 404 }));
	const scripts = []; // of each
	for (const [answers, asks] of [[untold, 0], [none, 1]]) {
		const page = await openPage(browser, stage.address(), { prepare: async (one) => { await atOnce(one); await answers(one); } });
		await page.waitForFunction(() => window.scoreboard?.connection.live);
		const asked = () => page.requests.filter((url) => /games\.json/.test(url)).length;
		await until(() => asked() >= asks, 'it asks for games');
		await sleep(1500);
		assert.deepEqual([await textOf(page, '.back'), await textOf(page, 'footer a')], [[], []]);
		assert.equal(asked(), asks);
		scripts.push(page.requests.filter((url) => /\.js$/.test(url)));
		await page.context().close();
	}
	assert.ok(scripts[1].some((url) => !scripts[0].includes(url)), 'what shows games is loaded with them alone');
});

/* --- when they are over --- */

test('all_games_are_listed_with_their_results', async () => {
	await record(495000, MOMENTS - moments.length);
	await until(async () => (await ask('games.json')).games.length === 3, 'three games are kept');
	const page = await openPage(browser, address('games.html'));
	await page.waitForSelector('#games li');
	const rows = await textOf(page, '#games li');
	const states = [/on now, score as of .*\d:\d\d/, /final/, /no final score/];
	assert.equal(rows.length, 3);
	[...GAMES].reverse().forEach((id, i) => {
		const { title, result } = ledger.get(id);
		assert.ok(rows[i].startsWith(`${title} ${result.join(' : ')} `), `${rows[i]}: ${title} ${result}`);
		assert.match(rows[i], states[i]);
	});
	const links = await page.locator('#games a').evaluateAll((list) => list.map((link) => new URL(link.href).search));
	assert.deepEqual(links, [...GAMES].reverse().map((game) => `?lang=en&game=${game}`));
	assert.equal(await page.locator('#more').isVisible(), false);
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test('older_games_come_when_they_are_asked_for', async () => {
	const game = (n) => ({ id: `g${n}`, title: `Game ${n}`, first: 1000 * n, last: 1000 * n, begin: null, end: 1000 * n, running: false, over: true, series: [], result: [n, 0] });
	const all = Array.from({ length: 130 }, (_, i) => game(130 - i));
	const asked = [];
	const prepare = (page) => page.route('**/games.json*', (route) => {
		const before = new URL(route.request().url()).searchParams.get('before');
		asked.push(before);
		const from = all.filter(({ first }) => before === null || first < Number(before));
		return route.fulfill({ headers: { 'x-scoreboard-prefix': 'scoreboard' }, json: { games: from.slice(0, 80), more: from.length > 80 } });
	});
	const page = await openPage(browser, address('games.html'), { prepare });
	const shown = [];
	for (const count of [50, 80, 130]) {
		await until(async () => await page.locator('#games li').count() === count, `${count} games`);
		shown.push(await page.locator('#more').isVisible());
		if (count < 130)
			await page.click('#more');
		await until(() => page.locator('#more').isVisible().then((is) => is || count >= 80), 'the button');
	}
	assert.deepEqual([shown, asked], [[true, true, false], [null, '51000']]);
	assert.deepEqual(await page.locator('#games h2').allInnerTexts(), all.map(({ title }) => title));
	await page.context().close();
});

test('a_game_s_page_has_what_follows_from_the_frames', async () => {
	const page = await openPage(browser, address('game.html', { game: GAME }));
	await page.waitForSelector('#jams tbody tr');
	const { title, result, jams } = ledger.get(GAME);
	assert.deepEqual([await textOf(page, '#title'), await textOf(page, '#result'), await textOf(page, '#state')], [[title.toUpperCase()], [result.join(' : ')], ['final']]);
	const rows = (await page.locator('#jams tbody tr').evaluateAll((list) => list.map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\s+/g, ' ').trim()))));
	const signed = (n) => (n > 0 ? `+${n}` : String(n).replace('-', '−'));
	const names = title.split(' - ');
	let leader = null;
	let period = null;
	const expected = jams.flatMap(({ number, before: was, after: is }) => {
		const leads = is[0] === is[1] ? leader : names[is[0] > is[1] ? 0 : 1];
		const turned = leader && leads !== leader ? ` ${leads} take the lead` : '';
		const head = number[0] === period ? [] : [[`Period ${number[0]}`]];
		[leader, period] = [leads, number[0]];
		return [...head, [String(number[1]), signed(is[0] - was[0]), signed(is[1] - was[1]), `${is.join(' : ')}${turned}`]];
	});
	assert.deepEqual(rows.map((cells) => (cells.length === 1 ? cells : [cells[0], ...cells.slice(2)])), expected);
	assert.ok(expected.some((cells) => /take the lead/.test(cells.at(-1))), 'the recording has a lead change');
	assert.deepEqual(await page.locator('#jams thead th').allInnerTexts(), ['Jam', 'Begin', `Points of ${names[0]}`, `Points of ${names[1]}`, 'Score after it']);

	const codes = [1, 2].map((n) => [...stagePenalties(n)].sort().join());
	const shown = await page.locator('#penalties .card').evaluateAll((cards) => cards.map((card) => [...card.querySelectorAll('.codes i')].map((code) => code.textContent).sort().join()));
	assert.deepEqual(shown, codes);

	const last = await page.locator('#score-graph .line-1').first().evaluate((line) => line.getAttribute('points').split(' ').at(-1).split(',').map(Number));
	const most = Number(await page.locator('.axis-y span').first().innerText());
	assert.ok(Math.abs(1000 * (1 - result[0] / most) - last[1]) < 0.1 && Math.abs(last[0] - 1000) < 0.1, `the graph ends at ${last}`);
	assert.match(await page.locator('#score-graph svg').first().getAttribute('aria-label'), new RegExp(`${names[0]} ${result[0]}, ${names[1]} ${result[1]}`));

	const { viewers } = await ask(`games/${GAME}.json`);
	assert.match((await textOf(page, '#peak'))[0], new RegExp(`^${viewers.peak} at most, at `));
	await page.click('summary');
	assert.deepEqual(await page.locator('#viewers td').allInnerTexts(), viewers.times.map(([, n]) => String(n)).reverse());

	const csv = await (await fetch(await page.locator('#csv').evaluate((link) => link.href))).text();
	assert.equal(csv.trim().split('\r\n').length, jams.length + 1);
	assert.equal(await page.locator('#replay').evaluate((link) => new URL(link.href).search), `?lang=en&game=${GAME}`);
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

/* The codes that the game's skaters had at last: the scoreboard has another game by now, so from the frames. */
function* stagePenalties(team) {
	const codes = new Map();
	for (const { frame } of stage.frames.filter(({ t }) => t < 434014))
		for (const [path, value] of Object.entries(frame.state)) {
			const match = /CurrentGame\.Team\((\d)\)\.Skater\(([^)]+)\)\.Penalty\((\d+)\)\.Code$/.exec(path);
			if (match && Number(match[1]) === team && match[3] !== '0')
				value === null ? codes.delete(path) : codes.set(path, value);
		}
	yield* codes.values();
}

test('games_that_are_over_are_shown_as_the_live_board_showed_them', async () => {
	assert.equal(moments.length, MOMENTS);
	assert.ok(new Set(moments.map(({ game }) => game)).size >= 2);
	const random = seeded(SEED + 1);
	await sameMoments([...moments.slice(44), ...moments.slice(0, 44).sort(() => random() - 0.5).slice(0, 10)]);
});

/* --- for all --- */

const HOSTILE = { name: '<img src=x onerror="window.pwned=1"><b>Bold</b>', long: 'Donaudampfschifffahrtsgesellschaft'.repeat(5), rtl: '\u202eretsecnah\u202d', id: '"><script>window.pwned=1</script>' };
const LOOKS = [['en', 'dark'], ['de', 'light'], ['fr', 'dark'], ['es', 'light']];
test('hostile_names_are_text_on_any_screen_and_axe_finds_nothing', async () => {
	const of = 'ScoreBoard.CurrentGame';
	stage.say({ [`${of}.Game`]: HOSTILE.id, [`${of}.Team(1).Name`]: HOSTILE.name + HOSTILE.rtl, [`${of}.Team(2).Name`]: HOSTILE.long, [`${of}.InJam`]: true, [`${of}.Clock(Jam).Number`]: 7, [`${of}.Team(1).Score`]: 188 });
	await until(async () => (await ask('games.json')).games[0].result?.[0] === 188, 'it is kept');
	const { id } = (await ask('games.json')).games[0];
	assert.match(id, /^x-[0-9a-f]{16}$/);
	const pages = [['games.html', {}], ['game.html', { game: id }], ['game.html', { game: GAME }], ['', { game: id }], ['', { game: GAME }]];
	for (const [i, [name, query]] of pages.entries()) {
		const [lang, colorScheme] = LOOKS[i % LOOKS.length];
		const page = await openPage(browser, address(name, { ...query, lang }), { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await page.waitForSelector(name === '' ? 'body[data-known] .replay' : '#games li, #game:not([hidden])');
		await page.evaluate(() => document.fonts.ready);
		await page.evaluate(axe);
		const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'], rules: { region: { enabled: false } } }));
		assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ').slice(0, 300)}`), [], `${name} ${lang} ${colorScheme}`);
		for (const [width, percent] of [[320, 100], [640, 200], [1280, 100]]) {
			await page.setViewportSize({ width, height: 800 });
			await page.evaluate((size) => { document.documentElement.style.fontSize = `${size}%`; }, percent);
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			assert.ok(wide <= 0, `${name} at ${width} px, ${percent} %: ${wide} px too wide`);
		}
		assert.equal(await page.evaluate(() => window.pwned), undefined);
		if (query.game !== GAME)
			assert.ok((await page.evaluate(() => document.body.textContent)).includes(HOSTILE.name));
		assert.deepEqual([...new Set(page.requests.map((url) => new URL(url).hostname))], ['127.0.0.1']);
		assert.deepEqual(page.complaints, [], name);
		await page.context().close();
	}
});
