/* endpoints - the places a view can be had from, and how well each did lately. Pure: time and chance are arguments.
 *
 * Tiers: a crowd belongs on the broker (tier 0); server-sent events and polling are for networks without WebSockets. */

const TIER = Object.freeze({ mqtt: 0, sse: 1, poll: 2 });

const GAIN = 0.3;           // the share of what is missing to full health that a good try restores
const LOSS = 0.5;           // the share of its health that a bad try leaves
const OPENS_SLOWLY_MS = 4000; // opening this slowly costs as much as being half ill
const TIE = 0.05;           // so near each other endpoints count as equal: chance decides, and a crowd spreads over them

export const SLOW_MS = 1500; // a round trip that takes longer is slow,
const SLOW_COUNT = 3;        // and so is an endpoint, after so many of them in a row
const BETTER = 0.5;          // another one is better when its round trip takes at most this share of ours

/* `trouble`: why the last try failed, null after one that did not: 'network' (no answer), 'refused' (reached, and it has nothing for us), or
 * 'token' (it does not take our credentials). */
export function createEndpoint(kind, url) {
	return { kind, url, tier: TIER[kind], health: 1, openMs: 0, tries: 0, failures: 0, trouble: null, latencyMs: null, slow: 0 };
}

export function endpointOpened(endpoint, ms) {
	endpoint.tries++;
	endpoint.health += GAIN * (1 - endpoint.health);
	endpoint.openMs = endpoint.openMs ? 0.7 * endpoint.openMs + 0.3 * ms : ms;
	endpoint.trouble = null;
	endpoint.slow = 0;
}

export function endpointFailed(endpoint, trouble = 'network') {
	endpoint.tries++;
	endpoint.failures++;
	endpoint.health *= LOSS;
	endpoint.trouble = trouble;
}

/* A round trip was measured. */
export function endpointMeasured(endpoint, ms) {
	endpoint.latencyMs = ms;
	endpoint.slow = ms > SLOW_MS ? endpoint.slow + 1 : 0;
}

export const endpointIsSlow = ({ slow }) => slow >= SLOW_COUNT;
export const endpointIsBetter = (one, other) => one.latencyMs !== null && one.latencyMs <= BETTER * other.latencyMs;

export function endpointScore(endpoint) {
	return endpoint.health - 0.5 * Math.min(1, endpoint.openMs / OPENS_SLOWLY_MS);
}

/* The best of the lowest tier among `candidates`, or null. */
export function pickEndpoint(candidates, rnd) {
	const tier = Math.min(...candidates.map((e) => e.tier));
	const peers = candidates.filter((e) => e.tier === tier);
	if (peers.length === 0)
		return null;
	const best = Math.max(...peers.map(endpointScore));
	const equals = peers.filter((e) => endpointScore(e) >= best - TIE);
	return equals[Math.floor(rnd * equals.length)];
}
