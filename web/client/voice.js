/* voice - what we say to others: through one outbox per board, opened when it is first needed, under the broker's and the user's name. Says what became of
 * a message: sent, queued, or refused. */

import { createOutbox } from './outbox.js';
import { createNewest, newestNote, newestSends } from './newest.js';

const ANSWER_MS = 3000;            // so long somebody who is connected, or is about to be, waits for the broker's word before he is told that it is queued
const NOBODY = 0x10;               // no matching subscribers

export class Voice {
	#host;
	#opened = null;
	#outbox = null;
	#newest = createNewest();
	#spoke = false;
	#closed = false;

	/* See #hostOfPeople() in client.js. */
	constructor(host) {
		this.#host = host;
		host.on('connection', () => this.#flush());
	}

	get stats() { return this.#outbox?.stats ?? null; }

	/* For a username; there is no other way to know whose messages wait. Null: it was closed before. */
	async open(user) {
		if (!this.#closed)
			this.#opened ??= this.#open(user);
		return this.#opened;
	}

	async #open(user) {
		const { settings, receiveMaximum } = this.#host;
		const name = `scoreboard-outbox ${[...settings.servers].sort().join(' ')} ${user}`;
		this.#outbox = await createOutbox({ name, publish: (message) => this.#publish(message), receiveMaximum: () => receiveMaximum() ?? 1 });
		this.#flush();
		return this.#outbox;
	}

	async say(user, { topic, payload, id, retain, expiryS, priority }) {
		const outbox = await this.open(user);
		if (outbox === null)
			return { state: 'refused', reason: 'closed', code: null };
		if (retain)
			newestNote(this.#newest, { topic, id });
		const kept = await outbox.send(topic, payload, { priority, id, retain, expiryS });
		return kept.ok ? this.#answer(kept) : { state: 'refused', reason: kept.reason, code: null };
	}

	close() {
		this.#closed = true;
		this.#opened?.then((outbox) => outbox.close(), () => {});
	}

	async #publish(message) {
		if (message.retain && !newestSends(this.#newest, message))
			return 0;
		return this.#host.publish(message);
	}

	/* A connection has come back. */
	#flush() {
		const speaks = this.#host.speaks();
		if (speaks && !this.#spoke)
			this.#outbox?.flush();
		this.#spoke = speaks && this.#outbox !== null;
	}

	async #answer({ id, done }) {
		const { retries } = this.stats;
		const fate = this.#mayBeHeard() ? await Promise.race([done, this.#nothing()]) : null;
		if (fate)
			return answerOf(id, fate);
		const reason = !this.#host.speaks() ? 'offline' : (this.stats.retries > retries ? 'busy' : 'behind');
		return { state: 'queued', id, reason, done: done.then((later) => answerOf(id, later)) };
	}

	/* There is a broker, or there may be one in a moment. */
	#mayBeHeard() { return this.#host.speaks() || this.#host.dials(); }

	/* Neither sent nor refused in a while, or the connection is lost. */
	#nothing() {
		return new Promise((resolve) => {
			const end = () => {
				clearTimeout(timer);
				off();
				resolve(null);
			};
			const timer = setTimeout(end, ANSWER_MS);
			const off = this.#host.on('connection', () => !this.#mayBeHeard() && end());
		});
	}
}

const answerOf = (id, { ok, reason, code }) => (ok
	? { state: 'sent', id, heard: code !== NOBODY }
	: { state: 'refused', id, reason, code: code ?? null });
