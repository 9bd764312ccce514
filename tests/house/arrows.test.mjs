// The checker itself: what it is there for must make it fail, and what is allowed must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('arrows.mjs', import.meta.url));
const rule = `
look-in low high   # what there is
low  ->
high -> low
most-sources 2
`;
const tree = {
	'low/text.h': 'int text_length(const char *s);\n',
	'low/text.c': '#include "low/text.h"\n\nint text_length(const char *s)\n{\n\treturn *s ? 1 : 0;\n}\n',
	'high/page.h': 'struct page;\nint page_show(struct page *p);\n',
	'high/page.c': '#include "high/page.h"\n\n#include "low/text.h"\n\nint page_show(struct page *p)\n{\n\treturn text_length("x") + !p;\n}\n',
};

// What the checker says of the tree with these files changed or added; it must agree with `good`.
function check(good, changes, itsRule = rule) {
	return runChecker(good, checker, ['rule.txt', '.'], makeTree({ ...tree, ...changes, 'rule.txt': itsRule }));
}

test('a tree that obeys passes', () => {
	assert.match(check(true, {}), /^4 files, 1 arrows, 0 complaints$/m);
});

test('an arrow that the rule does not allow is named with its line', () => {
	const said = check(false, { 'low/text.c': `#include "low/text.h"\n\n#include "high/page.h"\n${tree['low/text.c'].slice(21)}` });
	assert.match(said, /low\/text\.c:3: includes high\/page\.h, but low may not know high/);
});

test('a call is an arrow, too', () => {
	const said = check(false, { 'low/text.c': 'struct page;\nint page_show(struct page *p);\n\nint text_length(const char *s)\n{\n\treturn page_show(0);\n}\n' });
	assert.match(said, /low\/text\.c:2: uses page_show\(\) of high\/page/);
});

test('a word in a comment, a string, a member or a tag is none', () => {
	check(true, { 'low/text.c': '/* page_show() */\nstatic const char *s = "page_show()";\nint x(struct page_show *p)\n{\n\treturn p->page_show(0);\n}\n' });
});

test('a circle of files within a room is found, by includes', () => {
	const said = check(false, {
		'low/a.h': '#include "low/text.h"\n', 'low/text.h': `#include "low/a.h"\n${tree['low/text.h']}`,
	});
	assert.match(said, /a circle: low\/a, low\/text\n\tlow\/a\.h:1: .*\n\tlow\/text\.h:1: includes low\/a\.h/);
});

test('a circle is found when one half of it is a call', () => {
	const said = check(false, {
		'low/text_priv.h': 'int half(void);\n',
		'low/half.c': '#include "low/text_priv.h"\n\nint half(void)\n{\n\treturn 2;\n}\n',
		'low/text.c': '#include "low/text_priv.h"\n\nint text_length(const char *s)\n{\n\treturn half() + !s;\n}\n',
	});
	assert.match(said, /a circle: low\/half, low\/text\n/);
});

test('circles that are let pass are, until there is none', () => {
	const circle = { 'low/a.h': '#include "low/text.h"\n', 'low/text.h': `#include "low/a.h"\n${tree['low/text.h']}` };
	check(true, circle, `${rule}circles-in low\n`);
	assert.match(check(false, {}, `${rule}circles-in low\n`), /there is no circle in low any more/);
});

test('a folder that is no room is found', () => {
	assert.match(check(false, { 'low/cellar/x.c': 'int x;\n' }), /low\/cellar\/x\.c: low\/cellar is no room/);
});

test('a room that is too full is found, unless it may have more', () => {
	const more = { 'low/b.c': 'int b;\n', 'low/c.c': 'int c;\n' };
	assert.match(check(false, more), /low: 3 sources, at most 2 are allowed/);
	check(true, more, `${rule}more-sources low 3\n`);
});

test('a rule that is not understood, or a room that is not there, is no rule', () => {
	assert.match(check(false, {}, `${rule}low => high\n`), /is not understood/);
	assert.match(check(false, {}, `${rule}attic ->\n`), /the room attic is empty/);
});
