/* client - the shell of scoreboard-client: owns timers and sessions, tells the pure parts (link, clock, feed) what
 * happens, and does what they say. It decides nothing itself. */

import { PHASE, createLink, linkDeadline, linkStep } from './link.js';
import { createSync, isClock, publisherNow, syncKnown, syncLive, syncReset, syncRetained } from './clock.js';
import { createEmitter } from './emitter.js';
import { createEndpoint } from './endpoints.js';
import { createMetrics, metricsDelay, metricsReport } from './metrics.js';
import { readOptions } from './options.js';
import { noticeOver } from './notice.js';
import { isHidden, watchPage } from './page.js';
import { Refusal } from './refusal.js';
import { Session } from './session.js';
import { createSilence, silenceEnd, silenceGoesOn } from './silence.js';
import { difference } from './feed.js';
import { isWoken } from './sleep.js';

const TICK_MS = 1000;
const STATES = new Set(['live', 'stale', 'offline']);

/* Times of this machine on a clock that does not jump when someone sets the time. */
const localNow = () => performance.timeOrigin + performance.now();

export class Client {
	state = new Map();
	status = null;
	#notice = null;             // as holdNotice() has it
	#settings;
	#link;
	#metrics = createMetrics();
	#sync = createSync();
	#emitter = createEmitter();
	#sessions = new Map();      // endpoint -> session
	#from = null;               // the feed that the state came from
	#begun = localNow();
	#silence = createSilence(this.#begun, 0);
	#shown = '';                // what the page was last told of the connection, as text
	#refusals = new Map();      // endpoint -> why it has nothing for us; emptied when one is used
	#wake = null;               // the link's timer
	#ticker = null;
	#lastTick = { local: this.#begun, wall: Date.now() };
	#wasHidden = false;         // was the page hidden at the last tick
	#unwatch = () => {};

	constructor(options) {
		this.#settings = readOptions(options);
		const { hiddenMs, link } = this.#settings;
		this.#link = createLink(makeEndpoints(this.#settings), { hiddenMs, ...link });
	}

	on = (name, listener) => this.#emitter.on(name, listener);

	start() {
		this.#ticker = setInterval(() => this.#tick(), TICK_MS);
		this.#unwatch = watchPage({
			hidden: () => { this.#wasHidden = true; this.#step({ type: 'hide' }); },
			shown: () => { this.#tick(); this.#step({ type: 'show' }); },
			online: () => this.#step({ type: 'nudge' }),
		});
		this.#step({ type: 'start' });
	}

