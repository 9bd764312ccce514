/* link - THE decision which connection to hold: dial, use, wait, fall back, climb back, renew, leave, pause. Knows no sockets.
 *
 *   effects = linkStep(link, event, now, rnd)
 *
 * A line is one connection to an endpoint, from the moment it is dialled until it is hung up or lost: { endpoint, since }. Two lines may lead to the
 * same endpoint: one that is used, and one with newer credentials that is about to take its place.
 *
 * events   { type: 'start' | 'stop' | 'wake' | 'hide' | 'show' | 'nudge' | 'woke' }
 *          { type: 'doubt' }                       what comes over the line in use comes late: measure it soon
 *          { type: 'silent' }                      nothing comes over it, nor an answer
 *          { type: 'spoke' }                       something came after all
 *          { type: 'admitted', line }              a broker has let us in; the state is not here yet
 *          { type: 'ready', line, ms, renewAt }    a session became exact. ms: its round trip, if known; renewAt: when its credentials must be new
 *          { type: 'lost', line, trouble }         it ended: see endpoints.js
 *          { type: 'barred', line, until, trouble } it ended, since brokers do not take our credentials: none is dialled before `until`
 *          { type: 'measured', line, ms }          a round trip
 * effects  { do: 'dial' | 'hang-up' | 'use' | 'retire' | 'measure', line }   retire: hang up when what is on its way over it has come
 * linkDeadline(link) says when it wants to be woken. All times are milliseconds of one clock that does not jump.
 *
 * A round tries the endpoints tier by tier. Where the broker was never reached, the next tier is tried at once (the
 * network may block WebSockets); where it was, it gets a few rounds first, for a broker that restarts must not send
 * its crowd to the small HTTP server. While one line is used, a probe dials another one now and then, and only when that is ready the old one is
 * let go. A probe has one of four reasons:
 *
 *   climb   the line in use is of a lower tier
 *   renew   its credentials are about to expire
 *   leave   it is alive and slow, and there is another broker. That one is used if it is better; if not, it was only asked. A broker is slow for all
 *           of its crowd in the same moment, so each leaves at a moment of its own, and does so once in a while only
 *   silent  it says nothing, though asked. It may be frozen, or just slow: if it speaks before the other one is ready, it is kept
 */

import { backoffDelay } from './backoff.js';
import {
	endpointFailed, endpointIsBetter, endpointIsSlow, endpointMeasured, endpointOpened, pickEndpoint,
} from './endpoints.js';

export const PHASE = Object.freeze({
	IDLE: 'idle', DIALING: 'dialing', LIVE: 'live', WAITING: 'waiting', PAUSED: 'paused', CLOSED: 'closed',
});

export const LINK_DEFAULTS = Object.freeze({
	dialMs: 6000,             // from dialling to an exact state,
	joinMs: 20000,            // and to the same where a broker has let us in and there is nothing else to turn to in this round
	patience: 4,              // rounds that are tried on a tier that worked before, until the lower ones are tried, too
	hiddenMs: 60000,          // a hidden page lets go after this; 0: at once
	probeMs: 15000,           // until the first probe of a higher tier; doubles up to the ceiling
	probeCeilingMs: 300000,
	measureMs: 300000,        // about so often a round trip is measured where there is another broker to turn to,
	measureAgainMs: 5000,     // and so soon again when it was slow
	leaveMs: 60000,           // a slow broker is left at most once in so long; doubles up to the ceiling while no other is better
	leaveSpreadMs: 20000,     // by chance so much later
	stays: false,             // a broker keeps our session, and no other one has it
	backoff: { base: 1500, ceiling: 20000, floor: 100 },
});

const SHORT_MS = 10000; // a line that was lost sooner had a short life,
const TAKEN_COUNT = 3;  // and after so many of them in a row another page is taken to use the session that the broker keeps for us:
const TAKEN_MS = 30000; // it has it for so long at least
const NUDGE_MS = 5000; // whoever is barred is not let off earlier by news of a network
const RENEW_AGAIN = { base: 5000, ceiling: 60000, floor: 1000 };

