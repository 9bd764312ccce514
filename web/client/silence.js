/* silence - nothing is heard of the feed: when to ask whether the other side is still there, and when to show it. Pure:
 * time and chance are arguments.
 *
 * The publisher is never silent for longer than 3 s, and what a cache may answer to those who poll is never older than 10 s. A client that hears
 * nothing for longer says so, and asks; and asks again now and then while the silence lasts. The moment is by chance: when a publisher ends, its
 * whole crowd hears nothing from the same moment on, and each question costs the broker a SUBSCRIBE and its answer.
 *
 * Whoever has another broker to turn to asks early, for nobody else may notice that this one is frozen, or its network. But a broker may also be just
 * slow, with a crowd to let in, and must not get that crowd twice. So whoever was let in slowly is patient for a minute; and so is, twice as much each time,
 * who turned to another one while this one did answer after all. */

export const ASK = Object.freeze({
	early: { askMs: 4000, spreadMs: 1000 },
	late: { askMs: 15000, spreadMs: 5000 },
});

const ASK_AGAIN_MS = 10000;
const AGAIN_SPREAD_MS = 5000;
const QUIET_MS = 8000;
const QUIET_POLLING_MS = 25000;
const MOST_PATIENCE = 4;
const PATIENT_MS = 60000;
const SLOW_JOIN_MS = 3000; // from dialling to an exact state

export const createSilence = (now, rnd) => silenceEnd({ patience: 1, patientUntil: -Infinity }, now, rnd);

/* To be called when something was heard. */
export const silenceEnd = (silence, now, rnd) => Object.assign(silence, { heardAt: now, chance: rnd, askAgainAt: -Infinity, quiet: false });

/* To be called when it was heard after another broker had been turned to. */
export function silenceWasSlow(silence, now) {
	silence.patience = Math.min(MOST_PATIENCE, 2 * patienceOf(silence));
	silence.patientUntil = now + PATIENT_MS;
}

/* To be called when another line is used, which took so long to be ready. */
export const silenceIsNew = (silence, now, joinMs) =>
	Object.assign(silence, joinMs > SLOW_JOIN_MS ? { patience: MOST_PATIENCE, patientUntil: now + PATIENT_MS } : { patience: 1 });

const patienceOf = ({ patience, patientUntil, heardAt }) => (heardAt < patientUntil ? patience : 1);

/* To be called now and then while nothing is heard. `polls`: what is heard are answers that a cache may give. `early`: ask early. True: it is time to
 * ask. */
export function silenceGoesOn(silence, now, { rnd, polls = false, early = false }) {
	silence.quiet ||= now - silence.heardAt > (polls ? QUIET_POLLING_MS : QUIET_MS);
	if (now < Math.max(firstAsk(silence, early), silence.askAgainAt))
		return false;
	silence.askAgainAt = now + ASK_AGAIN_MS + (rnd - 0.5) * AGAIN_SPREAD_MS;
	return true;
}

function firstAsk(silence, early) {
	const { askMs, spreadMs } = early ? ASK.early : ASK.late;
	return silence.heardAt + (early ? patienceOf(silence) : 1) * (askMs + silence.chance * spreadMs);
}
