/* lines - the log of a game, read as it comes: one JSON object a line. */

const LINE_MAX = 9 * 1024 * 1024; // the largest view that a publisher keeps, and what stands around it
const STILL_MS = 15000;           // a log that brings nothing for so long is given up

/* Text in, whole lines out. Throws when one is too long. */
export function createLines() {
	let rest = '';
	return (text) => {
		const lines = (rest + text).split('\n');
		rest = lines.pop();
		if (rest.length > LINE_MAX)
			throw new Error('the line is too long');
		return lines;
	};
}

/* Reads an answer of fetch() to its end; take(line, chars) gets each line as an object, null where it is none. `abort` is the AbortController of the
 * answer. */
export async function readLines(answer, abort, take) {
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	const split = createLines();
	let timer;
	for (;;) {
		clearTimeout(timer);
		timer = setTimeout(() => abort.abort(), STILL_MS);
		const { done, value } = await reader.read().finally(() => clearTimeout(timer));
		if (done)
			return;
		for (const line of split(value))
			take(parse(line), line.length);
	}
}

function parse(line) {
	try {
		return JSON.parse(line);
	} catch {
		return null;
	}
}