export function createLink(endpoints, options = {}) {
	return {
		options: { ...LINK_DEFAULTS, ...options },
		endpoints,
		phase: PHASE.IDLE,
		current: null,        // the line that is dialled or used
		probe: null,          // the line that is dialled while another one is used
		tried: new Set(),     // endpoints that have failed in this round
		provenTier: Infinity, // the best tier that ever worked
		attempt: 0,           // how many rounds have failed since something worked
		wakeAt: Infinity, probeAt: Infinity, pauseAt: Infinity, renewAt: Infinity, measureAt: Infinity, leaveAt: Infinity,
		probeWait: 0,
		liveAt: -Infinity,
		shortLives: 0,        // in a row
		renewals: 0,          // that failed in a row
		leaveWait: 0, mayLeaveAt: -Infinity,
		barredAt: -Infinity, barredUntil: -Infinity,
	};
}

const EVENTS = {
	start: (link, event, now, rnd) => (link.phase === PHASE.IDLE ? newRound(link, now, rnd) : []),
	stop: (link) => letGo(link, PHASE.CLOSED),
	wake: onWake,
	admitted: onAdmitted,
	ready: onReady,
	lost: onLost,
	barred: onBarred,
	measured: onMeasured,
	doubt: (link, event, now, rnd) => onDoubt(link, now, rnd),
	silent: (link, event, now, rnd) => onSilent(link, now, rnd),
	spoke: (link, event, now, rnd) => onSpoke(link, now, rnd),
	hide: (link, event, now, rnd) => onHide(link, now, rnd),
	show: (link, event, now, rnd) => onShow(link, now, rnd),
	nudge: (link, event, now, rnd) => onNudge(link, now, rnd),
	woke: (link, event, now, rnd) => onWoke(link, now, rnd),
};

export function linkStep(link, event, now, rnd) {
	return link.phase === PHASE.CLOSED ? [] : EVENTS[event.type](link, event, now, rnd);
}

export const linkDeadline = ({ wakeAt, probeAt, pauseAt, renewAt, measureAt, leaveAt }) =>
	Math.min(wakeAt, probeAt, pauseAt, renewAt, measureAt, leaveAt);

const lineTo = (endpoint, since, why = null) => ({ endpoint, since, why });
const isBarred = (link, endpoint, now) => endpoint.tier === 0 && now < link.barredUntil;

/* The endpoints that may still be dialled in this round: for the first rounds none below the tier that worked before, unless that one bars us. */
function candidates(link, now) {
	const patient = link.attempt < link.options.patience && now >= link.barredUntil;
	return link.endpoints.filter((e) => !link.tried.has(e) && !isBarred(link, e, now) && (!patient || e.tier <= link.provenTier));
}

function newRound(link, now, rnd) {
	link.tried.clear();
	return dialNext(link, now, rnd);
}

function dialNext(link, now, rnd) {
	const endpoint = pickEndpoint(candidates(link, now), rnd);
	if (!endpoint)
		return waitLonger(link, now, rnd);
	const line = lineTo(endpoint, now);
	link.probeAt = Infinity;
	holdDialling(link, line);
	return [{ do: 'dial', line }];
}

function holdDialling(link, line) {
	link.tried.add(line.endpoint);
	link.phase = PHASE.DIALING;
	link.current = line;
	link.wakeAt = line.since + link.options.dialMs;
}

/* To give up now and dial the same broker again would make it do all of its work twice, just when it has a whole crowd to let in. */
function onAdmitted(link, { line }, now) {
	if (line === link.current && link.phase === PHASE.DIALING && candidates(link, now).length === 0)
		link.wakeAt = line.since + Math.max(link.options.dialMs, link.options.joinMs);
	return [];
}

function waitLonger(link, now, rnd) {
	link.phase = PHASE.WAITING;
	link.current = null;
	const wait = backoffDelay(link.attempt, rnd, link.options.backoff);
	const others = link.endpoints.some((e) => !isBarred(link, e, now));
	link.wakeAt = others ? now + wait : Math.max(now + wait, link.barredUntil);
	link.attempt++;
	return [];
}

function onReady(link, { line, ms, renewAt }, now, rnd) {
	const isProbe = line === link.probe;
	if (!isProbe && (line !== link.current || link.phase !== PHASE.DIALING))
		return [];
	endpointOpened(line.endpoint, now - line.since);
	if (Number.isFinite(ms))
		endpointMeasured(line.endpoint, ms);
	if (isProbe)
		return takeProbe(link, renewAt, now, rnd);
	link.probeWait = link.options.probeMs;
	link.leaveWait = link.options.leaveMs;
	return settle(link, { line, renewAt }, now, rnd);
}

