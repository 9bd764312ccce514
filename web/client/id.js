/* id - new identifiers that nobody can guess. Browsers have crypto.randomUUID() only in secure contexts, and a rink's pages come over plain http from an
 * address of its network. */

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

/* Two digits for each byte. */
export const randomHex = (count) => hex(randomBytes(count));

/* As crypto.randomUUID() makes it: RFC 9562, version 4. */
export function newId() {
	const bytes = randomBytes(16);
	bytes[6] = (bytes[6] & 0x0f) | 0x40; // the version,
	bytes[8] = (bytes[8] & 0x3f) | 0x80; // and the variant
	return [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8), bytes.subarray(8, 10), bytes.subarray(10)].map(hex).join('-');
}
