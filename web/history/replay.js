/* replay - the shell of a game that is played again: asks the history what the player wants, and looks like a board to whoever draws it. */

import { createEmitter } from '../client/emitter.js';
import { backoffDelay } from '../client/backoff.js';
import { clocksOf } from '../client/view.js';
import { NoAnswer } from './api.js';
import { readLines } from './lines.js';
import { gapAt, jamBeside, readStory } from './model.js';
import { createPlayer, playerAsks, playerBehind, playerClamp, playerGoes, playerHears, playerIsAtEnd, playerIsFull, playerKnows, playerMoves, playerReaches, playerStart, playerTakes, playerWaits, playerWants } from './player.js';

export const SPEEDS = [1, 2, 5, 10];
const AGAIN = { base: 1000, ceiling: 30000, floor: 500 };
const JUMP_MS = 150;
const STORY_MS = 20000; // so often at most it is asked what the jams of a game that is on are

/* `history`: of api.js; `story`: of model.js. Nothing is shown before seek(). Beside what a board has for drawing it tells `fault`, a NoAnswer while
 * there is one. To be told on each frame of the screen: tick(). */
export function createReplay({ history, story, now = () => performance.now() }) {
	const emitter = createEmitter();
	const p = createPlayer(story, now());
	let target = null;       // where it is to go, when it can't be reached without asking
	let asking = false;
	let reading = null;      // the AbortController of the log that is being read
	let fault = null;
	let failures = 0;
	let waitUntil = 0;       // before that nothing is asked again
	let jumpAt = 0;          // before that no other moment is asked for: whoever drags a slider wants hundreds
	let storyAt = now();
	let told = false;
	let closed = false;

	const tell = (change) => change && emitter.emit('change', change);
	const stopReading = () => {
		reading?.abort();
		reading = null;
	};
	const fail = (error) => {
		if (closed)
			return;
		fault = error instanceof NoAnswer ? error : new NoAnswer('unreachable', { cause: error });
		waitUntil = fault.passes ? now() + backoffDelay(failures++, Math.random(), AGAIN) : Infinity;
	};
	const succeed = () => {
		fault = null;
		failures = 0;
	};

	/* The view at the target. The target may have moved on when it comes: then the next one is asked for. */
	const jump = async () => {
		const wanted = target;
		asking = true;
		jumpAt = now() + JUMP_MS;
		stopReading();
		try {
			const answer = await history.at(story.id, Math.floor(wanted));
			if (closed)
				return;
			if (playerStart(p, answer, wanted) === null)
				throw new NoAnswer('broken');
			succeed();
			target = target === wanted ? null : target;
			emitter.emit('change', null);
		} catch (error) {
			fail(error);
		} finally {
			asking = false;
		}
	};

	const readOn = async () => {
		const abort = new AbortController();
		const asked = now();
		reading = abort;
		playerAsks(p, asked);
		let ended = false;
		try {
			const answer = await history.log(story.id, p.readTo, abort.signal);
			await readLines(answer, abort, (line, chars) => {
				if (reading !== abort)
					return;
				if (!playerTakes(p, line, { asked, local: now(), chars }))
					throw new NoAnswer('broken');
				ended ||= line.end === true;
				if (playerIsFull(p))
					stopReading();
			});
			if (reading === abort && !ended)
				throw new NoAnswer('unreachable'); // it was cut off: what has come stays, and the rest is asked for
			if (ended)
				succeed();
		} catch (error) {
			if (reading === abort)
				fail(error);
		}
		if (reading === abort)
			reading = null;
		if (ended && (p.running || p.story.running))
			await askStory();
	};

	const askStory = async () => {
		if (p.running && now() - storyAt < STORY_MS)
			return;
		storyAt = now();
		const fresh = readStory(await history.game(story.id).catch(() => null));
		if (fresh && !closed)
			playerKnows(p, fresh, now());
	};

	const tick = () => {
		if (target === null)
			tell(playerMoves(p, now()));
		else
			playerWaits(p, now());
		if (closed || asking || now() < waitUntil)
			return;
		if (target !== null && now() >= jumpAt)
			jump();
		else if (target === null && !reading && playerWants(p, now()))
			readOn();
	};

	const seek = (t) => {
		const wanted = playerClamp(p, t);
		if (target === null && !asking && playerReaches(p, wanted)) {
			playerGoes(p, wanted);
			emitter.emit('change', null); // a jump is no news: nothing lights up because of it
		} else {
			target = wanted;
		}
	};

	return {
		...clocksOf({ state: p.feed.state, on: emitter.on }, () => p.position),
		get story() { return p.story; },
		get range() { return p.range; },
		get position() { return target ?? p.position; },
		get playing() { return p.playing; },
		get speed() { return p.speed; },
		get fault() { return fault; },
		get known() { return p.readTo !== null; },
		get loading() { return target !== null || (p.playing && p.stalled); },
		get ended() { return playerIsAtEnd(p); },
		get gap() { return gapAt(p.story, p.position); },
		/* Null where nobody has told how late it is at the publisher. */
		get behindMs() { return told ? playerBehind(p, now()) : null; },
		/* How late it is there now. */
		hear(t) {
			told = true;
			playerHears(p, t, now());
		},
		seek, tick,
		play() {
			if (playerIsAtEnd(p))
				seek(p.range.start);
			p.playing = true;
		},
		pause() { p.playing = false; },
		set(speed) { p.speed = SPEEDS.includes(speed) ? speed : 1; },
		jam(direction) {
			const t = jamBeside(p.story, target ?? p.position, direction);
			if (t !== null)
				seek(t);
			return t !== null;
		},
		close() {
			closed = true;
			stopReading();
		},
	};
}