function takeProbe(link, renewAt, now, rnd) {
	const { current: old, probe: line } = link;
	if (line.why === 'leave' && !endpointIsBetter(line.endpoint, old.endpoint))
		return [...dropProbe(link), ...stay(link, now, rnd)];
	link.probe = null;
	link.current = line;
	if (line.why === 'silent')
		endpointFailed(old.endpoint);
	return [...settle(link, { line, renewAt }, now, rnd), { do: line.why === 'silent' ? 'hang-up' : 'retire', line: old }];
}

function settle(link, { line, renewAt = Infinity }, now, rnd) {
	link.phase = PHASE.LIVE;
	link.liveAt = now;
	link.attempt = 0;
	link.renewals = 0;
	link.wakeAt = Infinity;
	link.leaveAt = Infinity;
	link.renewAt = renewAt;
	link.provenTier = Math.min(link.provenTier, line.endpoint.tier);
	planProbe(link, now, rnd);
	planMeasure(link, now, rnd);
	return [{ do: 'use', line }];
}

/* --- climb --- */

const better = (link) => link.endpoints.filter((e) => e.tier < link.current.endpoint.tier);

function planProbe(link, now, rnd) {
	link.probeAt = better(link).length > 0 ? Math.max(now + link.probeWait * (0.75 + 0.5 * rnd), link.barredUntil) : Infinity;
}

/* --- renew --- */

/* The same broker first, for it works. A probe that has another reason gives way. */
function startRenewal(link, now, rnd) {
	const { endpoint } = link.current;
	const others = peersOf(link);
	const effects = dropProbe(link);
	const to = link.renewals > 0 && others.length > 0 ? pickEndpoint(others, rnd) : endpoint;
	link.renewAt = Infinity;
	return [...effects, ...startProbe(link, lineTo(to, now, 'renew'))];
}

/* --- leave --- */

const peersOf = (link) => (link.options.stays ? [] : link.endpoints).filter((e) => e !== link.current.endpoint && e.tier === link.current.endpoint.tier);

function planMeasure(link, now, rnd) {
	const { measureMs, measureAgainMs } = link.options;
	const wait = link.current.endpoint.slow > 0 ? measureAgainMs : measureMs * (0.5 + rnd);
	link.measureAt = link.current.endpoint.tier === 0 && peersOf(link).length > 0 ? now + wait : Infinity;
}

function onDoubt(link, now, rnd) {
	const soon = now + link.options.measureAgainMs * rnd;
	if (link.phase === PHASE.LIVE && link.current.endpoint.slow === 0 && link.measureAt < Infinity)
		link.measureAt = Math.min(link.measureAt, soon);
	return [];
}

function onMeasured(link, { line, ms }, now, rnd) {
	if (line !== link.current || link.phase !== PHASE.LIVE)
		return [];
	endpointMeasured(line.endpoint, ms);
	planMeasure(link, now, rnd);
	if (!endpointIsSlow(line.endpoint) || peersOf(link).length === 0)
		link.leaveAt = Infinity;
	else if (link.leaveAt === Infinity && !link.probe)
		link.leaveAt = Math.max(link.mayLeaveAt, now + rnd * link.options.leaveSpreadMs);
	return [];
}

function measure(link, now, rnd) {
	planMeasure(link, now, rnd);
	return [{ do: 'measure', line: link.current }];
}

function leave(link, now, rnd) {
	link.leaveAt = Infinity;
	const others = peersOf(link);
	if (link.probe || others.length === 0)
		return [];
	link.mayLeaveAt = now + link.leaveWait * (1 + rnd);
	return startProbe(link, lineTo(pickEndpoint(others, rnd), now, 'leave'));
}

/* No other one is better. */
function stay(link, now, rnd) {
	link.leaveWait = Math.min(2 * link.leaveWait, Math.max(link.options.leaveMs, link.options.probeCeilingMs));
	link.mayLeaveAt = now + link.leaveWait * (1 + rnd);
	return [];
}

/* --- silent --- */

/* Is there another one to turn to, should this one fall silent? */
export const linkHasPeers = (link) => link.phase === PHASE.LIVE && peersOf(link).length > 0;

