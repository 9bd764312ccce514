/* state - what is known of the brokers and of the game, and since when. Pure: times are arguments, of a clock that does not jump; only what others have said of the
 * wall clock is by that. It is fed with answers (answers.js) and retained topics, and remembers what rates and sentences need: what a broker said a minute ago,
 * since when it has been silent. */

export const KEEP_MS = 62000;  // samples of a broker's counters
const SILENT_MS = 5000;        // a broker that no answer names any more is missed after this,
const FORGET_MS = 15 * 60000;  // and after this it is forgotten, unless the others still wait for it
const MAX_BROKERS = 256;       // as many as a broker asks
const MAX_TRACKS = 64;         // as many as a broker has a leading publisher of
const LOAD_MS = 10000;         // so long a load is measured over
const STANDBY_MS = 7000;       // a standby asks every second to be let in, and is refused: it is there while that goes on
const STANDBY_GONE_MS = 20000; // and is gone when that was so long ago

/* brokers: name -> { name, part, stats, host, samples: [{ at, stats, host }], heardAt, missingSince, named, refusal }; named: the last answer says that it is
 * missing; refusal: why it does not tell how it is
 * refusedAt: when a broker, mostly the hub, has refused to tell: then it has not asked the others, who are not missed for that
 * status: { state, since, reason, about, heardAt } of <prefix>/status; watching: what <prefix>/presence/watching says
 * tracks: name -> { name, title, status, viewers } of <prefix>/<name>/..., where there are several; each null, as long as it is not known */
export function createState() {
	return {
		brokers: new Map(), status: null, statusAsked: null, watching: null, tracks: new Map(), limits: {}, roles: {}, minutes: new Map(),
		standbyAt: null, refusedAt: null,
	};
}

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const numbersOf = (object) => Object.fromEntries(Object.entries(object ?? {}).filter(([, value]) => isNumber(value)));

function brokerOf(state, name, now) {
	if (!state.brokers.has(name) && state.brokers.size < MAX_BROKERS)
		state.brokers.set(name, { name, part: null, stats: {}, host: {}, samples: [], heardAt: now, missingSince: null, named: false, refusal: null });
	return state.brokers.get(name);
}

/* An answer to getStats. */
export function stateStats(state, { brokers, missing }, now) {
	for (const { broker, stats, host, error } of brokers) {
		const entry = brokerOf(state, broker, now);
		if (!entry)
			continue;
		Object.assign(entry, { heardAt: now, missingSince: null, refusal: typeof error === 'string' ? error : null });
		if (entry.refusal !== null)
			continue;
		Object.assign(entry, { stats: numbersOf(stats), host: numbersOf(host) });
		entry.samples = [...entry.samples.filter(({ at }) => now - at <= KEEP_MS), { at: now, stats: entry.stats, host: entry.host }];
	}
	const named = new Set(missing);
	named.forEach((name) => brokerOf(state, name, now));
	state.refusedAt = brokers.some(({ error }) => typeof error === 'string') ? now : null;
	for (const entry of state.brokers.values())
		if (named.has(entry.name) || state.refusedAt === null)
			miss(state, entry, { named, now });
	if (hasRisen(state, 'refused/taken', STANDBY_MS, now))
		state.standbyAt = now;
}

function miss(state, entry, { named, now }) {
	entry.named = named.has(entry.name);
	if (entry.heardAt === now && !named.has(entry.name))
		return;
	if (named.has(entry.name) || now - entry.heardAt > SILENT_MS)
		entry.missingSince ??= Math.max(entry.heardAt, now - SILENT_MS);
	if (!named.has(entry.name) && now - entry.heardAt > FORGET_MS) {
		state.brokers.delete(entry.name);
		state.minutes.delete(entry.name);
	}
}

/* Brokers may have been asked in vain: that one has not been heard of is told as well when no answer comes at all. */
export function stateUnheard(state, now) {
	if (state.refusedAt !== null && now - state.refusedAt <= SILENT_MS)
		return;
	for (const entry of state.brokers.values())
		if (now - entry.heardAt > SILENT_MS)
			entry.missingSince ??= entry.heardAt;
}

export function stateHistory(state, { brokers }, now) {
	for (const { broker, part, minutes } of brokers) {
		const entry = brokerOf(state, broker, now);
		if (entry)
			entry.part = typeof part === 'string' ? part : entry.part;
		if (entry && Array.isArray(minutes))
			state.minutes.set(broker, addMinutes(state.minutes.get(broker) ?? [], minutes));
	}
}

/* What a broker that has started anew does not know any more is still known here. */
function addMinutes(known, minutes) {
	const byTime = new Map([...known, ...minutes.filter(Array.isArray)].map((row) => [row[0], row]));
	return [...byTime.values()].sort((one, other) => one[0] - other[0]).slice(-1000);
}

export function stateLimits(state, { limits, roles }) {
	state.limits = numbersOf(limits);
	state.roles = roles ?? {};
}

/* --- what brokers retain --- */

/* The filters of all that is read of what brokers retain. */
export const topicsOf = (prefix) => ['status', 'presence/watching', '+/status', '+/about', 'presence/track/+'].map((rest) => `${prefix}/${rest}`);

