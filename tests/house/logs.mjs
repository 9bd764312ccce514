// The fields of log lines (base/log.h) and the table of them in the documentation: each key that a line has stands there, and the other way
// round. Fails with those that do not.
//
//	node logs.mjs DOCUMENT FOLDER...
//
// The table is the one whose head is `| key | |`; keys stand in its first column, in backquotes.
import { readFileSync } from 'node:fs';
import { read } from './c.mjs';

const [documentPath, ...folders] = process.argv.slice(2);
const CALL = /\b(?:log_(?:error|warn|info|debug|line)|effects_log|door_log|say|mosquitto_log_printf)\s*\(([^;]*);/g;
const LITERALS = /"(?:\\.|[^"\\])*"(?:\s*(?:PR\w+|[A-Z_]+)?\s*"(?:\\.|[^"\\])*")*/g; // one or several, with macros between them

function keysOf(format) {
	const text = format.replace(/"\s*(?:PR\w+|[A-Z_]+)?\s*"/g, '');
	const fields = text.indexOf('  ');
	return fields < 0 ? [] : [...text.slice(fields + 1).matchAll(/ ([a-z_0-9]+)=/g)].map(([, key]) => key);
}

const used = new Map(); // key -> where it is used first
for (const { path } of read('.', folders)) {
	const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
	for (const call of text.matchAll(CALL))
		for (const [format] of call[1].matchAll(LITERALS))
			for (const key of keysOf(format))
				if (!used.has(key))
					used.set(key, `${path}:${text.slice(0, call.index).split('\n').length}`);
}

const table = readFileSync(documentPath, 'utf8').split('\n| key | |\n')[1]?.split('\n\n')[0] ?? '';
const told = new Set(table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, key]) => key)));

const complaints = [
	...[...used].filter(([key]) => !told.has(key)).map(([key, where]) => `${where}: ${documentPath} does not tell of the field "${key}"`),
	...[...told].filter((key) => !used.has(key)).map((key) => `${documentPath}: no line has a field "${key}"`),
];
complaints.forEach((line) => console.log(line));
console.log(`${used.size} keys of fields`);
process.exit(complaints.length ? 1 : 0);
