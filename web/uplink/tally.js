/* tally - what is shown of the frames that go out: how many, how large, when, and the score in them. Pure. A scoreboard's texts may be anything, and of
 * any length. */

const GAME = 'ScoreBoard.CurrentGame.';
const TEXT_MOST = 60;
const KEYS = new Set([1, 2].flatMap((n) => ['Name', 'Score'].map((leaf) => `Team(${n}).${leaf}`)).concat('CurrentPeriodNumber', 'UpcomingJamNumber', 'InJam'));

export const createTally = () => ({ frames: 0, bytes: 0, lastAt: null, game: {} });

export function tallyFrame(tally, bytes, now) {
	tally.frames++;
	tally.bytes += bytes.length;
	tally.lastAt = now;
	const { state } = parse(bytes);
	for (const key of KEYS)
		if (state && typeof state === 'object' && Object.hasOwn(state, GAME + key))
			tally.game[key] = state[GAME + key];
}

function parse(bytes) {
	try {
		return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
	} catch {
		return {};
	}
}

/* Another session brings everything anew. */
export const tallyRestart = (tally) => { tally.game = {}; };

const cut = (value) => [...String(value ?? '')].slice(0, TEXT_MOST).join('');

/* [{ name, score }] of both teams, for people; null: nothing of it has come. */
export function scoreOf({ game }) {
	const teams = [1, 2].map((n) => ({ name: cut(game[`Team(${n}).Name`]) || `Team ${n}`, score: cut(game[`Team(${n}).Score`]) || '–' }));
	return Object.keys(game).length === 0 ? null : teams;
}

export function sizeOf(bytes) {
	if (bytes < 1000)
		return `${bytes} B`;
	return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function agoOf(ms) {
	const s = Math.max(0, Math.round(ms / 1000));
	return s < 60 ? `${s} s ago` : s < 3600 ? `${Math.floor(s / 60)} min ago` : `${Math.floor(s / 3600)} h ago`;
}
