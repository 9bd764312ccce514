/* model - what a person wants to see, from the view's keys. Pure: a Map in, plain data out; knows no page.
 * The rules are the scoreboard's own: which clock counts, what a timeout is called, who is lead. */

import { parseColor, safePair } from './color.js';

const POSITIONS = [
	['jammer', 'Jammer', 'J'], ['pivot', 'Pivot', 'P'],
	['blocker1', 'Blocker', 'B'], ['blocker2', 'Blocker', 'B'], ['blocker3', 'Blocker', 'B'],
];
const FALLBACK_COLORS = ['#2b3a55', '#5a2333'];
const NO_LIMIT_MS = 86400000; // a clock without an end
const COUNTED = new Set(['PreGame', 'Intermission', 'OfficialWithClock']); // breaks whose clock the scoreboard shows
const WORDS = {
	PreGame: 'Time To Derby', Intermission: 'Intermission', Unofficial: 'Unofficial Score',
	Official: 'Final Score', OfficialWithClock: 'Final Score',
};

/* In these the positions name who skates next, or nobody: no jammer is shown, nobody is in the box. */
const PAUSES = new Set(['break', 'final', 'coming']);

/* `use`: whose names and colours a page wants, "scoreboard" or "overlay". `teams` are in the order in which the page
 * shows them: the scoreboard's own display may have its sides swapped. */
export function boardModel(state, use = 'scoreboard') {
	const get = (key, otherwise) => state.get(key) ?? otherwise;
	const phase = gamePhase(get);
	const swapped = use === 'scoreboard' && text(get('setting/ScoreBoard.View_SwapTeams')) === 'true';
	return {
		known: state.size > 0,
		event: eventModel(get),
		phase,
		period: periodModel(get),
		jamNumber: get('clock/jam/number', 0),
		teams: (swapped ? [2, 1] : [1, 2]).map((number) => teamModel({ state, get, phase, use }, number)),
		final: get('official-score') === true,
	};
}

export const teamOf = (model, number) => model.teams.find((team) => team.number === number);

function eventModel(get) {
	const info = (name) => text(get(`event-info/${name}`));
	const place = [info('Venue'), info('City')].filter(Boolean).join(', ');
	const game = info('GameNo') && `Game ${info('GameNo')}`;
	return {
		title: [info('Tournament'), game].filter(Boolean).join(' · '),
		place,
		date: info('Date'),
	};
}

function periodModel(get) {
	const number = get('current-period-number', 0);
	return { number, label: number > 0 ? periodLabel(get, number) : 'Before the game' };
}

/* A game of one period has no "Period 1". */
function periodLabel(get, number) {
	if (get('in-overtime') === true)
		return 'Overtime';
	return String(get('rule/Period.Number', 2)) === '1' ? 'Game' : `Period ${number}`;
}

/* What the game is in, in the order in which the scoreboard asks: { kind, label, clock, team, alert, lengthMs }. */
function gamePhase(get) {
	const running = (name) => get(`clock/${name}`)?.running === true;
	if (get('in-jam') === true)
		return { kind: 'jam', label: `Jam ${get('clock/jam/number', '')}`, clock: 'jam', lengthMs: lengthMs(get('rule/Jam.Duration')) };
	if (running('lineup'))
		return lineupPhase(get, running('timeout') ? 'timeout' : 'lineup');
	if (running('timeout'))
		return timeoutPhase(get);
	if (get('official-score') === true || running('intermission'))
		return breakPhase(get);
	return { kind: 'coming', label: 'Coming Up', clock: null };
}

/* After a timeout the scoreboard can let the timeout's clock run on instead of the line-up's, whose clock runs unseen
 * (its setting ClockAfterTimeout). */
function lineupPhase(get, clock) {
	return { kind: 'lineup', label: 'Lineup', clock, alert: get('no-more-jam') === true };
}

function timeoutPhase(get) {
	const owner = text(get('timeout-owner'));
	const team = [1, 2].find((n) => owner.endsWith(`_${n}`)) ?? null;
	if (owner === '')
		return { kind: 'timeout', label: 'Timeout', clock: 'timeout', team };
	if (owner === 'O')
		return { kind: 'timeout', label: 'Official Timeout', clock: 'timeout', team };
	const review = get('official-review') === true;
	return { kind: review ? 'review' : 'timeout', label: review ? 'Official Review' : 'Team Timeout', clock: 'timeout', team };
}

