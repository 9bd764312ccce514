/* games - states of a game as views have them: moments of the recordings, and invented ones. */
import { createHash } from 'node:crypto';
import { logo } from './pictures.mjs';
import { createTruth, readRecording } from './recording.mjs';
import { boxRecordingPath, recordingPath } from './tools.mjs';
import { viewOf } from './view.mjs';

/* The view at `t` ms of a recording. */
function recorded(t, path = recordingPath()) {
	const truth = createTruth();
	const told = new Map();
	for (const entry of readRecording(path).filter((e) => e.t <= t)) {
		truth.apply(entry);
		Object.keys(entry.frame.state).forEach((name) => told.set(name, entry.t));
	}
	return viewOf(truth.all, { told: (name) => told.get(name), now: t, wall: Date.now() });
}

const atBox = (t) => recorded(t, boxRecordingPath());
/* `undefined`: without this key. */
const withKeys = (state, keys) => new Map([...new Map([...state, ...Object.entries(keys)])].filter(([, value]) => value !== undefined));
const without = (state, pattern) => new Map([...state].filter(([key]) => !pattern.test(key)));
const clock = (time, direction = 'down', running = true) => ({ time, running, direction, at: Date.now() });

export const LOGOS = [logo([200, 20, 60], 160), logo([15, 90, 140], 160)].map((bytes) => ({ bytes, name: `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.png` }));

const JAM = 126000;  // both teams on the track, a jammer in the box
const LEAD = 65000;
const names = (one, two) => ({ 'team/1/name': one, 'team/2/name': two, 'team/1/alternate-name/overlay': undefined, 'team/2/alternate-name/overlay': undefined });

/* name -> { state(): a Map, status, cut: the page loses its servers } */
export const GAMES = {
	'no game': { state: () => new Map() },
	fresh: { state: () => recorded(1000) },
	'pre-game': { state: () => withKeys(recorded(8000), { 'clock/intermission': clock(1799000) }) },
	'line-up': { state: () => recorded(50000) },
	jam: { state: () => recorded(11000) },
	lead: { state: () => recorded(LEAD) },
	'star pass': { state: () => recorded(72000) },
	box: { state: () => atBox(12000) },
	'team timeout': { state: () => recorded(92000) },
	'official timeout': { state: () => recorded(262000) },
	review: { state: () => recorded(148000) },
	'half time': { state: () => withKeys(recorded(215000), { 'clock/intermission': clock(872000) }) },
	overtime: { state: () => withKeys(recorded(325000), { 'in-overtime': true, 'clock/period': clock(0, 'down', false), 'team/1/score': 151, 'team/2/score': 151 }) },
	unofficial: { state: () => recorded(420000) },
	final: { state: () => recorded(430000) },
	'long names': { state: () => withKeys(recorded(JAM), {
		...names('The Unbelievably Long Named Rollergirls B', 'Donaudampfschifffahrtsgesellschaftsderby'),
		'team/1/position/jammer/name': 'Anastasia the Unstoppable Avalanche Anne', 'team/1/position/jammer/roster-number': '1234',
		'team/2/position/jammer/name': 'Llanfairpwllgwyngyllgogerychwyrndrobwlll', 'team/2/position/jammer/roster-number': '9999',
	}) },
	'three digits': { state: () => withKeys(recorded(JAM), { 'team/1/score': 288, 'team/2/score': 307, 'team/1/jam-score': 16, 'team/2/jam-score': 21, 'team/1/star-pass': true }) },
	'no colours': { state: () => without(recorded(JAM), /\/color\/|uniform-color/) },
	logos: { state: () => withKeys(recorded(JAM), Object.fromEntries(LOGOS.flatMap(({ name }, i) => [[`team/${i + 1}/logo`, '/images/teamlogo/x.png'], [`file/team/${i + 1}/logo`, name]]))) },
	'logo missing': { state: () => withKeys(recorded(50000), { 'team/1/logo': '/images/teamlogo/x.png', 'file/team/1/logo': LOGOS[0].name, 'team/2/logo': '/images/teamlogo/gone.png' }) },
	stale: { state: () => recorded(JAM), status: { state: 'stale', since: Date.now() - 42000, reason: 'the scoreboard is silent' } },
	offline: { state: () => recorded(JAM), status: { state: 'offline', since: Date.now() - 90000, reason: 'publisher stopped' } },
	'connection lost': { state: () => recorded(JAM), cut: true },
};
