/* client - the shell of scoreboard-client: owns timers and sessions, tells the pure parts (link, clock, feed) what
 * happens, and does what they say. It decides nothing itself. What a page that only shows a board does not need is loaded when it is asked for:
 * people.js (rooms, messages, any other topic), credentials.js, side-feed.js. */

import { PHASE, createLink, linkDeadline, linkDoubtsSilence, linkEndpoints, linkHasPeers, linkProblem, linkStep } from './link.js';
import { createEmitter } from './emitter.js';
import { SLOW_MS, createEndpoint } from './endpoints.js';
import { createMetrics, metricsDelay, metricsReport } from './metrics.js';
import { readOptions } from './options.js';
import { isHidden, watchPage } from './page.js';
import { Refusal } from './refusal.js';
import { Session } from './session.js';
import { createSilence, silenceEnd, silenceGoesOn, silenceIsNew, silenceWasSlow } from './silence.js';
import { difference } from './feed.js';
import { isWoken } from './sleep.js';
import { View } from './view.js';

const TICK_MS = 1000;
const NOT_AUTHORIZED = new Set([0x86, 0x87]); // reasons of a CONNACK
const TAKEN_OVER = 0x8e;                      // reasons of a DISCONNECT
const NOT_WANTED = new Set([0x87, TAKEN_OVER, 0x97, 0x98]);
const TAKEN_OVER_MS = 30000;                  // so long at least whoever took our session has it

/* Times of this machine on a clock that does not jump when someone sets the time. */
const localNow = () => performance.timeOrigin + performance.now();
const bothNow = () => ({ local: localNow(), wall: Date.now() });

export class Client {
	settings;
	view;
	emitter = createEmitter();
	#link;
	#metrics = createMetrics();
	#sessions = new Map();      // line -> session
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
	#credentials = null;        // a promise of Credentials, when the app has a function for them
	#lender = null;             // what it gave
	#people = null;             // a promise of People, when somebody has asked for them
	#loaded = null;             // what it gave
	#closed = false;
	#sides = new Map();         // prefix/view -> { view, feed, users }
	#knowUser = null;
	#user = new Promise((resolve) => { this.#knowUser = resolve; }); // the username, null for who has none; the app's function may be about to give it

	constructor(options) {
		this.settings = readOptions(options);
		const { hiddenMs, link, session, credentials, user } = this.settings;
		this.#link = createLink(makeEndpoints(this.settings), { hiddenMs, stays: Boolean(session), ...link });
		this.view = new View(this.emitter);
		if (typeof credentials !== 'function' || user !== undefined)
			this.#knowUser(user ?? credentials.username ?? null);
		if (typeof credentials === 'function')
			this.#credentials = import('./credentials.js').then((module) => { this.#lender = new module.Credentials(credentials, bothNow); });
	}

	on = (name, listener) => this.emitter.on(name, listener);

