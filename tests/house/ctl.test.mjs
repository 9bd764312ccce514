// The checker itself: what it is there for must make it fail, and what is allowed must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeTree, runChecker } from './made_tree.mjs';

const checker = fileURLToPath(new URL('ctl.mjs', import.meta.url));
const files = {
	'main.c': '{ "port", required_argument, NULL, \'p\' },\n{ "json", no_argument, NULL, \'j\' },\n',
	'token.c': '{ "role", required_argument, NULL, \'r\' },\n',
	'usage.c': '\t"usage: it\\n"\n\t"  clients [ROLE]                who is in\\n"\n\t"  unban ADDRESS | unban-user NAME\\n"\n\t"      --json   as it is\\n"\n\t"  token                 prints one\\n"\n',
};
const check = (good, text) => runChecker(good, checker, ['main.c', 'token.c', 'usage.c', 'doc.md'], makeTree({ ...files, 'doc.md': text }));

test('commands that there are pass, and are counted', () => {
	assert.match(check(true, 'See `scoreboard-ctl` and `ctl -p 1883 clients viewer`.\n\n    scoreboard-ctl unban-user ann --json # and so on\n\n`scoreboard-ctl token --role app`\n'),
		/^3 commands/m);
});

test('a command that there is not is found', () => {
	assert.match(check(false, '\n`ctl -p clients whom`\n'), /doc\.md:2: .*there is no command whom/);
});

test('an option that there is not is found', () => {
	assert.match(check(false, '`ctl clients --role viewer`\n'), /doc\.md:1: .*there is no option --role/);
	assert.match(check(false, '\tx\n    scoreboard-ctl token -p 1883\n'), /there is no option -p/);
});

test('a document without any is none to check', () => {
	check(false, 'text\n');
});
