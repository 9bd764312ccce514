/* The spectator board in a real Chromium: right at twenty moments of a recorded game, clocks included. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, shownClock } from '../support/chrome.mjs';
import { readBoard } from '../support/look.mjs';
import { expectedPeriod, expectedPhase, expectedTeams } from '../support/oracle.mjs';
import { startStage } from '../support/stage.mjs';
import { boxRecordingPath, sleep, until } from '../support/tools.mjs';

let stage;
let browser;
let page;
before(async () => {
	stage = await startStage();
	stage.seek(4000);
	browser = await launch();
	page = await openPage(browser, stage.address());
});
after(async () => {
	await browser?.close();
	await stage?.stop();
});

const MOMENTS = [5000, 12500, 16000, 27500, 46500, 52000, 63000, 70500, 84500, 90000, 105000, 117500, 135900, 142000,
	157000, 172500, 203000, 233000, 262000, 284000, 310500, 338500, 366000, 388000, 396000, 417500, 428000, 445000];

test('right_at_28_moments_of_the_game', async () => {
	await page.waitForFunction(() => window.scoreboard?.connection.live);
	for (const moment of MOMENTS) {
		stage.seek(moment - 1300);
		await stage.play(1300);
		await sleep(60);
		await compare(moment);
	}
	assert.deepEqual(page.complaints, []);
});

async function compare(moment) {
	const shown = await page.evaluate(readBoard);
	const { truth } = stage;
	const [label] = expectedPhase(truth.get);
	const expected = { label, period: expectedPeriod(truth.get), ...Object.fromEntries(Object.entries(expectedTeams).map(([what, tell]) => [what, tell(truth.get)])) };
	for (const [what, value] of Object.entries(expected))
		assert.deepEqual(shown[what], value, `${what} at ${moment}`);
	await compareClocks(moment);
}

const POSITIONS = ['Jammer', 'Pivot', 'Blocker1', 'Blocker2', 'Blocker3'];

const CLOCKS = ['Period', 'Jam', 'Lineup', 'Timeout', 'Intermission'];
const WITHIN_MS = 250;

async function compareClocks(moment) {
	const clocks = await page.evaluate(() => ({ now: Date.now(), clocks: window.scoreboard.clocks() }));
	const late = Date.now() - clocks.now; // page and test share this machine's clock
	for (const name of CLOCKS) {
		const clock = clocks.clocks[name.toLowerCase()];
		const running = stage.truth.get(`Clock(${name}).Running`);
		const expected = stage.clockNow(name) + (running ? (clock.direction === 'down' ? late : -late) : 0);
		assert.ok(Math.abs(clock.time - expected) <= WITHIN_MS, `${name} at ${moment}: ${clock.time}, should be ${expected}`);
		assert.equal(clock.running, running === true, `${name} runs at ${moment}`);
	}
	if (stage.truth.get('InJam'))
		assert.equal(await page.evaluate(shownClock, '#now-time'), true, `the drawn jam clock at ${moment}`);
}

test('a_viewer_whose_clock_is_wrong_by_hours_sees_the_right_time', async () => {
	for (const hours of [5, -7]) {
		const context = await browser.newContext();
		await context.addInitScript((ms) => {
			const real = Date.now.bind(Date);
			Date.now = () => real() + ms;
			Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + ms });
		}, hours * 3600000);
		const wrong = await context.newPage();
		await wrong.goto(stage.address());
		await wrong.waitForFunction(() => window.scoreboard?.connection.live);
		stage.seek(446000 + (hours > 0 ? 0 : 4000));
		await stage.play(3500);
		await until(() => wrong.evaluate(() => window.scoreboard.synced), 'a live message', { ms: 15000 });
		const jam = await wrong.evaluate(() => window.scoreboard.clock('jam').time);
		assert.ok(Math.abs(jam - stage.clockNow('Jam')) <= WITHIN_MS, `${hours} h: ${jam} for ${stage.clockNow('Jam')}`);
		await context.close();
	}
});

/* --- a scoreboard that times penalties --- */

/* Runs in the page: the seconds beside each name on the board; on the overlay those of the jammers. */
const readBoxes = () => [1, 2].map((n) => [...document.querySelectorAll(`#side-${n} .lineup .box, #overlay #team-${n} .box:not([hidden])`)]
	.map((element) => element.textContent));

