/* notice - what the people who run the event tell all viewers: the text of `<prefix>/notice`, and when it is over. Pure: times are arguments.
 *
 * Whoever may write there is a person, so what is missing gets a default, and what can't be shown is no notice. What ends it, whichever comes
 * first: the broker's count of what is left of the message (`expiryS`), which needs nobody's clock; and its `until`, a time on the sender's.
 * The viewer's clock or the publisher's may be wrong, and a notice that nobody sees is worse than one that stays: `until` must have passed on both. */

const MAX_BYTES = 16384;  // 500 characters take 6,000 bytes at most, as escapes of surrogates
const MAX_TEXT = 500;
const MAX_NAME = 128;
const LEVELS = new Set(['info', 'warning', 'urgent']);
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

const isText = (value) => typeof value === 'string';
const shorten = (text, most) => {
	const letters = [...text.slice(0, 2 * most + 2)];
	return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : text;
};

/* A notice { id, text, level, until, by }; null: there is none, or it was taken back; undefined: this is no notice. */
export function readNotice(payload) {
	if (payload.length === 0)
		return null;
	const object = payload.length <= MAX_BYTES ? decode(payload) : undefined;
	if (object === null)
		return null;
	const text = isText(object?.text) ? object.text.replace(CONTROLS, ' ').trim() : '';
	return text === '' ? undefined : noticeOf(object, shorten(text, MAX_TEXT));
}

/* Without an id its text tells it from another one. */
function noticeOf({ id, level, until, by }, text) {
	return Object.freeze({
		id: isText(id) && id !== '' ? shorten(id, MAX_NAME) : text,
		text,
		level: LEVELS.has(level) ? level : 'info',
		until: Number.isFinite(until) ? until : null,
		by: isText(by) ? shorten(by.replace(CONTROLS, ' '), MAX_NAME) : '',
	});
}

function decode(payload) {
	try {
		return JSON.parse(isText(payload) ? payload : new TextDecoder().decode(payload));
	} catch {
		return undefined;
	}
}

/* A notice as it came, at `local`, a clock that does not jump: the earliest end that needs no other clock. */
export const holdNotice = (notice, local, expiryS = Infinity) => ({ notice, endsAt: local + expiryS * 1000 });

/* `walls`: what the clocks say that are known, in ms since 1970; NaN for one that is not. */
export function noticeOver({ notice, endsAt }, local, walls) {
	const known = walls.filter(Number.isFinite);
	return local >= endsAt || (notice.until !== null && known.length > 0 && Math.min(...known) >= notice.until);
}
