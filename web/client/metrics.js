/* metrics - counters of one client, and the delays of its last messages. Knows no network. */

const SAMPLES = 256;

export function createMetrics() {
	return {
		connects: 0, reconnects: 0, failures: 0, fallbacks: 0,
		gaps: 0, epochs: 0, joins: 0, bad: 0, unreadable: 0,
		messages: 0, packed: 0, bytes: 0, deltas: 0, heartbeats: 0, snapshots: 0, recents: 0,
		delays: [], // of the last messages: how many ms later each came than the fastest one seen
		firstStateMs: null, // from connect() to the first exact state
	};
}

export function metricsDelay(metrics, ms) {
	metrics.delays.push(ms);
	if (metrics.delays.length > SAMPLES)
		metrics.delays.shift();
}

export function percentile(samples, share) {
	if (samples.length === 0)
		return null;
	const sorted = [...samples].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/* A plain object for logs and dashboards. */
export function metricsReport({ delays, ...counters }) {
	return {
		...counters,
		delayMs: { last: delays.at(-1) ?? null, p50: percentile(delays, 0.5), p95: percentile(delays, 0.95) },
	};
}
