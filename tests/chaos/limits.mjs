/* limits - how long things may take, in milliseconds.
 *
 * Brokers, bridges, publishers and HAProxy notice by themselves what ends, or a lost connection tells the page. But of an edge or a HAProxy that falls
 * silent without a word (frozen, or its cable is) only the pages can tell that were there: they ask when the feed has been silent for longer than
 * it may be, and turn to the other HAProxy when nothing answers (web/client/silence.js, session.js, link.js). */
const RIGHT_MS = 10000;
const OVER_MS = 10000;  // they say that there is no news after eight seconds; they look once a second, and news may take one
const EQUAL_MS = 5000;  // all trees, after healing

const isSilent = ({ part: { kind }, kind: fault }) => ['edge', 'proxy'].includes(kind) && ['frozen', 'cut off', 'unplugged'].includes(fault);

/* `rightMs`: until every board is right again. `overMs`: so long at most a page may say Live over what is old meanwhile. `byPages`: only pages can notice it. */
export const limitsOf = (fault) => ({ byPages: isSilent(fault), rightMs: RIGHT_MS, overMs: OVER_MS });
export const equalMs = EQUAL_MS;
