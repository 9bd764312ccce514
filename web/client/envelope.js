/* envelope - what people's messages look like, and what they must not: { id, type, data, ts } below a topic whose last level is the sender. Pure. Whatever
 * comes in is a stranger's: it is bounded, and what is no envelope is null, never an error. */

export const ROOM_BYTES = 64;
export const PAYLOAD_BYTES = 65536;  // what a broker with conf/policy.json lets through from anybody
export const DEPTH = 500;              // engines can read what they then can't write, compare or show
const ID_LENGTH = 128;
const TYPE_LENGTH = 64;
const USER_BYTES = 256;

/* A level of a topic that says what it seems to, and does not cost the connection. */
const BAD_IN_A_LEVEL = /[/+#\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const isLevel = (text, bytes) => typeof text === 'string' && text !== '' && text.length <= bytes && !BAD_IN_A_LEVEL.test(text) && bytesOf(text) <= bytes;
const bytesOf = (text) => new TextEncoder().encode(text).length;

export const isRoomName = (name) => isLevel(name, ROOM_BYTES);
export const isUserName = (name) => isLevel(name, USER_BYTES);

const isText = (value, length) => typeof value === 'string' && value !== '' && value.length <= length;
export const isType = (type) => isText(type, TYPE_LENGTH);

/* { id, type, data, ts } from a payload as text; null for what is none. */
export function readEnvelope(text) {
	const value = readJson(text);
	if (value === null || typeof value !== 'object')
		return null;
	const { id, type, data = null, ts } = value;
	return isText(id, ID_LENGTH) && isType(type) && Number.isFinite(ts) ? { id, type, data, ts } : null;
}

/* Any JSON text, but none without end; undefined for what is none. */
export function readJson(text) {
	try {
		return text.length <= PAYLOAD_BYTES && !isTooDeep(text) ? JSON.parse(text) : undefined;
	} catch {
		return undefined;
	}
}

/* Lists in lists, or objects; what stands in texts does not count. */
function isTooDeep(json) {
	let depth = 0;
	let inText = false;
	for (let i = 0; i < json.length && depth <= DEPTH; i++) {
		const sign = json[i];
		if (inText && sign === '\\')
			i++;
		else if (sign === '"')
			inText = !inText;
		else if (!inText && (sign === '[' || sign === '{'))
			depth++;
		else if (!inText && (sign === ']' || sign === '}'))
			depth--;
	}
	return depth > DEPTH;
}

/* The payload, or why it can't be one: { payload } or { reason }. */
export function writeEnvelope({ id, type, data, ts }) {
	if (!isType(type))
		return { reason: 'not a type' };
	return fits(writeJson({ id, type, data: data ?? null, ts }));
}

export const writeValue = (value) => fits(writeJson(value));

function fits(payload) {
	if (payload === undefined)
		return { reason: 'not JSON' };
	if (isTooDeep(payload))
		return { reason: 'too deep' };
	return bytesOf(payload) > PAYLOAD_BYTES ? { reason: 'too long' } : { payload };
}

function writeJson(value) {
	try {
		return JSON.stringify(value);
	} catch {
		return undefined; // it holds itself, or a BigInt
	}
}
