// Every module of a core has a unit test of its own, which reaches it by its header alone. A module is a .c with a header of the same name. Its
// test is tests/unit/test_NAME.c or test_plugin_NAME.c; it includes that header, itself or by a header of tests/, and no other one of a core.
//
//	node modules.mjs LIST CORE...
//
// LIST: a line for each .c of a core that is not so, and behind it the reason; `#` begins a comment. It may name only those.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { read } from './c.mjs';

const [listFile, ...cores] = process.argv.slice(2);
const includesOf = new Map(read('.', ['tests/unit']).map((file) => [file.path, file.includes.map((found) => found.path)]));
const isOfCore = (path) => cores.some((core) => path.startsWith(`${core}/`));

// What is wrong with the test of this .c; nothing when all is well.
function faults(path) {
	const header = path.replace(/c$/, 'h'), name = basename(path, '.c');
	if (!existsSync(header))
		return ['has no header of its own'];
	const test = [`tests/unit/test_${name}.c`, `tests/unit/test_plugin_${name}.c`].find((found) => includesOf.has(found));
	if (!test)
		return ['has no unit test of its own'];
	const direct = includesOf.get(test), all = direct.flatMap((found) => [found, ...(includesOf.get(found) ?? [])]);
	return [...all.includes(header) ? [] : [`is not included by ${test}`],
		...direct.filter((found) => isOfCore(found) && found !== header).map((found) => `has a test that includes ${found}, too`)];
}

const complaints = [], reasons = new Map(readFileSync(listFile, 'utf8').split('\n').map((line) => line.replace(/#.*/, '').trim())
	.filter(Boolean).map((line) => line.split(/\s+(.*)/)));
const modules = read('.', cores).map((file) => file.path).filter((path) => path.endsWith('.c'));
for (const path of modules)
	if (!reasons.has(path))
		complaints.push(...faults(path).map((fault) => `${path} ${fault}`));
for (const [path, reason] of reasons)
	if (!reason || !modules.includes(path) || !faults(path).length)
		complaints.push(`${listFile}: ${path} ${!reason ? 'has no reason' : 'needs none: take it out'}`);
complaints.forEach((line) => console.log(line));
console.log(`${modules.length} modules and parts of modules, ${reasons.size} of them listed`);
process.exit(complaints.length ? 1 : 0);
