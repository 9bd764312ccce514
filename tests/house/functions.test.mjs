// The checker itself: what it is there for must make it fail, and what is allowed must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('functions.mjs', import.meta.url));

function lines(n) {
	return '\tx++;\n'.repeat(n - 3); // the head and two braces are lines, too
}

// What the checker says of this file and this list; it must agree with `good`.
function check(good, source, list = '', most = 1) {
	return runChecker(good, checker, ['--most', String(most), 'list.txt', 'src'], makeTree({ 'src/a.c': source, 'list.txt': list }));
}

const short = `static int x;\nstruct s {\n\tint (*call)(int, int, int, int, int);\n};\n\nstatic void a(void)\n{\n${lines(12)}}\n\n`;
const wide = 'int wide(int a, int b, int c, int (*d)(int, int),\n\t int e)\n{\n\treturn 0;\n}\n';

test('short functions pass, and are counted', () => {
	assert.match(check(true, short), /^1 functions: median 12 lines, nine in ten up to 12, longest 12; 0 with more than 4/m);
});

test('a median of 13 lines is too much', () => {
	assert.match(check(false, `void a(void)\n{\n${lines(13)}}\n`), /the median is 13 lines/);
});

test('one in ten of 26 lines is too much', () => {
	assert.match(check(false, short.repeat(8) + `void b(void)\n{\n${lines(26)}}\n`), /one function in ten has 26 lines/);
});

test('one of 61 lines is too much, wherever it is', () => {
	const said = check(false, short.repeat(20) + `/* {\n*/\nvoid b(void)\n{\n${lines(61)}}\n`);
	assert.match(said, /src\/a\.c:363: b\(\) has 61 lines/);
});

test('five parameters need a reason', () => {
	assert.match(check(false, wide), /src\/a\.c:1: wide\(\) has 5 parameters and is not in list\.txt/);
	assert.match(check(false, wide, 'wide\n'), /list\.txt:1: wide has no reason/);
	check(true, wide, 'wide  a library calls it\n');
});

test('four and a variable list are four', () => {
	check(true, 'void four(int a, int b, int c, const char *d, ...) __attribute__((format(printf, 4, 5)));\n\n' +
		'__attribute__((format(printf, 4, 5))) void four(int a, int b, int c, const char *d, ...)\n{\n\treturn;\n}\n');
});

test('only so many may have a reason', () => {
	assert.match(check(false, wide, 'wide  a library calls it\n', 0), /1 functions have more than 4 parameters, 0 may/);
});

test('a reason that nobody needs is found', () => {
	assert.match(check(false, short, '# comment\n\nwide  a library calls it\n'), /list\.txt:3: there is no wide\(\)/);
});
