// The checker itself: what it is there for must make it fail, and what is allowed must not.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('modules.mjs', import.meta.url));
const good = {
	'core/room/a.c': '#include "core/room/a.h"\n', 'core/room/a.h': '', 'core/b.c': '', 'core/b.h': '',
	'tests/unit/test_a.c': '#include "base/buf.h"\n#include "core/room/a.h"\n', 'tests/unit/stage.h': '#include "core/b.h"\n#include "core/room/a.h"\n',
	'tests/unit/test_plugin_b.c': '#include "tests/unit/stage.h"\n', 'list.txt': '',
};

// What the checker says of the good tree with these files changed; it must agree with `passes`.
function check(passes, changed) {
	return runChecker(passes, checker, ['list.txt', 'core'], makeTree({ ...good, ...changed }));
}

test('modules with tests pass', () => {
	assert.match(check(true, {}), /^2 modules and parts of modules, 0 of them listed/m);
});

test('a module needs a test that includes its header', () => {
	assert.match(check(false, { 'core/c.c': '', 'core/c.h': '' }), /core\/c\.c has no unit test of its own/);
	assert.match(check(false, { 'tests/unit/test_a.c': '' }), /core\/room\/a\.c is not included by tests\/unit\/test_a\.c/);
});

test('its test may include no other one', () => {
	assert.match(check(false, { 'tests/unit/test_plugin_b.c': '#include "core/b.h"\n#include "core/room/a.h"\n' }),
		/core\/b\.c has a test that includes core\/room\/a\.h, too/);
});

test('a part of a module is listed with a reason, and nothing else is', () => {
	assert.match(check(false, { 'core/part.c': '' }), /core\/part\.c has no header of its own/);
	check(true, { 'core/part.c': '', 'list.txt': '# parts\ncore/part.c  of b.h\n' });
	assert.match(check(false, { 'core/part.c': '', 'list.txt': 'core/part.c\n' }), /core\/part\.c has no reason/);
	assert.match(check(false, { 'list.txt': 'core/b.c  odd\ncore/gone.c  odd\n' }), /core\/b\.c needs none[^]*core\/gone\.c needs none/);
});
