/* people - all that a board has to do with other people: rooms, messages to and from users and roles, notices, and any other topic. On the board's own
 * connection; loaded when it is first asked for. */

import { createHolder } from './held.js';
import { newId } from './id.js';
import { createInbox, inboxTake } from './inbox.js';
import { isRoomName, isUserName, writeEnvelope, writeValue } from './envelope.js';
import { Refusal, reasonOf } from './refusal.js';
import { Room } from './room.js';
import { Subscriptions } from './subscriptions.js';
import { Voice } from './voice.js';

const REFUSED = 0x80;
const CLOSED = 'the board is closed';
const NAME_MS = 5000;       // so long we wait to be told who we are
const LEVELS = ['info', 'warning', 'urgent'];
const NOTICE_LENGTH = 500;

const refusedAs = (reason) => ({ state: 'refused', reason, code: null });
const ignore = () => {};

export class People {
	#host;
	#subscriptions;
	#rooms = new Map();      // name -> Room
	#voice;
	#inbox = null;
	#asking = new Set();     // subscriptions that wait for the broker's word
	#closed = false;

	/* See #hostOfPeople() in client.js. */
	constructor(host) {
		this.#host = host;
		this.#subscriptions = new Subscriptions({ now: host.now, settled: host.settled, kept: Boolean(host.settings.session) });
		this.#voice = new Voice(host);
		this.openOutbox().catch(ignore); // what waits from before is sent
	}

	attach(session) { this.#subscriptions.attach(session); }
	detach(session) { this.#subscriptions.detach(session); }
	waitsFor(session) { return this.#subscriptions.waitsFor(session); }
	receive(topic, message) { this.#subscriptions.receive(topic, message); }

	/* From now on nothing is joined, subscribed to or said. */
	close() {
		this.#closed = true;
		this.#rooms.forEach((room) => room.close());
		this.#asking.forEach(({ reject }) => reject(new Error(CLOSED)));
		this.#asking.clear();
		this.#subscriptions.close();
		this.#voice.close();
	}

	#mustBeOpen() {
		if (this.#closed)
			throw new Error(CLOSED);
	}

	/* --- any topic --- */

	/* { off, granted }: granted rejects with a Refusal when the broker does not grant it. asked() and answered() of the options are called with each
	 * connection: what the broker keeps comes after asked(), and soon after answered() it has come. */
	subscribe(filter, listener, { qos = 0, asked = ignore, answered = ignore } = {}) {
		this.#mustBeOpen();
		let answer;
		const granted = new Promise((resolve, reject) => { answer = { resolve, reject }; });
		granted.catch(ignore);
		const settle = (how, what) => {
			this.#asking.delete(answer);
			how(what);
		};
		const drop = this.#subscriptions.add({
			take: (topic, text, { retained }) => callListener(listener, text, topic, { retained }),
			asked: () => callListener(asked),
			answered: (code, ended) => {
				if (code < REFUSED) {
					settle(answer.resolve);
					callListener(answered);
				} else if (ended)
					settle(answer.reject, this.#refusal(filter, code));
			},
		}, filter, qos);
		this.#asking.add(answer);
		const off = () => {
			drop();
			settle(answer.resolve);
		};
		return { off, granted };
	}

	#refusal(filter, code) {
		const reason = reasonOf(code);
		this.#host.emit('refused', { filter, code, reason });
		return new Refusal(`The broker does not let us subscribe to ${filter} (0x${code.toString(16)}).`, { code, reason });
	}

	/* --- rooms --- */

	async join(name) {
		this.#mustBeOpen();
		if (!isRoomName(name))
			throw new Refusal('Not the name of a room.', { code: null, reason: 'not a name' });
		const room = this.#rooms.get(name) ?? new Room(name, this.#ofRoom());
		this.#rooms.set(name, room);
		return room.join();
	}

	#ofRoom() {
		return {
			subscribe: (owner, filter) => this.#subscriptions.add(owner, filter, 1),
			say: (place, message, options) => this.#sayAs(place, message, options),
			setState: (room, entry, options) => this.#setState(room, entry, options),
			forget: (name, room) => this.#rooms.get(name) === room && this.#rooms.delete(name),
		};
	}

	async #setState(room, { key, value }, { priority = 'high' } = {}) {
		if (!isUserName(key))
			return refusedAs('not a key');
		const { payload, reason } = value === undefined ? { payload: '' } : writeValue(value);
		return reason ? refusedAs(reason) : this.#say({ topic: `rooms/${room}/state/${key}`, payload, id: newId(), retain: true, priority });
	}

