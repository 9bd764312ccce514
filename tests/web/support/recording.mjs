/* recording - a game as the scoreboard sent it, frame by frame, and what is true after each. */
import { readFileSync } from 'node:fs';

const GAME = 'ScoreBoard.CurrentGame.';

/* [{ t, frame }] in order, frames only. */
export function readRecording(path) {
	return readFileSync(path, 'utf8').split('\n').filter(Boolean)
		.map((line) => JSON.parse(line)).filter(({ frame }) => frame?.state);
}

/* The scoreboard's own state, by its own names: the ground truth, independent of any mapping to topics. */
export function createTruth() {
	const state = new Map();
	return {
		apply({ frame }) {
			for (const [path, value] of Object.entries(frame.state))
				if (value === null)
					state.delete(path);
				else
					state.set(path, value);
		},
		get: (name) => state.get(GAME + name),
		all: state,
	};
}
