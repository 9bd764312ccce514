/* model - what is to be known of games, from the answers of a history: rows of the table of jams, lines of the graphs, where a replay begins and
 * ends. Pure. Whoever has made these answers up: what is not of its type counts as missing. */

const PERIOD = 'current-period-number';
const JAM = 'clock/jam/number';
const BEFORE_MS = 10 * 60000; // so much of what was before the first jam and behind the result belongs to the replay

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value) => (Array.isArray(value) ? value : []);
const text = (value) => (typeof value === 'string' ? value : '');
const number = (value) => (Number.isFinite(value) ? value : null);
const time = (value) => (Number.isFinite(value) && value > 0 && value <= 8.64e15 ? value : null); // as far as dates go

/* Could it be a game's id? For addresses, which anybody may have made. */
export const isId = (value) => /^[A-Za-z0-9_-]{1,64}$/.test(value);

/* A game as the list has it; null: it is none. `series`: by series the number of the team whose score it is, null: another value. */
export function readSummary(raw) {
	if (!isObject(raw) || !isId(raw.id))
		return null;
	return {
		id: raw.id, title: text(raw.title).trim(),
		first: time(raw.first), last: time(raw.last), begin: time(raw.begin), end: time(raw.end),
		running: raw.running === true, over: raw.over === true,
		series: listOf(raw.series).map((key) => Number(/^team\/([12])\/score$/.exec(key)?.[1] ?? NaN) || null),
		result: listOf(raw.result).map(number),
	};
}

/* { games, more, before }: `before` is what is asked for next. */
export function readList(raw) {
	const rows = listOf(raw?.games);
	const games = rows.map(readSummary).filter(Boolean);
	return { games, more: raw?.more === true && time(rows.at(-1)?.first) !== null, before: rows.at(-1)?.first };
}

/* One game; null: it is none. */
export function readStory(raw) {
	const summary = readSummary(raw);
	if (!summary)
		return null;
	const at = (key) => listOf(raw.numbers).indexOf(key);
	const [period, jam] = [at(PERIOD), at(JAM)];
	return {
		...summary,
		chapters: listOf(raw.chapters).filter((chapter) => isObject(chapter) && time(chapter.begin)).map((chapter) => readChapter(chapter, { period, jam })),
		gaps: listOf(raw.gaps).filter((gap) => isObject(gap) && time(gap.from) && time(gap.to)).map((gap) => ({ from: gap.from, to: gap.to, why: text(gap.why) })),
		viewers: listOf(raw.viewers?.times).filter((pair) => Array.isArray(pair) && time(pair[0]) && number(pair[1]) !== null)
			.map(([t, n]) => ({ t, n })).sort((a, b) => a.t - b.t),
		peak: number(raw.viewers?.peak),
	};
}

function readChapter(raw, { period, jam }) {
	const own = (i) => (i < 0 ? null : number(listOf(raw.number)[i]));
	const values = (name) => listOf(raw[name]).map(number);
	return {
		n: number(raw.n) ?? 0, period: own(period), jam: own(jam), begin: raw.begin, end: time(raw.end),
		before: values('before'), after: values('after'), change: values('change'),
	};
}

/* Which of the two scores leads: 0 or 1; null: neither, or nobody knows. */
export function leaderOf([one, two] = []) {
	if (!Number.isFinite(one) || !Number.isFinite(two) || one === two)
		return null;
	return one > two ? 0 : 1;
}

/* Rows in the order of time: { kind: 'jam', chapter, turned } (turned: who has taken the lead from the other one in it, else null),
 * { kind: 'gap', gap }, and { kind: 'period', period } before the first jam of each. */
export function rowsOf({ chapters, gaps }) {
	const rows = [];
	const due = [...gaps].sort((a, b) => a.from - b.from);
	let leader = leaderOf(chapters[0]?.before);
	let period = null;
	for (const chapter of chapters) {
		while (due[0]?.from < chapter.begin)
			rows.push({ kind: 'gap', gap: due.shift() });
		if (chapter.period !== null && chapter.period !== period)
			rows.push({ kind: 'period', period: chapter.period });
		period = chapter.period;
		const leads = leaderOf(chapter.after);
		rows.push({ kind: 'jam', chapter, turned: leads !== null && leader !== null && leads !== leader ? leads : null });
		leader = leads ?? leader;
	}
	return [...rows, ...due.map((gap) => ({ kind: 'gap', gap }))];
}

/* The lines of the score graph, by series, each a list of [t, value]; what is no number is left out. */
export function linesOf({ chapters, series, last }) {
	return series.map((_, i) => chapters.flatMap(({ begin, end, before, after }, n) => [
		[begin, before[i]], [end ?? chapters[n + 1]?.begin ?? Math.max(begin, last ?? begin), after[i]],
	]).filter(([, value]) => Number.isFinite(value)));
}

/* Lines as points of a picture that is 0 to 1 in both directions, with y downwards, as SVG has it: { from, to, most, lines, bands }. `bands` are
 * the gaps in it. Null: there is nothing to be drawn. */
export function plot(lines, gaps = []) {
	const points = lines.flat();
	const times = points.map(([t]) => t);
	const [from, to] = [Math.min(...times), Math.max(...times)];
	if (points.length === 0 || !(to > from))
		return null;
	const most = niceMost(Math.max(...points.map(([, value]) => value)));
	const x = (t) => (Math.min(to, Math.max(from, t)) - from) / (to - from);
	const y = (value) => 1 - Math.min(1, Math.max(0, value / most));
	return {
		from, to, most,
		lines: lines.map((line) => line.map(([t, value]) => [x(t), y(value)])),
		bands: gaps.filter((gap) => gap.to > from && gap.from < to).map((gap) => [x(gap.from), x(gap.to)]),
	};
}

/* The least of 10, 20, 50, 100 ... that is enough. */
function niceMost(value) {
	for (let unit = 10; ; unit *= 10) {
		const found = [1, 2, 5].map((n) => n * unit).find((most) => most >= value);
		if (found || unit > 1e15)
			return found ?? value;
	}
}

/* From where to where a replay goes: { from, to, start }; `start` is shortly before the first jam. */
export function rangeOf({ first, last, begin, end, over, running, chapters }) {
	const least = first ?? begin ?? 0;
	const most = Math.max(least, last ?? end ?? least);
	const from = begin ? Math.max(least, begin - BEFORE_MS) : least;
	const to = over && end && !running ? Math.min(most, Math.max(end, chapters.at(-1)?.end ?? 0) + BEFORE_MS) : most;
	return { from, to: Math.max(from, to), start: begin ? Math.max(from, begin - 3000) : from };
}

/* The begin of the jam before or behind the moment `t`; null: there is none. Within `slackMs` behind a jam's begin, the one before it is meant. */
export function jamBeside({ chapters }, t, direction, slackMs = 3000) {
	const begins = chapters.map(({ begin }) => begin);
	if (direction > 0)
		return begins.find((begin) => begin > t) ?? null;
	return begins.filter((begin) => begin < t - slackMs).at(-1) ?? null;
}

/* The gap that the moment lies in, if any. */
export const gapAt = ({ gaps }, t) => gaps.find(({ from, to }) => from < t && t < to) ?? null;
