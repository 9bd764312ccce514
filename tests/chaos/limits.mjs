/* limits - how long things may take, in milliseconds.
 *
 * Brokers, bridges, publishers and HAProxy notice by themselves what ends, or a lost connection tells the page. But of an edge or a HAProxy that falls
 * silent without a word (frozen, or its cable is) only the pages can tell that were there: they ask when the feed has been silent for longer than
 * it may be, and turn to the other HAProxy when nothing answers (web/client/silence.js, session.js, link.js). */
export const RIGHT_MS = 10000; // until every board is right again, with one part gone
/* So long at most a page may say Live over what is old meanwhile: they say that there is no news after eight seconds; they look once a second, and news may take one. */
export const OVER_MS = 10000;
export const EQUAL_MS = 5000;  // until all trees are equal, after healing

export const onlyPagesNotice = ({ part: { kind }, kind: fault }) => ['edge', 'proxy'].includes(kind) && ['frozen', 'cut off', 'unplugged'].includes(fault);
