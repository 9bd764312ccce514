/* sse - a session of server-sent events, over fetch: unlike EventSource it says why it failed, resumes where another
 * session ended, and runs in Node. Decides nothing. */

import { checkAnswer, viewUrl } from '../refusal.js';
import { createSseParser } from './sse-parser.js';

const ALIVE_MS = 15000; // a stream that has brought nothing for longer is dead: heartbeats come every 3 s
const KINDS = new Set(['snapshot', 'delta', 'status']);

export function openSse({ endpoint, prefix, view, resume }, on) {
	const abort = new AbortController();
	const url = `${viewUrl(endpoint.url, prefix, view)}/events`;
	let heard = Date.now();

	const lose = (error) => {
		if (abort.signal.aborted)
			return;
		abort.abort();
		on.lost(error);
	};
	const parse = createSseParser(({ type, data }) => {
		if (abort.signal.aborted)
			return;
		if (type === 'notice')
			on.notice(data, { bytes: data.length });
		else if (KINDS.has(type))
			on.message(type, data, { live: type === 'delta', complete: true, bytes: data.length });
	});
	const read = async () => {
		const answer = await fetch(url, { headers: headers(url, resume), cache: 'no-store', signal: abort.signal });
		checkAnswer(answer, prefix, view);
		if (!answer.headers.get('content-type')?.startsWith('text/event-stream'))
			throw new Error('no event stream');
		on.joined();
		const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
		for (let part = await reader.read(); !part.done; part = await reader.read()) {
			heard = Date.now();
			parse(part.value);
		}
		throw new Error('stream ended');
	};
	read().catch(lose);

	return {
		close: () => abort.abort(),
		/* Nothing can be asked over a stream. So it is given up, and a new one begins with a snapshot. */
		rejoin: () => lose(new Error('gap')),
		joinedForGood: () => {},
		check: () => (Date.now() - heard < ALIVE_MS ? on.answered() : lose(new Error('silent'))),
	};
}

/* To another origin the header would cost one more request (a preflight of CORS). Without it the stream begins with a snapshot, which
 * serves as well. */
function headers(url, resume) {
	const own = globalThis.location && new URL(url, location.href).origin === location.origin;
	const wanted = { accept: 'text/event-stream' };
	return resume && own ? { ...wanted, 'last-event-id': resume } : wanted;
}

export const canResume = (url) => Boolean(globalThis.location) && new URL(url, location.href).origin === location.origin;
