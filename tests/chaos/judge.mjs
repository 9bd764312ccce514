/* judge - is what a viewer sees what the scoreboard says, and is its page honest where it is not? Pure: times are arguments, milliseconds of one clock.
 *
 * Each state of the scoreboard is another one (the test counts in a score), so it has a number, a moment at which it began and one at which the next took its
 * place. A board is right as long as what it shows was the scoreboard's state at some moment of the last `lagMs`, which is what news may take to arrive. */

export const LAG_MS = 1000;

/* What the scoreboard has said, newest last. Those that were replaced `keepMs` ago are forgotten. */
export function createTruths(keepMs = 300000) {
	const byNumber = new Map();
	let newest = null;
	return {
		get newest() { return newest; },
		/* `key` null: whoever asks knows the number only. */
		find({ key, n }) {
			const truth = byNumber.get(n);
			return truth && (key === null || truth.key === key) ? truth : null;
		},
		say(key, n, at) {
			if (newest)
				newest.to = at;
			newest = { key, n, at, to: Infinity };
			byNumber.set(n, newest);
			for (const [old, truth] of byNumber) {
				if (truth.to > at - keepMs)
					break;
				byNumber.delete(old);
			}
		},
	};
}

export const createView = () => ({ shown: null, truth: null, back: 0, torn: 0, wrongAt: null, over: 0 });

/* It shows a state now: `key`, or null, with the number `n` in it. Which one that is may be told later than it is shown. */
export function viewShows(view, shown, truths) {
	settle(view, truths);
	view.shown = shown;
	settle(view, truths);
}

/* What is shown becomes a state of the scoreboard, or is found to be none. */
function settle(view, truths) {
	const { shown } = view;
	if (!shown || shown.n > (truths.newest?.n ?? 0))
		return;
	const truth = truths.find(shown);
	view.shown = null;
	if (!truth)
		view.torn++;
	else if (view.truth && truth.n < view.truth.n)
		view.back++;
	view.truth = truth ?? view.truth;
}

/* To be called now and then; `says(now)`: does the page say Live, by its own rules? True: the board is right. Else notes when it was last wrong, and for how long at
 * most it was old already while the page said Live. */
export function viewLook(view, { truths, now, lagMs = LAG_MS, says }) {
	settle(view, truths);
	if (view.shown || view.truth?.to > now - lagMs)
		return true;
	view.wrongAt = now;
	if (view.truth && says(now))
		view.over = Math.max(view.over, now - view.truth.to);
	return false;
}

/* A new round begins. */
export const viewForget = (view) => Object.assign(view, { wrongAt: null, over: 0 });

export function median(numbers) {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted.length ? sorted[Math.floor(sorted.length / 2)] : NaN;
}