/* What is to replace the line anyway gets its time; only a better tier is not what is missing now. */
function onSilent(link, now, rnd) {
	if (!linkHasPeers(link) || (link.probe && link.probe.why !== 'climb'))
		return [];
	return [...dropProbe(link), ...startProbe(link, lineTo(pickEndpoint(peersOf(link), rnd), now, 'silent'))];
}

export const linkDoubtsSilence = ({ probe }) => probe?.why === 'silent';

function onSpoke(link, now, rnd) {
	if (!linkDoubtsSilence(link))
		return [];
	const effects = dropProbe(link);
	planProbe(link, now, rnd);
	return effects;
}

/* --- what ends --- */

const REPLACES = new Set(['renew', 'leave', 'silent']);

function onLost(link, { line, trouble }, now, rnd) {
	if (line === link.probe)
		return probeFailed(link, trouble, now, rnd);
	if (line !== link.current)
		return [];
	const wasLive = link.phase === PHASE.LIVE;
	link.current = null;
	if (wasLive)
		countLife(link, now);
	if (wasLive && REPLACES.has(link.probe?.why))
		return waitForProbe(link, line);
	endpointFailed(line.endpoint, trouble);
	if (wasLive && link.options.stays && link.shortLives >= TAKEN_COUNT)
		bar(link, line, { now, until: now + TAKEN_MS * (1 + rnd), trouble: 'refused' });
	if (wasLive)
		return [...dropProbe(link), ...startOver(link, now, rnd)];
	return link.phase === PHASE.DIALING ? dialNext(link, now, rnd) : [];
}

/* What would have taken the lost one's place is on its way. With a session that the broker keeps it is just this that has ended the old line. */
function waitForProbe(link, { endpoint }) {
	const line = link.probe;
	if (line.why !== 'renew')
		endpointFailed(endpoint);
	link.tried.clear();
	stopPlans(link);
	link.probe = null;
	holdDialling(link, line);
	return [];
}

function countLife(link, now) {
	link.shortLives = now - link.liveAt < SHORT_MS ? link.shortLives + 1 : 0;
}

/* A connection that worked was lost, most likely by all viewers at once. So each waits a little, by chance, and begins a new round. Whoever is let in
 * and sent away again and again waits longer each time. */
function startOver(link, now, rnd) {
	stopPlans(link);
	link.tried.clear();
	link.attempt = Math.max(0, link.shortLives - 1);
	return waitLonger(link, now, rnd);
}

function onBarred(link, { line, until, trouble }, now, rnd) {
	if (line !== link.probe && line !== link.current)
		return [];
	bar(link, line, { now, until, trouble });
	line.endpoint.tries++;
	if (line === link.probe)
		return probeEnded(link, now, rnd);
	const wasLive = link.phase === PHASE.LIVE;
	link.current = null;
	return wasLive ? [...dropProbe(link), ...startOver(link, now, rnd)] : dialNext(link, now, rnd);
}

function bar(link, line, { now, until, trouble }) {
	link.barredAt = now;
	link.barredUntil = until;
	line.endpoint.trouble = trouble;
}

function startProbe(link, line) {
	link.probe = line;
	link.probeAt = line.since + link.options.dialMs;
	return [{ do: 'dial', line }];
}

function probeFailed(link, trouble, now, rnd) {
	endpointFailed(link.probe.endpoint, trouble);
	return probeEnded(link, now, rnd);
}

function probeEnded(link, now, rnd) {
	const { why } = link.probe;
	link.probe = null;
	link.probeAt = Infinity;
	if (why === 'leave')
		return stay(link, now, rnd);
	if (why === 'renew')
		return renewLater(link, now, rnd);
	if (why === 'silent') {
		planProbe(link, now, rnd);
		return [];
	}
	link.probeWait = Math.min(2 * link.probeWait, link.options.probeCeilingMs);
	planProbe(link, now, rnd);
	return [];
}

function renewLater(link, now, rnd) {
	link.renewAt = Math.max(now + backoffDelay(link.renewals++, rnd, RENEW_AGAIN), link.barredUntil);
	return [];
}

function dropProbe(link) {
	const line = link.probe;
	link.probe = null;
	link.probeAt = Infinity;
	return line ? [{ do: 'hang-up', line }] : [];
}

