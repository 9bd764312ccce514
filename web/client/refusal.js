/* refusal - the other side was reached, and has nothing for us: said in words that a page can show, since trying again
 * will hardly help. */

export class Refusal extends Error {
	name = 'Refusal';
}

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
