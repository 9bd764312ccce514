/* poll - the last resort: asks for the snapshot again and again. The browser asks by ETag, and any cache on the way may answer, so that
 * it costs little when nothing has changed. The publisher renews its answer every 10 s, changed or not; so one that has been here before is no sign
 * that the publisher lives: a cache may go on giving it, and several caches, by turns, what each of them has. Decides nothing. */

import { Refusal, checkAnswer, viewUrl } from '../refusal.js';

const EVERY_MS = 2000;
const TIMEOUT_MS = 8000;
const KNOWN = 8;    // states that are known again
const PATIENCE = 3; // failures in a row until the session is lost

/* `everyMs`: how often, when it is another time. */
export function openPoll({ endpoint, prefix, view, everyMs = () => EVERY_MS }, on) {
	const abort = new AbortController();
	const url = `${viewUrl(endpoint.url, prefix, view)}.json`;
	const known = []; // states that were here, the newest last; status and notice beside one may change and change back
	let last = '';
	let lastNotice = 'null';
	let failures = 0;
	let timer = null;

	const close = () => {
		clearTimeout(timer);
		abort.abort();
	};
	const take = async () => {
		const signal = AbortSignal.any?.([abort.signal, AbortSignal.timeout(TIMEOUT_MS)]) ?? abort.signal;
		const answer = await fetch(url, { signal });
		checkAnswer(answer, prefix, view);
		const text = await answer.text();
		if (!abort.signal.aborted)
			deliver(text);
	};
	const deliver = (text) => {
		if (text === last)
			return on.answered();
		const { epoch, seq, at, ts, status, notice } = JSON.parse(text);
		const state = [epoch, seq, at ?? ts].join();
		const isNew = !known.includes(state);
		if (!isNew && known.at(-1) !== state)
			return on.answered();
		const fresh = isNew && known.length > 0;
		last = text;
		if (isNew && known.push(state) > KNOWN)
			known.shift();
		deliverNotice(JSON.stringify(notice ?? null));
		on.message('snapshot', text, { live: fresh, complete: true, bytes: text.length });
		if (status)
			on.message('status', status, { live: false, bytes: 0 });
	};
	/* Before the snapshot, so that who has that knows whether there is a notice. */
	const deliverNotice = (notice) => {
		if (notice !== lastNotice)
			on.notice(notice, { bytes: 0 });
		lastNotice = notice;
	};
	const failed = (error) => {
		const bear = ++failures < PATIENCE && last !== '' && !(error instanceof Refusal);
		if (abort.signal.aborted || bear)
			return;
		close();
		on.lost(error);
	};
	const round = () => take().then(() => { failures = 0; }, failed).then(() => {
		if (!abort.signal.aborted)
			timer = setTimeout(round, everyMs() * (0.9 + 0.2 * Math.random()));
	});
	round();

	return { close, rejoin: () => {}, joinedForGood: () => {}, check: () => {} };
}
