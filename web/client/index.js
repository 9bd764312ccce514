/* scoreboard-client - a live scoreboard view: connect(), read `state`, listen to `change`, ask clocks.
 * This file is the shell: it owns timers and sessions, feeds the pure parts (link, clock, feed) and obeys them. */

import { PHASE, createLink, linkDeadline, linkStep } from './link.js';
import { clockTime, createSync, isClock, publisherNow, syncKnown, syncLive, syncReset, syncRetained } from './clock.js';
import { createEndpoint } from './endpoints.js';
import { createMetrics, metricsDelay, metricsReport } from './metrics.js';
import { createSession } from './session.js';
import { isWoken } from './sleep.js';

export { clockSpoken, clockText, clockTime } from './clock.js';

const QUIET_MS = 25000;     // silence that long is shown: heartbeats come every 10 s
const TICK_MS = 1000;
const CLOCKS = ['period', 'jam', 'lineup', 'timeout', 'intermission'];
const STATES = new Set(['live', 'stale', 'offline']);

const DEFAULTS = {
	servers: [],              // brokers: ws:// or wss://
	http: [],                 // publishers: http:// or https://, for SSE and polling
	prefix: 'scoreboard',
	view: 'spectator',
	credentials: {},          // { username, password } for brokers that want them
	hiddenMs: 60000,          // a hidden page lets go after this; Infinity: never
	mqtt: () => import('mqtt').then((module) => module.default ?? module),
};

/* Times of this machine on a clock that does not jump when someone sets the time. */
const localNow = () => performance.timeOrigin + performance.now();

export function connect(options = {}) {
	const settings = { ...DEFAULTS, ...options };
	const link = createLink(makeEndpoints(settings), linkOptions(settings));
	const board = createBoard(settings, link);
	board.start();
	return board.handle;
}

function makeEndpoints({ servers, http }) {
	return [
		...servers.map((url) => createEndpoint('mqtt', url)),
		...http.flatMap((url) => ['sse', 'poll'].map((kind) => createEndpoint(kind, url.replace(/\/$/, '')))),
	];
}

function linkOptions({ hiddenMs, link }) {
	return { hiddenMs, ...link };
}

