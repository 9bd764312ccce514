/* derby - what a person wants to know of a game of roller derby, from the keys of a view. Pure: a Map in, plain data out; knows no page,
 * no language and no time.
 *
 * The rules are the scoreboard's own: which clock counts, what a timeout is called, who is lead. A value that is not of its key's type
 * counts as missing. What a value means only in a jam is told only in a jam: after it the scoreboard still has lead and star pass of the
 * jam that has ended, while its positions already hold the next line-up. */

import { isClock } from './clock.js';
import { parseColor, safePair } from './color.js';

const TYPES = {
	boolean: (value) => typeof value === 'boolean',
	number: Number.isFinite,
	string: (value) => typeof value === 'string',
	clock: isClock,
};
const rows = (type, names) => names.split(' ').map((name) => [name, type]);

/* The keys that are read here, and their types; a star stands for a team's number, or for whatever names one of several. derby.d.ts has the same. */
export const KEYS = new Map([
	...rows('string', 'game state timeout-owner event-info/* rule/* setting/*'),
	...rows('boolean', 'in-jam in-overtime no-more-jam official-review official-score clock-during-final-score'),
	...rows('number', 'current-period-number clock/*/number'),
	...rows('clock', 'clock/* team/*/box-trip/*/clock'),
	...rows('string', 'team/*/name team/*/team-name team/*/initials team/*/uniform-color team/*/color/* team/*/alternate-name/* team/*/logo file/team/*/logo'),
	...rows('number', 'team/*/score team/*/jam-score team/*/trip-score team/*/timeouts team/*/official-reviews team/*/total-penalties'),
	...rows('boolean', 'team/*/lead team/*/lost team/*/star-pass team/*/calloff team/*/injury team/*/no-initial team/*/in-timeout ' +
		'team/*/in-official-review team/*/retained-official-review'),
	...rows('string', 'team/*/position/*/name team/*/position/*/roster-number team/*/position/*/current-penalties team/*/box-trip/*/current-fielding'),
	...rows('boolean', 'team/*/position/*/penalty-box team/*/skater/*/penalty-box'),
	...rows('string', 'team/*/skater/*/name team/*/skater/*/roster-number team/*/skater/*/flags team/*/skater/*/penalty/*/code'),
]);

const NAMED = new Set(['team', 'clock', 'rule', 'setting', 'event-info', 'color', 'alternate-name', 'position', 'skater', 'penalty', 'box-trip']);

/* A key with a star for each name that it holds. */
export const shapeOf = (key) => key.split('/').map((part, i, parts) => (i > 0 && NAMED.has(parts[i - 1]) ? '*' : part)).join('/');

/* The value of a key, if it is of the key's type; else undefined. */
export function valueOf(state, key) {
	const value = state.get(key);
	return TYPES[KEYS.get(shapeOf(key))]?.(value) ? value : undefined;
}

const POSITIONS = ['jammer', 'pivot', 'blocker1', 'blocker2', 'blocker3'];
const CLOCKS = { period: 'period', jam: 'jam', lineup: 'lineup', timeout: 'timeout', intermission: 'intermission' };
const FALLBACK_COLORS = ['#2b3a55', '#5a2333'];
const NO_LIMIT_MS = 86400000; // a clock without an end

/* What the scoreboard calls it. */
const LABELS = {
	none: '', fresh: 'Coming Up', coming: 'Coming Up', lineup: 'Lineup', timeout: 'Timeout', 'official-timeout': 'Official Timeout',
	'team-timeout': 'Team Timeout', 'official-review': 'Official Review', 'pre-game': 'Time To Derby', intermission: 'Intermission',
	unofficial: 'Unofficial Score', final: 'Final Score',
};
const KINDS = {
	none: 'coming', fresh: 'coming', coming: 'coming', lineup: 'lineup', jam: 'jam', timeout: 'timeout', 'official-timeout': 'timeout',
	'team-timeout': 'timeout', 'official-review': 'review', 'pre-game': 'break', intermission: 'break', unofficial: 'break', final: 'final',
};

