/* What the pages say at every second of a recorded game, compared with the scoreboard's own values: no lead or star pass outside of its jam, no wrong clock, no
 * wrong label. The states are given to the pages one after the other, faster than they were. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../support/chrome.mjs';
import { readBoard, readOverlay } from '../support/look.mjs';
import { expectedPeriod, expectedPhase, expectedTeams, expectedTexts, periodShows } from '../support/oracle.mjs';
import { createTruth, readRecording } from '../support/recording.mjs';
import { startStates } from '../support/states.mjs';
import { boxRecordingPath, recordingPath } from '../support/tools.mjs';
import { viewOf } from '../support/view.mjs';

const OVERLAY_SHOWS = ['scores', 'marks', 'jamPoints'];
const LATE_MS = 100; // a clock on the page runs on until it is read

let states;
let browser;
let board;
let overlay;
before(async () => {
	states = await startStates();
	browser = await launch();
	[board, overlay] = await Promise.all([open(''), open('overlay.html')]);
});
after(async () => {
	await browser?.close();
	await states?.stop();
});

/* { t, truth, since }: the recording at each of its seconds. */
function* seconds(path) {
	const truth = createTruth();
	const told = new Map(); // path of a clock's time -> when it was told
	const frames = readRecording(path);
	let next = 0;
	for (let t = 1000; t < frames.at(-1).t; t += 1000) {
		for (; next < frames.length && frames[next].t <= t; next++) {
			truth.apply(frames[next]);
			for (const name of Object.keys(frames[next].frame.state))
				if (/\.(Time|Running)$/.test(name))
					told.set(name.replace(/\.Running$/, '.Time'), frames[next].t);
		}
		yield { t, truth, told: (name) => told.get(name) ?? t, since: (name) => t - (told.get(`ScoreBoard.CurrentGame.Clock(${name}).Time`) ?? t) };
	}
}

/* What of it is wrong, in words. */
function compare(shown, moment, { late, teams }) {
	const truth = moment.truth.get;
	const [label, clock] = expectedPhase(truth);
	const expected = { label: [label], period: [expectedPeriod(truth)],
		time: expectedTexts(truth, clock, { since: moment.since, late }), periodTime: expectedTexts(truth, periodShows(truth), { since: moment.since, late }),
		...Object.fromEntries(teams.map((what) => [what, [String(expectedTeams[what](truth))]])) };
	return Object.entries(expected).filter(([what, texts]) => !texts.includes(String(shown[what])))
		.map(([what, texts]) => `${what} at ${moment.t}: ${shown[what]}, should be ${texts.join(' or ')}`);
}

async function open(name) {
	const page = await openPage(browser, states.address(name));
	await page.waitForFunction(() => window.scoreboard?.connection.live, undefined, { timeout: 60000 });
	return page;
}

/* [second, state] of each that is wrong on the board or the overlay; how many seconds and which labels were seen. */
async function playThrough(path) {
	const wrong = [];
	const labels = new Set();
	let count = 0;
	for (const moment of seconds(path)) {
		const wall = Date.now();
		states.tell(viewOf(moment.truth.all, { told: moment.told, now: moment.t, wall }));
		const [shown, over] = await Promise.all([states.drawn(board, readBoard), states.drawn(overlay, readOverlay)]);
		const late = Date.now() - wall + LATE_MS;
		wrong.push(...compare(shown, moment, { late, teams: Object.keys(expectedTeams) }));
		over.period ||= expectedPeriod(moment.truth.get) === 'Before the game' ? 'Before the game' : ''; // the overlay leaves that out
		wrong.push(...compare(over, moment, { late, teams: OVERLAY_SHOWS }).map((what) => `overlay: ${what}`));
		labels.add(shown.label.replace(/^Jam .*/, 'Jam'));
		count++;
	}
	const others = [board, overlay].flatMap(({ complaints }) => complaints).filter((text) => !/ERR_CONNECTION_REFUSED/.test(text)); // there is no broker
	assert.deepEqual(others, []);
	return { wrong: wrong.slice(0, 20), labels, count };
}

const SHARED = process.env.SB_SHARED && join(process.env.SB_SHARED, 'crg/game-a.jsonl');
const LABELS = ['Jam', 'Lineup', 'Team Timeout', 'Official Timeout', 'Official Review', 'Intermission', 'Unofficial Score', 'Final Score', 'Coming Up'];
const GAMES = [['a_whole_game', recordingPath(), LABELS], ['a_game_with_penalty_clocks', boxRecordingPath(), ['Jam', 'Lineup']], ['another_game', SHARED, LABELS]];
for (const [name, path, labels] of GAMES)
	test(`every_second_is_right: ${name}`, async (t) => {
		if (!path || !existsSync(path))
			return t.skip('the recording is not here');
		const seen = await playThrough(path);
		assert.deepEqual(seen.wrong, []);
		assert.deepEqual(labels.filter((label) => !seen.labels.has(label)), [], 'what the recording is known to have');
		console.log(`# ${seen.count} seconds: ${[...seen.labels].join(', ')}`);
	});