function createBoard(settings, link) {
	const state = new Map();
	const metrics = createMetrics();
	const sync = createSync();
	const emitter = createEmitter();
	const sessions = new Map();    // endpoint -> session
	const begun = localNow();
	let from = null;               // the feed that the state came from
	let status = null;
	let heardAt = begun;
	let quiet = false;
	let timer = null;
	let ticker = null;
	let tickAt = { local: begun, wall: Date.now() };
	let shown = '';

	/* --- the link decides, we obey --- */

	const step = (event) => {
		const effects = linkStep(link, event, localNow(), Math.random());
		effects.forEach((effect) => OBEY[effect.do](effect.endpoint));
		arm();
		tellConnection();
	};
	const OBEY = {
		dial: (endpoint) => sessions.set(endpoint, openSession(endpoint)),
		'hang-up': (endpoint) => {
			sessions.get(endpoint)?.close();
			sessions.delete(endpoint);
		},
		use: (endpoint) => use(sessions.get(endpoint), endpoint),
	};
	const arm = () => {
		clearTimeout(timer);
		const wait = linkDeadline(link) - localNow();
		if (wait < Infinity)
			timer = setTimeout(() => step({ type: 'wake' }), Math.max(0, wait) + 1);
	};

	/* --- sessions tell, we listen to the one in use --- */

	const openSession = (endpoint) => {
		metrics.connects++;
		const current = () => link.current === endpoint && link.phase === PHASE.LIVE;
		return createSession({ ...settings, endpoint, from, dialMs: link.options.dialMs }, metrics, {
			ready: () => step({ type: 'ready', endpoint }),
			change: (change) => current() && tellChange(change),
			status: (next) => (current() || status === null) && takeStatus(next),
			heard: (kind, message, live) => hear(kind, message, live, current()),
			lost: (reason) => {
				sessions.delete(endpoint);
				metrics.failures++;
				emitter.emit('lost', { endpoint: endpoint.url, kind: endpoint.kind, reason });
				step({ type: 'lost', endpoint });
			},
		});
	};
	const use = (session, endpoint) => {
		if (metrics.firstStateMs === null)
			metrics.firstStateMs = Math.round(localNow() - begun);
		else
			metrics.reconnects++;
		metrics.fallbacks += endpoint.tier > 0 ? 1 : 0;
		from = session.feed;
		heard();
		tellChange(difference(state, from.state));
	};
	const hear = (kind, message, live, current) => {
		const local = localNow();
		if (Number.isFinite(message.ts) && live && kind !== 'snapshot')
			metricsDelay(metrics, Math.round(syncLive(sync, local, message.ts)));
		else if (Number.isFinite(message.ts))
			syncRetained(sync, local, message.ts, Date.now(), anyClockRuns(message));
		if (current)
			heard();
	};
	const heard = () => {
		heardAt = localNow();
		if (quiet) {
			quiet = false;
			tellConnection();
		}
	};
	const takeStatus = (next) => {
		if (!STATES.has(next?.state) || JSON.stringify(next) === JSON.stringify(status))
			return;
		status = { state: next.state, since: Number(next.since) || 0, reason: String(next.reason ?? '') };
		emitter.emit('status', status);
	};
	const tellChange = (change) => {
		if (change.set.size === 0 && change.del.length === 0)
			return;
		change.del.forEach((key) => state.delete(key));
		change.set.forEach((value, key) => state.set(key, value));
		emitter.emit('change', change);
	};
	const tellConnection = () => {
		const now = connection();
		const text = JSON.stringify({ ...now, since: 0, delayMs: 0 });
		if (text !== shown)
			emitter.emit('connection', now);
		shown = text;
	};
	const connection = () => ({
		phase: link.phase,
		live: link.phase === PHASE.LIVE,
		everLive: metrics.firstStateMs !== null,
		transport: link.phase === PHASE.LIVE ? link.current.kind : null,
		endpoint: link.current?.url ?? null,
		quiet,
		heardMs: Math.round(localNow() - heardAt),
		delayMs: metrics.delays.at(-1) ?? null,
	});

	/* --- once a second: silence, sleep --- */

	const tick = () => {
		const at = { local: localNow(), wall: Date.now() };
		const woken = isWoken(tickAt, at, isHidden());
		tickAt = at;
		if (woken) {
			syncReset(sync);
			step({ type: 'woke' });
		} else if (link.phase === PHASE.LIVE && at.local - heardAt > QUIET_MS) {
			beQuiet();
		}
	};
	const beQuiet = () => {
		sessions.get(link.current)?.check();
		if (!quiet) {
			quiet = true;
			tellConnection();
		}
	};

	const page = createPageWatch({
		hidden: () => step({ type: 'hide' }),
		shown: () => {
			tick();
			step({ type: 'show' });
		},
		online: () => step({ type: 'nudge' }),
	});

	const start = () => {
		ticker = setInterval(tick, TICK_MS);
		page.start();
		step({ type: 'start' });
	};
	const close = () => {
		clearInterval(ticker);
		page.stop();
		step({ type: 'stop' });
		clearTimeout(timer);
	};

	const handle = {
		state,
		on: emitter.on,
		get: (key, otherwise) => state.get(key) ?? otherwise,
		get status() { return status; },
		get connection() { return connection(); },
		get metrics() { return metricsReport(metrics); },
		get synced() { return syncKnown(sync); },
		now: () => publisherNow(sync, localNow()),
		clock: (name) => readClock(state.get(`clock/${name}`), publisherNow(sync, localNow())),
		clocks: () => Object.fromEntries(CLOCKS.map((name) => [name, handle.clock(name)])),
		publish: (message) => publish(message),
		close,
	};
	const publish = async (message) => {
		const session = sessions.get(link.current);
		if (link.phase !== PHASE.LIVE || !session)
			throw new Error('not connected');
		return session.publish(message);
	};
	return { handle, start };
}

function readClock(clock, now) {
	if (!isClock(clock))
		return null;
	const time = Number.isFinite(now) ? clockTime(clock, now) : clock.time;
	return { time, running: clock.running === true, direction: clock.direction };
}

const anyClockRuns = (message) => CLOCKS.some((name) => (message.state ?? message.set)?.[`clock/${name}`]?.running);

function difference(old, next) {
	const change = { set: new Map(), del: [...old.keys()].filter((key) => !next.has(key)) };
	for (const [key, value] of next)
		if (!Object.is(old.get(key), value))
			change.set.set(key, value);
	return change;
}

function createEmitter() {
	const listeners = new Map();
	const on = (name, listener) => {
		if (!listeners.has(name))
			listeners.set(name, new Set());
		listeners.get(name).add(listener);
		return () => listeners.get(name).delete(listener);
	};
	const emit = (name, event) => listeners.get(name)?.forEach((listener) => {
		try {
			listener(event);
		} catch (error) {
			console.error(error); // a page's mistake must not stop the feed
		}
	});
	return { on, emit };
}

const isHidden = () => globalThis.document?.visibilityState === 'hidden';

/* Visibility and network events of the browser; nothing in Node. */
function createPageWatch({ hidden, shown, online }) {
	const visibility = () => (isHidden() ? hidden() : shown());
	const watch = (verb) => {
		globalThis.document?.[verb]?.('visibilitychange', visibility);
		if (globalThis.window)
			globalThis.window[verb]('online', online);
	};
	return { start: () => watch('addEventListener'), stop: () => watch('removeEventListener') };
}
