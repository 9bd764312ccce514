/* honesty - what a page has to say when what it shows may not be true. Pure. */

import { createWords } from './words.js';

const SHOW_AFTER_MS = 1500; // a connection that is back sooner is not worth a banner
const LONG_MS = 8000;
const english = createWords('en');

/* What the banner has to say about the truth of what is shown; of several things the gravest: { level: 'bad'|'warn'|'info', text }, or
 * null. `known`: there is a state to show. */
export function honesty({ connection, status, online, downMs, known, words = english }) {
	const { say } = words;
	const tell = (level, ...parts) => ({ level, text: [...parts, ...(known && level !== 'info' ? [say('doubt.last')] : [])].join(' ') });
	if (!online)
		return tell('bad', say('doubt.device'));
	if (!connection.live)
		return connectionNews(connection, { downMs, say, tell });
	if (!known)
		return tell('info', say('doubt.empty'), ...(status?.state === 'offline' || status?.state === 'stale' ? [say(`doubt.${status.state}`)] : []));
	if (status?.state === 'offline')
		return tell('bad', since(words, status));
	if (status?.state === 'stale')
		return tell('warn', since(words, status));
	return connection.quiet ? tell('warn', say('doubt.quiet', { s: Math.round(connection.heardMs / 1000) })) : null;
}

/* Why a server has nothing for us is said by the library. */
function connectionNews({ everLive, refusals }, { downMs, say, tell }) {
	if (downMs < SHOW_AFTER_MS)
		return null;
	if (everLive)
		return tell('bad', say('doubt.lost'), ...refusals);
	if (refusals.length > 0)
		return { level: 'warn', text: refusals.join(' ') };
	return { level: 'info', text: say(downMs < LONG_MS ? 'doubt.connecting' : 'doubt.trying') };
}

const since = ({ say, time }, { state, since: ms }) => (ms > 0 ? say(`doubt.${state}-since`, { time: time(ms) }) : say(`doubt.${state}`));
