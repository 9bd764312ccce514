/* names - what somebody may call himself. The name becomes the user name at the broker, and so a level of topics: whoever hears a message
 * reads in the topic who has sent it. Pure. */

const SCRIPTS = ['\\p{sc=Latin}', '\\p{sc=Greek}', '\\p{sc=Cyrillic}', '\\p{sc=Armenian}', '\\p{sc=Hebrew}', '\\p{sc=Arabic}', '\\p{sc=Devanagari}',
	'\\p{sc=Thai}', '\\p{sc=Hangul}', '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}'];
/* Letters of one script, or an "a" may be one of two that look alike: "ann" is not to have a double. */
const SHAPES = SCRIPTS.map((letters) => new RegExp(`^[${letters}\\p{Nd}][${letters}\\p{M}\\p{Nd}._-]{0,23}$`, 'u'));
const LONGEST = 64; // bytes in UTF-8

/* How two names are compared: "Ann" and "ann" are the same person's. */
export const sameName = (name) => name.normalize('NFKC').toLowerCase();

/* The name as it is used, or null when it is none that may be. `reserved`: names that are not to be had (a Set of what sameName() gives). */
export function readName(text, reserved) {
	if (typeof text !== 'string')
		return null;
	const name = text.normalize('NFKC').trim();
	const fits = SHAPES.some((shape) => shape.test(name)) && Buffer.byteLength(name) <= LONGEST;
	return fits && !reserved.has(sameName(name)) ? name : null;
}
