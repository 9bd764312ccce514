/* desk - an operator's connection, kept up: the shell of client/link.js and asking.js. A broker counts as reached when it has answered a command, so that a login that may not
 * control is found out at once: its request is refused, or taken and never answered. */

import { createEndpoint } from '../client/endpoints.js';
import { PHASE, createLink, linkDeadline, linkStep } from '../client/link.js';
import { watchPage } from '../client/page.js';
import { askingAdd, askingDrop, askingTake, createAsking } from './asking.js';
import { openWire } from './wire.js';

const ANSWER_MS = 4000;  // one of many brokers waits 2 s for the others
const PROOF_MS = 3000;   // for the first answer, from when the broker has taken the question
const REFUSED = 0x80;    // reason codes from here on
const PROOF = [{ command: 'getLimits' }]; // which a broker answers by itself

const localNow = () => performance.timeOrigin + performance.now();

export class Desk {
	#link;
	#options;
	#on;
	#wires = new Map();     // line -> wire
	#asking = createAsking();
	#waiting = new Map();   // wire -> the functions that end its questions
	#wake = null;
	#unwatch = () => {};
	#doubted = null;        // the line of which it is being found out
	#lostAt = localNow();
	#everIn = false;
	#refused = false;

	/* options: { servers, who: { username, password }, topics, mqtt }. on: state(), topic(topic, text), denied(why): the login is over before it has begun; why is `refused` or
	 * `no control`. */
	constructor(options, on) {
		this.#options = options;
		this.#on = on;
		this.#link = createLink(options.servers.map((url) => createEndpoint('mqtt', url)));
	}

	start() {
		this.#unwatch = watchPage({
			hidden: () => this.#step({ type: 'hide' }),
			shown: () => this.#step({ type: 'show' }),
			online: () => this.#step({ type: 'nudge' }),
		});
		this.#step({ type: 'start' });
	}

	close() {
		this.#unwatch();
		this.#step({ type: 'stop' });
		clearTimeout(this.#wake);
	}

	/* phase: `dialing` until the first answer, `live`, `lost`. */
	get link() {
		const live = this.#link.phase === PHASE.LIVE;
		return {
			phase: live ? 'live' : this.#everIn ? 'lost' : 'dialing',
			lostMs: live ? 0 : localNow() - this.#lostAt,
			refused: this.#refused,
			url: live ? this.#link.current.endpoint.url : null,
		};
	}

	/* The responses, in the order of the commands: { data } or { error } each. Rejects when there is no connection, or no answer. */
	async ask(commands) {
		const wire = this.#wires.get(this.#link.current);
		if (this.#link.phase !== PHASE.LIVE || !wire)
			throw new Error('not connected');
		const line = this.#link.current;
		try {
			return await this.#askOn(wire, commands, ANSWER_MS);
		} catch (error) {
			this.#doubt(line, wire);
			throw error;
		}
	}

	/* A question was not answered: is the broker there? */
	async #doubt(line, wire) {
		if (this.#doubted === line || !this.#wires.has(line))
			return;
		this.#doubted = line;
		try {
			await this.#askOn(wire, PROOF, PROOF_MS);
		} catch {
			this.#lose(line, { refused: false });
		}
		this.#doubted = null;
	}

	#askOn(wire, commands, ms) {
		return new Promise((resolve, reject) => {
			let timer = null;
			const { numbers, text } = askingAdd(this.#asking, commands, (responses) => {
				settle();
				resolve(responses);
			});
			const settle = () => {
				clearTimeout(timer);
				this.#waiting.get(wire)?.delete(fail);
			};
			const fail = (error) => {
				settle();
				askingDrop(this.#asking, numbers);
				reject(error);
			};
			this.#waiting.set(wire, (this.#waiting.get(wire) ?? new Set()).add(fail));
			let taken = false;
			timer = setTimeout(() => fail(Object.assign(new Error('no answer'), { taken })), ms);
			wire.ask(text).then(() => { taken = true; }, fail);
		});
	}

	/* --- the link decides; here is done what it says --- */

	#step(event) {
		const was = this.#link.phase;
		for (const { do: what, line } of linkStep(this.#link, event, localNow(), Math.random())) {
			if (what === 'dial')
				this.#dial(line);
			else if (what === 'use')
				this.#everIn = true;
			else if (what === 'measure')
				this.#step({ type: 'measured', line, ms: 1 }); // only a broker that does not answer is left
			else
				this.#hangUp(line);
		}
		if (was === PHASE.LIVE && this.#link.phase !== PHASE.LIVE)
			this.#lostAt = localNow();
		clearTimeout(this.#wake);
		const wait = linkDeadline(this.#link) - localNow();
		if (wait < Infinity)
			this.#wake = setTimeout(() => this.#step({ type: 'wake' }), Math.min(2 ** 31 - 1, Math.max(0, wait) + 1));
		this.#on.state();
	}

	#dial(line) {
		const { who, topics, mqtt } = this.#options;
		const wire = openWire({ url: line.endpoint.url, who, topics, mqtt, dialMs: this.#link.options.dialMs }, {
			opened: () => this.#prove(line, wire),
			topic: (topic, text) => this.#link.current === line && this.#on.topic(topic, text),
			answer: (text) => askingTake(this.#asking, text),
			lost: (why) => this.#lose(line, why),
		});
		this.#wires.set(line, wire);
	}

	/* Whoever may control is answered. */
	async #prove(line, wire) {
		try {
			await this.#askOn(wire, PROOF, PROOF_MS);
		} catch ({ taken = false, code = 0 }) {
			if (this.#wires.has(line) && (taken || code >= REFUSED) && !this.#everIn)
				this.#deny('no control');
			else
				this.#lose(line, { refused: false });
			return;
		}
		this.#refused = false;
		this.#step({ type: 'ready', line });
	}

	#hangUp(line) {
		const wire = this.#wires.get(line);
		this.#wires.delete(line);
		wire?.close();
		[...this.#waiting.get(wire) ?? []].forEach((fail) => fail(new Error('the connection is lost')));
		this.#waiting.delete(wire);
	}

	#lose(line, { refused }) {
		if (!this.#wires.has(line))
			return;
		this.#hangUp(line);
		this.#refused = refused;
		if (refused && !this.#everIn)
			return this.#deny('refused');
		this.#step({ type: 'lost', line, trouble: refused ? 'refused' : 'network' });
	}

	#deny(why) {
		this.close();
		this.#on.denied(why);
	}
}