/* In these the positions name who skates next, or nobody: no jammer is shown, nobody is in the box. */
const PAUSES = new Set(['break', 'final', 'coming']);
const NOT_BEGUN = new Set(['none', 'fresh', 'pre-game']);
const OVER = new Set(['unofficial', 'final']);
const OFF_SKATES = new Set(['ALT', 'B', 'BA']); // flags of those on the roster who do not skate in this game

/* `use`: whose names and colours are wanted, "scoreboard" or "overlay". `teams` are in the order in which they are to be
 * shown: the scoreboard's own display may have its sides swapped. */
export function readGame(state, { use = 'scoreboard' } = {}) {
	const get = (key) => valueOf(state, key);
	const phase = readPhase(get, state.size > 0);
	const swapped = use === 'scoreboard' && get('setting/ScoreBoard.View_SwapTeams') === 'true';
	return {
		known: state.size > 0,
		id: get('game') ?? '',
		event: readEvent(get),
		phase,
		period: readPeriod(get, phase),
		jamNumber: get('clock/jam/number') ?? 0,
		overtime: get('in-overtime') === true,
		begun: !NOT_BEGUN.has(phase.name),
		over: OVER.has(phase.name),
		teams: (swapped ? [2, 1] : [1, 2]).map((number) => readTeam({ state, get, phase, use }, number)),
	};
}

export const teamOf = (game, number) => game.teams.find((team) => team.number === number);

/* The clocks that are to be shown, the one that counts and the period's; null where there is none, or it has nothing to say. `clock` is the
 * board's: the name of a clock in, { time, running, direction } or null out. */
export function shownClocks({ phase, period }, clock) {
	const now = phase.clock === null ? null : clock(phase.clock);
	const whole = period.name === 'before' || period.name === 'over' ? null : clock(CLOCKS.period);
	return {
		phase: speaks(now) ? now : null,
		period: speaks(whole) && (whole.running || whole.time > 0) ? whole : null,
	};
}

/* One that has no end and does not run is not worth showing. */
const speaks = (clock) => clock !== null && (clock.running || clock.time < NO_LIMIT_MS);

function readEvent(get) {
	const info = (name) => get(`event-info/${name}`) ?? '';
	return { tournament: info('Tournament'), game: info('GameNo'), venue: info('Venue'), city: info('City'), date: info('Date') };
}

/* --- what the game is in --- */

/* A game of one period has no "Period 1". */
function readPeriod(get, { name: phase }) {
	const number = get('current-period-number') ?? 0;
	if (phase === 'final')
		return { number, name: 'over', label: '' };
	if (number <= 0)
		return { number: 0, name: 'before', label: 'Before the game' };
	if (get('in-overtime') === true)
		return { number, name: 'overtime', label: 'Overtime' };
	return periods(get) === '1' ? { number, name: 'game', label: 'Game' } : { number, name: 'period', label: `Period ${number}` };
}

const periods = (get) => get('rule/Period.Number') ?? '2';

/* In the order in which the scoreboard asks. */
function readPhase(get, known) {
	const running = (name) => get(`clock/${name}`)?.running === true;
	if (!known)
		return phaseOf('none');
	if (get('in-jam') === true)
		return jamPhase(get);
	if (running('lineup'))
		return lineupPhase(get, running('timeout') ? CLOCKS.timeout : CLOCKS.lineup);
	if (running('timeout'))
		return timeoutPhase(get);
	if (get('official-score') === true || running('intermission'))
		return breakPhase(get, running('intermission'));
	return phaseOf((get('current-period-number') ?? 0) > 0 ? 'coming' : 'fresh');
}

const phaseOf = (name, more) => ({ name, kind: KINDS[name], label: LABELS[name], worded: false, clock: null, team: null, last: false, lengthMs: 0, ...more });

function jamPhase(get) {
	const number = get('clock/jam/number');
	return phaseOf('jam', { label: number === undefined ? 'Jam' : `Jam ${number}`, clock: CLOCKS.jam, lengthMs: lengthMs(get('rule/Jam.Duration')) });
}

