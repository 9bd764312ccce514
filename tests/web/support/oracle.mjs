/* oracle - which key of the feed holds which value of the scoreboard, written out a second time, by hand. */

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
