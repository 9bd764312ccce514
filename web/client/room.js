/* room - the shell of rooms.js: one subscription for all who have joined the room here, each with listeners of his own. */

import { Refusal, reasonOf } from './refusal.js';
import { createHolder } from './held.js';
import { createRoom, roomRejoined, roomSwept, roomTake } from './rooms.js';

const SWEEP_MS = 3000;  // by then a broker has told all that it keeps in a room
const REFUSED = 0x80;

export class Room {
	#room;
	#people;
	#members = new Set();    // what join() gave
	#joined;                 // a promise
	#answer;                 // its resolve and reject
	#drop;
	#counts = { sent: 0, queued: 0, refused: 0, joinedAt: null };
	#sweep = null;

	/* `people`: { subscribe(owner, filter), say(place, message, options), setState(room, entry, options), forget(name, room) } */
	constructor(name, people) {
		this.#room = createRoom(name);
		this.#people = people;
		this.#joined = new Promise((resolve, reject) => { this.#answer = { resolve, reject }; });
		this.#joined.catch(() => {});
		this.#drop = people.subscribe({
			asked: () => this.#counts.joinedAt !== null && roomRejoined(this.#room),
			take: (topic, text) => this.#tell(roomTake(this.#room, topic, text)),
			answered: (code, ended) => (code < REFUSED ? this.#granted() : ended && this.#refused(code)),
		}, `rooms/${name}/#`);
	}

	/* One who joins; rejects with a Refusal. */
	async join() {
		const holder = createHolder(['message']);
		const member = { emit: holder.emit };
		this.#members.add(member);
		await this.#joined;
		return this.#handle(member, holder.on);
	}

	/* The board is closed: nobody is let in any more. */
	close() {
		clearTimeout(this.#sweep);
		this.#answer.reject(new Error('the board is closed'));
	}

	#handle(member, on) {
		const room = this.#room;
		const stats = () => ({ ...room.stats, ...this.#counts });
		return {
			name: room.name,
			on,
			get state() { return room.state; },
			get presence() { return room.presence; },
			get stats() { return stats(); },
			send: (type, data, options) => this.#count(this.#people.say(`rooms/${room.name}/say`, { type, data }, options)),
			setState: (key, value, options) => this.#count(this.#people.setState(room.name, { key, value }, options)),
			leave: () => this.#leave(member),
		};
	}

	#leave(member) {
		if (this.#members.delete(member) && this.#members.size === 0)
			this.#end();
	}

	#end() {
		clearTimeout(this.#sweep);
		this.#drop();
		this.#people.forget(this.#room.name, this);
	}

	/* --- what the broker says --- */

	#granted() {
		if (this.#counts.joinedAt === null) {
			this.#counts.joinedAt = Date.now();
			this.#answer.resolve();
			return;
		}
		clearTimeout(this.#sweep);
		this.#sweep = setTimeout(() => this.#tell(roomSwept(this.#room)), SWEEP_MS);
	}

	/* The first time it is join() that fails. */
	#refused(code) {
		const { name } = this.#room;
		const refusal = new Refusal(`The broker does not let us into the room “${name}” (0x${code.toString(16)}).`, { code, reason: reasonOf(code) });
		this.#end();
		this.#answer.reject(refusal);
		this.#emit('closed', { refused: true, code, reason: refusal.reason });
	}

	#tell(events) {
		for (const { name, event } of events) {
			if (name === 'closed')
				this.#end();
			this.#emit(name, event);
		}
	}

	#emit(name, event) { this.#members.forEach((member) => member.emit(name, event)); }

	/* --- what we say --- */

	async #count(answer) {
		const now = await answer;
		this.#counts[now.state]++;
		if (now.state === 'queued')
			now.done.then(({ state }) => {
				this.#counts.queued--;
				this.#counts[state]++;
			});
		return now;
	}
}
