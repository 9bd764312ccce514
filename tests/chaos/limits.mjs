/* limits - how long things may take, in milliseconds.
 *
 * What brokers, bridges, publishers and HAProxy notice by themselves, or what a lost connection tells the page: ten seconds. But an edge or a HAProxy that falls
 * silent without a word (frozen, or its cable is) only the pages can notice that were there: they ask when the feed has been silent for long, and
 * go elsewhere when nothing answers (web/client/silence.js, session.js, link.js). The publisher's silence may be one of ten seconds. */
import { LINK_DEFAULTS } from '../../web/client/link.js';
import { SILENCE_DEFAULTS } from '../../web/client/silence.js';

const NOTICED_MS = 10000;
const EQUAL_MS = 5000; // all trees, after healing
const LOOKS_MS = 1000; // pages look at the time once a second
const ANSWER_MS = 5000; // and give up what has not answered after that (CHECK_MS in session.js)
const JOIN_MS = 2000;
const WORD_MS = 1000; // until the last word before the fault has gone its way

const { askMs, spreadMs, quietMs } = SILENCE_DEFAULTS;
const BY_PAGES_MS = WORD_MS + askMs + spreadMs + LOOKS_MS + ANSWER_MS + LINK_DEFAULTS.backoff.base + JOIN_MS;

const isSilent = ({ part: { kind }, kind: fault }) => ['edge', 'proxy'].includes(kind) && ['frozen', 'cut off', 'unplugged'].includes(fault);

/* Until every board is right again, and how long a page may say Live over what is old meanwhile: until it admits that nothing comes any more. With a part gone
 * that somebody notices it never gets so far. */
export const limitsOf = (fault) => ({
	rightMs: isSilent(fault) ? BY_PAGES_MS : NOTICED_MS,
	overMs: (isSilent(fault) ? quietMs + WORD_MS : NOTICED_MS) + LOOKS_MS,
	equalMs: EQUAL_MS,
	byPages: isSilent(fault),
});
export const equalMs = EQUAL_MS;