/* After a timeout the scoreboard can let the timeout's clock run on instead of the line-up's, whose clock runs unseen
 * (its setting ClockAfterTimeout). */
const lineupPhase = (get, clock) => phaseOf('lineup', { clock, last: get('no-more-jam') === true });

function timeoutPhase(get) {
	const owner = get('timeout-owner') ?? '';
	const team = [1, 2].find((n) => owner.endsWith(`_${n}`)) ?? null;
	return phaseOf(timeoutName(get, owner), { clock: CLOCKS.timeout, team });
}

function timeoutName(get, owner) {
	if (owner === '')
		return 'timeout';
	if (owner === 'O')
		return 'official-timeout';
	return get('official-review') === true ? 'official-review' : 'team-timeout';
}

/* Leagues can word these; `worded` says that one has. The scoreboard shows the clock of some. */
function breakPhase(get, running) {
	const [name, setting, counts] = breakName(get);
	const own = get(`setting/ScoreBoard.Intermission.${setting}`);
	const worded = Boolean(own) && own !== LABELS[name];
	return phaseOf(name, { label: worded ? own : LABELS[name], worded, clock: counts && running ? CLOCKS.intermission : null });
}

/* [our name, the scoreboard's, is its clock shown] */
function breakName(get) {
	if (get('official-score') === true)
		return get('clock-during-final-score') === true ? ['final', 'OfficialWithClock', true] : ['final', 'Official', false];
	const number = get('clock/intermission/number') ?? 0;
	if (number === 0)
		return ['pre-game', 'PreGame', true];
	return String(number) === periods(get) ? ['unofficial', 'Unofficial', false] : ['intermission', 'Intermission', true];
}

/* "2:00" as the rules write it; 0 when there is none. */
export function lengthMs(rule) {
	const match = /^(\d+):(\d\d)$/.exec(rule ?? '');
	return match ? (Number(match[1]) * 60 + Number(match[2])) * 1000 : 0;
}

/* --- a team --- */

function readTeam({ state, get, phase, use }, number) {
	const own = (key) => get(`team/${number}/${key}`);
	const paused = PAUSES.has(phase.kind);
	const inJam = phase.kind === 'jam';
	const mark = inJam ? leadMark(own) : null;
	const clocks = paused ? new Map() : penaltyClocks(state, number);
	const name = own(`alternate-name/${use}`) || own('name') || '';
	const lineup = OVER.has(phase.name) ? [] : POSITIONS.map((position) => readPlace(own, position, { paused, clocks }));
	return {
		number,
		name: name || `Team ${number}`,
		named: name !== '',
		initials: own('initials') || initialsOf(name),
		logo: { wanted: Boolean(own('logo')), file: get(`file/team/${number}/logo`) ?? '' },
		colors: teamColors(own, number, use),
		score: own('score') ?? 0,
		jamScore: paused ? 0 : own('jam-score') ?? 0,
		tripScore: inJam ? own('trip-score') ?? 0 : 0,
		noInitial: own('no-initial') === true && get('in-overtime') !== true,
		mark,
		lost: inJam && own('lost') === true,
		ended: inJam || paused ? null : endOf(own),
		jammer: paused ? NOBODY : lineup[mark === 'star-pass' ? 1 : 0],
		timeouts: dots(own('timeouts'), get('rule/Team.Timeouts') ?? 3),
		reviews: { ...dots(own('official-reviews'), get('rule/Team.OfficialReviews') ?? 1), retained: own('retained-official-review') === true },
		calls: callOf(own, phase),
		lineup,
		skaters: readSkaters(state, number, { foulout: Number(get('rule/Penalties.NumberToFoulout') ?? 7), paused }),
		totalPenalties: own('total-penalties') ?? 0,
	};
}

/* Of a team without any: the first letters of the words of its name. */
const initialsOf = (name) => name.split(/[\s-]+/).filter(Boolean).slice(0, 3).map((word) => [...word][0].toUpperCase()).join('');

const NOBODY = Object.freeze({ position: null, name: '', number: '', box: false, penaltyClock: null, penalties: '' });

