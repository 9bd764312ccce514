/* player - a game of the past, played again: where it stands, what the view is there, and what has to be read next. Pure: answers of the history and
 * time are arguments. States are put together by the feed's own code (client/feed.js).
 *
 * Two clocks: `position` is the time of the game, by the clock of its publisher; `local` is any clock of ours that does not jump. Milliseconds.
 *
 * The log is read ahead, up to HIGH characters, and read on from where that ended when less than LOW are left. A game that is on has no end:
 * what is known of it reaches to `known`, and it is asked again what came behind that. How late it is at the publisher is at least what its
 * newest event says, and how long ago we have read that. Whoever has caught up stands now and then until he is so far behind that the answers
 * come in time. */

import { createFeed, emptyChange, feedDelta, feedSnapshot, mergeChange } from '../client/feed.js';
import { rangeOf } from './model.js';

const HIGH = 1000000;       // some ten thousand deltas
const LOW = 250000;
const STEP_MS = 1000;       // so far at most the position moves by itself in one turn: a page that was hidden for an hour goes on where it was
const WRITTEN_MS = 1000;    // after which an event can be read (the publisher writes every half second)
const AHEAD_MS = 10000;     // when less than so much of the time to come is known, it is asked what came
const ASK_MS = 3000;        // but no sooner than so
const EPOCH = 'replay';

export function createPlayer(story, local) {
	const p = {
		story, range: rangeOf(story),
		feed: createFeed(),
		events: [], next: 0, chars: 0, // what is read ahead: from `next` on
		readTo: null,        // the event behind which the log goes on; null: no state is known yet
		newest: 0,           // the time of the newest event that was read
		complete: false,     // the log was read to its end
		running: story.running,
		lead: -Infinity,     // how far the publisher's clock is ahead of ours, at least
		known: 0,            // all that was until then has been read, of a game that is on
		asked: -Infinity,    // when it was asked last what came
		position: 0, local, speed: 1, playing: false, stalled: false,
	};
	playerHears(p, story.last, local);
	return p;
}

/* A newer answer about the same game. */
export function playerKnows(p, story, local) {
	const range = rangeOf(story);
	p.story = story;
	p.range = { ...p.range, to: story.running ? Math.max(p.range.to, range.to) : range.to };
	playerHears(p, story.last, local);
}

export const playerClamp = (p, t) => Math.max(p.range.from, Math.min(t, p.range.to));

/* The answer of at.json: the view at `position`. Returns the change, or null: it can't be used. */
export function playerStart(p, answer, position) {
	const known = Number.isSafeInteger(answer?.n) && answer.n > 0 && typeof answer.state === 'object' && answer.state !== null;
	const step = known ? feedSnapshot(p.feed, { epoch: EPOCH, seq: p.feed.seq + 1, state: answer.state }, true) : {};
	if (!step.change)
		return null;
	Object.assign(p, { events: [], next: 0, chars: 0, readTo: answer.n, newest: answer.ts ?? 0, complete: false, stalled: false, position });
	return step.change;
}

/* A line of the log, as an object, that was read at `local`. False: it is none. `asked` is when the log was asked for. */
export function playerTakes(p, line, { asked, local, chars }) {
	if (line?.end === true) {
		p.complete = true;
		p.running = line.running === true;
		p.known = Math.max(p.known, p.newest, asked + p.lead - WRITTEN_MS);
		if (p.running)
			p.range.to = Math.max(p.range.to, p.known);
		return true;
	}
	if (!Number.isSafeInteger(line?.n) || !Number.isFinite(line.t))
		return false;
	p.events.push({ line, chars });
	p.chars += chars;
	p.readTo = line.n;
	p.newest = Math.max(p.newest, line.t);
	playerHears(p, line.t, local);
	return true;
}

/* It is, or was before, at least as late as `t` at the publisher. */
export function playerHears(p, t, local) {
	if (Number.isFinite(t))
		p.lead = Math.max(p.lead, t - local);
}

/* Until when nothing is missing. */
function horizonOf(p) {
	if (!p.complete)
		return p.events.at(-1)?.line.t ?? p.position;
	return p.running ? p.known : p.range.to;
}

/* Moves on to `local`. Returns what has changed in the view, null: nothing. */
export function playerMoves(p, local) {
	const passed = Math.min(Math.max(0, local - p.local), STEP_MS);
	p.local = local;
	if (!p.playing || p.readTo === null)
		return null;
	const wanted = p.position + passed * p.speed;
	const most = Math.max(p.position, horizonOf(p));
	p.stalled = wanted > most && !p.complete;
	if (wanted > most && p.complete && p.running)
		p.speed = 1; // it has caught up
	return playerGoes(p, Math.min(wanted, most));
}

/* It stands still until then. */
export function playerWaits(p, local) {
	p.local = local;
}

/* Forward to a position up to which all has been read. */
export function playerGoes(p, position) {
	const change = emptyChange();
	p.position = position;
	for (; p.events[p.next]?.line.t <= position; p.next++) {
		mergeChange(change, fold(p.feed, p.events[p.next].line));
		p.chars -= p.events[p.next].chars;
	}
	if (p.next > 1000) {
		p.events.splice(0, p.next);
		p.next = 0;
	}
	if (p.complete && !p.running && position >= p.range.to)
		p.playing = false;
	return change.set.size > 0 || change.del.length > 0 ? change : null;
}

/* Can it go there without asking? */
export const playerReaches = (p, position) => p.readTo !== null && position >= p.position && position <= horizonOf(p);

/* Numbers of a feed follow each other; those of the log have gaps, and the epochs of several publishers. */
function fold(feed, { snapshot, delta }) {
	const head = { epoch: EPOCH, seq: feed.seq + 1 };
	if (snapshot)
		return feedSnapshot(feed, { ...head, state: snapshot.state }, true).change;
	if (!delta?.set && !delta?.del)
		return null;
	return feedDelta(feed, { ...head, ...(delta.set && { set: delta.set }), ...(delta.del && { del: delta.del }) }).change;
}

/* The log is being asked for what stands behind readTo. */
export function playerAsks(p, local) {
	p.asked = local;
}

/* Is the log to be read on now? */
export function playerWants(p, local) {
	if (p.readTo === null)
		return false;
	if (!p.complete)
		return p.chars < LOW;
	return p.running && p.known - p.position < AHEAD_MS * p.speed && local - p.asked >= ASK_MS;
}

export const playerIsFull = (p) => p.chars > HIGH;
export const playerIsAtEnd = (p) => p.complete && !p.running && p.position >= p.range.to;

/* How far it is behind the game, at least; null: that is not on. */
export function playerBehind(p, local) {
	return p.running ? Math.max(0, local + p.lead - p.position) : null;
}
