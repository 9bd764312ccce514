/* packed - the messages of a feed out of those of the packed feed, in the order in which they can be read. Pure.
 *
 *   const packed = createPacked(Inflate)                  Inflate: fflate's class
 *   const { texts, trouble } = takePacked(packed, kind, bytes)
 *
 * `kind` is what the topic carries: snapshot (its base), recent or delta. `texts` is what is to be told of the feed now, pairs of kind and
 * text; `trouble` is UNPACKED.UNKNOWN or UNPACKED.BAD when the message can't be read, and null otherwise.
 *
 * What is packed with a dictionary that we do not have is held until the next base, for it may be the one that brings it: the two parts of
 * a join's answer come in any order. Before the first base that is no trouble. An empty payload where the broker keeps one says that it was
 * cleared: neither a text nor trouble. */

import { UNPACKED, createUnpacker, unpack } from './unpacker.js';

const MAX_TEXT = 2 * 1024 * 1024;  // what conf/mosquitto.conf would let through as JSON
const MAX_HELD = 64;               // messages; the oldest goes first
const MAX_HELD_BYTES = 64 * 1024;  // of each: a larger one is not held

export function createPacked(Inflate) {
	return { unpacker: createUnpacker(Inflate, MAX_TEXT), held: [] };
}

export function takePacked(packed, kind, bytes) {
	if (bytes.length === 0 && kind !== 'delta')
		return { texts: [], trouble: null };
	const { outcome, text } = unpack(packed.unpacker, bytes);
	if (outcome === UNPACKED.TEXT)
		return { texts: [[kind, text], ...(kind === 'snapshot' ? takeHeld(packed) : [])], trouble: null };
	if (outcome === UNPACKED.UNKNOWN)
		hold(packed, kind, bytes);
	const early = outcome === UNPACKED.UNKNOWN && packed.unpacker.id === null;
	return { texts: [], trouble: outcome === UNPACKED.NOTHING || early ? null : outcome };
}

function hold(packed, kind, bytes) {
	if (bytes.length <= MAX_HELD_BYTES)
		packed.held = [...packed.held, { kind, bytes }].slice(-MAX_HELD);
}

/* What still can't be read is older than the base, or the base is the older one: then the next delta can't be read either, and tells. */
function takeHeld(packed) {
	const held = packed.held;
	packed.held = [];
	return held.map(({ kind, bytes }) => [kind, unpack(packed.unpacker, bytes).text]).filter(([, text]) => text !== undefined);
}
