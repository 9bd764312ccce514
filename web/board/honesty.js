/* honesty - what a page has to say when what it shows may not be true. Pure. */

/* What the banner has to say about the truth of what is shown; of several things the gravest: { level: 'bad'|'warn'|'info', text }, or
 * null. `known`: there is a state to show. */
export function honesty({ connection, status, online, downMs, known }) {
	const lastKnown = known ? ' This is the last known state.' : '';
	if (!online)
		return { level: 'bad', text: `This device is offline.${lastKnown}` };
	if (!connection.live)
		return connectionNews(connection, downMs, lastKnown);
	if (!known)
		return { level: 'info', text: `Connected. There is no game here yet.${WITHOUT_GAME[status?.state] ?? ''}` };
	if (status?.state === 'offline')
		return { level: 'bad', text: `The scoreboard's publisher is offline${since(status)}.${lastKnown}` };
	if (status?.state === 'stale')
		return { level: 'warn', text: `No word from the scoreboard itself${since(status)}.${lastKnown}` };
	if (connection.quiet)
		return { level: 'warn', text: `No news for ${Math.round(connection.heardMs / 1000)} s.${lastKnown}` };
	return null;
}

const SHOW_AFTER_MS = 1500; // a connection that is back sooner is not worth a banner
const WITHOUT_GAME = { offline: " The scoreboard's publisher is offline.", stale: ' No word from the scoreboard itself.' };

function connectionNews({ everLive, refusals }, downMs, lastKnown) {
	if (downMs < SHOW_AFTER_MS)
		return null;
	if (everLive)
		return { level: 'bad', text: ['Connection lost, reconnecting.', ...refusals].join(' ') + lastKnown };
	if (refusals.length > 0)
		return { level: 'warn', text: refusals.join(' ') };
	return { level: 'info', text: downMs < 8000 ? 'Connecting to the scoreboard…' : 'Can’t reach the scoreboard yet. Still trying…' };
}

function since({ since: ms }) {
	if (!(ms > 0))
		return '';
	return ` since ${new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}