	close() {
		clearInterval(this.#ticker);
		this.#unwatch();
		this.#step({ type: 'stop' });
		clearTimeout(this.#wake);
	}

	now() {
		return publisherNow(this.#sync, localNow());
	}

	get notice() { return this.#notice?.notice ?? null; }
	get synced() { return syncKnown(this.#sync); }
	get report() { return metricsReport(this.#metrics); }

	get connection() {
		const live = this.#link.phase === PHASE.LIVE;
		return {
			phase: this.#link.phase,
			live,
			everLive: this.#metrics.firstStateMs !== null,
			transport: live ? this.#link.current.kind : null,
			endpoint: this.#link.current?.url ?? null,
			quiet: this.#silence.quiet,
			heardMs: Math.round(localNow() - this.#silence.heardAt),
			delayMs: this.#metrics.delays.at(-1) ?? null,
			refusals: [...new Set(this.#refusals.values())],
		};
	}

	async publish(message) {
		const session = this.#sessions.get(this.#link.current);
		if (this.#link.phase !== PHASE.LIVE || !session)
			throw new Error('not connected');
		return session.publish(message);
	}

	/* --- the link decides; here is done what it says --- */

	#step(event) {
		for (const effect of linkStep(this.#link, event, localNow(), Math.random()))
			this.#obey(effect);
		this.#arm();
		this.#tellConnection();
	}

	#obey({ do: what, endpoint }) {
		if (what === 'dial')
			this.#dial(endpoint);
		else if (what === 'use')
			this.#use(endpoint);
		else
			this.#hangUp(endpoint);
	}

	#arm() {
		clearTimeout(this.#wake);
		const wait = linkDeadline(this.#link) - localNow();
		if (wait < Infinity)
			this.#wake = setTimeout(() => this.#step({ type: 'wake' }), Math.max(0, wait) + 1);
	}

	#dial(endpoint) {
		this.#metrics.connects++;
		const options = { ...this.#settings, endpoint, from: this.#from, dialMs: this.#link.options.dialMs };
		this.#sessions.set(endpoint, new Session(options, this.#metrics, {
			ready: () => this.#step({ type: 'ready', endpoint }),
			change: (change) => this.#uses(endpoint) && this.#tellChange(change),
			status: (status) => (this.#uses(endpoint) || this.status === null) && this.#takeStatus(status),
			notice: (held) => this.#uses(endpoint) && this.#takeNotice(held),
			heard: (kind, message, live) => this.#hear(endpoint, kind, message, live),
			lost: (error) => this.#lose(endpoint, error),
		}));
	}

	#use(endpoint) {
		this.#refusals.clear();
		const first = this.#metrics.firstStateMs === null;
		if (first)
			this.#metrics.firstStateMs = Math.round(localNow() - this.#begun);
		this.#metrics.reconnects += first ? 0 : 1;
		this.#metrics.fallbacks += endpoint.tier > 0 ? 1 : 0;
		const { feed, notice } = this.#sessions.get(endpoint);
		this.#from = feed;
		this.#heard();
		this.#tellChange(difference(this.state, this.#from.state));
		this.#takeNotice(notice);
	}

	#hangUp(endpoint) {
		this.#sessions.get(endpoint)?.close();
		this.#sessions.delete(endpoint);
	}

	/* --- what the sessions tell; only the one in use changes the state --- */

	#uses(endpoint) {
		return this.#link.current === endpoint && this.#link.phase === PHASE.LIVE;
	}

	#lose(endpoint, error) {
		this.#sessions.delete(endpoint);
		this.#metrics.failures++;
		if (error instanceof Refusal && this.#link.phase !== PHASE.LIVE)
			this.#refusals.set(endpoint, error.message);
		this.#emitter.emit('lost', { endpoint: endpoint.url, kind: endpoint.kind, reason: error.message });
		this.#step({ type: 'lost', endpoint });
	}

	#hear(endpoint, kind, message, live) {
		if (Number.isFinite(message.ts))
			this.#learnTime(kind, message, live);
		if (this.#uses(endpoint))
			this.#heard();
	}

	#learnTime(kind, message, live) {
		const local = localNow();
		if (live && kind !== 'snapshot')
			metricsDelay(this.#metrics, Math.round(syncLive(this.#sync, local, message.ts)));
		else
			syncRetained(this.#sync, local, message.ts, Date.now(), anyClockRuns(message));
	}

	#heard() {
		const { quiet } = this.#silence;
		silenceEnd(this.#silence, localNow(), Math.random());
		if (quiet)
			this.#tellConnection();
	}

	#takeStatus({ state, since, reason }) {
		if (!STATES.has(state))
			return;
		const next = { state, since: Number(since) || 0, reason: String(reason ?? '') };
		if (JSON.stringify(next) === JSON.stringify(this.status))
			return;
		this.status = next;
		this.#emitter.emit('status', next);
	}

	/* The same notice comes again with each connection; that is no news. */
	#takeNotice(held) {
		const before = JSON.stringify(this.notice);
		this.#notice = held !== null && this.#isOver(held) ? null : held;
		if (JSON.stringify(this.notice) !== before)
			this.#emitter.emit('notice', this.notice);
	}

	#isOver(held) {
		return noticeOver(held, performance.now(), [this.synced ? this.now() : NaN, Date.now()]);
	}

	/* --- what the page is told --- */

	#tellChange(change) {
		if (change.set.size === 0 && change.del.length === 0)
			return;
		change.del.forEach((key) => this.state.delete(key));
		change.set.forEach((value, key) => this.state.set(key, value));
		this.#emitter.emit('change', change);
	}

	#tellConnection() {
		const now = this.connection;
		const text = JSON.stringify({ ...now, heardMs: 0, delayMs: 0 });
		if (text !== this.#shown)
			this.#emitter.emit('connection', now);
		this.#shown = text;
	}

	/* --- once a second: silence, sleep, a notice that is over --- */

	#tick() {
		const at = { local: localNow(), wall: Date.now() };
		const woken = isWoken(this.#lastTick, at, this.#wasHidden);
		this.#wasHidden = isHidden();
		this.#lastTick = at;
		this.#takeNotice(this.#notice);
		if (woken) {
			syncReset(this.#sync);
			this.#step({ type: 'woke' });
		} else if (this.#link.phase === PHASE.LIVE) {
			this.#listen(at.local);
		}
	}

	#listen(now) {
		if (silenceGoesOn(this.#silence, now, Math.random()))
			this.#sessions.get(this.#link.current)?.check();
		this.#tellConnection();
	}
}

function makeEndpoints({ servers, http }) {
	return [
		...servers.map((url) => createEndpoint('mqtt', url)),
		...http.flatMap((url) => ['sse', 'poll'].map((kind) => createEndpoint(kind, url.replace(/\/$/, '')))),
	];
}

const anyClockRuns = (message) => Object.values(message.state ?? message.set ?? {}).some((value) => isClock(value) && value.running);
