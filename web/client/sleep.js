/* sleep - did this machine sleep between two ticks? Pure.
 * A tick is { local, wall }: a clock that may stand still in sleep, and one that goes on. */

const GAP_MS = 15000;         // a page in front ticks every second
const HIDDEN_GAP_MS = 180000; // browsers let hidden pages tick once a minute
const DRIFT_MS = 5000;

export function isWoken(before, now, hidden) {
	const passed = now.local - before.local;
	const drift = (now.wall - before.wall) - passed;
	return passed > (hidden ? HIDDEN_GAP_MS : GAP_MS) || Math.abs(drift) > DRIFT_MS;
}
