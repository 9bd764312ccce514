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

/* Where a server has what belongs to a view: its paths begin with the prefix, of which each level is encoded by itself. */
export const viewUrl = (server, prefix, view) => [server, ...prefix.split('/').map(encodeURIComponent), encodeURIComponent(view)].join('/');

/* An answer over HTTP must be of the scoreboard that was asked for, and say so, whatever the path was: caches and proxies may lead anywhere. */
export function checkAnswer(answer, prefix, view) {
	const shown = shownPrefix(answer);
	if (shown !== null && shown !== prefix)
		throw new Refusal(`This server shows another scoreboard: “${shown}”, not “${prefix}”.`);
	if (answer.status === 404)
		throw new Refusal(`This server has no view “${view}” of “${prefix}”.`);
	if (!answer.ok)
		throw new Error(`HTTP ${answer.status}`);
	if (shown === null)
		throw new Refusal('This server does not say which scoreboard it shows.');
}

/* Which scoreboard an answer is of, as it says itself; null: it does not. The header is percent-encoded where it is not ASCII. */
export function shownPrefix(answer) {
	const header = answer.headers.get('x-scoreboard-prefix');
	try {
		return header === null ? null : decodeURIComponent(header);
	} catch {
		return header;
	}
}
