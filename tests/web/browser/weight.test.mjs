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

const RINK = 'scoreboard.test'; // a host that is not this machine, so that its pages over http are no secure context
const BOARD_MAX_BYTES = 150000;
const PAGES = readdirSync(pagesDir).filter((name) => name.endsWith('.html'));

let stage;
let browser;
before(async () => {
	stage = await startStage();
	stage.seek(20000);
	browser = await launch([`--host-resolver-rules=MAP ${RINK} 127.0.0.1`]);
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
	assert.ok(scripts.length < 32, `${scripts.length} scripts: nothing is bundled`);
	assert.deepEqual(answers.filter((one) => one.bytes > 1400 && one.encoding !== 'gzip' && /\.(js|css)$/.test(one.path) && one.path !== '/config.js'), [], 'compressed');
	await page.context().close();
});

/* This publisher keeps no games: what asks for one is told so. */
const isOfNoHistory = (name) => /^games?\.html$/.test(name);

async function isComplete(name) {
	const { page, answers } = await load(name);
	await page.waitForLoadState('load');
	const named = await page.evaluate(() => [...document.querySelectorAll('link[href], script[src], img[src]')].map((element) => element.href || element.src));
	assert.ok(named.length > 3);
	for (const url of new Set(named))
		assert.equal((await fetch(url)).status, 200, url);
	await until(() => answers.some(({ type }) => type === 'script'), 'its scripts');
	await sleep(4000); // the browser warns of what was preloaded in vain
	assert.deepEqual(answers.filter(({ path, status }) => status >= 400 && !(isOfNoHistory(name) && path.endsWith('/games.json'))), [], name);
	assert.deepEqual(page.complaints.filter((text) => !(isOfNoHistory(name) && /status of 404/.test(text))), [], name);
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

test('a_worker_of_a_page_is_there', async () => {
	const answer = await fetch(`http://127.0.0.1:${stage.httpPort}/uplink/beat.js`);
	assert.equal(answer.status, 200);
	assert.match(answer.headers.get('content-type'), /javascript/);
});

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

test('the_board_can_be_installed', async () => {
	const { page } = await load('');
	const session = await page.context().newCDPSession(page);
	const { url, data, errors } = await session.send('Page.getAppManifest');
	assert.deepEqual(errors, []);
	assert.equal(new URL(url).pathname, '/manifest.webmanifest');
	assert.equal((await fetch(url)).headers.get('content-type'), 'application/manifest+json');
	const { icons, start_url: start, scope, display } = JSON.parse(data);
	assert.equal(display, 'standalone');
	assert.equal(new URL(start, url).pathname, '/');
	assert.equal(new URL(scope, url).pathname, '/');
	assert.ok(icons.some(({ purpose }) => purpose === 'maskable'));
	for (const { src, sizes, type } of icons) {
		const answer = await fetch(new URL(src, url));
		assert.equal(answer.headers.get('content-type'), type, src);
		const bytes = Buffer.from(await answer.arrayBuffer());
		if (type === 'image/png')
			assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, sizes, src);
	}
	assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0, 'nothing that would show an old page as a live one');
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test('what_is_said_of_a_shared_address_holds_wherever_it_is_served', () => {
	const tags = [...readFileSync(join(pagesDir, 'index.html'), 'utf8').matchAll(/<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]+)">/g)].map(([, name, value]) => [name, value]);
	assert.deepEqual(tags.map(([name]) => name), ['og:type', 'og:title', 'og:description', 'twitter:card']);
	assert.ok(tags.every(([, value]) => !value.includes('/')));
});

/* --- the screen that stays on --- */

/* Opens the board, and keeps each lock that the browser gives in window.locks. */
async function openAwake({ deny = false, host = '127.0.0.1' } = {}) {
	const page = await (await browser.newContext()).newPage();
	page.complaints = [];
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	await page.addInitScript((denied) => {
		window.locks = [];
		const request = globalThis.WakeLock?.prototype.request;
		if (request)
			WakeLock.prototype.request = async function counted(type) {
				if (denied)
					throw new DOMException('denied by this test', 'NotAllowedError');
				const lock = await request.call(this, type);
				window.locks.push(lock);
				return lock;
			};
	}, deny);
	await page.goto(stage.address('').replace('127.0.0.1', host));
	await page.waitForFunction(() => window.scoreboard?.connection.live);
	return page;
}
const held = (page) => page.evaluate(() => window.locks.filter(({ released }) => !released).length);
const becomesHeld = (page, n, what) => until(async () => await held(page) === n, what);

test('the_screen_stays_on_while_that_is_wanted_and_the_page_is_seen', async () => {
	const page = await openAwake();
	const button = page.locator('#awake');
	assert.equal(await held(page), 0, 'nobody has asked for it');
	await button.click();
	await becomesHeld(page, 1, 'kept on');
	assert.equal(await button.getAttribute('aria-pressed'), 'true');
	const hide = (state) => page.evaluate((is) => {
		Object.defineProperty(document, 'visibilityState', { configurable: true, value: is });
		document.dispatchEvent(new Event('visibilitychange'));
	}, state);
	await hide('hidden');
	await becomesHeld(page, 0, 'let go when it is hidden');
	await hide('visible');
	await becomesHeld(page, 1, 'and kept again when it is seen');
	await page.reload();
	await becomesHeld(page, 1, 'remembered');
	const going = ['InJam', 'Clock(Jam).Running', 'Clock(Lineup).Running', 'Clock(Timeout).Running'].map((leaf) => [`ScoreBoard.CurrentGame.${leaf}`, stage.truth.get(leaf) ?? false]);
	stage.say({ ...Object.fromEntries(going.map(([path]) => [path, false])), 'ScoreBoard.CurrentGame.OfficialScore': true });
	await becomesHeld(page, 0, 'the game is over');
	stage.say({ ...Object.fromEntries(going), 'ScoreBoard.CurrentGame.OfficialScore': false });
	await becomesHeld(page, 1, 'it was not');
	await button.click();
	await becomesHeld(page, 0, 'not wanted any more');
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test('a_browser_that_denies_it_is_not_argued_with', async () => {
	const page = await openAwake({ deny: true });
	await page.locator('#awake').click();
	await sleep(500);
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test('where_browsers_have_no_such_thing_there_is_no_button', async () => {
	const page = await openAwake({ host: RINK });
	assert.equal(await page.evaluate(() => isSecureContext), false);
	assert.equal(await page.locator('#awake').isVisible(), false);
	await page.context().close();
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
