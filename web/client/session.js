/* session - one connection and the feed it carries, until it is lost. Tells the client when its state is exact, what
 * changed, and when to ask again. Its state is its own: a session that is only being tried disturbs nobody. A further feed on the same connection is a
 * session of its own, with what openFeed() gives for a transport (the option `open`). */

import {
	OUTCOME, createFeed, emptyChange, feedDelta, feedRecent, feedRejoin, feedSettle, feedSnapshot, mergeChange,
} from './feed.js';
import { backoffDelay } from './backoff.js';
import { holdNotice, readNotice } from './notice.js';
import { openMqtt } from './transports/mqtt.js';
import { canResume, openSse } from './transports/sse.js';
import { openPoll } from './transports/poll.js';
import { UNPACKED } from './unpacker.js';

const OPEN = { mqtt: openMqtt, sse: openSse, poll: openPoll };
const SETTLE_MS = 1000;                                       // by then all that answers a join has come
const DOUBT_MS = 2000;                                        // "are you there?" not answered: it is time to look for another one;
const READ_MS = 50;                                           // for what has come meanwhile
const CHECK_MS = 8000;                                        // and to give this one up
const BEHIND_MS = 5000;                                       // so long a broker that is behind what was shown already may take to catch up
const MAX_MESSAGE = 8 * 1024 * 1024;
const CALM_MS = 30000;                                        // so long after a join the next one waits no longer than the first
const UNREAD = 'unread';                                      // a message can't be read, which is as good as missed
const REJOIN = {
	[OUTCOME.GAP]: { base: 250, ceiling: 15000, floor: 0 },
	[OUTCOME.EPOCH]: { base: 1500, ceiling: 15000, floor: 0 }, // longer: the whole crowd joins again at the same time
	[UNREAD]: { base: 1500, ceiling: 15000, floor: 0 },        // the same: a new publisher has a new dictionary
};
const COUNTERS = {
	delta: 'deltas', snapshot: 'snapshots', recent: 'recents', [UNPACKED.UNKNOWN]: 'unreadable', [UNPACKED.BAD]: 'unreadable',
};
const TROUBLE = { [OUTCOME.GAP]: 'gaps', [OUTCOME.BAD]: 'bad' };

const APPLY = {
	snapshot: (feed, message, complete) => feedSnapshot(feed, message, complete),
	recent: (feed, message) => feedRecent(feed, message),
	delta: (feed, message) => feedDelta(feed, message),
};
const isHeartbeat = (kind, message) => kind === 'delta' && message.set === undefined && message.del === undefined;

export class Session {
	feed = createFeed();
	notice = null;          // as holdNotice() has it; null: there is none
	status = null;          // the last one that has come
	#metrics;
	#on;                    // { ready(), change(change), status(status), notice(held), heard(kind, message, live), lost(error) }; and of a
	                        // connection: connected(), other(topic, payload, packet), measured(ms), silent(),
	                        // answered()
	#transport;
	connected = false;      // on a broker, and anything can be subscribed to
	rttMs = null;           // the last round trip
	#from;                  // the feed that was shown before this session, or null
	#timers = { settle: null, rejoin: null, doubt: null, check: null, behind: null };
	#ready = false;         // was exact once: the client may use this session
	#joining = true;        // still subscribed to snapshot and recent
	#untold = emptyChange();
	#rejoins = 0;
	#rejoinedAt = -Infinity;

