// How headers say what went wrong (base/complaint.h). Fails when one declares a function that fills a `struct complaint *` and does not
// have warn_unused_result, and when one declares a parameter in which an error's text would travel in another way: a
// `const char **why`, or a `struct buf *` that is called error, err or why.
//
//	node complaints.mjs FOLDER...
//
// complaint_say() and complaint_vsay() may be ignored: they cannot fail. A `const struct complaint *` is only read.
import { readFileSync } from 'node:fs';
import { blanked, read } from './c.mjs';

const MAY_BE_IGNORED = ['complaint_say', 'complaint_vsay'];

const complaints = [];
let checked = 0;

// What a header declares: each statement with its first line, those in the bodies of inline functions, too. Lines of the preprocessor are none, but a
// macro's text is looked at like any other, since it may declare functions, too.
function statements(text) {
	const plain = blanked(text).replace(/^#define\s+\w+(\([^)]*\))?/gm, '').replace(/^#.*/gm, '').replace(/\\$/gm, ' ');
	const found = [];
	let line = 1;
	for (const part of plain.split(/[;{}]/)) {
		found.push({ text: part.trim().replace(/\s+/g, ' '), line: line + /^\s*/.exec(part)[0].split('\n').length - 1 });
		line += part.split('\n').length - 1;
	}
	return found;
}

function check(path, { text, line }) {
	if (/\bconst char \*\*\s*why\b/.test(text) || /\bstruct buf \*\s*(error|err|why)\b/.test(text))
		complaints.push(`${path}:${line}: an error's text travels in a struct complaint (base/complaint.h)`);
	if (!/(?<!const )\bstruct complaint \*(?=[^(]*[,)])/.test(text) || !text.includes('('))
		return;
	const name = /\b(\w+)\s*\(/.exec(text)[1];
	checked++;
	if (!MAY_BE_IGNORED.includes(name) && !text.includes('warn_unused_result'))
		complaints.push(`${path}:${line}: ${name}() fills a complaint and lacks warn_unused_result`);
}

for (const { path } of read('.', process.argv.slice(2)))
	if (path.endsWith('.h'))
		statements(readFileSync(path, 'utf8')).forEach((statement) => check(path, statement));

complaints.forEach((line) => console.log(line));
console.log(`${checked} functions fill a complaint`);
process.exit(complaints.length ? 1 : 0);