function leadMark(own) {
	if (own('star-pass') === true)
		return 'star-pass';
	return own('lost') !== true && own('lead') === true ? 'lead' : null;
}

/* How this team ended the jam before, until the next one begins. */
function endOf(own) {
	if (own('injury') === true)
		return 'injury';
	return own('calloff') === true ? 'calloff' : null;
}

/* Only in a timeout: the scoreboard may take a flag back later than the clock. */
function callOf(own, { kind }) {
	if (kind !== 'timeout' && kind !== 'review')
		return null;
	if (own('in-official-review') === true)
		return 'review';
	return own('in-timeout') === true ? 'timeout' : null;
}

function readPlace(own, position, { paused, clocks }) {
	const of = (key) => own(`position/${position}/${key}`);
	return {
		position,
		name: of('name') ?? '',
		number: of('roster-number') ?? '',
		box: !paused && of('penalty-box') === true,
		penaltyClock: clocks.get(position) ?? null,
		penalties: of('current-penalties') ?? '',
	};
}

/* Position -> key of its penalty clock, when the scoreboard times penalties. A trip to the box tells whose it is by
 * a value that ends with the position, as in "..._1_Jammer"; it has a clock as long as it lasts. */
function penaltyClocks(state, team) {
	const found = new Map();
	for (const key of state.keys()) {
		const trip = key.startsWith(`team/${team}/box-trip/`) && /^(.*)\/current-fielding$/.exec(key);
		if (trip && valueOf(state, `${trip[1]}/clock`))
			found.set((valueOf(state, key) ?? '').split('_').pop().toLowerCase(), `${trip[1]}/clock`);
	}
	return found;
}

/* Without colours a team may still be called by one: the scoreboard's first two teams are Black and White. */
function teamColors(own, number, use) {
	const other = use === 'overlay' ? 'scoreboard' : 'overlay';
	const of = (part) => own(`color/${use}.${part}`) ?? own(`color/${other}.${part}`);
	const ground = [of('bg'), own('uniform-color'), own('team-name'), own('name')].find(parseColor);
	return safePair(ground, of('fg'), FALLBACK_COLORS[number - 1]);
}

function dots(left = 0, total = 0) {
	const most = Math.min(Math.max(Number(total) || 0, left), 9);
	return { left: Math.max(0, Math.min(left, most)), total: Math.max(0, most) };
}

/* --- the roster, in order of its numbers (as text, as derby does), with each skater's penalty codes --- */

function readSkaters(state, team, game) {
	const found = new Map();
	const pattern = new RegExp(`^team/${team}/skater/([^/]+)/(?:penalty/(\\d+)/)?([a-z-]+)$`);
	for (const key of state.keys()) {
		const match = key.startsWith(`team/${team}/skater/`) && pattern.exec(key);
		if (match)
			noteSkater(found, match, valueOf(state, key));
	}
	return [...found.values()].map((skater) => finishSkater(skater, game))
		.sort((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : 0));
}

function noteSkater(found, [, id, penalty, leaf], value) {
	if (!found.has(id))
		found.set(id, { id, codes: [], leaves: {} });
	const skater = found.get(id);
	if (penalty === undefined)
		skater.leaves[leaf] = value;
	else if (leaf === 'code')
		skater.codes.push([Number(penalty), value ?? '']);
}

/* Penalty 0 is not a penalty: it says that the skater is out, and why. */
function finishSkater({ id, codes, leaves }, { foulout, paused }) {
	const counted = codes.filter(([k]) => k > 0).sort(([a], [b]) => a - b).map(([, code]) => code);
	return {
		id,
		number: leaves['roster-number'] ?? '',
		name: leaves.name ?? '',
		captain: leaves.flags === 'C',
		skates: !OFF_SKATES.has(leaves.flags),
		box: !paused && leaves['penalty-box'] === true,
		codes: counted,
		out: codes.some(([k]) => k === 0) || counted.length >= foulout,
		near: counted.length >= foulout - 2,
	};
}