function breakPhase(get) {
	const name = breakName(get);
	const label = text(get(`setting/ScoreBoard.Intermission.${name}`)) || WORDS[name];
	const counts = COUNTED.has(name) && get('clock/intermission')?.running === true;
	return { kind: name.startsWith('Official') ? 'final' : 'break', label, clock: counts ? 'intermission' : null };
}

function breakName(get) {
	if (get('official-score') === true)
		return get('clock-during-final-score') === true ? 'OfficialWithClock' : 'Official';
	const number = get('clock/intermission/number', 0);
	if (number === 0)
		return 'PreGame';
	return String(number) === String(get('rule/Period.Number', 2)) ? 'Unofficial' : 'Intermission';
}

function teamModel({ state, get, phase, use }, number) {
	const own = (key, otherwise) => get(`team/${number}/${key}`, otherwise);
	const foulout = Number(get('rule/Penalties.NumberToFoulout', 7));
	const paused = PAUSES.has(phase.kind);
	const mark = phase.kind === 'jam' ? leadMark(own) : null;
	const clocks = paused ? new Map() : penaltyClocks(state, number);
	const lineup = POSITIONS.map((position) => placeModel(own, position, { paused, clocks }));
	return {
		number,
		name: text(own(`alternate-name/${use}`)) || text(own('name')) || `Team ${number}`,
		initials: text(own('initials')),
		colors: teamColors(own, number, use),
		score: own('score', 0),
		jamScore: paused ? 0 : own('jam-score', 0),
		noInitial: own('no-initial') === true && get('in-overtime') !== true,
		tripScore: own('trip-score', 0),
		mark,
		jammer: paused ? NOBODY : lineup[mark === 'star-pass' ? 1 : 0],
		flags: { calloff: own('calloff') === true, injury: own('injury') === true, lost: own('lost') === true },
		timeouts: dots(own('timeouts'), get('rule/Team.Timeouts', 3)),
		reviews: { ...dots(own('official-reviews'), get('rule/Team.OfficialReviews', 1)), retained: own('retained-official-review') === true },
		calls: own('in-official-review') === true ? 'review' : own('in-timeout') === true ? 'timeout' : null,
		lineup,
		skaters: skaters(state, number, { foulout, paused }),
		totalPenalties: own('total-penalties', 0),
	};
}

const NOBODY = Object.freeze({ position: null, name: '', number: '', box: false, penaltyClock: null });

function placeModel(own, [position, label, letter], { paused, clocks }) {
	const of = (key) => own(`position/${position}/${key}`);
	return {
		position, label, letter,
		name: text(of('name')),
		number: text(of('roster-number')),
		box: !paused && of('penalty-box') === true,
		penaltyClock: clocks.get(position) ?? null,
		penalties: text(of('current-penalties')),
	};
}

/* Position -> key of its penalty clock, when the scoreboard times penalties. A trip to the box tells whose it is by
 * a value that ends with the position, as in "..._1_Jammer"; it has a clock as long as it lasts. */
function penaltyClocks(state, team) {
	const found = new Map();
	for (const [key, value] of state) {
		const trip = key.startsWith(`team/${team}/box-trip/`) && /^(.*)\/current-fielding$/.exec(key);
		if (trip && state.has(`${trip[1]}/clock`))
			found.set(text(value).split('_').pop().toLowerCase(), `${trip[1]}/clock`);
	}
	return found;
}

/* Lead and star pass, which count only in a jam: after it the scoreboard still has those of the jam that ended, while its positions
 * already hold the next line-up. */
function leadMark(own) {
	if (own('star-pass') === true)
		return 'star-pass';
	return own('lost') !== true && own('lead') === true ? 'lead' : null;
}

/* Without colours a team may still be called by one: the scoreboard's first two teams are Black and White. */
function teamColors(own, number, use) {
	const other = use === 'overlay' ? 'scoreboard' : 'overlay';
	const of = (part) => own(`color/${use}.${part}`) ?? own(`color/${other}.${part}`);
	const ground = [of('bg'), own('uniform-color'), own('team-name'), own('name')].find(parseColor);
	return safePair(ground, of('fg'), FALLBACK_COLORS[number - 1]);
}

function dots(left, total) {
	const most = Math.min(Math.max(Number(total) || 0, Number(left) || 0), 9);
	return { left: Math.max(0, Math.min(Number(left) || 0, most)), total: most };
}

