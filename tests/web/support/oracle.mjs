/* oracle - what is to be seen of a game, written a second time, by hand, over the scoreboard's own names: which key of the feed holds which of its values, and
 * what its own displays show. Knows none of our code. */

const TEAM = {
	Score: 'score', JamScore: 'jam-score', TripScore: 'trip-score', LastScore: 'last-score', Lead: 'lead',
	DisplayLead: 'display-lead', Lost: 'lost', Calloff: 'calloff', Injury: 'injury', NoInitial: 'no-initial',
	StarPass: 'star-pass', Timeouts: 'timeouts', OfficialReviews: 'official-reviews',
	RetainedOfficialReview: 'retained-official-review', InTimeout: 'in-timeout', InOfficialReview: 'in-official-review',
	TotalPenalties: 'total-penalties', Name: 'name',
};
const POSITION = { Name: 'name', RosterNumber: 'roster-number', PenaltyBox: 'penalty-box', CurrentPenalties: 'current-penalties', Skater: 'skater' };
const GAME = {
	Game: 'game', State: 'state', InJam: 'in-jam', InPeriod: 'in-period', NoMoreJam: 'no-more-jam', OfficialScore: 'official-score',
	CurrentPeriodNumber: 'current-period-number', UpcomingJamNumber: 'upcoming-jam-number', TimeoutOwner: 'timeout-owner',
	OfficialReview: 'official-review', 'Clock(Jam).Number': 'clock/jam/number',
};

/* [scoreboard's name below CurrentGame, key] */
export const PAIRS = Object.entries(GAME).concat([1, 2].flatMap((n) => [
	...Object.entries(TEAM).map(([name, key]) => [`Team(${n}).${name}`, `team/${n}/${key}`]),
	...['Jammer', 'Pivot', 'Blocker1', 'Blocker2', 'Blocker3'].flatMap((p) => Object.entries(POSITION)
		.map(([name, key]) => [`Team(${n}).Position(${p}).${name}`, `team/${n}/position/${p.toLowerCase()}/${key}`])),
]));

/* One text for the state of all these values: equal texts, equal states. */
export const ofTruth = (truth) => JSON.stringify(PAIRS.map(([name]) => truth.get(name) ?? null));
export const ofView = (state) => JSON.stringify(PAIRS.map(([, key]) => state.get(key) ?? null));

/* --- what is shown, by the rules of the scoreboard's own displays; `truth`: name below CurrentGame -> value --- */

const POSITIONS = ['Jammer', 'Pivot', 'Blocker1', 'Blocker2', 'Blocker3'];
const runs = (truth, name) => truth(`Clock(${name}).Running`) === true;
const intermission = (truth) => {
	const number = truth('Clock(Intermission).Number');
	return number === 0 ? 'Time To Derby' : String(number) === truth('Rule(Period.Number)') ? 'Unofficial Score' : 'Intermission';
};

/* [label, the clock that counts or null] */
export function expectedPhase(truth) {
	if (truth('InJam'))
		return [`Jam ${truth('Clock(Jam).Number')}`, 'Jam'];
	if (runs(truth, 'Lineup'))
		return ['Lineup', runs(truth, 'Timeout') ? 'Timeout' : 'Lineup'];
	if (runs(truth, 'Timeout'))
		return [timeout(truth), 'Timeout'];
	if (truth('OfficialScore'))
		return ['Final Score', truth('ClockDuringFinalScore') && runs(truth, 'Intermission') ? 'Intermission' : null];
	if (!runs(truth, 'Intermission'))
		return ['Coming Up', null];
	const label = intermission(truth);
	return [label, label === 'Unofficial Score' ? null : 'Intermission'];
}

function timeout(truth) {
	const owner = truth('TimeoutOwner');
	if (owner === '' || owner === 'O')
		return owner === '' ? 'Timeout' : 'Official Timeout';
	return truth('OfficialReview') ? 'Official Review' : 'Team Timeout';
}

export function expectedPeriod(truth) {
	const number = truth('CurrentPeriodNumber');
	if (expectedPhase(truth)[0] === 'Final Score')
		return '';
	return number > 0 ? truth('InOvertime') ? 'Overtime' : truth('Rule(Period.Number)') === '1' ? 'Game' : `Period ${number}` : 'Before the game';
}

/* Lead and star pass in a jam only. */
export const expectedMarks = (truth) => teams((of) => (!truth('InJam') ? '' : of('StarPass') ? 'SP' : of('Lead') && !of('Lost') ? '★' : ''))(truth);

const teams = (tell) => (truth) => [1, 2].map((n) => tell((leaf) => truth(`Team(${n}).${leaf}`), truth));
const showsJammer = (truth) => Boolean(truth('InJam')) || runs(truth, 'Lineup') || runs(truth, 'Timeout');

export const expectedTeams = {
	scores: teams((of) => String(of('Score'))),
	names: teams((of) => of('Name')),
	timeouts: teams((of) => of('Timeouts')),
	reviews: teams((of) => of('OfficialReviews')),
	retained: teams((of) => (of('RetainedOfficialReview') ? of('OfficialReviews') : 0)),
	calls: teams((of) => (of('InOfficialReview') ? 'Official review' : of('InTimeout') ? 'Timeout' : '')),
	marks: expectedMarks,
	/* A jammer in jams, line-ups and timeouts. */
	jammers: teams((of, truth) => (!showsJammer(truth) ? '' : of(`Position(${truth('InJam') && of('StarPass') ? 'Pivot' : 'Jammer'}).RosterNumber`) ?? '')),
	jamPoints: teams((of, truth) => (showsJammer(truth) && of('JamScore') > 0 ? `+${of('JamScore')}` : '')),
	boxes: teams((of, truth) => (showsJammer(truth) ? POSITIONS.filter((p) => of(`Position(${p}).PenaltyBox`)).length : 0)),
	penalties: teams((of) => String(of('TotalPenalties') || '')),
};

/* The texts that a clock may show at a moment of the game, when it may be read up to `late` ms later; [''] for none. `since(name)`: ms since the scoreboard told its time. */
export function expectedTexts(truth, name, { since, late }) {
	if (name === null)
		return [''];
	const of = (leaf) => truth(`Clock(${name}).${leaf}`);
	const told = of('Running') ? since(name) : 0;
	const at = (passed) => of('Time') + (of('Direction') ? -1 : 1) * (of('Running') ? told + passed : 0);
	return [...new Set(Array.from({ length: Math.ceil(late / 100) + 1 }, (_, i) => writeClock(at(Math.min(late, i * 100)), of('Direction'))))];
}

/* Counting down rounds up, counting up rounds down; nothing below zero, only seconds below a minute. */
export function writeClock(ms, down) {
	const seconds = Math.max(0, down ? Math.ceil(ms / 1000) : Math.floor(ms / 1000));
	return seconds < 60 ? String(seconds) : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/* The period's clock: not before the game, nor with the final score, nor when it has run out. */
export function periodShows(truth) {
	if (!(truth('CurrentPeriodNumber') > 0) || expectedPeriod(truth) === '')
		return null;
	return runs(truth, 'Period') || truth('Clock(Period).Time') > 0 ? 'Period' : null;
}
