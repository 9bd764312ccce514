/* unpacker - the texts of a packed feed, out of the messages of somebody who need not be trusted. Pure: bytes in, an outcome out.
 * schema/README.md, "The packed feed", is the format.
 *
 *   const unpacker = createUnpacker(Inflate, maxBytes)     Inflate: fflate's class; maxBytes: of one text
 *   const { outcome, text } = unpack(unpacker, bytes)      text: bytes, UTF-8 unless the sender lies
 *
 * A base brings its dictionary along, so anybody can begin with one. After that a message can be read when it was packed with the
 * dictionary that we have. With another one it can't be: then a message before it was missed, and the next base helps. */

/* After UNKNOWN and BAD the dictionary is as it was. */
export const UNPACKED = Object.freeze({
	TEXT: 'text',       // a message of the feed
	NOTHING: 'nothing', // no text: only the dictionary has changed, or our base tells it already
	UNKNOWN: 'unknown', // packed with a dictionary that we do not have
	BAD: 'bad',         // damaged, of an unknown kind, or its text is longer than the ceiling
});

const KIND = Object.freeze({ TEXT: 1, KEPT: 2, DICTIONARY: 3, BASE: 4 });
const HEAD_BYTES = 5;
const BASE_HEAD_BYTES = 8; // behind the other one: the id of the dictionary before, and a length
const DICTIONARY_MAX = 32506;
const NO_DICTIONARY = 0;   // the id of who has none: no base was made with it, so none tells what was packed with it

/* A stream is inflated piece by piece, and no further when its text has passed the ceiling. One byte of DEFLATE makes at most
 * 1,032 of text, so it is stopped at most 1 MB beyond. */
const PIECE_BYTES = 1024;

const NO_BYTES = new Uint8Array(0);
const BAD = Object.freeze({ outcome: UNPACKED.BAD });
const NOTHING = Object.freeze({ outcome: UNPACKED.NOTHING });

export function createUnpacker(Inflate, maxBytes) {
	return {
		Inflate, maxBytes,
		id: null, dictionary: NO_BYTES,
		idBefore: null, dictionaryBefore: null, // of the base before ours; the dictionary only if we had it
	};
}

export function unpack(unpacker, bytes) {
	const kind = bytes[0];
	const body = bytes.subarray(HEAD_BYTES);
	const long = bytes.length > 2 * unpacker.maxBytes; // DEFLATE never makes so much of a text; to read it would take its time, too
	if (body.length === 0 || long || kind < KIND.TEXT || kind > KIND.BASE)
		return BAD;
	const id = readU32(bytes, 1);
	if (kind === KIND.BASE)
		return takeBase(unpacker, id, body);
	if (id === unpacker.id)
		return takeText(unpacker, kind, body);
	if (id === unpacker.idBefore && id !== NO_DICTIONARY)
		return takeOldText(unpacker, kind, body);
	/* A dictionary alone is no message that could be missed. */
	return kind === KIND.DICTIONARY ? NOTHING : { outcome: UNPACKED.UNKNOWN };
}

function takeText(unpacker, kind, body) {
	const text = inflateText(unpacker, body, unpacker.dictionary);
	if (text === null)
		return BAD;
	if (kind !== KIND.TEXT)
		setDictionary(unpacker, append(unpacker.dictionary, text));
	return kind === KIND.DICTIONARY ? NOTHING : { outcome: UNPACKED.TEXT, text };
}

/* What was packed with the dictionary before has been kept already. */
function takeOldText(unpacker, kind, body) {
	if (kind === KIND.DICTIONARY || unpacker.dictionaryBefore === null)
		return NOTHING;
	const text = inflateText(unpacker, body, unpacker.dictionaryBefore);
	return text === null ? BAD : { outcome: UNPACKED.TEXT, text };
}

function takeBase(unpacker, id, body) {
	const end = body.length < BASE_HEAD_BYTES ? Infinity : BASE_HEAD_BYTES + readU32(body, 4);
	if (end > body.length)
		return BAD;
	const dictionary = inflate(unpacker.Inflate, body.subarray(BASE_HEAD_BYTES, end), NO_BYTES, DICTIONARY_MAX);
	if (dictionary === null || dictionary.length === 0 || crc32(dictionary) !== id)
		return BAD;
	const text = inflateText(unpacker, body.subarray(end), dictionary);
	if (text === null)
		return BAD;
	keepDictionaryBefore(unpacker, readU32(body, 0));
	setDictionary(unpacker, dictionary);
	return { outcome: UNPACKED.TEXT, text };
}

/* Whoever stays subscribed to the base has it before the delta with which it was made, and that one needs the dictionary before. */
function keepDictionaryBefore(unpacker, idBefore) {
	if (unpacker.id === idBefore)
		unpacker.dictionaryBefore = unpacker.dictionary;
	else if (unpacker.idBefore !== idBefore)
		unpacker.dictionaryBefore = null;
	unpacker.idBefore = idBefore;
}

function setDictionary(unpacker, dictionary) {
	unpacker.dictionary = dictionary;
	unpacker.id = crc32(dictionary);
}

function append(dictionary, text) {
	const last = text.subarray(-DICTIONARY_MAX);
	const too = Math.max(0, dictionary.length + last.length - DICTIONARY_MAX);
	return concat([dictionary.subarray(too), last]);
}

const inflateText = ({ Inflate, maxBytes }, bytes, dictionary) => inflate(Inflate, bytes, dictionary, maxBytes);

/* What one DEFLATE stream holds, at most `max` bytes; null when it is none, or more. That nothing follows a stream fflate does not say: a
 * stream that ends with its last byte is none without it. */
function inflate(Inflate, bytes, dictionary, max) {
	const text = inflateStream(Inflate, bytes, dictionary, max);
	return text !== null && inflateStream(Inflate, bytes.subarray(0, -1), dictionary, max) === null ? text : null;
}

function inflateStream(Inflate, bytes, dictionary, max) {
	const parts = [];
	let length = 0;
	const stream = new Inflate({ dictionary }, (part) => {
		parts.push(part);
		length += part.length;
	});
	try {
		for (let at = 0; at < bytes.length && length <= max; at += PIECE_BYTES)
			stream.push(bytes.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= bytes.length);
	} catch {
		return null;
	}
	return bytes.length === 0 || length > max ? null : concat(parts);
}

function concat(parts) {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

const readU32 = (bytes, at) => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

/* As in gzip (RFC 1952). */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit++)
		crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
	return crc;
});

function crc32(bytes) {
	let crc = -1;
	for (const byte of bytes)
		crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
	return ~crc >>> 0;
}