/* The roster in order of its numbers (as text, as derby does), with each skater's penalty codes. */
function skaters(state, team, game) {
	const found = new Map();
	const pattern = new RegExp(`^team/${team}/skater/([^/]+)/(?:penalty/(\\d+)/)?([a-z-]+)$`);
	for (const [key, value] of state) {
		const match = key.startsWith(`team/${team}/skater/`) && pattern.exec(key);
		if (match)
			noteSkater(found, match, value);
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
		skater.codes.push([Number(penalty), text(value)]);
}

/* Penalty 0 is not a penalty: it says that the skater is out, and why. */
function finishSkater({ id, codes, leaves }, { foulout, paused }) {
	const counted = codes.filter(([k]) => k > 0).sort(([a], [b]) => a - b).map(([, code]) => code);
	return {
		id,
		number: text(leaves['roster-number']),
		name: text(leaves.name),
		flags: text(leaves.flags),
		box: !paused && leaves['penalty-box'] === true,
		codes: counted,
		out: codes.some(([k]) => k === 0) || counted.length >= foulout,
		near: counted.length >= foulout - 2,
	};
}

const text = (value) => (value === undefined || value === null ? '' : String(value));

/* "2:00" as the rules write it; 0 when there is none. */
export function lengthMs(rule) {
	const match = /^(\d+):(\d\d)$/.exec(text(rule));
	return match ? (Number(match[1]) * 60 + Number(match[2])) * 1000 : 0;
}

/* Is the clock worth showing? One that has no end and does not run is not. */
export const clockSpeaks = (clock) => clock !== null && (clock.running || clock.time < NO_LIMIT_MS);

/* The period's clock, while it has something to say: not before the game, and not once it has run out. */
export function periodClock(board, period) {
	const clock = period.number > 0 ? board.clock('period') : null;
	return clock?.running || clock?.time > 0 ? clock : null;
}

/* What the banner has to say about the truth of what is shown; of several things the gravest: { level: 'bad'|'warn'|'info', text }, or
 * null. `known`: there is a state to show. */
export function honesty({ connection, status, online, downMs, known }) {
	const lastKnown = known ? ' This is the last known state.' : '';
	if (!online)
		return { level: 'bad', text: `This device is offline.${lastKnown}` };
	if (!connection.live)
		return connectionNews(connection, downMs, lastKnown);
	if (!known)
		return { level: 'info', text: `Connected. There is no game here yet.${WITHOUT_GAME[status?.state] ?? ''}` };
	if (status?.state === 'offline')
		return { level: 'bad', text: `The scoreboard's publisher is offline${since(status)}.${lastKnown}` };
	if (status?.state === 'stale')
		return { level: 'warn', text: `No word from the scoreboard itself${since(status)}.${lastKnown}` };
	if (connection.quiet)
		return { level: 'warn', text: `No news for ${Math.round(connection.heardMs / 1000)} s.${lastKnown}` };
	return null;
}

const SHOW_AFTER_MS = 1500; // a connection that is back sooner is not worth a banner
const WITHOUT_GAME = { offline: " The scoreboard's publisher is offline.", stale: ' No word from the scoreboard itself.' };

function connectionNews({ everLive, refusals }, downMs, lastKnown) {
	if (downMs < SHOW_AFTER_MS)
		return null;
	if (everLive)
		return { level: 'bad', text: ['Connection lost, reconnecting.', ...refusals].join(' ') + lastKnown };
	if (refusals.length > 0)
		return { level: 'warn', text: refusals.join(' ') };
	return { level: 'info', text: downMs < 8000 ? 'Connecting to the scoreboard…' : 'Can’t reach the scoreboard yet. Still trying…' };
}

function since({ since: ms }) {
	if (!(ms > 0))
		return '';
	return ` since ${new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}

/* Short texts for screen readers. */
export function spokenScore(model) {
	return model.teams.map((team) => `${team.name} ${team.score}`).join(', ');
}

export function spokenState(model) {
	const { phase, period, teams } = model;
	const owner = phase.team ? `, ${teamOf(model, phase.team).name}` : '';
	const lead = teams.find((team) => team.mark === 'lead');
	const words = [phase.label + owner, period.number > 0 && phase.kind !== 'final' ? period.label : ''];
	if (phase.kind === 'jam' && lead)
		words.push(`lead jammer ${lead.name}`);
	return words.filter(Boolean).join(', ');
}
