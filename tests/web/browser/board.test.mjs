/* The spectator board in a real Chromium: right at twenty moments of a recorded game, clocks included. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage, shownClock } from '../support/chrome.mjs';
import { startStage } from '../support/stage.mjs';
import { sleep, until } from '../support/tools.mjs';

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
	const truth = (name) => stage.truth.get(name);
	const expected = {
		scores: [truth('Team(1).Score'), truth('Team(2).Score')].map(String),
		names: [truth('Team(1).Name'), truth('Team(2).Name')],
		label: expectedLabel(truth),
		timeouts: [truth('Team(1).Timeouts'), truth('Team(2).Timeouts')],
		reviews: [truth('Team(1).OfficialReviews'), truth('Team(2).OfficialReviews')],
		marks: [1, 2].map((n) => mark((leaf) => truth(`Team(${n}).${leaf}`))),
		jammers: [1, 2].map((n) => truth(`Team(${n}).Position(${truth(`Team(${n}).StarPass`) ? 'Pivot' : 'Jammer'}).RosterNumber`) ?? ''),
		penalties: [1, 2].map((n) => String(truth(`Team(${n}).TotalPenalties`) || '')),
	};
	for (const [what, value] of Object.entries(expected))
		assert.deepEqual(shown[what], value, `${what} at ${moment}`);
	await compareClocks(moment);
}

const mark = (of) => (of('StarPass') ? 'SP' : of('Lead') && !of('Lost') ? '★' : '');

/* The rule of PROTOCOL.md, written a second time, over the scoreboard's own names. */
function expectedLabel(truth) {
	const running = (name) => truth(`Clock(${name}).Running`);
	if (truth('InJam'))
		return `Jam ${truth('Clock(Jam).Number')}`;
	if (running('Lineup'))
		return 'Lineup';
	if (running('Timeout'))
		return truth('TimeoutOwner') === '' ? 'Timeout' : truth('TimeoutOwner') === 'O' ? 'Official Timeout'
			: truth('OfficialReview') ? 'Official Review' : 'Team Timeout';
	if (truth('OfficialScore'))
		return 'Final Score';
	if (!running('Intermission'))
		return 'Coming Up';
	const number = truth('Clock(Intermission).Number');
	return number === 0 ? 'Time To Derby' : String(number) === truth('Rule(Period.Number)') ? 'Unofficial Score' : 'Intermission';
}

/* Runs in the page. */
function readBoard() {
	const all = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
	const dots = (selector) => [1, 2].map((n) => document.querySelectorAll(`#team-${n} ${selector} i:not([data-used])`).length);
	return {
		scores: all('.score'), names: all('.team-name'), label: document.querySelector('#now-label').textContent,
		timeouts: dots('[data-part=timeouts]'), reviews: dots('[data-part=reviews]'),
		marks: all('.mark'), jammers: all('.jammer-number'), penalties: all('[data-part=total]'),
	};
}

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
