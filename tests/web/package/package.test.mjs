/* scoreboard-client as others get it: packed, unpacked, installed in a project of its own, and used there: by Node, by TypeScript, by a bundler, and as one script in a plain page;
 * with the real broker, the real door and the real publisher. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { after, before, test as declare } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch, openPage } from '../support/chrome.mjs';
import { startStage } from '../support/stage.mjs';
import { makeToken, scratch, source, startBroker, until as untilIn, webDir } from '../support/tools.mjs';

const until = (claim, what) => untilIn(claim, what, { ms: 30000 });

const SECRET = 'a secret of this test, long enough for HS256';
const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const folder = scratch();
const app = join(folder, 'app');
const box = join(app, 'node_modules/scoreboard-client');
const read = (name) => readFileSync(join(box, name), 'utf8');
const has = (name) => existsSync(join(box, name));
const entries = () => Object.entries(JSON.parse(read('package.json')).exports).filter(([, to]) => to.types);
const nameOf = (entry) => (entry === '.' ? 'index' : entry.slice(2));

const UNREACHABLE = /^npm (?:error|ERR!) code (EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED)$/m;
/* Packs it and installs that, with the versions of its dependencies that the pages are built with. What stands in the way, if it is npm's registry. */
function install() {
	const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
	const { packages } = JSON.parse(readFileSync(join(webDir, 'package-lock.json'), 'utf8'));
	const overrides = Object.fromEntries(['mqtt', 'fflate'].map((one) => [one, packages[`node_modules/${one}`].version]));
	mkdirSync(app);
	writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module', private: true, overrides }));
	const name = npm(webDir, 'pack', './client', '--silent', '--pack-destination', folder).trim().split('\n').at(-1);
	const theirs = ['react', 'react-dom'].map((one) => join(modules, one));
	try {
		npm(app, 'install', '--prefer-offline', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund', join(folder, name), ...theirs);
	} catch (error) {
		const [, code] = UNREACHABLE.exec(error.stderr) ?? [];
		if (!code)
			throw error;
		return `npm's registry can't be reached: ${code}`;
	}
	return undefined;
}
const skip = install();
const test = (name, run) => declare(name, { skip }, run);

let library;         // what each entry has, by its name: index, derby, outbox, react
let stage;
let browser;
before(async () => {
	if (skip)
		return;
	writeFileSync(join(app, 'all.js'), entries().map(([entry]) => `export * as ${nameOf(entry)} from 'scoreboard-client${entry.slice(1)}';\n`).join(''));
	library = await import(pathToFileURL(join(app, 'all.js')));
	stage = await startStage({ broker: await startBroker({ tokens: { role: 'app', secret: SECRET } }) });
	stage.seek(20000);
	browser = await launch();
}, { timeout: 300000 });
after(async () => {
	await browser?.close();
	await stage?.stop();
});

const credentials = () => ({ username: 'fan', password: makeToken(SECRET, { sub: 'fan', rooms: ['7'] }) });
const trueScores = () => [1, 2].map((n) => stage.truth.get(`Team(${n}).Score`)).join(':');

/* --- what is in it --- */

const filesOf = (at) => readdirSync(join(box, at), { withFileTypes: true })
	.flatMap((entry) => (entry.isDirectory() ? filesOf(join(at, entry.name)) : [join(at, entry.name)]));

function needed() {
	const names = new Set(entries().flatMap(([, { types, default: code }]) => [normalize(types), normalize(code)]));
	for (const name of names) // goes on over what is added meanwhile
		for (const [, to] of read(name).matchAll(/(?:from|import\()\s*'(\.\.?\/[^']+)'/g))
			names.add(join(dirname(name), to));
	return [...names];
}

test('it_has_what_its_users_need_and_nothing_else', () => {
	assert.deepEqual(filesOf('.').sort(), [...needed(), 'README.md', 'LICENSE', 'package.json', 'dist/scoreboard-client.js', 'dist/integrity.json', 'dist/LICENSES.txt'].sort());
});

test('licence_and_version_are_those_of_the_project', () => {
	const { version, license } = JSON.parse(read('package.json'));
	assert.equal(read('LICENSE'), readFileSync(join(source, 'LICENSE'), 'utf8'));
	assert.equal(license, 'MIT');
	assert.equal(version, /project\(scoreboard-mqtt VERSION ([\d.]+)/.exec(readFileSync(join(source, 'CMakeLists.txt'), 'utf8'))[1]);
});

test('what_its_README_leads_to_is_in_it', () => {
	const text = read('README.md');
	const slug = (title) => title.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-');
	const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => slug(title));
	const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to);
	for (const to of links)
		assert.ok(to.startsWith('#') ? headings.includes(to.slice(1)) : has(to), to);
	const files = [...text.matchAll(/`((?:dist\/)?[\w-]+\.(?:js|d\.ts|json|txt))`/g)].map(([, name]) => name);
	for (const name of files)
		assert.ok(has(name), name);
	assert.ok(links.length > 3 && files.length > 2);
});

test('the_terms_of_all_that_is_in_the_script_go_with_it', () => {
	const parts = read('dist/LICENSES.txt').split('\n----\n\n');
	const names = parts.map((part) => /^(\S+) \d[^:]*: (?:MIT|ISC|BSD-3-Clause)\n/.exec(part)?.[1]);
	assert.ok(['scoreboard-client', 'mqtt', 'mqtt-packet', 'readable-stream', 'buffer', 'fflate'].every((name) => names.includes(name)), String(names));
	for (const part of parts)
		assert.match(part, /copyright[\s\S]*(?:permi|redistribut)/i);
});

/* --- types --- */

const ts = createRequire(import.meta.url)('typescript');
const programs = {};
/* What an entry exports, as the compiler reads it in its `types` or in its code (`default`): { checker, symbols }. */
function exportsOf(name, of) {
	const files = Object.fromEntries(entries().map(([entry, to]) => [nameOf(entry), join(box, to[of])]));
	programs[of] ??= ts.createProgram(Object.values(files), { strict: true, allowJs: true, maxNodeModuleJsDepth: 1, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022 });
	const checker = programs[of].getTypeChecker();
	return { checker, symbols: checker.getExportsOfModule(checker.getSymbolAtLocation(programs[of].getSourceFile(files[name]))) };
}
const valuesOf = ({ symbols }) => symbols.filter((symbol) => symbol.flags & ts.SymbolFlags.Value).map((symbol) => symbol.name).sort();
const membersOf = ({ checker, symbols }, type) => checker.getDeclaredTypeOfSymbol(symbols.find((symbol) => symbol.name === type)).getProperties().map((symbol) => symbol.name).sort();

/* How many parameters, optional ones as well, each exported value takes; none: it can't be called. */
function takenBy(name, of) {
	const { checker, symbols } = exportsOf(name, of);
	const calls = (symbol) => checker.getTypeOfSymbol(symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol).getCallSignatures();
	return symbols.filter((symbol) => symbol.name in library[name]).map((symbol) => [symbol.name, ...calls(symbol).map((call) => call.parameters.length)]).sort();
}

test('each_exported_name_has_a_type_and_each_typed_name_is_there', () => {
	assert.deepEqual(Object.keys(library).sort(), ['derby', 'index', 'outbox', 'react']);
	for (const name of Object.keys(library))
		assert.deepEqual(valuesOf(exportsOf(name, 'types')), Object.keys(library[name]).sort(), name);
});

test('functions_take_as_many_as_their_types_say', () => {
	for (const name of Object.keys(library))
		assert.deepEqual(takenBy(name, 'types'), takenBy(name, 'default'), name);
});

test('what_comes_back_has_the_members_that_its_types_name', async (t) => {
	const board = library.index.connect({ servers: [stage.broker.url], credentials: credentials() });
	t.after(() => board.close());
	await until(() => board.connection.live, 'live');
	const room = await board.join('7');
	const answer = await room.send('cheer');
	const outbox = await library.outbox.createOutbox({ publish: board.publish });
	const [game, state] = [library.derby.readGame(board.state), board.get('clock/jam')];
	const told = {
		index: { Scoreboard: board, Feed: board.feed({ view: 'overlay' }), Connection: board.connection, EndpointHealth: board.connection.endpoints[0], Metrics: board.metrics, Status: board.status,
			Room: room, Inbox: board.inbox, BoardOutbox: board.outbox, FeedClock: state, Clock: board.clock('jam'), Sent: answer },
		outbox: { Outbox: outbox, OutboxStats: outbox.stats, PriorityStats: outbox.stats.priorities.low },
		derby: { Game: game, Team: game.teams[0], Phase: game.phase, Period: game.period, Place: game.teams[0].jammer, Skater: game.teams[0].skaters[0], Rights: game.teams[0].timeouts },
	};
	for (const [name, things] of Object.entries(told))
		for (const [type, thing] of Object.entries(things))
			assert.deepEqual(Object.keys(thing).sort(), membersOf(exportsOf(name, 'types'), type), `${name}: ${type}`);
	await outbox.close();
});

const CONSUMER = `import { clockText, connect, type Options, type Scoreboard } from 'scoreboard-client';
import { readGame, valueOf, type Team } from 'scoreboard-client/derby';
import { createDeduper, createOutbox, PRIORITIES } from 'scoreboard-client/outbox';
import { useKey, useScoreboard } from 'scoreboard-client/react';

const options: Options = { servers: ['wss://live.example.org/mqtt'], view: 'spectator' };
const board: Scoreboard = connect(options);
const [first]: Team[] = readGame(board.state).teams;
const score: number | undefined = valueOf(board.state, 'team/1/score');
board.on('status', ({ state }) => console.log(state === 'live', clockText(board.clock('jam')?.time ?? 0, 'down'), first?.jammer.name, score));
const outbox = await createOutbox({ publish: board.publish });
const isNew: (id: string | undefined) => boolean = createDeduper();
console.log(outbox.stats.size, PRIORITIES.length, isNew('x'));
export const Score = () => String(useKey(useScoreboard(options), 'team/1/score'));
const [servers, http] = [['wss://live.example.org/mqtt'] as const, ['https://live.example.org'] as const];
connect({ servers, http }).close();
connect({ servers, http: ['https://live.example.org'] }).close();
connect({ http, servers: ['wss://live.example.org/mqtt'] }).close();
export const Online = () => String(useScoreboard({ servers, http }) !== null);
// @ts-expect-error
connect({ servers: [], prefx: 'track2' });
// @ts-expect-error
valueOf(board.state, 'team/3/score');
// @ts-expect-error
void createOutbox({});
// @ts-expect-error
useKey();
`;
/* What the compiler complains of, in a strict project of these files. */
function complaintsOf(files, moduleResolution) {
	const module = moduleResolution === 'bundler' ? 'es2022' : moduleResolution;
	const compilerOptions = { strict: true, noEmit: true, skipLibCheck: false, types: [], module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'] };
	for (const [name, text] of Object.entries(files))
		writeFileSync(join(app, name), text);
	writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
	const { status, stdout } = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc')], { cwd: app, encoding: 'utf8' });
	return stdout || (status === 0 ? '' : `ended with ${status}`);
}

test('a_strict_project_compiles_with_it_and_its_mistakes_do_not', () => {
	for (const moduleResolution of ['nodenext', 'bundler'])
		assert.equal(complaintsOf({ 'consumer.mts': CONSUMER }, moduleResolution), '', moduleResolution);
});

/* What the examples of the README leave to the reader, and what others before them have imported. */
const GIVEN = `import type { Scoreboard } from 'scoreboard-client';
declare global {
	const connect: typeof import('scoreboard-client').connect;
	const useRoom: typeof import('scoreboard-client/react').useRoom;
	const useScoreboard: typeof import('scoreboard-client/react').useScoreboard;
	const board: Scoreboard;
	const credentials: { username: string; password: string };
	const filter: string;
	const listener: (text: string, topic: string) => void;
	function fetchToken(): Promise<string>;
	function show(what: unknown): void;
}
`;
test('the_examples_of_its_README_compile_in_a_strict_project', () => {
	const examples = [...read('README.md').matchAll(/^```jsx?\n(.*?)^```$/gms)].map(([, code], i) => [`example${i + 1}.ts`, `${code}export {};\n`]);
	assert.ok(examples.length > 4);
	assert.equal(complaintsOf({ 'given.d.ts': GIVEN, ...Object.fromEntries(examples) }, 'bundler'), '');
});

/* --- in a page --- */

/* A server of pages, `localhost` for the pages and 127.0.0.1 for the scripts: another origin. */
async function serve(t, files) {
	const server = createServer((request, answer) => {
		const body = files[request.url];
		answer.writeHead(body === undefined ? 404 : 200, { 'content-type': request.url.endsWith('.js') ? 'text/javascript' : 'text/html', 'access-control-allow-origin': '*' });
		answer.end(body ?? '');
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	t.after(() => { server.closeAllConnections(); server.close(); });
	return server.address().port;
}
/* Without a charset, as some pages of others: Chromium then reads scripts as windows-1252. */
const HEAD = '<!doctype html><title>app</title><link rel="icon" href="data:,">';

test('scripts_for_pages_of_others_are_read_right_whatever_the_pages_charset_is', async () => {
	const { buildPages } = await import(pathToFileURL(join(webDir, 'scripts/build.mjs')));
	await buildPages(join(folder, 'pages'));
	for (const file of [join(box, 'dist/scoreboard-client.js'), join(folder, 'pages/score-board.js')])
		assert.deepEqual(readFileSync(file, 'utf8').match(/.{0,20}[^\0-\x7f].{0,20}/g), null, file);
});

test('its_script_shows_the_score_on_a_page_without_a_build', async (t) => {
	const script = readFileSync(join(box, 'dist/scoreboard-client.js'));
	const integrity = JSON.parse(read('dist/integrity.json'))['scoreboard-client.js'];
	assert.equal(integrity, `sha384-${createHash('sha384').update(script).digest('base64')}`);
	const files = { '/good.js': script, '/bad.js': `${script} ` };
	const port = await serve(t, files);
	for (const name of ['good', 'bad'])
		files[`/${name}.html`] = `${HEAD}<script src="http://127.0.0.1:${port}/${name}.js" integrity="${integrity}" crossorigin="anonymous"></script>`;

	const page = await openPage(browser, `http://localhost:${port}/good.html`);
	t.after(() => page.context().close());
	const globals = await page.evaluate(() => ({ own: Object.keys(ScoreboardClient).sort(), derby: Object.keys(ScoreboardClient.derby).sort() }));
	const names = (...which) => which.flatMap((name) => Object.keys(library[name])).sort();
	assert.deepEqual(globals, { own: [...names('index', 'outbox'), 'derby'].sort(), derby: names('derby') });
	await page.evaluate((server) => { window.board = ScoreboardClient.connect({ servers: [server] }); }, stage.broker.url);
	const scores = () => page.evaluate(() => board.connection.live && ScoreboardClient.derby.readGame(board.state).teams.map(({ score }) => score).join(':'));
	await until(async () => await scores() === trueScores(), 'the score');
	stage.seek(43500);
	await until(async () => await scores() === trueScores(), 'and it follows');
	assert.deepEqual(await page.evaluate(() => [board.connection.transport, board.metrics.packed > 0]), ['mqtt', true]);
	assert.deepEqual(page.complaints, []);

	const refused = await openPage(browser, `http://localhost:${port}/bad.html`);
	t.after(() => refused.context().close());
	assert.equal(await refused.evaluate(() => typeof ScoreboardClient), 'undefined');
});

const BUNDLED = `import { createElement as h, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { readGame } from 'scoreboard-client/derby';
import { createOutbox } from 'scoreboard-client/outbox';
import { useKey, useOnline, useScoreboard } from 'scoreboard-client/react';

function App({ options }) {
	const board = useScoreboard(options);
	window.board = board;
	window.readGame = readGame;
	window.createOutbox = createOutbox;
	const scores = [useKey(board, 'team/1/score'), useKey(board, 'team/2/score')];
	return h('p', null, useOnline(board) ? scores.join(':') : '');
}
window.show = (options) => createRoot(document.getElementById('root')).render(h(StrictMode, null, h(App, { options })));
`;
test('an_app_of_a_bundler_has_all_its_entries', async (t) => {
	writeFileSync(join(app, 'main.js'), BUNDLED);
	const { build } = await import(pathToFileURL(join(webDir, 'node_modules/esbuild/lib/main.js')));
	const { outputFiles } = await build({ entryPoints: ['main.js'], absWorkingDir: app, bundle: true, write: false, format: 'iife', define: { 'process.env.NODE_ENV': '"development"' } });
	const port = await serve(t, { '/': `${HEAD}<div id="root"></div><script src="/main.js"></script>`, '/main.js': outputFiles[0].contents });
	const page = await openPage(browser, `http://localhost:${port}/`);
	t.after(() => page.context().close());
	await page.evaluate((options) => window.show(options), { servers: [stage.broker.url], credentials: credentials() });
	await until(async () => await page.evaluate(() => document.querySelector('p')?.textContent) === trueScores(), 'the score');
	const { phase, fate } = await page.evaluate(async () => {
		const outbox = await window.createOutbox({ publish: window.board.publish });
		const { done } = await outbox.send('rooms/7/say/fan', JSON.stringify({ id: 'm1', type: 'cheer', data: 1, ts: 1 }), { id: 'm1' });
		return { phase: window.readGame(window.board.state).phase.name, fate: await done };
	});
	assert.equal(fate.ok, true);
	assert.notEqual(phase, 'none');
	assert.deepEqual(page.complaints, []);
});
