/* game - the scoreboard of a track, at the rink: the recorded game, frame by frame, again and again. In place of the first team's score it counts what it has
 * said, so that no state is like another one. */
import { createHash } from 'node:crypto';
import { PAIRS, ofTruth } from '../web/support/oracle.mjs';
import { createTruth, readRecording } from '../web/support/recording.mjs';
import { startScoreboard } from '../web/support/scoreboard.mjs';
import { recordingPath } from '../web/support/tools.mjs';
import { RINK } from './net.mjs';

const COUNTED = 'ScoreBoard.CurrentGame.Team(1).Score';
const NEAR = 0.05; // of the game: where there is something on the board

/* told({ key, n, at }) is called before anything is sent. `sparse`: counts, and tells, only what changes the board: about one frame in nine does. */
export async function startGame(told, { sparse = false } = {}) {
	const frames = readRecording(recordingPath());
	const truth = createTruth();
	const board = await startScoreboard({}, { host: RINK });
	let at = 0;
	let n = 0;
	let timer = null;

	/* Does it change what a board shows? */
	const isNews = (state) => PAIRS.some(([name]) => {
		const path = `ScoreBoard.CurrentGame.${name}`;
		return path !== COUNTED && path in state && (truth.all.get(path) ?? null) !== state[path];
	});
	const say = (state) => {
		if (sparse && Object.keys(state).length > 0 && !isNews(state)) {
			const { [COUNTED]: _, ...rest } = state;
			truth.apply({ frame: { state: rest } });
			return board.say(rest);
		}
		const all = { ...state, [COUNTED]: ++n };
		truth.apply({ frame: { state: all } });
		told({ key: createHash('sha1').update(ofTruth(truth)).digest('base64'), n, at: Date.now() });
		board.say(all);
	};
	/* The next game begins with what the first one had at the beginning, and has nothing else. */
	const again = () => {
		const { state } = frames[0].frame;
		const over = Object.fromEntries([...truth.all.keys()].filter((path) => !(path in state)).map((path) => [path, null]));
		at = 1;
		say({ ...over, ...state });
	};
	const step = () => {
		if (at >= frames.length || at === 0)
			again();
		else
			say(frames[at++].frame.state);
	};
	const begin = () => {
		again();
		const before = {};
		for (; at < frames.length * NEAR; at++)
			Object.assign(before, frames[at].frame.state);
		say(before);
	};
	begin();
	return {
		url: board.url,
		get n() { return n; },
		step,
		/* A state that the recording does not have. */
		say: () => say({}),
		/* One frame each `ms`. */
		goOn(ms) {
			clearInterval(timer);
			timer = setInterval(step, ms);
		},
		/* As recorded, but so many times as fast. */
		play(speed) {
			clearTimeout(timer);
			const next = () => {
				const [was, is] = [frames[at - 1]?.t ?? 0, frames[at]?.t ?? 0];
				timer = setTimeout(() => { step(); next(); }, Math.max(0, is - was) / speed);
			};
			next();
		},
		rest() { clearTimeout(timer); },
		stop() {
			clearTimeout(timer);
			return board.stop();
		},
	};
}
