/* memory - what processes take, and whether that grows. */
import { readFileSync } from 'node:fs';

/* { rss, pss } in kB; null: it is gone. */
export function memoryOf(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
		const of = (name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)[1]);
		return { rss: of('Rss'), pss: of('Pss') };
	} catch {
		return null;
	}
}

const TICKS_PER_S = 100;

/* CPU seconds of all processes here so far. Only those that are there: what has ended takes its share with it. */
export function cpuOf(pids) {
	return pids.reduce((sum, pid) => {
		try {
			const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
			const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 1).split(' ');
			return sum + (Number(user) + Number(system)) / TICKS_PER_S;
		} catch {
			return sum;
		}
	}, 0);
}

/* The slope of the line through [[x, y]] with the least squares. */
export function slope(points) {
	const mean = (numbers) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
	const [x, y] = [0, 1].map((i) => mean(points.map((point) => point[i])));
	const [up, down] = points.reduce(([a, b], [px, py]) => [a + (px - x) * (py - y), b + (px - x) ** 2], [0, 0]);
	return down > 0 ? up / down : 0;
}

/* Of samples [{ minute, rss, pss }] the middle one of each minute, since single ones catch what is there for a moment only. */
export function perMinute(samples, name) {
	const minutes = new Map();
	for (const sample of samples) {
		const at = Math.floor(sample.minute);
		minutes.set(at, [...(minutes.get(at) ?? []), sample[name]]);
	}
	return [...minutes].map(([at, values]) => [at, values.sort((a, b) => a - b)[Math.floor(values.length / 2)]]);
}

const FLAT_SHARE = 0.1;   // of what it takes,
const FLAT_KB = 4096;     // or this, if that is more: so much may memory grow in an hour and be called flat
const MINUTES_PER_HOUR = 60;

export const flatKbPerMinute = (kb) => Math.max(FLAT_KB, FLAT_SHARE * kb) / MINUTES_PER_HOUR;
