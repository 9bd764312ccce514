/* backoff - how long to wait before the next try. The wait is any time up to a bound that doubles ("full jitter"), since a crowd
 * that lost its broker in one moment must not come back in one moment. Pure: the random number (0 <= rnd < 1) is an argument. */
export function backoffDelay(attempt, rnd, { base = 400, ceiling = 20000, floor = 100 } = {}) {
	const most = Math.min(ceiling, base * 2 ** Math.min(attempt, 20));
	return Math.round(floor + rnd * Math.max(0, most - floor));
}
