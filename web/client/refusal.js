/* refusal - the other side was reached, and has nothing for us: said in words that a page can show, since trying again
 * will hardly help. */

/* Of a broker it has the `code` of its answer, and a `reason` in a word or two. */
export class Refusal extends Error {
	name = 'Refusal';

	constructor(message, { code, reason } = {}) {
		super(message);
		if (code !== undefined)
			Object.assign(this, { code, reason });
	}
}

const REASONS = { 0x87: 'not allowed', 0x8f: 'not a filter', 0x90: 'not a topic', 0x97: 'quota', 0x99: 'not a payload', 0x9e: 'not shared' };

/* Of MQTT 5's reason codes. Mosquitto 2.0 says 0x87 to what is too much as well. */
export const reasonOf = (code) => REASONS[code] ?? 'refused';

/* An answer over HTTP must be of the scoreboard that was asked for: one server, one port and one path can show any. */
export function checkPrefix(answer, prefix) {
	const shown = decoded(answer.headers.get('x-scoreboard-prefix'));
	if (shown === null)
		throw new Refusal('This server does not say which scoreboard it shows.');
	if (shown !== prefix)
		throw new Refusal(`This server shows another scoreboard: “${shown}”, not “${prefix}”.`);
}

/* The header is percent-encoded where it is not ASCII. */
function decoded(header) {
	try {
		return header === null ? null : decodeURIComponent(header);
	} catch {
		return header;
	}
}
