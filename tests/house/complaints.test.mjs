// The checker itself: what it is there for must make it fail, and what is allowed must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('complaints.mjs', import.meta.url));
const must = '__attribute__((warn_unused_result))';

// What the checker says of this header; it must agree with `good`.
function check(good, header) {
	return runChecker(good, checker, ['src'], makeTree({ 'src/a.h': header }));
}

test('a function that must not be ignored passes, and is counted', () => {
	const said = check(true, `#define A_H\n\nstruct a {\n\tint x;\n};\n\n/* Reads. */\nint a_read(struct str text, struct complaint *why) ${must};\n` +
		`struct a *a_new(const char *name,\n\t\tstruct complaint *why)\n\t${must};\n`);
	assert.match(said, /^2 functions fill a complaint/m);
});

test('one that may be ignored is found', () => {
	const said = check(false, `int a_read(struct complaint *why) ${must};\n\n/* warn_unused_result */\nstruct a *a_new(const char *name,\n` +
		'\t\t struct complaint *why);\n');
	assert.match(said, /src\/a\.h:4: a_new\(\) fills a complaint/);
	assert.doesNotMatch(said, /a_read/);
});

test('the complaint may stand before other parameters, and between', () => {
	check(false, 'int a_read(struct complaint *why, int x);\n');
	check(false, 'int a_read(int y, struct complaint *why, int (*get)(const char *name));\n');
});

test('one that a macro declares is found', () => {
	check(false, '#define MAKE(name) \\\n\tint name(struct complaint *why);\nROWS(MAKE)\n');
	check(true, `#define MAKE(name) \\\n\tint name(struct complaint *why) \\\n\t\t${must};\nROWS(MAKE)\n`);
});

test('an inline function is a function', () => {
	check(false, 'static inline int a_read(struct complaint *why)\n{\n\treturn complaint_say(why, 0, "no");\n}\n');
});

test('who fills a complaint for others, reads one or keeps one need not be asked', () => {
	check(true, 'int complaint_say(struct complaint *out, unsigned line, const char *fmt, ...);\n' +
		'int complaint_vsay(struct complaint *out, unsigned line, const char *fmt, va_list ap);\n' +
		'void a_log(const struct complaint *why);\nstruct a {\n\tstruct complaint *why;\n\tint (*f)(int);\n};\n');
});

test('another carrier of errors is found', () => {
	assert.match(check(false, '\nbool a_read(struct str text,\n\t    const char **why);\n'), /src\/a\.h:2: an error's text/);
	for (const name of ['error', 'err', 'why'])
		check(false, `int a_read(struct str text, struct buf *${name}) ${must};\n`);
	check(true, `void a_write(struct buf *out, const char **names);\nvoid a_lost(const char *why);\n`);
});
