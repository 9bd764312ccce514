/* link - THE decision which connection to hold: dial, use, wait, fall back, climb back, pause. Knows no sockets.
 *
 *   effects = linkStep(link, event, now, rnd)
 *
 * events   { type: 'start' | 'stop' | 'wake' | 'hide' | 'show' | 'nudge' | 'woke' }
 *          { type: 'ready' | 'lost', endpoint }   a session became exact, or ended
 * effects  { do: 'dial' | 'hang-up' | 'use', endpoint }
 * linkDeadline(link) says when it wants to be woken. All times are milliseconds of one clock that does not jump.
 *
 * A round tries the endpoints tier by tier. Where the broker was never reached, the next tier is tried at once (the
 * network may block WebSockets); where it was, it gets a few rounds first, for a broker that restarts must not send
 * its crowd to the small HTTP server. While a lower tier is used, a probe dials a higher
 * one now and then; only when it is ready the old connection is hung up. */

import { backoffDelay } from './backoff.js';
import { endpointFailed, endpointOpened, pickEndpoint } from './endpoints.js';

export const PHASE = Object.freeze({
	IDLE: 'idle', DIALING: 'dialing', LIVE: 'live', WAITING: 'waiting', PAUSED: 'paused', CLOSED: 'closed',
});

export const LINK_DEFAULTS = Object.freeze({
	dialMs: 6000,             // from dialling to an exact state
	patience: 4,              // rounds that are tried on a tier that worked before, until the lower ones are tried, too
	hiddenMs: 60000,          // a hidden page lets go after this; 0: at once
	probeMs: 15000,           // until the first probe of a higher tier; doubles up to the ceiling
	probeCeilingMs: 300000,
	backoff: { base: 1500, ceiling: 20000, floor: 100 },
});

export function createLink(endpoints, options = {}) {
	return {
		options: { ...LINK_DEFAULTS, ...options },
		endpoints,
		phase: PHASE.IDLE,
		current: null,        // the endpoint that is dialled or used
		probe: null,          // the endpoint that is dialled while another one is used
		tried: new Set(),     // endpoints that have failed in this round
		provenTier: Infinity, // the best tier that ever worked
		attempt: 0,           // how many rounds have failed since something worked
		dialledAt: 0, probedAt: 0,
		wakeAt: Infinity, probeAt: Infinity, pauseAt: Infinity,
		probeWait: 0,
	};
}

const EVENTS = {
	start: (link, event, now, rnd) => (link.phase === PHASE.IDLE ? newRound(link, now, rnd) : []),
	stop: (link) => letGo(link, PHASE.CLOSED),
	wake: onWake,
	ready: onReady,
	lost: onLost,
	hide: (link, event, now, rnd) => onHide(link, now, rnd),
	show: (link, event, now, rnd) => onShow(link, now, rnd),
	nudge: (link, event, now, rnd) => (link.phase === PHASE.WAITING ? newRound(link, now, rnd) : []),
	woke: (link, event, now, rnd) => onWoke(link, now, rnd),
};

export function linkStep(link, event, now, rnd) {
	return link.phase === PHASE.CLOSED ? [] : EVENTS[event.type](link, event, now, rnd);
}

export const linkDeadline = (link) => Math.min(link.wakeAt, link.probeAt, link.pauseAt);

/* The endpoints that may still be dialled in this round: for the first rounds none below the tier that worked before. */
function candidates(link) {
	const patient = link.attempt < link.options.patience;
	return link.endpoints.filter((e) => !link.tried.has(e) && (!patient || e.tier <= link.provenTier));
}

function newRound(link, now, rnd) {
	link.tried.clear();
	return dialNext(link, now, rnd);
}

function dialNext(link, now, rnd) {
	const endpoint = pickEndpoint(candidates(link), rnd);
	if (!endpoint)
		return waitLonger(link, now, rnd);
	link.tried.add(endpoint);
	link.phase = PHASE.DIALING;
	link.current = endpoint;
	link.dialledAt = now;
	link.wakeAt = now + link.options.dialMs;
	link.probeAt = Infinity;
	return [{ do: 'dial', endpoint }];
}

function waitLonger(link, now, rnd) {
	link.phase = PHASE.WAITING;
	link.current = null;
	link.wakeAt = now + backoffDelay(link.attempt, rnd, link.options.backoff);
	link.attempt++;
	return [];
}

