/* subscriptions - the shell of topics.js: asks every connection that there is for all that is wanted, in one SUBSCRIBE what was wanted in one moment, and
 * hands out what comes. While one connection takes another's place both are listened to, so that nothing is missed between them.
 *
 * An owner is { take(topic, text, { retained }), asked(), answered(code, ended) }. What the broker keeps comes after asked(), and as good as all of it before
 * answered().
 *
 * A session that the broker has kept brings what came meanwhile at once, before anybody can have asked for it. Such strays are held for a while. What is in
 * a room that nobody joins any more is unsubscribed from: the broker remembers a subscription that we have forgotten. */

import {
	createTopics, isFilter, topicsAll, topicsAnswered, topicsDeadline, topicsDrop, topicsDue, topicsOf, topicsOwners, topicsWant, topicsWanting,
} from './topics.js';

const STRAYS = 500;
const STRAY_BYTES = 65536;
const STRAY_MS = 30000;

export class Subscriptions {
	#topics = createTopics();
	#sessions = new Map();   // session -> SUBSCRIBEs without an answer
	#fresh = new Set();      // filters that are wanted since this moment
	#timers = { fresh: null, again: null, strays: null };
	#strays;                 // null: none are to be expected
	#now;
	#settled;

	/* `settled()`: a session has its answers. `kept`: the broker keeps our session. */
	constructor({ now, settled, kept }) {
		this.#now = now;
		this.#settled = settled;
		this.#strays = kept ? [] : null;
	}

	/* Is the session still to answer? */
	waitsFor(session) { return (this.#sessions.get(session) ?? 0) > 0; }

	attach(session) {
		this.#sessions.set(session, 0);
		this.#timers.strays ??= this.#strays && setTimeout(() => this.#dropStrays(), STRAY_MS);
		this.#ask(session, topicsAll(this.#topics));
	}

	detach(session) { this.#sessions.delete(session); }

	close() {
		Object.values(this.#timers).forEach(clearTimeout);
		this.#sessions.clear();
	}

	/* Returns the function that ends it. Throws a TypeError for what is no filter. */
	add(owner, filter, qos) {
		if (!isFilter(filter))
			throw new TypeError(`not a topic filter: ${String(filter).slice(0, 100)}`);
		topicsWant(this.#topics, filter, qos, owner);
		this.#fresh.add(filter); // even if it is known: a new owner wants what the broker keeps there
		this.#timers.fresh ??= setTimeout(() => this.#askFresh());
		return () => this.#drop(owner, filter);
	}

	receive(topic, { payload, packet }) {
		const owners = topicsOwners(this.#topics, topic);
		if (owners.size === 0)
			return this.#keepStray({ topic, payload, packet });
		const text = new TextDecoder().decode(payload);
		owners.forEach((owner) => owner.take(topic, text, { retained: packet.retain === true }));
	}

	#drop(owner, filter) {
		if (topicsDrop(this.#topics, filter, owner))
			this.#sessions.forEach((_, session) => session.unsubscribe([filter]));
	}

	#askFresh() {
		this.#timers.fresh = null;
		const wanted = topicsOf(this.#topics, this.#fresh);
		this.#fresh.clear();
		this.#sessions.forEach((_, session) => this.#ask(session, wanted));
		this.#takeStrays();
	}

	#ask(session, wanted) {
		if (wanted.length === 0)
			return;
		const filters = wanted.map(({ filter }) => filter);
		this.#sessions.set(session, this.#sessions.get(session) + 1);
		topicsWanting(this.#topics, filters).forEach((owner) => owner.asked?.());
		session.subscribe(wanted, (codes) => {
			if (!this.#sessions.has(session))
				return;
			this.#sessions.set(session, this.#sessions.get(session) - 1);
			this.#answered(filters, codes);
			this.#settled();
		});
	}

	#answered(filters, codes) {
		for (const { owners, code, ended } of topicsAnswered(this.#topics, filters, codes, { now: this.#now(), rnd: Math.random() }))
			owners.forEach((owner) => owner.answered(code, ended));
		this.#planAgain();
	}

	#planAgain() {
		clearTimeout(this.#timers.again);
		const wait = topicsDeadline(this.#topics) - this.#now();
		if (wait < Infinity)
			this.#timers.again = setTimeout(() => this.#askAgain(), Math.max(0, wait) + 1);
	}

	#askAgain() {
		const due = topicsDue(this.#topics, this.#now());
		this.#sessions.forEach((_, session) => this.#ask(session, due));
		this.#planAgain();
	}

	/* --- strays --- */

	#keepStray(stray) {
		if (this.#strays && !stray.packet.retain && stray.payload.length <= STRAY_BYTES && /^(rooms|users|roles)\//.test(stray.topic))
			this.#strays = [...this.#strays, stray].slice(-STRAYS);
	}

	#takeStrays() {
		const held = this.#strays ?? [];
		if (held.length === 0)
			return;
		this.#strays = [];
		held.forEach(({ topic, payload, packet }) => this.receive(topic, { payload, packet }));
	}

	#dropStrays() {
		const levels = this.#strays.map(({ topic }) => topic.split('/'));
		const rooms = new Set(levels.filter(([first]) => first === 'rooms').map(([, room]) => `rooms/${room}/#`));
		this.#strays = null;
		if (rooms.size > 0)
			this.#sessions.forEach((_, session) => session.unsubscribe([...rooms]));
	}
}
