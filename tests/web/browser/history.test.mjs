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
	live = await openPage(browser, stage.address(), { prepare: keepsGames });
	await live.waitForFunction(() => window.scoreboard?.connection.live);
	await record(MIDDLE_MS, 44);
});
after(async () => {
	await browser?.close();
	await stage?.stop();
});

/* A league whose config.js says that its publisher keeps games. */
const keepsGames = (page) => page.route('**/config.js', async (route) => {
	const answer = await route.fetch();
	const text = await answer.text();
	assert.ok(text.includes('history: false'));
	await route.fulfill({ response: answer, body: text.replace('history: false', 'history: true') });
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
