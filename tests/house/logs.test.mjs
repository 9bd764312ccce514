// The checker itself: what it is there for must make it fail, and what is allowed must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('logs.mjs', import.meta.url));

// What the checker says of this code and this first column; it must agree with `good`.
function check(good, code, cell) {
	const files = { 'src/a.c': code, 'doc.md': `text\n\n| key | |\n|---|---|\n| ${cell} | what \`it\` is |\n\nmore \`text\`\n` };
	return runChecker(good, checker, ['doc.md', 'src'], makeTree(files));
}

test('fields that the document tells of pass, and are counted', () => {
	assert.match(check(true, 'log_warn("area", "words  url=%s tries=%u",\n\t url, n);\n', '`url`, `tries`'), /^2 keys of fields/m);
});

test('one that it does not tell of is found', () => {
	assert.match(check(false, '\neffects_log(e, LEVEL, "area", "%s  url=%s", why, url);\n', '`tries`'), /src\/a\.c:2: doc\.md does not tell of the field "url"/);
});

test('one that no line has is found', () => {
	assert.match(check(false, 'log_info("a", "w  url=%s", url);\n', '`url`, `old`'), /doc\.md: no line has a field "old"/);
});

test('a format in several pieces, with macros between, is one', () => {
	check(true, 'mosquitto_log_printf(X, "words  n=%" PRId64\n\t" m=%" PRId64, n, m);\nlog_info("a", "w  v=" VERSION " s=%s", s);\n', '`n` `m` `v` `s`');
});

test('words and comments have no fields', () => {
	check(true, '/* log_info("a", "w  x=%s"); */\nlog_info("a", "a=b c=%s", x);\ndoor_log(d, L, "w  y=%s", y);\n', '`y`');
});