	/* --- to users, roles, everybody --- */

	/* As a room's own send(), for who is not in it yet: it goes when there is a connection, and the broker decides then. */
	async sendToRoom(room, type, { data, options }) {
		return isRoomName(room) ? this.#sayAs(`rooms/${room}/say`, { type, data }, options) : refusedAs('not a name');
	}

	sendTo(user, type, { data, options }) { return this.#sendTo('users', user, { type, data, options }); }
	sendToRole(role, type, { data, options }) { return this.#sendTo('roles', role, { type, data, options }); }

	async #sendTo(kind, to, { type, data, options }) {
		return isUserName(to) ? this.#sayAs(`${kind}/${to}/from`, { type, data }, options) : refusedAs('not a name');
	}

	async setNotice(notice) {
		const wrong = whatIsWrongWith(notice ?? {});
		if (wrong)
			return refusedAs(wrong);
		const { text, level = 'info', seconds } = notice;
		const id = newId();
		const by = await this.#name();
		const until = seconds === undefined ? {} : { until: this.#host.wallNow() + 1000 * seconds };
		const kept = text === '' ? { payload: '' } : { payload: JSON.stringify({ id, text, level, ...until, by }), expiryS: seconds };
		return this.#say({ topic: `${this.#host.settings.prefix}/notice`, id, retain: true, priority: 'critical', ...kept });
	}

	/* --- as us --- */

	async #sayAs(place, { type, data }, { priority = 'normal' } = {}) {
		const user = await this.#name();
		if (user === null)
			return refusedAs('no name');
		const id = newId();
		const { payload, reason } = writeEnvelope({ id, type, data, ts: Date.now() });
		return reason ? refusedAs(reason) : this.#say({ topic: `${place}/${user}`, payload, id, priority });
	}

	async #say(message) {
		const user = await this.#name();
		return user === null ? refusedAs('no name') : this.#voice.say(user, message);
	}

	/* Our name; null for who has none that is a level of a topic, and when the app does not tell it. */
	async #name() {
		let timer;
		const late = new Promise((resolve) => { timer = setTimeout(resolve, NAME_MS, null); });
		const user = await Promise.race([this.#host.user, late]);
		clearTimeout(timer);
		return isUserName(user) ? user : null;
	}

	get outboxStats() { return this.#voice.stats; }

	async openOutbox() {
		const user = await this.#host.user;
		return isUserName(user) ? this.#voice.open(user) : null;
	}

	/* --- to us --- */

	get inbox() {
		this.#inbox ??= this.#openInbox();
		return this.#inbox;
	}

	#openInbox() {
		const inbox = createInbox();
		const holder = createHolder(['message', 'refused']);
		const open = (filter) => this.#subscriptions.add({
			take: (topic, text) => {
				const event = inboxTake(inbox, topic, text);
				if (event)
					holder.emit('message', event);
			},
			answered: (code, ended) => ended && holder.emit('refused', { filter, code, reason: reasonOf(code) }),
		}, filter, 1);
		const refuse = (reason) => holder.emit('refused', { filter: null, code: null, reason });
		(this.#host.settings.inbox.roles ?? []).forEach((role) => (isUserName(role) ? open(`roles/${role}/#`) : refuse('not a role')));
		this.#host.user.then((user) => {
			if (isUserName(user))
				open(`users/${user}/#`);
			else
				refuse('no name');
		});
		return { on: holder.on, stats: inbox.stats };
	}
}

function whatIsWrongWith({ text, level = 'info', seconds = 1 }) {
	if (typeof text !== 'string' || [...text].length > NOTICE_LENGTH)
		return 'not a text of at most 500 characters';
	if (!LEVELS.includes(level))
		return 'not a level';
	return Number.isInteger(seconds) && seconds > 0 && seconds < 2 ** 32 ? null : 'not a number of seconds';
}

function callListener(listener, ...what) {
	try {
		listener(...what);
	} catch (error) {
		console.error(error); // an app's mistake must not stop the others
	}
}
