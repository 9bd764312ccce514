/* outbox-flow - how many messages may be on their way at a time, and how fast. Pure: time and chance are arguments.
 *
 * The window is what may wait for its acknowledgement. It grows by each one that comes, so it doubles with every round trip, up
 * to what the broker takes (its receive maximum). Without an answer nothing goes for a while, and then one message, which finds out
 * whether there is anybody. When the broker says "too fast" the window is halved, and a pace is kept: at first ten a
 * second, half of it when it says so again, a little more for each second that it does not. After half a minute without such a word
 * it is forgotten: brokers let a burst pass again by then. */

import { backoffDelay } from './backoff.js';

const START = 8;
const MOST = 64;
const BACKOFF = { base: 1000, ceiling: 60000, floor: 200 };
const PACE = 10;
const PACE_LEAST = 1;
const CUT_MS = 1000;         // many refusals of one burst are one word
const FORGET_MS = 30000;
const PRESSING = 8;          // messages in the last second

export function createFlow() {
	return { window: START, flights: 0, heldUntil: 0, losses: 0, pace: null, tokens: 0, filledAt: 0, cutAt: -Infinity, raisedAt: 0, times: [] };
}

/* How many may go now. */
export function flowRoom(flow, now, receiveMaximum = Infinity) {
	const free = freeOf(flow, receiveMaximum);
	if (now < flow.heldUntil)
		return 0;
	refill(flow, now);
	return flow.pace === null ? free : Math.min(free, Math.floor(flow.tokens));
}

/* Acknowledgements come one by one. Half of a window at a time is sent, or each of them would be answered with a packet. */
function freeOf(flow, receiveMaximum) {
	const most = Math.min(flow.window, receiveMaximum);
	const free = most - flow.flights;
	return free >= most / 2 ? free : 0;
}

function refill(flow, now) {
	if (flow.pace === null)
		return;
	if (now - flow.cutAt > FORGET_MS) {
		flow.pace = null;
		return;
	}
	flow.tokens = Math.min(Math.max(1, flow.pace), flow.tokens + Math.max(0, now - flow.filledAt) * flow.pace / 1000);
	flow.filledAt = now;
}

export function flowTook(flow, n, now) {
	flow.flights += n;
	flow.tokens -= flow.pace === null ? 0 : n;
	for (let i = 0; i < n; i++)
		flow.times.push(now);
	flow.times.splice(0, Math.max(0, flow.times.length - MOST));
}

/* May what the broker refuses be the pace? */
export const flowPresses = (flow, now) => flow.pace !== null || flow.times.filter((time) => now - time < 1000).length > PRESSING;

export function flowAcked(flow, now) {
	flow.flights--;
	flow.losses = 0;
	flow.window = Math.min(MOST, flow.window + 1);
	if (flow.pace !== null && now - Math.max(flow.cutAt, flow.raisedAt) > 1000) {
		flow.pace++;
		flow.raisedAt = now;
	}
}

export function flowBusy(flow, now) {
	flow.flights--;
	flow.losses = 0;
	if (now - flow.cutAt < CUT_MS)
		return;
	flow.window = Math.max(1, Math.floor(flow.window / 2));
	flow.pace = flow.pace === null ? PACE : Math.max(PACE_LEAST, flow.pace / 2);
	Object.assign(flow, { tokens: 0, filledAt: now, cutAt: now });
}

/* The flights of one connection end together: that is one loss. */
export function flowLost(flow, now, rnd) {
	flow.flights--;
	flow.window = 1;
	if (now >= flow.heldUntil)
		flow.heldUntil = now + backoffDelay(flow.losses++, rnd, BACKOFF);
}

/* A connection came back: to its broker nothing was said yet. */
export function flowHurry(flow) {
	Object.assign(flow, { heldUntil: 0, losses: 0, window: Math.max(START, flow.window), pace: null });
}

/* When something may go next; Infinity when an answer has to come first. */
export function flowDeadline(flow, now, receiveMaximum = Infinity) {
	if (freeOf(flow, receiveMaximum) === 0)
		return Infinity;
	if (flow.pace === null || flow.tokens >= 1)
		return flow.heldUntil;
	return Math.max(flow.heldUntil, now + Math.ceil((1 - flow.tokens) * 1000 / flow.pace));
}
