/* limits - how long things may take, in milliseconds.
 *
 * What brokers, bridges, publishers and HAProxy notice by themselves, or what a lost connection tells the page: ten seconds. But an edge or a HAProxy that falls
 * silent without a word (frozen, or its cable is) only the pages can notice that were there: they ask when the feed has been silent for long, and
 * go elsewhere when nothing answers (web/client/silence.js, session.js, link.js). The publisher's silence may be one of ten seconds. */
const NOTICED_MS = 10000;
/* 20 s until the last page asks, 5 s for an answer, 1.5 s by chance until it dials; a second each for the last word's way, for a page's look at the time, and for the
 * way back; and some until half of a crowd of a thousand, which comes at once, is let in. */
const BY_PAGES_MS = 35000;
const QUIET_MS = 25000; // after which a page says that there is no news
const LOOKS_MS = 2000;  // and how much later it may be seen that it does not: pages look at the time once a second, and news may take one
const EQUAL_MS = 5000;  // all trees, after healing

const isSilent = ({ part: { kind }, kind: fault }) => ['edge', 'proxy'].includes(kind) && ['frozen', 'cut off', 'unplugged'].includes(fault);

/* `rightMs`: until every board is right again. `overMs`: so long at most a page may say Live over what is old meanwhile. `byPages`: only pages can notice it. */
export function limitsOf(fault) {
	const byPages = isSilent(fault);
	return { byPages, rightMs: byPages ? BY_PAGES_MS : NOTICED_MS, overMs: byPages ? QUIET_MS + LOOKS_MS : NOTICED_MS };
}
export const equalMs = EQUAL_MS;