	start() {
		this.#ticker = setInterval(() => this.#tick(), TICK_MS);
		this.#unwatch = watchPage({
			hidden: () => { this.#wasHidden = true; this.#step({ type: 'hide' }); },
			shown: () => { this.#tick(); this.#step({ type: 'show' }); },
			online: () => this.#step({ type: 'nudge' }),
		});
		/* What a kept session brings comes at once, and must find somebody. */
		if (this.settings.session)
			Promise.allSettled([this.people()]).then(() => this.#step({ type: 'start' }));
		else
			this.#step({ type: 'start' });
	}

	close() {
		this.#closed = true;
		clearInterval(this.#ticker);
		this.#unwatch();
		this.#step({ type: 'stop' });
		clearTimeout(this.#wake);
		this.#sides.forEach(({ feed }) => feed?.detach());
		this.#loaded?.close();
	}

	now() { return this.view.now(localNow()); }

	get loadedPeople() { return this.#loaded; }
	get report() { return metricsReport(this.#metrics); }

	get connection() {
		const live = this.#link.phase === PHASE.LIVE;
		const endpoint = this.#link.current?.endpoint;
		return {
			phase: this.#link.phase,
			live,
			everLive: this.#metrics.firstStateMs !== null,
			transport: live ? endpoint.kind : null,
			endpoint: endpoint?.url ?? null,
			quiet: this.#silence.quiet,
			heardMs: Math.round(localNow() - this.#silence.heardAt),
			delayMs: this.#metrics.delays.at(-1) ?? null,
			rttMs: live && endpoint.latencyMs !== null ? Math.round(endpoint.latencyMs) : null,
			problem: linkProblem(this.#link),
			endpoints: linkEndpoints(this.#link, localNow()),
			refusals: [...new Set(this.#refusals.values())],
		};
	}

	async publish(message) {
		const session = this.#sessions.get(this.#link.current);
		if (this.#link.phase !== PHASE.LIVE || !session)
			throw new Error('not connected');
		return session.publish(message);
	}

	/* --- what is loaded when it is asked for --- */

	/* Rooms, messages, and any other topic: a promise of People. */
	people() {
		this.#people ??= import('./people.js').then(({ People }) => {
			this.#loaded = new People(this.#hostOfPeople());
			for (const session of this.#sessions.values())
				if (session.connected)
					this.#loaded.attach(session);
			if (this.#closed)
				this.#loaded.close();
			return this.#loaded;
		}).catch((error) => {
			this.#people = null; // it may be there the next time
			throw error;
		});
		return this.#people;
	}

	#hostOfPeople() {
		return {
			settings: this.settings,
			now: localNow,
			/* Of the publisher, where it is known: viewers go by that, and ours may be wrong. */
			wallNow: () => (this.view.synced ? Math.round(this.now()) : Date.now()),
			on: this.on,
			emit: (name, event) => this.emitter.emit(name, event),
			publish: (message) => this.publish(message),
			/* On a broker now? */
			speaks: () => this.#link.phase === PHASE.LIVE && this.#link.current.endpoint.kind === 'mqtt',
			dials: () => this.#link.phase === PHASE.DIALING,
			/* A session's subscriptions are answered: it may be used, if it has waited for that. */
			settled: () => this.#sessions.forEach((_, line) => this.#tryReady(line)),
			user: this.#user,
			receiveMaximum: () => this.#sessions.get(this.#link.current)?.receiveMaximum,
		};
	}

	/* One more feed on the same connection: { view, live(), metrics(), leave() }. */
	borrowFeed({ prefix = this.settings.prefix, view = this.settings.view ?? 'spectator' }) {
		const key = `${prefix}/${view}`;
		const side = this.#sides.get(key) ?? this.#openSide(key, { ...this.settings, prefix, view });
		let left = false;
		side.users++;
		const leave = () => {
			if (!left && --side.users === 0) {
				side.feed?.detach();
				this.#sides.delete(key);
			}
			left = true;
		};
		return { view: side.view, now: () => side.view.now(localNow()), live: () => side.feed?.live ?? false, metrics: () => side.feed?.report, leave };
	}

	#openSide(key, settings) {
		const emitter = createEmitter();
		const side = { view: new View(emitter), feed: null, users: 0 };
		this.#sides.set(key, side);
		import('./side-feed.js').then(({ SideFeed }) => {
			side.feed = new SideFeed(settings, side.view, { now: localNow, told: () => emitter.emit('connection', { live: side.feed.live }) });
			if (this.#link.phase === PHASE.LIVE && this.#sides.get(key) === side)
				side.feed.attach(this.#sessions.get(this.#link.current), this.#link.current.endpoint);
		}).catch((error) => console.error(error));
		return side;
	}

	/* --- the link decides; here is done what it says --- */

	#step(event) {
		for (const effect of linkStep(this.#link, event, localNow(), Math.random()))
			this.#obey(effect);
		this.#arm();
		this.#tellConnection();
	}

	#obey({ do: what, line }) {
		if (what === 'dial')
			this.#dial(line);
		else if (what === 'use')
			this.#use(line);
		else if (what === 'retire')
			this.#retire(line);
		else if (what === 'measure')
			this.#sessions.get(line)?.measure();
		else
			this.#hangUp(line);
	}

	#arm() {
		clearTimeout(this.#wake);
		const wait = linkDeadline(this.#link) - localNow();
		if (wait < Infinity)
			this.#wake = setTimeout(() => this.#step({ type: 'wake' }), Math.min(2 ** 31 - 1, Math.max(0, wait) + 1));
	}

	#dial(line) {
		this.#metrics.connects++;
		const { endpoint } = line;
		const session = new Session(this.#optionsOf(endpoint, () => this.#credentialsOf(() => session)), this.#metrics, {
			ready: () => { session.exact = true; this.#tryReady(line); },
			change: (change) => this.#uses(line) && this.view.change(change),
			status: (status) => (this.#uses(line) || this.view.status === null) && this.view.takeStatus(status),
			notice: (held) => this.#uses(line) && this.view.takeNotice(held, localNow()),
			heard: (kind, message, live) => this.#hear(line, kind, message, live),
			lost: (error) => this.#lose(line, error),
			connected: () => {
				this.#loaded?.attach(session);
				this.#step({ type: 'admitted', line });
			},
			other: (topic, payload, packet) => this.#hearOther(line, { topic, payload, packet }),
			measured: (ms) => this.#measured(line, ms),
			silent: () => this.#uses(line) && this.#step({ type: 'silent' }),
			answered: () => this.#uses(line) && this.#spoke(),
		});
		this.#sessions.set(line, session);
	}

	#optionsOf(endpoint, credentials) {
		return { ...this.settings, endpoint, credentials, asks: this.#credentials !== null, from: this.#from, dialMs: this.#link.options.dialMs };
	}

	async #credentialsOf(session) {
		if (!this.#credentials)
			return this.settings.credentials;
		await this.#credentials;
		session().lease = await this.#lender.get();
		this.#knowUser(session().lease.who.username);
		return session().lease.who;
	}

	/* A line may be used when its state is exact and all else is subscribed to as well. Whether it is better than another one only a round trip tells. */
	#tryReady(line) {
		const session = this.#sessions.get(line);
		if (!session?.exact || session.used || this.#loaded?.waitsFor(session) || (line.why === 'leave' && session.rttMs === null))
			return;
		session.used = true;
		this.#step({ type: 'ready', line, ms: session.rttMs, renewAt: session.lease?.renewAt });
	}

	#use(line) {
		this.#refusals.clear();
		const first = this.#metrics.firstStateMs === null;
		if (first)
			this.#metrics.firstStateMs = Math.round(localNow() - this.#begun);
		this.#metrics.reconnects += first ? 0 : 1;
		this.#metrics.fallbacks += line.endpoint.tier > 0 ? 1 : 0;
		const session = this.#sessions.get(line);
		if (session.lease)
			this.#lender.taken();
		this.#from = session.feed;
		silenceIsNew(this.#silence, localNow(), localNow() - line.since);
		this.#heard();
		this.view.change(difference(this.view.state, this.#from.state));
		if (session.status)
			this.view.takeStatus(session.status);
		this.view.takeNotice(session.notice, localNow());
		this.#sides.forEach(({ feed }) => feed?.attach(session, line.endpoint));
	}

	#hangUp(line) {
		this.#sessions.get(line)?.close();
		this.#forget(line);
	}

	#retire(line) {
		this.#sessions.get(line)?.retire();
		this.#forget(line);
	}

	#forget(line) {
		const session = this.#sessions.get(line);
		this.#sessions.delete(line);
		this.#loaded?.detach(session);
		if (this.#link.phase !== PHASE.LIVE)
			this.#sides.forEach(({ feed }) => feed?.detach());
	}

	/* --- what the sessions tell; only the one in use changes the state --- */

	#uses(line) {
		return this.#link.current === line && this.#link.phase === PHASE.LIVE;
	}

	#lose(line, error) {
		const session = this.#sessions.get(line);
		if (!session)
			return;
		this.#metrics.failures++;
		if (error instanceof Refusal && this.#link.phase !== PHASE.LIVE)
			this.#refusals.set(line.endpoint, error.message);
		this.emitter.emit('lost', { endpoint: line.endpoint.url, kind: line.endpoint.kind, reason: error.message });
		const barred = this.#barred(session, error);
		this.#step(barred ? { type: 'barred', line, ...barred } : { type: 'lost', line, trouble: troubleOf(error) });
		this.#forget(line);
	}

	/* Would another broker say the same? Then none is asked before `until`. */
	#barred(session, error) {
		if (error.name === 'NoCredentials')
			return this.#lender.missing();
		if (session?.lease && NOT_AUTHORIZED.has(error.code))
			return this.#lender.refused(session.lease);
		if (error.sentAway === TAKEN_OVER && !this.#link.probe)
			return { until: localNow() + TAKEN_OVER_MS * (1 + Math.random()), trouble: 'refused' };
		return null;
	}

	#hear(line, kind, message, live) {
		const delay = Number.isFinite(message.ts) ? this.view.learnTime(kind, message, { live, local: localNow() }) : null;
		if (delay !== null)
			metricsDelay(this.#metrics, delay);
		if (!this.#uses(line))
			return;
		if (delay > SLOW_MS)
			this.#step({ type: 'doubt' });
		this.#heard();
	}

	#hearOther(line, { topic, payload, packet }) {
		if (this.#uses(line) && this.settings.view === null)
			this.#heard();
		this.#loaded?.receive(topic, { payload, packet });
	}

	#measured(line, ms) {
		if (this.#uses(line) && this.settings.view === null)
			this.#heard();
		if (this.#uses(line))
			this.#step({ type: 'measured', line, ms });
		else
			this.#tryReady(line);
	}

	#heard() {
		const { quiet } = this.#silence;
		silenceEnd(this.#silence, localNow(), Math.random());
		this.#spoke();
		if (quiet)
			this.#tellConnection();
	}

	#spoke() {
		if (!linkDoubtsSilence(this.#link))
			return;
		silenceWasSlow(this.#silence, localNow());
		this.#step({ type: 'spoke' });
	}

	/* --- what the page is told --- */

	#tellConnection() {
		const now = this.connection;
		const endpoints = now.endpoints.map(({ url, kind, state, failures }) => ({ url, kind, state, failures }));
		const text = JSON.stringify({ ...now, heardMs: 0, delayMs: 0, rttMs: 0, endpoints });
		if (text !== this.#shown)
			this.emitter.emit('connection', now);
		this.#shown = text;
	}

	/* --- once a second: silence, sleep, a notice that is over --- */

	#tick() {
		const at = bothNow();
		const woken = isWoken(this.#lastTick, at, this.#wasHidden);
		this.#wasHidden = isHidden();
		this.#lastTick = at;
		for (const view of [this.view, ...[...this.#sides.values()].map((side) => side.view)])
			view.endNotice(at.local);
		if (woken) {
			this.view.forgetTime();
			this.#sides.forEach(({ view }) => view.forgetTime());
			this.#step({ type: 'woke' });
		} else if (this.#link.phase === PHASE.LIVE) {
			this.#listen(at.local);
		}
	}

	/* A silence is soon doubted where a feed should come and another broker can be turned to; not when a status has explained it. */
	#listen(now) {
		const polls = this.#link.current.endpoint.kind === 'poll' || this.settings.view === null;
		const early = !polls && this.view.status?.state === 'live' && linkHasPeers(this.#link);
		if (silenceGoesOn(this.#silence, now, { rnd: Math.random(), polls, early }))
			this.#sessions.get(this.#link.current)?.check();
		this.#tellConnection();
	}
}

function makeEndpoints({ servers, http, view }) {
	return [
		...servers.map((url) => createEndpoint('mqtt', url)),
		...(view === null ? [] : http.flatMap((url) => ['sse', 'poll'].map((kind) => createEndpoint(kind, url.replace(/\/$/, ''))))),
	];
}

/* Was the other side reached? */
function troubleOf(error) {
	return error instanceof Refusal || error.code >= 0x80 || NOT_WANTED.has(error.sentAway) ? 'refused' : 'network';
}
