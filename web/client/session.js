/* session - one connection and the feed it carries, until it is lost. Tells the client when its state is exact, what
 * changed, and when to ask again. Its state is its own: a session that is only being tried disturbs nobody. */

import {
	OUTCOME, createFeed, emptyChange, feedDelta, feedRecent, feedRejoin, feedSettle, feedSnapshot, mergeChange,
} from './feed.js';
import { backoffDelay } from './backoff.js';
import { openMqtt } from './transports/mqtt.js';
import { canResume, openSse } from './transports/sse.js';
import { openPoll } from './transports/poll.js';

const OPEN = { mqtt: openMqtt, sse: openSse, poll: openPoll };
const SETTLE_MS = 1000;                                       // a join's answer is complete by then
const CHECK_MS = 5000;                                        // how long the answer to "are you there?" may take
const MAX_MESSAGE = 8 * 1024 * 1024;
const REJOIN = {
	[OUTCOME.GAP]: { base: 250, ceiling: 15000, floor: 0 },
	[OUTCOME.EPOCH]: { base: 1500, ceiling: 15000, floor: 0 }, // the whole crowd sees it at once
};
const COUNTERS = { delta: 'deltas', snapshot: 'snapshots', recent: 'recents' };
const TROUBLE = { [OUTCOME.GAP]: 'gaps', [OUTCOME.EPOCH]: 'epochs', [OUTCOME.BAD]: 'bad' };

/* on: ready(), change(change), status(status), heard(kind, message, live), lost(reason) */
export function createSession(options, metrics, on) {
	const feed = createFeed();
	const timers = { settle: null, rejoin: null, check: null };
	let ready = false;    // was exact once: the client may use this session
	let joining = true;   // still subscribed to snapshot and recent
	let untold = emptyChange();
	let rejoins = 0;
	let transport = null;

	const close = () => {
		Object.values(timers).forEach(clearTimeout);
		transport?.close();
	};
	const lost = (reason) => {
		close();
		on.lost(reason);
	};

	const APPLY = {
		snapshot: (message, complete) => feedSnapshot(feed, message, complete),
		recent: (message) => feedRecent(feed, message),
		delta: (message) => feedDelta(feed, message),
	};

	const message = (kind, payload, { live, complete, bytes }) => {
		count(metrics, kind, bytes);
		const decoded = decode(payload);
		if (decoded === null) {
			metrics.bad++;
			return;
		}
		if (kind === 'status') {
			answered();
			on.status(decoded);
			return;
		}
		obey(APPLY[kind](decoded, complete), kind, decoded, live);
	};

	const obey = ({ outcome, change }, kind, decoded, live) => {
		if (TROUBLE[outcome])
			metrics[TROUBLE[outcome]]++;
		if (outcome === OUTCOME.BAD)
			return;
		answered();
		on.heard(kind, decoded, live);
		if (kind === 'delta' && decoded.set === undefined && decoded.del === undefined)
			metrics.heartbeats++;
		advance(outcome, change);
	};

	/* What changed on the way to an exact state is told when it is reached, as one change. */
	const advance = (outcome, change) => {
		mergeChange(untold, change);
		if (REJOIN[outcome])
			rejoinLater(outcome);
		else if (feed.exact && feed.settled)
			tell();
	};

	const tell = () => {
		const change = untold;
		untold = emptyChange();
		rejoins = 0;
		if (joining)
			transport.joinedForGood();
		joining = false;
		if (ready)
			on.change(change);
		else
			on.ready();
		ready = true;
	};

	const rejoinLater = (outcome) => {
		if (timers.rejoin !== null)
			return;
		timers.rejoin = setTimeout(() => {
			timers.rejoin = null;
			feedRejoin(feed);
			joining = true;
			metrics.joins++;
			transport.rejoin();
		}, backoffDelay(rejoins++, Math.random(), REJOIN[outcome]));
	};

	const joined = () => {
		answered();
		clearTimeout(timers.settle);
		timers.settle = setTimeout(settle, SETTLE_MS);
	};

	const settle = () => {
		const { outcome, change } = feedSettle(feed);
		if (!feed.exact && ready)
			rejoinLater(OUTCOME.GAP);
		else
			advance(outcome, change);
	};

	const answered = () => {
		clearTimeout(timers.check);
		timers.check = null;
	};

	const resume = resumePoint(options, feed);
	transport = OPEN[options.endpoint.kind]({ ...options, resume }, { message, joined, answered, lost });

	return {
		feed,
		close,
		publish: (m) => (transport.publish ? transport.publish(m) : Promise.reject(new Error('not on a broker'))),
		check: () => {
			timers.check ??= setTimeout(() => lost('no answer'), CHECK_MS);
			transport.check();
		},
	};
}

/* Where an earlier session stopped, this one may go on, if its transport can ask for that. */
function resumePoint({ endpoint, from }, feed) {
	if (endpoint.kind !== 'sse' || !from?.exact || !canResume(endpoint.url))
		return null;
	Object.assign(feed, { epoch: from.epoch, seq: from.seq, exact: true, state: new Map(from.state) });
	return `${from.epoch}:${from.seq}`;
}

function count(metrics, kind, bytes) {
	metrics.messages++;
	metrics.bytes += bytes;
	if (COUNTERS[kind])
		metrics[COUNTERS[kind]]++;
}

/* Polling hands over an object where it has one already. */
function decode(payload) {
	if (typeof payload === 'object' && !ArrayBuffer.isView(payload))
		return payload;
	if (payload.length > MAX_MESSAGE)
		return null;
	try {
		const value = JSON.parse(typeof payload === 'string' ? payload : new TextDecoder().decode(payload));
		return typeof value === 'object' ? value : null;
	} catch {
		return null;
	}
}