/* What the scoreboard shows beside these positions, by its own count. It may be about to change. */
function expectedBoxes(truth, positions) {
	const boxed = (n) => positions.filter((p) => truth(`Team(${n}).Position(${p}).PenaltyBox`));
	return [1, 2].map((n) => boxed(n).map((p) => Math.ceil(truth(`Team(${n}).Position(${p}).PenaltyTime`) / 1000)));
}

async function compareBoxes(shown, truth, positions, what) {
	const expected = expectedBoxes(truth, positions);
	const seconds = (await shown.evaluate(readBoxes)).map((side) => side.map((text) => Number(/^Box (\d+)$/.exec(text)?.[1])));
	assert.deepEqual(seconds.map((side) => side.length), expected.map((side) => side.length), `${what}: ${JSON.stringify(seconds)}`);
	seconds.flat().forEach((value, i) => assert.ok(Math.abs(value - expected.flat()[i]) <= 1, `${what}: ${value} for ${expected.flat()[i]}`));
	return seconds;
}

/* Where the recording is: [ms, what happens then, how many skaters are in the box] */
const BOX_MOMENTS = [
	[10000, 'two skaters in the box', 2], [15800, 'the timing of one has been stopped for two seconds', 2],
	[21500, 'between the jams', 2], [30000, 'in the next jam', 2], [33000, 'one has left', 1], [43000, 'both have', 0],
];

test('box_seconds_beside_a_penalised_skater_in_jams_and_line_ups', async (t) => {
	const timed = await startStage({ recording: boxRecordingPath() });
	t.after(() => timed.stop());
	const board = await openPage(browser, timed.address());
	const overlay = await openPage(browser, timed.address('overlay.html'));
	timed.seek(0);
	for (const shown of [board, overlay])
		await shown.waitForFunction(() => window.scoreboard?.connection.live);
	for (const [moment, what, inBox] of BOX_MOMENTS) {
		timed.seek(moment - 1500);
		await timed.play(1500);
		await sleep(100);
		const truth = timed.truth.get;
		const seconds = await compareBoxes(board, truth, POSITIONS, what);
		assert.equal(seconds.flat().length, inBox, what);
		await compareBoxes(overlay, truth, ['Jammer'], `${what}, overlay`);
	}
});

test('a_running_penalty_clock_costs_no_ticks', async (t) => {
	const timed = await startStage({ recording: boxRecordingPath() });
	t.after(() => timed.stop());
	const board = await openPage(browser, timed.address());
	timed.seek(7000);
	await board.waitForFunction(() => window.scoreboard?.connection.live && window.scoreboard.state.size > 0);
	await timed.play(1000);
	await board.evaluate(() => {
		window.told = [];
		window.scoreboard.on('change', ({ set }) => window.told.push(...set.keys()));
	});
	const before = expectedBoxes(timed.truth.get, POSITIONS).flat();
	await timed.play(5000);
	const counted = before.map((seconds, i) => seconds - expectedBoxes(timed.truth.get, POSITIONS).flat()[i]);
	assert.deepEqual(counted, [5, 5], 'the scoreboard told each of five seconds, twice');
	const told = await board.evaluate(() => window.told);
	assert.equal(new Set(told).size, told.length, `no clock is told twice in 5 s: ${told}`); // once: a tick that came late
});

test('after_a_timeout_its_clock_goes_on_when_the_scoreboard_is_set_so', async (t) => {
	const timed = await startStage({ recording: boxRecordingPath() });
	t.after(() => timed.stop());
	const board = await openPage(browser, timed.address());
	timed.seek(50000);
	await board.waitForFunction(() => window.scoreboard?.connection.live);
	await timed.play(1300);
	assert.deepEqual(['Lineup', 'Timeout'].map((name) => timed.truth.get(`Clock(${name}).Running`)), [true, true]);
	/* whole seconds of a clock that counts up, read somewhere between these two; a quarter of a second is the page's own */
	const earliest = Math.floor((timed.clockNow('Timeout') - 250) / 1000);
	const shown = await board.evaluate(() => ({ label: document.querySelector('#now-label').textContent, time: document.querySelector('#now-time').textContent }));
	const latest = (timed.clockNow('Timeout') + 250) / 1000;
	assert.equal(shown.label, 'Lineup');
	assert.ok(shown.time >= earliest && shown.time <= latest, `${shown.time}, which is not from ${earliest} to ${latest}`);
	assert.ok(shown.time - timed.clockNow('Lineup') / 1000 > 1.5, 'it is not the clock of the line-up');
});
