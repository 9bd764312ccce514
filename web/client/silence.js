/* silence - nothing is heard of the feed: when to ask whether the other side is still there, and when to show it. Pure:
 * time and chance are arguments.
 *
 * The publisher is never silent for longer than 10 s. Who hears nothing for half as long again asks, and asks again
 * now and then while the silence lasts. When by chance: a publisher that ends silences its whole crowd in one moment,
 * and each question costs the broker a SUBSCRIBE and its answer. */

export const SILENCE_DEFAULTS = Object.freeze({
	askMs: 15000,
	askAgainMs: 10000,
	spreadMs: 5000,
	quietMs: 25000,
});

export const createSilence = (now, rnd) => silenceEnd({ options: SILENCE_DEFAULTS, quiet: false }, now, rnd);

/* Something was heard. */
export function silenceEnd(silence, now, rnd) {
	const { askMs, spreadMs } = silence.options;
	return Object.assign(silence, { heardAt: now, askAt: now + askMs + rnd * spreadMs, quiet: false });
}

/* Nothing was, until now. True: ask. */
export function silenceGoesOn(silence, now, rnd) {
	const { askAgainMs, spreadMs, quietMs } = silence.options;
	silence.quiet ||= now - silence.heardAt > quietMs;
	if (now < silence.askAt)
		return false;
	silence.askAt = now + askAgainMs + (rnd - 0.5) * spreadMs;
	return true;
}
