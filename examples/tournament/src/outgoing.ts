/* outgoing - what became of what was said here: a message that waits, or that nobody will ever hear, is shown as such. What was sent comes back
 * by the room, as everybody else hears it. */
import { useState } from 'react';
import type { Answer } from 'scoreboard-client';

export interface Outgoing { readonly key: string; readonly ts: number; readonly text: string; readonly kind: 'waits' | 'bad' }

const KEPT = 20;

export function useOutgoing() {
	const [lines, setLines] = useState<readonly Outgoing[]>([]);
	const put = (line: Outgoing) => setLines((old) => [...old.filter(({ key }) => key !== line.key), line].slice(-KEPT));
	const drop = (key: string) => setLines((old) => old.filter((line) => line.key !== key));

	async function follow(text: string, answer: Answer) {
		const key = answer.id ?? crypto.randomUUID();
		const ts = Date.now();
		if (answer.state === 'queued')
			put({ key, ts, text: `${text} (waits)`, kind: 'waits' });
		const fate = answer.state === 'queued' ? await answer.done : answer;
		if (fate.state === 'sent')
			drop(key);
		else
			put({ key, ts, text: `${text} (not sent: ${fate.reason})`, kind: 'bad' });
	}
	return { lines, follow };
}