export function stateTopic(state, { prefix, topic, text }, now) {
	const rest = topic.slice(prefix.length + 1);
	const [one, two, three] = rest.split('/');
	if (rest === 'status')
		state.status = readStatus(text, now);
	else if (rest === 'presence/watching')
		state.watching = readObject(text);
	else if (two === 'status')
		noteTrack(state, one, { status: readStatus(text, now) });
	else if (two === 'about')
		noteTrack(state, one, { title: titleOf(text) });
	else if (one === 'presence' && two === 'track')
		noteTrack(state, three, { viewers: text === '' ? null : viewersOf(text) });
}

/* A track is there as long as a publisher has told of it. */
function noteTrack({ tracks }, name, news) {
	const track = { name, title: null, status: null, viewers: null, ...tracks.get(name), ...news };
	if (track.title === null && track.status === null && track.viewers === null)
		tracks.delete(name);
	else if (tracks.has(name) || tracks.size < MAX_TRACKS)
		tracks.set(name, track);
}

function titleOf(text) {
	const { title } = readObject(text) ?? {};
	return typeof title === 'string' && title !== '' ? [...title].slice(0, 80).join('') : null;
}

/* The publisher of a track, which reads its own feed, is counted with those who watch. */
const viewersOf = (text) => (/^\d{1,9}$/.test(text) ? Math.max(0, Number(text) - 1) : null);

/* The games that there are: { name, status }. One without a name where the prefix is a scoreboard's own; else the tracks below it. */
export function gamesOf({ status, tracks }) {
	const told = [...tracks.values()].filter((track) => track.status !== null);
	if (status !== null || told.length === 0)
		return [{ name: null, status, viewers: null }];
	return told.map(({ name, title, status: its, viewers }) => ({ name: title ?? name, status: its, viewers }))
		.sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
}

function readObject(text) {
	try {
		const value = JSON.parse(text);
		return typeof value === 'object' && value !== null ? value : null;
	} catch {
		return null;
	}
}

/* What a reason of `stale` is about, by the words of the publisher and of an edge's plugin; every other one is what has become of the scoreboard. */
const ABOUT = [
	[/cut off from its hub/, 'cut off'],
	[/hub has no publisher/, 'no publisher'],
	[/synchronizing/, 'comparing'],
	[/refuses some/, 'refused'],
];
const aboutOf = (reason) => ABOUT.find(([words]) => words.test(reason))?.[1] ?? 'scoreboard';

function readStatus(text, now) {
	const said = readObject(text);
	if (said === null || typeof said.state !== 'string')
		return null;
	const reason = typeof said.reason === 'string' ? said.reason : '';
	return { state: said.state, since: isNumber(said.since) ? said.since : null, reason, about: aboutOf(reason), heardAt: now };
}

/* The connection is lost. The next one may lead to another broker: what that one retains comes before it is known to answer. */
export function stateLost(state) {
	state.status = null;
	state.statusAsked = null;
	state.watching = null;
	state.tracks.clear();
}

/* A broker answers. */
export function stateFound(state, now) {
	state.statusAsked = now;
}

/* --- numbers --- */

/* How much a counter of a broker has risen within the last minute; a broker that has started anew counts from 0. */
export function risen({ samples }, name) {
	const [first, last] = [samples[0], samples.at(-1)];
	if (!last)
		return 0;
	const [before, now] = [first.stats[name] ?? 0, last.stats[name] ?? 0];
	return now >= before ? now - before : now;
}

/* The share of a core that a broker's process has used lately; null: not known, or it has just started. */
export function loadOf({ samples }) {
	const last = samples.at(-1);
	const first = samples.find(({ at }) => last.at - at <= LOAD_MS);
	const used = last?.host.cpu_s - first?.host.cpu_s;
	return used >= 0 && last.at > first.at ? (1000 * used) / (last.at - first.at) : null;
}

/* How old the oldest delta was when it came to a broker within the last so many ms; null: none has come, or the broker does not tell. */
export function delayOf({ samples }, ms) {
	const delays = samples.filter(({ at, host }) => samples.at(-1).at - at <= ms && isNumber(host.delay_ms)).map(({ host }) => host.delay_ms);
	return delays.length > 0 ? Math.max(...delays) : null;
}

/* How many messages a broker has dropped within the last minute; null: it is not known. */
export function droppedOf({ samples }) {
	const counts = samples.map(({ host }) => host.dropped).filter(isNumber);
	if (counts.length === 0)
		return null;
	const [before, now] = [counts[0], counts.at(-1)];
	return now >= before ? now - before : now;
}

/* Does a standby publisher stand by? */
export const standbyWaits = ({ standbyAt }, now) => standbyAt !== null && now - standbyAt < STANDBY_GONE_MS;

/* Does the counter still rise: has it within the last so many ms? */
function hasRisen(state, name, ms, now) {
	return [...state.brokers.values()].some(({ samples }) => {
		const late = samples.filter(({ at }) => now - at <= ms);
		return late.length > 1 && (late.at(-1).stats[name] ?? 0) > (late[0].stats[name] ?? 0);
	});
}
