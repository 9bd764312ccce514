/* view - one view of the scoreboard as a page has it: its state, the publisher's status and clock, the crew's notice. Listeners are told what changes. Knows no
 * network; `local` are times of one clock of ours that does not jump. */

import { clockTime, createSync, isClock, publisherNow, syncKnown, syncLive, syncReset, syncRetained } from './clock.js';
import { noticeOver } from './notice.js';

const STATES = new Set(['live', 'stale', 'offline']);
const CLOCKS = ['period', 'jam', 'lineup', 'timeout', 'intermission'];

export class View {
	state = new Map();
	status = null;
	#notice = null;         // as holdNotice() has it
	#sync = createSync();
	#emitter;

	constructor(emitter) {
		this.#emitter = emitter;
	}

	on = (name, listener) => this.#emitter.on(name, listener);

	now(local) { return publisherNow(this.#sync, local); }
	get notice() { return this.#notice?.notice ?? null; }
	get synced() { return syncKnown(this.#sync); }

	change(change) {
		if (change.set.size === 0 && change.del.length === 0)
			return;
		change.del.forEach((key) => this.state.delete(key));
		change.set.forEach((value, key) => this.state.set(key, value));
		this.#emitter.emit('change', change);
	}

	takeStatus({ state, since, reason }) {
		if (!STATES.has(state))
			return;
		const next = { state, since: Number.isFinite(since) ? since : 0, reason: typeof reason === 'string' ? reason : '' };
		if (JSON.stringify(next) === JSON.stringify(this.status))
			return;
		this.status = next;
		this.#emitter.emit('status', next);
	}

	/* The same notice comes again with each connection; that is no news. */
	takeNotice(held, local) {
		const before = JSON.stringify(this.notice);
		this.#notice = held !== null && this.#isOver(held, local) ? null : held;
		if (JSON.stringify(this.notice) !== before)
			this.#emitter.emit('notice', this.notice);
	}

	/* To be called now and then. */
	endNotice(local) { this.takeNotice(this.#notice, local); }

	#isOver(held, local) {
		return noticeOver(held, performance.now(), [this.synced ? this.now(local) : NaN, Date.now()]);
	}

	/* From a message of the feed. Returns how much later than the best it came; null for one that may have been kept. */
	learnTime(kind, message, { live, local }) {
		if (live && kind !== 'snapshot')
			return Math.round(syncLive(this.#sync, local, message.ts));
		syncRetained(this.#sync, local, message.ts, Date.now(), anyClockRuns(message));
		return null;
	}

	forgetTime() { syncReset(this.#sync); }
}

const anyClockRuns = (message) => Object.values(message.state ?? message.set ?? {}).some((value) => isClock(value) && value.running);

/* How a page asks for a view and its clocks; `view` has `state` and `on`, now() gives the time by which the clocks go. */
export function clocksOf(view, now) {
	const clockAt = (key) => readClock(view.state.get(key), now());
	const clock = (name) => clockAt(`clock/${name}`);
	return {
		state: view.state,
		on: view.on,
		get: (key, otherwise) => view.state.get(key) ?? otherwise,
		now, clock, clockAt,
		clocks: () => Object.fromEntries(CLOCKS.map((name) => [name, clock(name)])),
	};
}

function readClock(clock, now) {
	if (!isClock(clock))
		return null;
	const time = Number.isFinite(now) ? clockTime(clock, now) : clock.time;
	return { time, running: clock.running === true, direction: clock.direction };
}
