/* encoding - THE decision in which of its two encodings the feed is followed on one connection with a broker, and so what is subscribed to. Pure:
 * time and chance are arguments.
 *
 *   effects = encodingStep(encoding, event, now, rnd)
 *
 * events   start      connected
 *          base       a base of the packed feed was read
 *          bad-base   one came that can't be read
 *          renewed    that base was live: somebody publishes it now, and it is not only kept
 *          delta      a live delta of the packed feed was read
 *          heard      any live message of the packed feed came
 *          live       the publisher's status is live: all that it keeps at the broker is there
 *          alive      it has just become so
 *          idle       the broker keeps a status of the publisher that is not live
 *          rejoin     something was missed
 *          unread     the same, for a message could not be read
 *          refused    the broker does not let us have the packed feed
 *          wake       it is time: encodingDeadline()
 * effects  { do: 'join' | 'ask' | 'leave', encoding: 'json' | 'packed' }, { do: 'rejoin' }
 *          join: subscribe to deltas, base and recent; ask: to base and recent again, for they are retained; rejoin: say that something was missed
 *
 * The packed feed is joined first, and the status behind it: a broker answers in this order. So a kept status that comes before a base says
 * that there is none, for the publisher is an older one, or was told to publish JSON only. Then JSON is joined, and the packed feed stays
 * joined: should its base come yet, JSON is left again. Without a status time decides: the publisher may be about to come.
 *
 *   asking   the packed feed is joined, and its base awaited                     -> packed, waiting, json
 *   packed   the packed feed is followed                                         -> again, silent, doubting
 *   again    the same, and its base was asked for again                          -> packed, doubting, waiting, json
 *   silent   as packed, but the publisher is live and says nothing here          -> packed, doubting
 *   waiting  JSON is followed, until there is a base of the packed feed          -> packed, json
 *   doubting JSON is followed, until somebody publishes what can be read         -> packed, json
 *   json     JSON is followed: it is what was wanted, or all that the broker grants
 *
 * A broker keeps a base that nobody renews, so a base alone proves little: it is believed no longer when a live publisher is silent here, nor
 * when asking again has not helped. Whoever doubts asks for the base first and JSON behind it, so that what is newer comes last.
 */

const ABSENT_MS = 2000;  // so long a base is awaited when a live publisher was seen
const SLOW_MS = 4000;    // and so long when not: a broker to which a crowd comes back is slow, and each further join makes it slower
const SLOW_SPREAD_MS = 2000; // by chance so much longer
const SILENT_MS = 15000; // a publisher says something every 3 s; one that is live and silent here publishes JSON only
const SPREAD_MS = 5000;  // by chance so much longer, for a crowd notices that at the same time
const MAX_UNREAD = 3;    // rejoins because of messages that can't be read, without a delta that can between them

const to = (next, ...effects) => ({ next, effects });
const join = (encoding) => ({ do: 'join', encoding });
const ask = (encoding) => ({ do: 'ask', encoding });
const leave = (encoding) => ({ do: 'leave', encoding });

const AGAIN = to('again', ask('packed'));
const DOUBT = to('doubting', ask('packed'), join('json'));
const BELIEVE = to('packed', leave('json'));
const ABSENT = to('waiting', join('json'));
const REFUSED = to('json', leave('packed'), join('json'));

const STEPS = {
	asking: { start: to('asking', join('packed')), base: to('packed'), live: ABSENT, alive: ABSENT, idle: ABSENT, 'bad-base': ABSENT,
		wake: ABSENT, rejoin: to('asking', ask('packed')), refused: REFUSED },
	packed: { rejoin: AGAIN, doubt: DOUBT, wake: to('silent', { do: 'rejoin' }) },
	again: { base: to('packed'), rejoin: AGAIN, doubt: DOUBT, wake: ABSENT, refused: REFUSED },
	silent: { heard: to('packed'), rejoin: DOUBT },
	waiting: { base: BELIEVE, rejoin: to('waiting', ask('json')), refused: to('json', leave('packed')) },
	doubting: { renewed: BELIEVE, delta: BELIEVE, rejoin: to('doubting', ask('json')), refused: to('json', leave('packed')) },
	json: { start: to('json', join('json')), rejoin: to('json', ask('json')) },
};

/* `packed`: the packed feed is wanted, and can be read. */
export const createEncoding = (packed) => ({
	phase: packed ? 'asking' : 'json', wakeAt: Infinity,
	live: false,  // a live publisher was seen,
	heard: false, // and something of the packed feed since it came
	unread: 0,    // rejoins in a row: MAX_UNREAD
});

export const encodingDeadline = (encoding) => encoding.wakeAt;

/* The encoding whose base leads to an exact state, and whose deltas lead on. */
export const encodingFollowed = ({ phase }) => (['json', 'waiting', 'doubting'].includes(phase) ? 'json' : 'packed');

export function encodingStep(encoding, event, now, rnd) {
	if (event === 'wake' && now < encoding.wakeAt)
		return [];
	const was = encoding.phase;
	note(encoding, event);
	const { next, effects } = STEPS[was][event === 'unread' ? answerToUnread(encoding) : event] ?? to(was);
	encoding.phase = next;
	encoding.wakeAt = deadline(encoding, { event, was }, now, rnd);
	return effects;
}

function note(encoding, event) {
	encoding.live ||= event === 'live' || event === 'alive';
	encoding.heard = event === 'heard' || (encoding.heard && event !== 'alive');
	if (event === 'delta')
		encoding.unread = 0;
}

function answerToUnread(encoding) {
	return STEPS[encoding.phase].doubt && ++encoding.unread >= MAX_UNREAD ? 'doubt' : 'rejoin';
}

function deadline({ phase, wakeAt, live, heard }, { event, was }, now, rnd) {
	if (phase === 'asking' || phase === 'again')
		return event === 'start' || phase !== was ? now + (live ? ABSENT_MS : SLOW_MS + rnd * SLOW_SPREAD_MS) : wakeAt;
	if (phase !== 'packed' || heard || !live)
		return Infinity;
	return event === 'alive' || phase !== was || wakeAt === Infinity ? now + SILENT_MS + rnd * SPREAD_MS : wakeAt;
}
