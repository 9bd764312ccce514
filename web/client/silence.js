/* silence - nothing is heard of the feed: when to ask whether the other side is still there, and when to show it. Pure:
 * time and chance are arguments.
 *
 * The publisher is never silent for longer than 10 s. A client that hears nothing for half as long again asks, and
 * asks again now and then while the silence lasts. The moment is by chance: when a publisher ends, its whole crowd hears nothing
 * from the same moment on, and each question costs the broker a SUBSCRIBE and its answer. */

export const SILENCE_DEFAULTS = Object.freeze({
	askMs: 15000,
	askAgainMs: 10000,
	spreadMs: 5000,
	quietMs: 25000,
});

export const createSilence = (now, rnd) => silenceEnd({ options: SILENCE_DEFAULTS, quiet: false }, now, rnd);

/* To be called when something was heard. */
export function silenceEnd(silence, now, rnd) {
	const { askMs, spreadMs } = silence.options;
	return Object.assign(silence, { heardAt: now, askAt: now + askMs + rnd * spreadMs, quiet: false });
}

/* To be called now and then while nothing is heard. True: it is time to ask. */
export function silenceGoesOn(silence, now, rnd) {
	const { askAgainMs, spreadMs, quietMs } = silence.options;
	silence.quiet ||= now - silence.heardAt > quietMs;
	if (now < silence.askAt)
		return false;
	silence.askAt = now + askAgainMs + (rnd - 0.5) * spreadMs;
	return true;
}
