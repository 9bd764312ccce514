/* feed - one view of the scoreboard, put together from snapshot, recent and deltas.
 * Knows no network, no clock: messages in, an outcome out. While it is not exact the last known state stays readable.
 *
 * Exact at `seq` means: state is the publisher's view after delta `seq`. The three rules:
 *   snapshot(S)        makes us exact at S
 *   recent(base, R)    holds all that changed after `base`, so from any exact point in [base, R) it leads to R
 *   delta(N)           leads from N-1 to N; anything newer than that is a gap
 */

/* What a message did. After GAP and EPOCH the caller must join again: ask for snapshot and recent. */
export const OUTCOME = Object.freeze({
	APPLIED: 'applied', // the state moved; `change` says how
	QUIET: 'quiet',     // a heartbeat, or a message about what is known already
	HELD: 'held',       // kept until the snapshot comes
	GAP: 'gap',         // a delta was lost: join again
	EPOCH: 'epoch',     // the publisher started anew: join again
	BAD: 'bad',         // not a message of the feed; ignored
});

const MAX_PENDING = 512;   // deltas kept while joining; older ones are then covered by `recent`
const MAX_KEYS = 50000;    // a view has some hundred keys; this bounds what a broken publisher can make us keep

const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);
const isSeq = (v) => Number.isSafeInteger(v) && v >= 0;
const hasHead = (m) => isObject(m) && typeof m.epoch === 'string' && isSeq(m.seq);
const isDelta = (m) => hasHead(m) && (m.set === undefined || isObject(m.set)) && (m.del === undefined || Array.isArray(m.del));
const isSnapshot = (m) => hasHead(m) && isObject(m.state);
const isRecent = (m) => isDelta(m) && isSeq(m.base);
const isHeartbeat = (m) => m.set === undefined && m.del === undefined;

export function createFeed() {
	return {
		epoch: null,
		seq: -1,
		exact: false,   // no delta is missing as far as we can know
		settled: false, // `recent` was seen (or is known to be absent): the state may be shown as the newest
		state: new Map(),
		pending: [],    // deltas that came before their snapshot
		held: null,     // a recent that came before its snapshot
	};
}

/* A new connection, or snapshot and recent were asked for again: what comes next may be older than what we have. */
export function feedRejoin(feed) {
	feed.exact = false;
	feed.settled = false;
	feed.pending = [];
	feed.held = null;
}

/* `complete`: the sender gives no `recent` beside it (SSE, polling). */
export function feedSnapshot(feed, message, complete = false) {
	if (!isSnapshot(message))
		return { outcome: OUTCOME.BAD };
	if (feed.exact && message.epoch === feed.epoch && message.seq <= feed.seq) {
		feed.settled ||= complete;
		return { outcome: OUTCOME.QUIET };
	}
	const change = replaceState(feed, message.state);
	feed.epoch = message.epoch;
	feed.seq = message.seq;
	feed.exact = true;
	feed.settled = complete;
	if (feed.held)
		mergeChange(change, applyRecent(feed, feed.held));
	feed.held = null;
	return replayPending(feed, change);
}

export function feedRecent(feed, message) {
	if (!isRecent(message))
		return { outcome: OUTCOME.BAD };
	if (!feed.exact || message.epoch !== feed.epoch || message.base > feed.seq) {
		feed.held = message;
		return { outcome: OUTCOME.HELD };
	}
	const was = feed.settled;
	const change = applyRecent(feed, message);
	if (!was || hasChange(change))
		return replayPending(feed, change);
	return { outcome: OUTCOME.QUIET };
}

export function feedDelta(feed, message) {
	if (!isDelta(message))
		return { outcome: OUTCOME.BAD };
	if (!feed.exact) {
		keepPending(feed, message);
		return { outcome: OUTCOME.HELD };
	}
	if (message.epoch !== feed.epoch)
		return lostTrack(feed, message, OUTCOME.EPOCH);
	if (message.seq <= feed.seq) {
		feed.settled ||= message.seq === feed.seq;
		return { outcome: OUTCOME.QUIET };
	}
	if (message.seq > feed.seq + 1 || isHeartbeat(message))
		return feed.settled ? lostTrack(feed, message, OUTCOME.GAP) : holdDelta(feed, message);
	feed.settled = true;
	return { outcome: OUTCOME.APPLIED, change: applyDelta(feed, message) };
}

/* The sender has nothing more for a newcomer (the join's answer is complete): the snapshot alone is the state. */
export function feedSettle(feed) {
	if (!feed.exact || feed.settled)
		return { outcome: OUTCOME.QUIET };
	feed.settled = true;
	return replayPending(feed, emptyChange());
}

function keepPending(feed, message) {
	feed.pending.push(message);
	if (feed.pending.length > MAX_PENDING)
		feed.pending.shift();
}

function holdDelta(feed, message) {
	keepPending(feed, message);
	return { outcome: OUTCOME.HELD };
}

function lostTrack(feed, message, outcome) {
	feedRejoin(feed);
	keepPending(feed, message);
	return { outcome };
}

/* Deltas that overtook the snapshot. Those of another epoch belong to a publisher that is gone, or to one whose
 * snapshot we have not got: the newest message decides which. */
function replayPending(feed, change) {
	const pending = feed.pending;
	feed.pending = [];
	for (const message of pending) {
		const step = feedDelta(feed, message);
		if (step.outcome === OUTCOME.EPOCH || step.outcome === OUTCOME.GAP)
			return { outcome: step.outcome, change };
		mergeChange(change, step.change);
	}
	return { outcome: OUTCOME.APPLIED, change };
}

function applyRecent(feed, message) {
	if (message.epoch !== feed.epoch || message.base > feed.seq)
		return null;
	feed.settled = true;
	return message.seq > feed.seq ? applyDelta(feed, message) : null;
}

function applyDelta(feed, message) {
	const change = emptyChange();
	for (const key of message.del ?? [])
		if (feed.state.delete(key))
			change.del.push(key);
	for (const [key, value] of Object.entries(message.set ?? {}))
		setKey(feed, key, value, change);
	feed.seq = message.seq;
	return change;
}

function setKey(feed, key, value, change) {
	if (sameValue(feed.state.get(key), value) || (feed.state.size >= MAX_KEYS && !feed.state.has(key)))
		return;
	feed.state.set(key, value);
	change.set.set(key, value);
}

function replaceState(feed, state) {
	const change = emptyChange();
	for (const key of feed.state.keys())
		if (!Object.hasOwn(state, key))
			change.del.push(key);
	for (const key of change.del)
		feed.state.delete(key);
	for (const [key, value] of Object.entries(state))
		setKey(feed, key, value, change);
	return change;
}

/* What leads from one state to another. */
export function difference(old, next) {
	const change = emptyChange();
	change.del = [...old.keys()].filter((key) => !next.has(key));
	for (const [key, value] of next)
		if (!sameValue(old.get(key), value))
			change.set.set(key, value);
	return change;
}

/* Clocks are the only values that are not scalars. */
function sameValue(a, b) {
	if (a === b)
		return true;
	if (!isObject(a) || !isObject(b))
		return false;
	const keys = Object.keys(a);
	return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

export const emptyChange = () => ({ set: new Map(), del: [] });
const hasChange = (change) => change !== null && (change.set.size > 0 || change.del.length > 0);

export function mergeChange(into, change) {
	if (!change)
		return;
	for (const key of change.del) {
		into.set.delete(key);
		into.del.push(key);
	}
	for (const [key, value] of change.set)
		into.set.set(key, value);
	if (change.set.size > 0)
		into.del = into.del.filter((key) => !change.set.has(key));
}
