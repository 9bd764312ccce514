/* The pages as they are built: what each loads is there, compressed and little, and runs under a policy that allows no script of anybody else's. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildPages } from '../../../web/scripts/build.mjs';
import { launch } from '../support/chrome.mjs';
import { startNginx } from '../support/nginx.mjs';
import { startStage } from '../support/stage.mjs';
import { nginxPath, pagesDir, scratch, sleep, until, webDir } from '../support/tools.mjs';

const BOARD_MAX_BYTES = 150000;
const PAGES = readdirSync(pagesDir).filter((name) => name.endsWith('.html'));

let stage;
let browser;
before(async () => {
	stage = await startStage();
	stage.seek(20000);
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await stage?.stop();
});

/* Opens a page, and notes of each answer: { path, type, status, encoding, bytes as they were sent }. */
async function load(name, port = stage.httpPort) {
	const context = await browser.newContext();
	const page = await context.newPage();
	const answers = [];
	page.complaints = [];
	page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('requestfinished', async (request) => {
		const answer = await request.response();
		const { responseBodySize } = await request.sizes();
		answers.push({ path: new URL(request.url()).pathname, type: request.resourceType(), status: answer.status(), encoding: answer.headers()['content-encoding'], bytes: responseBodySize });
	});
	await page.goto(stage.address(name, stage.broker.url, port));
	return { page, answers };
}

const isBuilt = pagesDir !== webDir;

test('the_pages_are_built', () => assert.ok(isBuilt, 'esbuild is not installed: npm --prefix web ci'));

test('the_board_has_at_most_150_kB_of_script', async () => {
	const { page, answers } = await load('');
	await page.waitForFunction(() => window.scoreboard?.connection.transport === 'mqtt' && window.scoreboard.metrics.packed > 0);
	await sleep(500);
	const scripts = answers.filter(({ type }) => type === 'script');
	const bytes = scripts.reduce((sum, one) => sum + one.bytes, 0);
	console.log(`# ${scripts.length} scripts, ${bytes} bytes as sent`);
	assert.ok(scripts.some(({ path }) => path === '/vendor/mqtt.esm.js') && scripts.some(({ path }) => path === '/vendor/fflate.js'), 'MQTT.js and fflate among them');
	assert.ok(bytes <= BOARD_MAX_BYTES, `${bytes} bytes`);
	assert.ok(scripts.length < 20, `${scripts.length} scripts: nothing is bundled`);
	assert.deepEqual(answers.filter((one) => one.bytes > 1400 && one.encoding !== 'gzip' && /\.(js|css)$/.test(one.path)), [], 'compressed');
	await page.context().close();
});

async function isComplete(name) {
	const { page, answers } = await load(name);
	await page.waitForLoadState('load');
	const named = await page.evaluate(() => [...document.querySelectorAll('link[href], script[src], img[src]')].map((element) => element.href || element.src));
	assert.ok(named.length > 3);
	for (const url of new Set(named))
		assert.equal((await fetch(url)).status, 200, url);
	await until(() => answers.some(({ type }) => type === 'script'), 'its scripts');
	await sleep(4000); // the browser warns of what was preloaded in vain
	assert.deepEqual(answers.filter(({ status }) => status >= 400), [], name);
	assert.deepEqual(page.complaints, [], name);
	await page.context().close();
}

test('all_that_a_page_names_is_there', () => Promise.all(PAGES.map(isComplete)));

async function isClosed(name) {
	const html = readFileSync(join(pagesDir, name), 'utf8');
	const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)[1];
	assert.match(policy, /^default-src 'none'; script-src 'self';/, name);
	assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe/, name);
	assert.doesNotMatch(html, /<script(?![^>]* src=)|\son\w+=|\sstyle=|href="javascript:/, name);
	const { page } = await load(name);
	const refused = await page.evaluate(() => new Promise((done) => {
		document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => done(violatedDirective));
		const script = document.createElement('script');
		script.textContent = 'window.pwned = true';
		document.head.append(script);
		setTimeout(done, 5000, null);
	}));
	assert.match(String(refused), /^script-src/, name);
	assert.equal(await page.evaluate(() => window.pwned), undefined, name);
	await page.context().close();
}

test('no_script_runs_but_the_servers_own', () => Promise.all(PAGES.map(isClosed)));

test('a_second_visit_loads_nothing_again', async () => {
	const name = 'vendor/mqtt.esm.js';
	const get = (headers) => fetch(`http://127.0.0.1:${stage.httpPort}/${name}`, { headers });
	const first = await get({ 'accept-encoding': 'gzip' });
	const etag = first.headers.get('etag');
	assert.equal(first.headers.get('vary'), 'accept-encoding');
	assert.deepEqual(Buffer.from(await first.arrayBuffer()), readFileSync(join(pagesDir, name)));
	assert.equal((await get({ 'accept-encoding': 'gzip', 'if-none-match': etag })).status, 304);
	assert.equal((await get({ 'accept-encoding': 'identity', 'if-none-match': etag })).status, 200, 'another variant');
});

test('what_a_league_edits_is_as_it_was', () => {
	assert.equal(readFileSync(join(pagesDir, 'config.js'), 'utf8'), readFileSync(join(webDir, 'config.js'), 'utf8'));
	assert.ok(!existsSync(join(pagesDir, 'config.js.gz')));
});

test('through_nginx_with_and_without_gzip', async (t) => {
	if (!nginxPath())
		return t.skip('nginx is not installed');
	const nginx = await startNginx(stage);
	const want = readFileSync(join(pagesDir, 'vendor/mqtt.esm.js'));
	for (const encoding of ['gzip', 'identity', 'gzip']) {
		const answer = await fetch(`http://127.0.0.1:${nginx.port}/vendor/mqtt.esm.js`, { headers: { 'accept-encoding': encoding } });
		assert.equal(answer.headers.get('content-encoding'), encoding === 'gzip' ? 'gzip' : null);
		assert.deepEqual(Buffer.from(await answer.arrayBuffer()), want);
	}
	await nginx.stop();
});

test('a_build_replaces_a_build_and_nothing_else', async () => {
	const folder = scratch();
	const [mine, fresh] = [join(folder, 'mine'), join(folder, 'fresh')];
	mkdirSync(mine);
	writeFileSync(join(mine, 'letter.txt'), 'dear');
	await assert.rejects(buildPages(mine), /is no build of the pages/);
	assert.equal(readFileSync(join(mine, 'letter.txt'), 'utf8'), 'dear');
	await buildPages(fresh);
	await buildPages(fresh);
	assert.ok(existsSync(join(fresh, 'index.html')));
});