function onReady(link, { endpoint }, now, rnd) {
	if (endpoint === link.probe)
		return climb(link, now);
	if (endpoint !== link.current || link.phase !== PHASE.DIALING)
		return [];
	endpointOpened(endpoint, now - link.dialledAt);
	link.probeWait = link.options.probeMs;
	return settle(link, endpoint, now, rnd);
}

function climb(link, now) {
	const old = link.current;
	const endpoint = link.probe;
	endpointOpened(endpoint, now - link.probedAt);
	link.probe = null;
	link.current = endpoint;
	return [...settle(link, endpoint, now, 0.5), { do: 'hang-up', endpoint: old }];
}

function settle(link, endpoint, now, rnd) {
	link.phase = PHASE.LIVE;
	link.attempt = 0;
	link.wakeAt = Infinity;
	link.provenTier = Math.min(link.provenTier, endpoint.tier);
	planProbe(link, now, rnd);
	return [{ do: 'use', endpoint }];
}

const better = (link) => link.endpoints.filter((e) => e.tier < link.current.tier);

function planProbe(link, now, rnd) {
	link.probeAt = better(link).length > 0 ? now + link.probeWait * (0.75 + 0.5 * rnd) : Infinity;
}

function onLost(link, { endpoint }, now, rnd) {
	if (endpoint === link.probe)
		return probeFailed(link, now, rnd);
	if (endpoint !== link.current)
		return [];
	endpointFailed(endpoint);
	link.current = null;
	if (link.phase === PHASE.LIVE)
		return [...dropProbe(link), ...startOver(link, now, rnd)];
	return link.phase === PHASE.DIALING ? dialNext(link, now, rnd) : [];
}

/* A connection that worked was lost, most likely by all viewers at once. So each waits a little, by chance, and begins a new round. */
function startOver(link, now, rnd) {
	link.tried.clear();
	link.attempt = 0;
	return waitLonger(link, now, rnd);
}

function probeFailed(link, now, rnd) {
	endpointFailed(link.probe);
	link.probe = null;
	link.probeWait = Math.min(2 * link.probeWait, link.options.probeCeilingMs);
	planProbe(link, now, rnd);
	return [];
}

function dropProbe(link) {
	const endpoint = link.probe;
	link.probe = null;
	link.probeAt = Infinity;
	return endpoint ? [{ do: 'hang-up', endpoint }] : [];
}

function onWake(link, event, now, rnd) {
	if (now >= link.pauseAt)
		return letGo(link, PHASE.PAUSED);
	if (now >= link.probeAt)
		return link.probe ? giveUpProbe(link, now, rnd) : startProbe(link, now, rnd);
	if (now < link.wakeAt)
		return [];
	if (link.phase === PHASE.WAITING)
		return newRound(link, now, rnd);
	return link.phase === PHASE.DIALING ? giveUpDial(link, now, rnd) : [];
}

function giveUpDial(link, now, rnd) {
	const endpoint = link.current;
	return [{ do: 'hang-up', endpoint }, ...onLost(link, { endpoint }, now, rnd)];
}

function startProbe(link, now, rnd) {
	link.probe = pickEndpoint(better(link), rnd);
	link.probedAt = now;
	link.probeAt = now + link.options.dialMs;
	return [{ do: 'dial', endpoint: link.probe }];
}

function giveUpProbe(link, now, rnd) {
	const endpoint = link.probe;
	return [{ do: 'hang-up', endpoint }, ...probeFailed(link, now, rnd)];
}

function onHide(link, now, rnd) {
	link.pauseAt = now + link.options.hiddenMs;
	return onWake(link, null, now, rnd);
}

function onShow(link, now, rnd) {
	link.pauseAt = Infinity;
	return link.phase === PHASE.PAUSED || link.phase === PHASE.WAITING ? newRound(link, now, rnd) : [];
}

/* The machine has slept: whatever connection we held is dead, even if nothing has told so yet. */
function onWoke(link, now, rnd) {
	if (link.phase === PHASE.PAUSED || link.phase === PHASE.IDLE)
		return [];
	const { pauseAt } = link;
	const effects = letGo(link, PHASE.WAITING);
	Object.assign(link, { pauseAt, attempt: 0 });
	return [...effects, ...newRound(link, now, rnd)];
}

function letGo(link, phase) {
	const held = [link.current, link.probe].filter(Boolean);
	Object.assign(link, { phase, current: null, probe: null, wakeAt: Infinity, probeAt: Infinity, pauseAt: Infinity });
	return held.map((endpoint) => ({ do: 'hang-up', endpoint }));
}
