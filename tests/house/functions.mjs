// How long functions are and how many parameters they take. Fails when the median is above 12 lines, when one in ten is above 25,
// when one is above 60, when more than --most have more than 4 parameters, when one of those is not listed with its reason, and when the
// list names one that has no more than 4 (any more).
//
//	node functions.mjs [--most N] LIST FOLDER...
//
// LIST: a line for each, its name and behind it the reason why a struct would read worse; `#` begins a comment.
import { readFileSync } from 'node:fs';
import { read } from './c.mjs';

const MEDIAN = 12, ONE_IN_TEN = 25, LONGEST = 60, PARAMETERS = 4;

const args = process.argv.slice(2);
const most = args[0] === '--most' ? Number(args.splice(0, 2)[1]) : 10;
const [listFile, ...folders] = args;
const complaints = [];

function readList(text) {
	const reasons = new Map();
	text.split('\n').forEach((line, i) => {
		const [, name, reason] = /^(\w+)?\s*(.*)$/.exec(line.replace(/#.*/, '').trim());
		if (name && !reason)
			complaints.push(`${listFile}:${i + 1}: ${name} has no reason`);
		if (name)
			reasons.set(name, i + 1);
	});
	return reasons;
}

const functions = read('.', folders).flatMap((file) => file.functions.map((f) => ({ ...f, where: `${file.path}:${f.line}` })));
const lengths = functions.map((f) => f.length).sort((a, b) => a - b);
const quantile = (share) => lengths[Math.min(lengths.length - 1, Math.floor(lengths.length * share))];
const wide = functions.filter((f) => f.parameters > PARAMETERS);
const listed = readList(readFileSync(listFile, 'utf8'));

if (!(quantile(0.5) <= MEDIAN))
	complaints.push(`the median is ${quantile(0.5)} lines, ${MEDIAN} are allowed`);
if (!(quantile(0.9) <= ONE_IN_TEN))
	complaints.push(`one function in ten has ${quantile(0.9)} lines or more, ${ONE_IN_TEN} are allowed`);
for (const f of functions)
	if (f.length > LONGEST)
		complaints.push(`${f.where}: ${f.name}() has ${f.length} lines, ${LONGEST} are allowed`);
if (wide.length > most)
	complaints.push(`${wide.length} functions have more than ${PARAMETERS} parameters, ${most} may`);
for (const f of wide)
	if (!listed.has(f.name))
		complaints.push(`${f.where}: ${f.name}() has ${f.parameters} parameters and is not in ${listFile}`);
for (const [name, line] of listed)
	if (!wide.some((f) => f.name === name))
		complaints.push(`${listFile}:${line}: there is no ${name}() with more than ${PARAMETERS} parameters: take it out`);

complaints.forEach((line) => console.log(line));
console.log(`${functions.length} functions: median ${quantile(0.5)} lines, nine in ten up to ${quantile(0.9)}, longest ${lengths.at(-1)};`,
	`${wide.length} with more than ${PARAMETERS} parameters`);
process.exit(complaints.length ? 1 : 0);
