// The checker itself: what it is there for must make it fail, and what is so must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('architecture.mjs', import.meta.url));
const tree = {
	'rule.txt': 'look-in low high\nlow ->\nhigh -> low # comment\n',
	'low/text.c': '#include "low/text.h"\n\n/* text_gone() */\nstatic int helper(int x)\n{\n\treturn x;\n}\n\nint text_length(const char *s,\n' +
		'\t\tint x)\n{\n\treturn other(helper(x));\n}\n',
	'low/text.h': 'struct text {\n\tint n;\n};\n\nstruct unknown;\n#define TEXT_ROWS(X) X(a)\nint text_length(const char *s, int x);\n',
	'high/page.js': "// old()\nexport function draw(model) {\n\tcall(model);\n}\nconst loop = () => draw('say()');\n" +
		'export class Page {\n\t#shown = null;\n\tasync open(at) {\n\t}\n\t#tell(x) {\n\t}\n}\n',
};
const rooms = 'Rooms: `low`, `high/`.\n';

// What the checker says of this page; it must agree with `good`.
function check(good, page) {
	return runChecker(good, checker, ['page.md', 'rule.txt', '.'], makeTree({ ...tree, 'page.md': page }));
}

test('a page that is true passes, and what it names is counted', () => {
	const said = check(true, `${rooms}\n1. \`low/text.c\` \`text_length()\` asks\n   \`helper()\`.\n2. \`high/page.js\` \`draw()\` \`loop()\` \`open()\` \`#tell()\`\n` +
		'\n| `low/text.h` | `struct text` `TEXT_ROWS` |\n\n```\nhigh\n  |\nlow\n```\n');
	assert.match(said, /^4 files, 6 functions, 2 rooms, 2 of them drawn; 0 complaints$/m);
});

test('a file that is not there is named with its line', () => {
	assert.match(check(false, `${rooms}\nSee \`low/gone.c\`.\n`), /page\.md:3: there is no low\/gone\.c/);
	assert.match(check(false, `${rooms}\nSee \`low/cellar\`.\n`), /page\.md:3: there is no low\/cellar/);
});

test('topics, addresses and other code are no paths', () => {
	check(true, `${rooms}\n\`feed/view/delta\` \`/view.json\` \`ctest -R house/\` \`x->y\` \`commands[]\` \`NAME\`\n`);
});

test('a function that is only declared, called, commented or quoted is not defined', () => {
	assert.match(check(false, `${rooms}\n\`low/text.h\` \`text_length()\`\n`), /low\/text\.h does not define text_length\(\)/);
	assert.match(check(false, `${rooms}\n\`low/text.c\` \`other()\`\n`), /low\/text\.c does not define other\(\)/);
	assert.match(check(false, `${rooms}\n\`low/text.c\` \`text_gone()\`\n`), /does not define text_gone\(\)/);
	for (const name of ['call', 'old', 'say', 'shown'])
		assert.match(check(false, `${rooms}\n\`high/page.js\` \`${name}()\`\n`), new RegExp(`does not define ${name}\\(\\)`));
});

test('a function belongs to the file named last before it, in its own paragraph', () => {
	assert.match(check(false, `${rooms}\n\`low/text.c\` \`high/page.js\` \`helper()\`\n`), /high\/page\.js does not define helper\(\)/);
	assert.match(check(false, `${rooms}\n- \`low/text.c\`\n- \`helper()\`\n`), /page\.md:4: helper\(\): no file is named before it/);
	assert.match(check(false, `${rooms}\n\`low/\` \`helper()\`\n`), /helper\(\): no file is named before it/);
});

test('a name without a folder is the file of that name that was named last', () => {
	check(true, `${rooms}\n\`low/text.c\`\n\n\`text.c\` \`helper()\`\n`);
	assert.match(check(false, `${rooms}\n\`text.c\` \`helper()\`\n\n\`low/text.c\`\n`), /page\.md:3: there is no text\.c/);
});

test('a struct is defined where it has members, and a name in capitals stands in code', () => {
	assert.match(check(false, `${rooms}\n\`low/text.h\` \`struct unknown\`\n`), /low\/text\.h has no struct unknown/);
	assert.match(check(false, `${rooms}\n\`low/text.h\` \`TEXT_COLUMNS\`\n`), /low\/text\.h has no TEXT_COLUMNS/);
});

test('a room that is not named is found', () => {
	assert.match(check(false, 'Only `low/text.c`.\n\n```\nhigh\n|\nlow\n```\n'), /the room high of rule\.txt is not named/);
});

test('a row of the table of rooms names all arrows of the room, and no other', () => {
	check(true, '| `low` | text | |\n| `high` | pages | low |\n');
	assert.match(check(false, '| `low` | text | high |\n| `high` | pages | low |\n'), /page\.md:1: `low` may not know high/);
	assert.match(check(false, '| `low` | text | |\n| `high` | pages | |\n'), /page\.md:2: `high` may know low, too/);
});

test('an arrow that leads up in a drawing, or to one side, is found', () => {
	assert.match(check(false, `${rooms}\n\`\`\`\nlow\n |\nhigh\n\`\`\`\n`), /page\.md:6: high may know low, which is not drawn below it/);
	assert.match(check(false, `${rooms}\n\`\`\`\nlow high\n\`\`\`\n`), /which is not drawn below it/);
	assert.match(check(false, `${rooms}\n\`\`\`\nhigh\nlow\nlow\n\`\`\`\n`), /page\.md:6: low is drawn twice/);
});