function onWake(link, event, now, rnd) {
	if (now >= link.pauseAt)
		return letGo(link, PHASE.PAUSED);
	if (now >= link.renewAt)
		return startRenewal(link, now, rnd);
	if (now >= link.probeAt)
		return link.probe ? giveUpProbe(link, now, rnd) : climb(link, now, rnd);
	if (now >= link.leaveAt)
		return leave(link, now, rnd);
	if (now >= link.measureAt)
		return measure(link, now, rnd);
	if (now < link.wakeAt)
		return [];
	if (link.phase === PHASE.WAITING)
		return newRound(link, now, rnd);
	return link.phase === PHASE.DIALING ? giveUpDial(link, now, rnd) : [];
}

const climb = (link, now, rnd) => startProbe(link, lineTo(pickEndpoint(better(link), rnd), now, 'climb'));

function giveUpDial(link, now, rnd) {
	const line = link.current;
	return [{ do: 'hang-up', line }, ...onLost(link, { line }, now, rnd)];
}

function giveUpProbe(link, now, rnd) {
	const line = link.probe;
	return [{ do: 'hang-up', line }, ...probeFailed(link, undefined, now, rnd)];
}

/* --- page and machine --- */

function onHide(link, now, rnd) {
	link.pauseAt = now + link.options.hiddenMs;
	return onWake(link, null, now, rnd);
}

function onShow(link, now, rnd) {
	link.pauseAt = Infinity;
	unbar(link, now);
	return link.phase === PHASE.PAUSED || link.phase === PHASE.WAITING ? newRound(link, now, rnd) : [];
}

function onNudge(link, now, rnd) {
	unbar(link, now);
	return link.phase === PHASE.WAITING ? newRound(link, now, rnd) : [];
}

function unbar(link, now) {
	if (now - link.barredAt >= NUDGE_MS)
		link.barredUntil = -Infinity;
}

/* The machine has slept: whatever connection we held is dead, even if nothing has told so yet. */
function onWoke(link, now, rnd) {
	if (link.phase === PHASE.PAUSED || link.phase === PHASE.IDLE)
		return [];
	const { pauseAt } = link;
	unbar(link, now);
	const effects = letGo(link, PHASE.WAITING);
	Object.assign(link, { pauseAt, attempt: 0 });
	return [...effects, ...newRound(link, now, rnd)];
}

function letGo(link, phase) {
	const held = [link.current, link.probe].filter(Boolean);
	stopPlans(link);
	Object.assign(link, { phase, current: null, probe: null, wakeAt: Infinity, pauseAt: Infinity });
	return held.map((line) => ({ do: 'hang-up', line }));
}

/* Those of a line in use. */
function stopPlans(link) {
	Object.assign(link, { probeAt: Infinity, renewAt: Infinity, measureAt: Infinity, leaveAt: Infinity });
}

/* --- what there is to say --- */

/* Why there is no way to a broker now: null when there is one, or none is wanted, or nothing has failed yet. */
export function linkProblem(link) {
	const brokers = link.endpoints.filter((e) => e.tier === 0);
	const peers = brokers.length > 0 ? brokers : link.endpoints;
	if (link.phase === PHASE.LIVE && peers.some((e) => e.tier === link.current.endpoint.tier))
		return null;
	return ['token', 'refused', 'network'].find((trouble) => peers.some((e) => e.trouble === trouble)) ?? null;
}

/* How each endpoint stands: used, ready (it served last time), failed, refused, or untried; and when it is dialled again, if that is known. */
export function linkEndpoints(link, now) {
	return link.endpoints.map((e) => ({
		url: e.url, kind: e.kind, state: stateOf(link, e), failures: e.failures, latencyMs: e.latencyMs, retryInMs: retryIn(link, e, now),
	}));
}

function stateOf(link, endpoint) {
	if (link.phase === PHASE.LIVE && link.current.endpoint === endpoint)
		return 'used';
	if (endpoint.trouble)
		return endpoint.trouble === 'network' ? 'failed' : 'refused';
	return endpoint.tries > 0 ? 'ready' : 'untried';
}

function retryIn(link, endpoint, now) {
	const at = link.phase === PHASE.WAITING ? link.wakeAt : Infinity;
	const climbAt = link.phase === PHASE.LIVE && !link.probe && endpoint.tier < link.current.endpoint.tier ? link.probeAt : Infinity;
	const next = Math.max(Math.min(at, climbAt), endpoint.tier === 0 ? link.barredUntil : -Infinity);
	return Number.isFinite(next) ? Math.max(0, Math.round(next - now)) : null;
}
