/* outbox-tabs - the tabs of one origin that share a queue, and which of them sends: the one that holds the Web Lock of the queue's name. When it
 * is closed or dies, the browser gives the lock to the next. Knows nothing of messages: it passes on what tabs tell each other. */

import { newId } from './id.js';

const CHANNEL = (name) => `${name}#1`;        // tabs of another release may tell each other other things

export const canShare = () => Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);

/* `on`: lead() and follow(), whenever this tab begins and ends to hold the lock; heard(message). */
export function createTabs(name, on) {
	const me = newId();
	const channel = new BroadcastChannel(CHANNEL(name));
	let hold = null;             // { release() } while this tab has the lock
	let waiting = null;          // aborts the request for it
	let taking = false;          // a request that takes it is under way
	let closed = false;

	const held = (grant) => new Promise((release) => {
		waiting = null;
		taking = false;
		if (closed) {
			release();
			return;
		}
		grant.release = release;
		hold = grant;
		on.lead();
	});
	/* Ends when the lock was given back, or another tab has taken it. */
	const request = async (options) => {
		const grant = { release: null };
		const error = await navigator.locks.request(name, options, () => held(grant)).then(() => null, (reason) => reason);
		if (closed || error === null)
			return;
		if (hold === grant) {
			hold = null;
			on.follow();
			queueUp();
		} else if (error.name !== 'AbortError') {
			hold = { release: () => {} };  // there are no locks here, after all: each tab for itself
			on.lead();
		}
	};
	const queueUp = () => {
		waiting = new AbortController();
		request({ signal: waiting.signal });
	};
	channel.onmessage = ({ data }) => {
		if (!closed && (data.to === undefined || data.to === me))
			on.heard(data);
	};

	return {
		me,
		start: queueUp,
		tell: (message) => closed || channel.postMessage({ ...message, from: me }),
		/* Takes the lock from whoever has it. */
		take() {
			if (hold !== null || taking || closed)
				return;
			taking = true;
			waiting?.abort();
			request({ steal: true });
		},
		close() {
			closed = true;
			waiting?.abort();
			hold?.release();
			channel.close();
		},
	};
}
