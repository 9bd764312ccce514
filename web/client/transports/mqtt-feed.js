/* mqtt-feed - one view on one connection with a broker: what is subscribed to, in the encoding that encoding.js has chosen, and what comes
 * in. Decides nothing. */

import { createEncoding, encodingDeadline, encodingFollowed, encodingStep } from '../encoding.js';
import { createPacked, takePacked } from '../packed.js';

/* Below PREFIX/feed/VIEW/: what a viewer stays subscribed to, and what a newcomer needs once. `z/+` is one filter for both parts: a broker compares
 * whoever subscribes with all that the same filter has already, and again when he leaves. */
const FILTERS = { json: { stay: ['delta'], once: ['snapshot', 'recent'] }, packed: { stay: ['z'], once: ['z/+'] } };
const ALL = (name) => [...FILTERS[name].stay, ...FILTERS[name].once];
const JSON_KINDS = new Map([['delta', 'delta'], ['snapshot', 'snapshot'], ['recent', 'recent']]);
const PACKED_KINDS = new Map([['z', 'delta'], ['z/base', 'snapshot'], ['z/recent', 'recent']]);
const HELD = Object.freeze({ live: false, bytes: 0, packed: true }); // a message that was counted when it came, and held

export class MqttFeed {
	#at;                    // PREFIX/feed/VIEW/
	#status;
	#notice;
	#link;
	#on;
	#encoding;
	#packed;
	#subscribed = new Set();
	#joined = false;        // what is needed once is needed no more
	#last = null;           // what came last, if it was a packed delta that could be read
	#timer = null;

	/* `link` is the connection: subscribe(filters, { granted(), refused(filters) }) and unsubscribe(filters, answered). `Inflate` is null when the
	 * packed feed is not wanted, or can't be read. `on` is the session, with refused(): the broker grants nothing. */
	constructor({ prefix, view, Inflate, link }, on) {
		this.#at = `${prefix}/feed/${view}/`;
		this.#status = `${prefix}/status`;
		this.#notice = `${prefix}/notice`;
		this.#link = link;
		this.#on = on;
		this.#encoding = createEncoding(Inflate !== null);
		this.#packed = Inflate && createPacked(Inflate);
	}

	start() { this.#step('start'); }
	rejoin(unread) { this.#step(unread ? 'unread' : 'rejoin'); }
	close() { clearTimeout(this.#timer); }
	holds(filter) { return this.#subscribed.has(filter); }

	/* The connection goes on without this feed. */
	leave() {
		const filters = [...this.#subscribed];
		this.#subscribed.clear();
		this.#link.unsubscribe(filters);
	}

	joinedForGood() {
		this.#joined = true;
		this.#leaveOnce();
	}

	/* Is the broker still there? It answers this with the retained status, or at least with a SUBACK. */
	check() {
		this.#link.subscribe([this.#status], { granted: this.#on.answered, refused: this.#on.refused });
	}

	/* True: the message was one of this view's. */
	receive(topic, payload, facts) {
		if (topic === this.#status)
			return this.#takeStatus(payload, facts);
		if (topic === this.#notice)
			return this.#takeNotice(payload, facts);
		const level = topic.startsWith(this.#at) ? topic.slice(this.#at.length) : '';
		if (JSON_KINDS.has(level))
			this.#on.message(JSON_KINDS.get(level), payload, facts);
		else if (this.#packed && PACKED_KINDS.has(level))
			this.#takePacked(PACKED_KINDS.get(level), payload, facts);
		else
			return false;
		return true;
	}

	#takeStatus(payload, facts) {
		const state = stateOf(payload);
		if (state === 'live')
			this.#step(facts.live ? 'alive' : 'live');
		else if (state !== undefined && !facts.live)
			this.#step('idle');
		this.#on.message('status', payload, facts);
		return true;
	}

	#takeNotice(payload, facts) {
		this.#on.notice(payload, facts);
		return true;
	}

	/* Twice the same: another subscription on this connection matches it, too. */
	#isCopy(kind, payload) {
		const last = this.#last;
		return kind === 'delta' && last?.length === payload.length && payload.every((byte, i) => byte === last[i]);
	}

	#takePacked(kind, payload, facts) {
		if (this.#isCopy(kind, payload))
			return;
		const { texts, trouble } = takePacked(this.#packed, kind, payload);
		const read = texts.length > 0;
		this.#last = read && kind === 'delta' ? payload : null;
		eventsOf(kind, { live: facts.live && payload.length > 0, read, bad: trouble !== null }).forEach((event) => this.#step(event));
		texts.forEach(([what, text], i) => this.#on.message(what, text, i === 0 ? { ...facts, packed: true } : HELD));
		if (!read)
			this.#on.unread(trouble, { ...facts, missed: trouble !== null && encodingFollowed(this.#encoding) === 'packed' });
	}

	/* --- encoding.js decides; here is done what it says --- */

	#step(event) {
		clearTimeout(this.#timer);
		const effects = encodingStep(this.#encoding, event, performance.now(), Math.random());
		const wait = encodingDeadline(this.#encoding) - performance.now();
		if (wait < Infinity)
			this.#timer = setTimeout(() => this.#step('wake'), Math.max(0, wait) + 1);
		for (const { do: what, encoding } of effects)
			this.#obey(what, encoding);
	}

	#obey(what, encoding) {
		if (what === 'rejoin')
			this.#on.missed();
		else if (what === 'leave')
			this.#leave(encoding);
		else
			this.#subscribe(encoding, what === 'join' ? ALL(encoding) : FILTERS[encoding].once);
	}

	/* Deltas come before the base, so that none is missed between them; the status last: see encoding.js. The notice first: once the state is
	 * exact, it is known whether there is one. */
	#subscribe(encoding, levels) {
		const filters = levels.map((level) => this.#at + level);
		if (!this.#subscribed.has(this.#status)) {
			filters.unshift(this.#notice);
			filters.push(this.#status);
		}
		filters.forEach((filter) => this.#subscribed.add(filter));
		this.#joined = false;
		this.#on.joining();
		this.#link.subscribe(filters, {
			granted: this.#on.joined,
			refused: (which) => this.#refused(encoding, which.filter((filter) => filter !== this.#notice)),
		});
	}

	/* A policy may keep notices from us: the game is followed all the same. */
	#refused(encoding, which) {
		if (which.length === 0)
			this.#on.joined();
		else if (encoding === 'json' || which.includes(this.#status))
			this.#on.refused();
		else
			this.#step('refused');
	}

	/* Who is exact already does not need what the other encoding has for newcomers. */
	#leave(encoding) {
		this.#unsubscribe(ALL(encoding));
		if (this.#joined)
			this.#leaveOnce();
	}

	#leaveOnce() {
		this.#unsubscribe(FILTERS[encodingFollowed(this.#encoding)].once);
	}

	#unsubscribe(levels) {
		const filters = levels.map((level) => this.#at + level).filter((filter) => this.#subscribed.delete(filter));
		if (filters.length > 0)
			this.#link.unsubscribe(filters, this.#on.answered);
	}
}

/* What a message of the packed feed is for encoding.js. */
function eventsOf(kind, { live, read, bad }) {
	const isBase = kind === 'snapshot';
	const isNews = live && read;
	const events = { heard: live, base: isBase && read, 'bad-base': isBase && bad, renewed: isBase && isNews, delta: kind === 'delta' && isNews };
	return Object.keys(events).filter((event) => events[event]);
}

function stateOf(payload) {
	try {
		return JSON.parse(new TextDecoder().decode(payload))?.state;
	} catch {
		return undefined;
	}
}
