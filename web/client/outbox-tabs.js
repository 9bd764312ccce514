/* outbox-tabs - the tabs of one origin that share a queue, and which of them sends: the one that holds the Web Lock of the queue's name. When it
 * is closed or dies, the browser gives the lock to the next. Knows nothing of messages: it passes on what tabs tell each other. */

const CHANNEL = (name) => `${name}#1`;        // tabs of another release may tell each other other things

export const canShare = () => Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);

/* `on`: lead() and follow(), whenever this tab begins and ends to hold the lock; heard(message). */
export function createTabs(name, on) {
	const me = crypto.randomUUID();
	const channel = new BroadcastChannel(CHANNEL(name));
	let release = null;          // gives the lock back
	let waiting = null;          // aborts the request for it
	let closed = false;

	const held = () => new Promise((resolve) => {
		waiting = null;
		if (closed)
			return resolve();
		release = resolve;
		on.lead();
		return undefined;
	});
	/* Ends when the lock was given back, or another tab has taken it. */
	const request = async (options) => {
		let granted = false;
		const taken = await navigator.locks.request(name, options, () => { granted = true; return held(); }).then(() => false, (error) => error);
		if (closed || taken === false)
			return;
		if (granted) {
			release = null;
			on.follow();
			queueUp();
		} else if (taken.name !== 'AbortError') {
			release = () => {};  // there are no locks here, after all: each tab for itself
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
		get leading() { return release !== null; },
		start: queueUp,
		tell: (message) => closed || channel.postMessage({ ...message, from: me }),
		/* Takes the lock from whoever has it. */
		take() {
			if (release !== null || closed)
				return;
			waiting?.abort();
			request({ steal: true });
		},
		close() {
			closed = true;
			waiting?.abort();
			release?.();
			channel.close();
		},
	};
}
