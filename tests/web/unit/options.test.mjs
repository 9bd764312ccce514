/* What connect() takes, and what it refuses: at once, and by name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../../../web/client/index.js';

const WRONG = [
	['no options at all', undefined, /"servers" or "http"/],
	['no address', { prefix: 'track2' }, /"servers" or "http"/],
	['empty lists', { servers: [], http: [] }, /"servers" or "http"/],
	['an address that is not in a list', { servers: 'ws://a/' }, /"servers" must be a list/],
	['a typo', { servers: ['ws://a/'], prefx: 'track2' }, /"prefx"/],
	['a typo beside another', { server: ['ws://a/'] }, /"server"/],
	['an encoding that is none', { servers: ['ws://a/'], encoding: 'xml' }, /"encoding" must be "packed" or "json"/],
	['a typo in credentials', { servers: ['ws://a/'], credentials: { user: 'x' } }, /"credentials.user"/],
	['a typo in timings', { servers: ['ws://a/'], link: { dialMS: 1 } }, /"link.dialMS"/],
	['a typo deep down', { servers: ['ws://a/'], link: { backoff: { basis: 1 } } }, /"link.backoff.basis"/],
];
for (const [claim, options, message] of WRONG)
	test(`connect_refuses: ${claim}`, () => {
		assert.throws(() => connect(options).close(), { name: 'TypeError', message });
	});

test('connect_takes_what_it_knows', () => {
	const nothing = () => new Promise(() => {});
	connect({ servers: ['ws://127.0.0.1:1/'], http: [], prefix: 'p', view: 'v', credentials: { username: 'u', password: 'p' }, hiddenMs: Infinity,
		mqtt: nothing, encoding: 'json', fflate: nothing, openSocket: () => ({ addEventListener() {}, close() {} }), link: { dialMs: 5, backoff: { base: 1 } } }).close();
	connect({ servers: ['ws://127.0.0.1:1/'], mqtt: nothing, openSocket: undefined }).close();
});

/* --- the same for TypeScript --- */
const tests = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(tests, 'node_modules/typescript/bin/tsc');
const FLAGS = ['--noEmit', '--strict', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];

/* Each line as a file of its own: those that do not compile. */
function notCompiling(lines) {
	const folder = mkdtempSync(join(tests, 'types-'));
	const head = "import { connect } from '../../../web/client/index.js'; import type { Options } from '../../../web/client/index.js';\n";
	lines.forEach((line, i) => writeFileSync(join(folder, `${i}.mts`), `${head}${line}\nexport type Unused = Options;\n`));
	const { stdout } = spawnSync(process.execPath, [tsc, ...FLAGS, ...lines.map((_, i) => join(folder, `${i}.mts`))], { encoding: 'utf8' });
	rmSync(folder, { recursive: true });
	return lines.filter((_, i) => stdout.includes(`/${i}.mts(`) || stdout.startsWith(`${i}.mts(`));
}

const GOOD = [
	"connect({ servers: ['ws://a/'] });", "connect({ http: ['http://a/'], link: { dialMs: 3 } }).clockAt('x');",
	"const kept = { servers: ['ws://a/'], prefix: 'track2' }; connect(kept);", "connect({ servers: ['ws://a/'], encoding: 'json' });", "const typed: Options = { http: ['http://a/'] }; connect(typed);",
];
const BAD = [
	'connect();', 'connect({});', "connect({ prefix: 'x' });", "connect({ server: ['ws://a/'] });", "connect({ servers: ['ws://a/'], prefx: 'x' });",
	"connect({ servers: ['ws://a/'], encoding: 'xml' });", "const kept = { servers: ['ws://a/'], prefx: 'x' }; connect(kept);", "connect({ servers: ['ws://a/'], link: { dialMS: 1 } });",
];
test('a_typo_in_a_key_does_not_compile', (t) => {
	if (!existsSync(tsc))
		return t.skip("run 'npm ci' in tests/web");
	assert.deepEqual(notCompiling([...GOOD, ...BAD]), BAD);
});