	constructor(options, metrics, on) {
		this.#metrics = metrics;
		this.#on = on;
		this.#from = options.from ?? null;
		const resume = resumePoint(options, this.feed);
		const open = options.open ?? OPEN[options.endpoint.kind];
		this.#transport = open({ ...options, resume }, {
			message: (kind, payload, facts) => this.#message(kind, payload, facts),
			notice: (payload, facts) => this.#notice(payload, facts),
			unread: (trouble, facts) => this.#unread(trouble, facts),
			missed: () => this.#rejoinLater(UNREAD),
			joining: () => { this.#joining = true; },
			joined: () => this.#joined(),
			answered: () => this.#answered(),
			lost: (error) => this.#lost(error),
			connected: () => this.#connected(options.view === null),
			other: (topic, payload, packet) => this.#on.other(topic, payload, packet),
			measured: (ms) => this.#measured(ms),
		});
	}

	close() {
		this.connected = false;
		Object.values(this.#timers).forEach(clearTimeout);
		this.#transport?.close();
	}

	/* Another one has taken its place. What is on its way is heard yet, where there may be something. */
	retire() {
		const { retire } = this.#transport;
		if (!retire)
			return this.close();
		this.connected = false;
		Object.values(this.#timers).forEach(clearTimeout);
		retire();
	}

	/* What brokers alone can do; see transports/mqtt.js. */
	subscribe(wanted, answer) { this.#transport.subscribe?.(wanted, answer); }
	unsubscribe(filters) { this.#transport.unsubscribe?.(filters); }
	measure() { this.#transport.measure?.(); }
	get receiveMaximum() { return this.#transport.receiveMaximum; }
	get openFeed() { return this.#transport.openFeed; }

	publish(message) {
		return this.#transport.publish?.(message) ?? Promise.reject(new Error('not on a broker'));
	}

	/* Nothing has been heard for long. Asks whether the other side is still there; without an answer the session is first told to be silent, then
	 * lost. */
	check() {
		this.#unanswered('doubt', DOUBT_MS, () => this.#on.silent?.());
		this.#unanswered('check', CHECK_MS, () => this.#lost(new Error('no answer')));
		this.#transport.check();
	}

	/* When this process has stood still, an answer may be there that nobody has read yet: that is done first. */
	#unanswered(name, ms, then) {
		this.#timers[name] ??= setTimeout(() => { this.#timers[name] = setTimeout(then, READ_MS); }, ms);
	}

	/* Without a feed nothing more is to be waited for. */
	#connected(bare) {
		this.connected = true;
		this.#on.connected();
		if (bare)
			this.#on.ready();
	}

	#measured(ms) {
		this.rttMs = ms;
		this.#on.measured(ms);
	}

	#answered() {
		clearTimeout(this.#timers.doubt);
		clearTimeout(this.#timers.check);
		this.#timers.doubt = this.#timers.check = null;
		this.#on.answered?.();
	}

	#lost(error) {
		this.connected = false;
		this.close();
		this.#on.lost(error);
	}

	#message(kind, payload, { live, complete, bytes, packed }) {
		count(this.#metrics, kind, bytes);
		this.#metrics.packed += packed ? 1 : 0;
		const message = decode(payload);
		if (message === null)
			this.#metrics.bad++;
		else if (kind === 'status')
			this.#status(message);
		else
			this.#apply(kind, message, live, complete);
	}

	/* A message of the packed feed without a text. While base and recent are on their way, an unknown dictionary is that of the new base. */
	#unread(trouble, { bytes, missed }) {
		count(this.#metrics, trouble, bytes);
		if (missed && !(trouble === UNPACKED.UNKNOWN && this.#joining))
			this.#rejoinLater(UNREAD);
	}

	#status(message) {
		this.#answered();
		this.status = message;
		this.#on.status(message);
	}

	/* What is no notice has taken the place of the one before, as who comes later finds it. */
	#notice(payload, { bytes, expiryS }) {
		count(this.#metrics, 'notice', bytes);
		const notice = readNotice(payload);
		this.#metrics.bad += notice === undefined ? 1 : 0;
		this.notice = notice ? holdNotice(notice, performance.now(), expiryS) : null;
		this.#on.notice(this.notice);
	}

	#apply(kind, message, live, complete) {
		const { epoch } = this.feed;
		const { outcome, change } = APPLY[kind](this.feed, message, complete);
		this.#metrics.epochs += epoch !== null && this.feed.epoch !== epoch ? 1 : 0;
		if (TROUBLE[outcome])
			this.#metrics[TROUBLE[outcome]]++;
		if (outcome === OUTCOME.BAD)
			return;
		this.#metrics.heartbeats += isHeartbeat(kind, message) ? 1 : 0;
		this.#answered();
		this.#on.heard(kind, message, live);
		this.#advance(outcome, change);
	}

	/* What changed on the way to an exact state is told when it is reached, as one change. */
	#advance(outcome, change) {
		mergeChange(this.#untold, change);
		if (REJOIN[outcome])
			this.#rejoinLater(outcome);
		else if (this.feed.exact && this.feed.settled)
			this.#tell();
	}

	#tell() {
		if (!this.#ready && isBehind(this.feed, this.#from)) {
			this.#timers.behind ??= setTimeout(() => this.#takeAsItIs(), BEHIND_MS);
			return;
		}
		const change = this.#untold;
		this.#untold = emptyChange();
		if (this.#joining)
			this.#transport.joinedForGood();
		this.#joining = false;
		const first = !this.#ready;
		this.#ready = true;
		if (first)
			this.#on.ready();
		else
			this.#on.change(change);
	}

	/* An edge that has just found its hub again catches up soon. One that does not is better than none. */
	#takeAsItIs() {
		this.#from = null;
		this.#advance(OUTCOME.QUIET, null);
	}

	/* That a join succeeds proves little: the next message may be as bad as the one before. So what comes soon after it waits longer. */
	#rejoinLater(outcome) {
		if (performance.now() - this.#rejoinedAt > CALM_MS)
			this.#rejoins = 0;
		this.#timers.rejoin ??= setTimeout(() => this.#rejoin(outcome), backoffDelay(this.#rejoins++, Math.random(), REJOIN[outcome]));
	}

	#rejoin(outcome) {
		this.#timers.rejoin = null;
		this.#rejoinedAt = performance.now();
		feedRejoin(this.feed);
		this.#joining = true;
		this.#metrics.joins++;
		this.#transport.rejoin(outcome === UNREAD);
	}

	/* The answer to a join has begun. That it is complete nothing says, so it is taken to be after SETTLE_MS. */
	#joined() {
		this.#answered();
		clearTimeout(this.#timers.settle);
		this.#timers.settle = setTimeout(() => this.#settle(), SETTLE_MS);
	}

	#settle() {
		const { outcome, change } = feedSettle(this.feed);
		if (!this.feed.exact && this.#ready)
			this.#rejoinLater(OUTCOME.GAP);
		else
			this.#advance(outcome, change);
	}
}

/* Would a page that showed `from` go back to an earlier state? Of another epoch nobody can say. */
const isBehind = (feed, from) => from !== null && from.epoch === feed.epoch && feed.seq < from.seq;

/* The id from which this session goes on where an earlier one has stopped; null when its transport can't ask for that. */
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
