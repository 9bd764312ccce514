/* evening - how many watched, minute by minute, and the line that shows it. Pure. */

const MINUTE_MS = 60000;
const GAP_MS = 3 * MINUTE_MS;   // a line is broken where nothing is known for longer
const LEAST_MS = 30 * MINUTE_MS; // the chart is never narrower
const OLDEST_MS = 24 * 60 * MINUTE_MS;
const AHEAD_MS = 10 * MINUTE_MS;
const MAX_ROWS = 1500;

const isRow = (row) => Array.isArray(row) && row.length >= 3 && row.every((n) => typeof n === 'number' && Number.isFinite(n));

/* Rows [when, watching at all brokers, watching at this one, refused] of each broker, by name, become { at, watching, refused }, the oldest first. All
 * brokers say the same total; one that has just started says less, so the largest counts. Where none tells of the others, what each has is added up.
 * What is not of this day is left out: a machine whose clock has never been set says that it is 1970, and a chart from there on would never be done. */
export function mergeMinutes(histories, now) {
	const minutes = new Map();
	for (const rows of histories.values())
		for (const [at, watching, here, refused = 0] of rows.filter((row) => isRow(row) && row[0] > now - OLDEST_MS && row[0] < now + AHEAD_MS)) {
			const minute = minutes.get(at) ?? { at, watching: 0, here: 0, refused: 0 };
			minute.watching = Math.max(minute.watching, watching);
			minute.here += here;
			minute.refused += refused;
			minutes.set(at, minute);
		}
	return [...minutes.values()].sort((one, other) => one.at - other.at).slice(-MAX_ROWS)
		.map(({ at, watching, here, refused }) => ({ at, watching: Math.max(watching, here), refused }));
}

/* The most, and when: { watching, at }; null when nothing is known. */
export const peakOf = (minutes) => minutes.reduce((most, { watching, at }) => (most === null || watching > most.watching ? { watching, at } : most), null);

/* A round number that is at least n: what the top of the chart stands for. */
export function roundUp(n) {
	if (n <= 10)
		return 10;
	const power = 10 ** Math.floor(Math.log10(n));
	return [1, 1.5, 2, 3, 4, 5, 8, 10].map((step) => step * power).find((top) => top >= n);
}

/* Whole hours, or quarters of an hour where there are few of them. */
function ticksOf(from, to, x) {
	const minutes = (to - from) / MINUTE_MS;
	const step = [15, 30, 60, 120, 180].find((every) => minutes / every <= 7) ?? 240;
	const ticks = [];
	const first = new Date(from);
	first.setMinutes(0, 0, 0);
	for (let at = first.getTime(); at <= to; at += step * MINUTE_MS)
		if (at >= from && x(at) > 0.02 && x(at) < 0.98)
			ticks.push({ at, x: x(at) });
	return ticks;
}

/* The chart in a square from 0,0 (left, top) to 1,1: `lines` of [x, y], `top` what y = 0 stands for, `ticks` of the time. */
export function chartOf(minutes, now) {
	const from = Math.min(minutes[0]?.at ?? now, now - LEAST_MS);
	const top = roundUp(peakOf(minutes)?.watching ?? 0);
	const x = (at) => (at - from) / (now - from);
	const lines = [];
	let last = -Infinity;
	for (const { at, watching } of minutes) {
		if (at > now)
			continue;
		if (at - last > GAP_MS)
			lines.push([]);
		lines.at(-1).push([x(at), 1 - watching / top]);
		last = at;
	}
	return { lines, top, ticks: ticksOf(from, now, x) };
}

const fixed = (n) => Number(n.toFixed(2));

/* One of the lines as the `d` of an SVG path in a box of this size; closed: down to the bottom, for the area below it. */
export function pathOf(line, { width, height }, closed = false) {
	const points = line.map(([x, y]) => `${fixed(x * width)} ${fixed(y * height)}`);
	if (closed)
		points.push(`${fixed(line.at(-1)[0] * width)} ${height}`, `${fixed(line[0][0] * width)} ${height}`);
	return `M${points.join('L')}${closed ? 'Z' : ''}`;
}
