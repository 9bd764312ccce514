/* From ./run to a fan's phone, as it is: the code that stands in the terminal is read, the address in it opened in Chromium, and the score seen. And the page for the venue: its code, and
 * its lights. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import readQr from 'jsqr';
import { launch, openPage } from '../support/chrome.mjs';
import { startStage } from '../support/stage.mjs';
import { freePort, run, source, stop, until } from '../support/tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const BUILDS_MS = 500000; // ./run builds what is not there yet

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/* --- the terminal --- */

/* Which halves of a character are light, on a dark ground. */
const HALVES = new Map([[' ', [0, 0]], ['▀', [1, 0]], ['▄', [0, 1]], ['█', [1, 1]]]);
const DOT = 4; // pixels of a module

/* The text of the first code among what a terminal was sent. */
function codeIn(text) {
	const lines = text.split('\n').map((line) => line.replace(/\u001b\[[\d;]*m/g, '')).filter((line) => /^[ ▀▄█]{20,}$/.test(line));
	const size = lines[0]?.length ?? 0;
	const rows = lines.flatMap((line) => [0, 1].map((half) => [...line].map((character) => HALVES.get(character)[half])));
	const pixels = new Uint8ClampedArray(size * rows.length * DOT * DOT * 4).fill(255);
	for (let y = 0; y < rows.length * DOT; y++)
		for (let x = 0; x < size * DOT; x++)
			pixels.fill(255 * rows[Math.floor(y / DOT)][Math.floor(x / DOT)], 4 * (y * size * DOT + x), 4 * (y * size * DOT + x) + 3);
	return rows.length > 0 ? readQr(pixels, size * DOT, rows.length * DOT)?.data ?? null : null;
}

async function startRun(...options) {
	const ports = ['port', 'ws-port', 'http-port'];
	const chosen = await Promise.all(ports.map(freePort));
	const child = run(`${source}/run`, ['--no-install', '--listen', '127.0.0.1', ...ports.flatMap((name, i) => [`--${name}`, chosen[i]]), ...options], { cwd: source });
	await until(() => /Ctrl-C stops/.test(child.said) || child.exitCode !== null, './run has started', { ms: BUILDS_MS, every: 200 });
	assert.match(child.said, /Ctrl-C stops/);
	return { child, httpPort: chosen[2] };
}

/* It ends what it has started, which takes longer than our own programs do. */
async function stopRun(child) {
	child.kill('SIGTERM');
	await Promise.race([child.ended, later(15000, undefined, { ref: false })]);
	await stop(child);
}

const hasQrencode = () => spawnSync('qrencode', ['--version']).status === 0;
const skips = !hasQrencode() && 'qrencode is not installed';

test('the_code_in_the_terminal_leads_to_the_score', { skip: skips }, async () => {
	const { child, httpPort } = await startRun('--game');
	const address = codeIn(child.said);
	assert.equal(address, `http://127.0.0.1:${httpPort}/`, 'no parameter, nothing to type');
	const page = await openPage(browser, address, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
	await until(() => page.evaluate(() => window.scoreboard?.connection.transport === 'mqtt' && /^\d+$/.test(document.querySelector('#team-1 .score').textContent)), 'the score, from the broker', { ms: 20000 });
	assert.deepEqual(page.complaints, []);
	await page.context().close();
	await stopRun(child);
});

test('several_tracks_have_one_address', { skip: skips }, async () => {
	const { child, httpPort } = await startRun('--tracks', '3');
	const address = codeIn(child.said);
	assert.equal(address, `http://127.0.0.1:${httpPort}/`);
	const page = await openPage(browser, address);
	await until(() => page.evaluate(() => document.querySelectorAll('.track[data-level=live][data-known]').length === 3).catch(() => false), 'three tracks, live', { ms: 30000 });
	await page.context().close();
	await stopRun(child);
});

/* --- the page for the venue --- */

/* What a camera reads of an element. */
async function scan(page, selector) {
	const png = await page.locator(selector).screenshot();
	const desk = await browser.newPage();
	const { data, width, height } = await desk.evaluate(async (text) => {
		const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
		const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
		const canvas = new OffscreenCanvas(picture.width, picture.height);
		const context = canvas.getContext('2d');
		context.drawImage(picture, 0, 0);
		return { data: [...context.getImageData(0, 0, picture.width, picture.height).data], width: picture.width, height: picture.height };
	}, png.toString('base64'));
	await desk.close();
	return readQr(Uint8ClampedArray.from(data), width, height)?.data ?? null;
}

const lights = (page) => page.evaluate(() => [...document.querySelectorAll('#lights li')].map((li) => `${li.querySelector('b').textContent}: ${li.dataset.level}, ${li.querySelector('span').textContent}`));
const shine = (page, wanted) => until(async () => JSON.stringify(await lights(page)) === JSON.stringify(wanted), `the lights ${wanted.join('; ')}`, { ms: 30000 });
const GOOD = ['Broker: good, is there', 'Publisher: good, is there', 'Scoreboard: good, is there'];

async function openVenue(stage, { path = 'venue.html', ...options } = {}) {
	const query = new URLSearchParams({ server: stage.broker.url });
	return openPage(browser, `http://127.0.0.1:${stage.httpPort}/${path}?${query}`, options);
}

test('the_venue_s_page_shows_the_address_and_whether_all_is_well', async (t) => {
	const stage = await startStage({ more: ['--address', 'http://192.0.2.20:8080/', '--title', 'Autumn Cup'] });
	t.after(() => stage.stop());
	stage.seek(137000);
	const page = await openVenue(stage, { colorScheme: 'dark' });
	await page.waitForSelector('#qr *');
	assert.equal(await scan(page, '#qr'), 'http://192.0.2.20:8080/');
	assert.deepEqual(await page.evaluate(() => ['#venue-title', '#address'].map((id) => document.querySelector(id).textContent)), ['Autumn Cup', 'http://192.0.2.20:8080']);
	await shine(page, GOOD);
	const links = await page.evaluate(() => [...document.querySelectorAll('#links a')].map((a) => a.getAttribute('href')));
	assert.deepEqual(links, ['overlay.html?style=lower', 'overlay-control.html', 'ops.html']);
	for (const link of links)
		assert.ok(existsSync(`${source}/web/${link.split('?')[0]}`), link);
	await stage.source.kill();
	await shine(page, ['Broker: good, is there', 'Publisher: bad, does not answer', 'Scoreboard: doubt, not known']);
	await stage.broker.stop();
	await shine(page, ['Broker: bad, does not answer', 'Publisher: doubt, not known', 'Scoreboard: doubt, not known']);
	assert.deepEqual(page.complaints.filter((text) => !/WebSocket/.test(text)), []);
	await page.context().close();
});

test('the_venue_s_page_fits_and_prints', async (t) => {
	const stage = await startStage();
	t.after(() => stage.stop());
	const page = await openVenue(stage, { bypassCSP: true });
	await until(() => page.evaluate(() => !document.querySelector('#only-here').hidden), 'it says that this address is no use to a phone');
	for (const [width, size] of [[320, 16], [320, 32], [768, 16], [1366, 16], [1920, 32]]) {
		await page.setViewportSize({ width, height: 800 });
		await page.addStyleTag({ content: `html { font-size: ${size}px; }` });
		assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth > innerWidth, document.querySelector('#qr').getBoundingClientRect().width >= 200]), [false, true], `${width} px, letters of ${size}`);
		if (width === 320)
			assert.equal(await scan(page, '#qr'), `http://127.0.0.1:${stage.httpPort}/`);
	}
	for (const colorScheme of ['dark', 'light']) {
		await page.emulateMedia({ colorScheme });
		await page.evaluate(axe);
		const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }));
		assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ').slice(0, 300)}`), [], colorScheme);
	}
	await page.emulateMedia({ media: 'print' });
	assert.deepEqual(await page.evaluate(() => ['.crew', '#qr', '#address'].map((name) => document.querySelector(name).checkVisibility())), [false, true, true]);
	await page.context().close();
});
