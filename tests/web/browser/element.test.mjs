/* <score-board> in a page of somebody else's, of another origin and with a strict policy: the page of examples/embed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../support/chrome.mjs';
import { startStage } from '../support/stage.mjs';
import { source, until } from '../support/tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EXAMPLE = readFileSync(join(source, 'examples/embed/index.html'), 'utf8');
const NAMES = ['Donaudampfschifffahrtsgesellschaftsderby', 'The Unbelievably Long Named Rollergirls B'];

let stage;
let browser;
let foreign;
before(async () => {
	stage = await startStage();
	stage.seek(20000);
	browser = await launch();
	foreign = createServer((request, answer) => {
		answer.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': "require-trusted-types-for 'script'; trusted-types 'none'" });
		answer.end(pages.get(request.url) ?? '');
	});
	await new Promise((done) => foreign.listen(0, '127.0.0.1', done));
});
after(async () => {
	await browser?.close();
	foreign?.closeAllConnections();
	foreign?.close();
	await stage?.stop();
});

const pages = new Map(); // path -> what it shows

/* The example with this test's addresses; change(html) makes another page of it. */
async function open(change = (html) => html, options = {}) {
	const [broker, http] = [stage.broker.url, `http://127.0.0.1:${stage.httpPort}`];
	const html = EXAMPLE.replace('wss://live.example.org https:', `${broker} https:`).replaceAll('wss://live.example.org/mqtt', broker).replaceAll('https://live.example.org', http);
	assert.ok(!html.includes('example.org'));
	const path = `/${pages.size}`;
	pages.set(path, change(html).replace('<head>', '<head><link rel="icon" href="data:,">').replace("default-src 'none';", "default-src 'none'; img-src data:;"));
	const page = await (await browser.newContext(options)).newPage();
	page.complaints = [];
	page.sockets = [];
	page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('websocket', (socket) => page.sockets.push(socket));
	await page.goto(`http://localhost:${foreign.address().port}${path}`);
	return page;
}
const openSockets = (page) => page.sockets.filter((socket) => !socket.isClosed()).length;

/* What each element shows. */
const shown = (page) => page.evaluate(() => [...document.querySelectorAll('score-board')].map(({ shadowRoot }) => {
	const text = (selector) => shadowRoot.querySelector(selector)?.textContent;
	const banner = shadowRoot.querySelector('.banner');
	return { scores: [...shadowRoot.querySelectorAll('.score')].map((e) => e.textContent).join(':'), label: text('.now .label'), time: text('.now .time'), link: text('.link'),
		banner: banner.hidden ? '' : banner.textContent, faded: shadowRoot.querySelector('.board').hasAttribute('data-doubt'), hero: !shadowRoot.querySelector('.hero').hidden };
}));
const trueScores = () => [1, 2].map((n) => stage.truth.get(`Team(${n}).Score`)).join(':');
const becomes = (page, claim, what, ms = 30000) => until(async () => claim(await shown(page)), what, { ms });
const live = (all) => all.every(({ hero, link, banner }) => hero && /^(Live|En direct|En vivo)/.test(link) && banner === '');

test('the_example_works_on_a_strict_page_of_another_origin', async () => {
	const page = await open();
	await becomes(page, (all) => all.length === 2 && live(all) && all.every(({ scores }) => scores === trueScores()), 'both show the score');
	stage.seek(43500);
	await becomes(page, (all) => all.every(({ scores }) => scores === trueScores()), 'and follow it');
	const [first, second] = await shown(page);
	assert.match(first.time, /^\d+(:\d\d)?$/);
	assert.equal(first.time, second.time);
	assert.equal(await page.evaluate(() => document.querySelector('score-board').board.connection.transport), 'mqtt');
	assert.deepEqual(page.complaints, []);
	await page.evaluate(axe);
	const found = await page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ').slice(0, 300)}`));
	assert.deepEqual(found, []);
	await page.context().close();
});

test('the_same_game_shares_a_connection_which_ends_with_the_last_of_them', async () => {
	const page = await open();
	await becomes(page, (all) => live(all), 'live');
	assert.equal(openSockets(page), 1);
	await page.evaluate(() => document.querySelector('score-board').remove());
	stage.seek(66000);
	await becomes(page, ([one]) => one.scores === trueScores(), 'the other goes on');
	assert.equal(openSockets(page), 1);
	await page.evaluate(() => { window.last = document.querySelector('score-board'); window.last.remove(); });
	await until(() => openSockets(page) === 0, 'hung up');
	assert.equal(await page.evaluate(() => window.last.board), null);
	await page.evaluate(() => document.body.append(window.last));
	await becomes(page, (all) => live(all), 'and is back when it is');
	await page.context().close();
});

test('as_a_module_in_its_languages', async () => {
	const page = await open((html) => html.replace('<script async', '<script type="module"').replace('lang="en"', 'lang="fr"'));
	await becomes(page, (all) => all.length === 2 && live(all), 'live');
	const [first, second] = await shown(page);
	assert.notEqual(first.link, second.link);
	assert.equal(second.link, 'Live');
	await page.evaluate(() => document.querySelector('score-board').setAttribute('lang', 'de'));
	assert.equal((await shown(page))[0].link, 'Live');
	assert.equal(openSockets(page), 1, 'a language is no reason to connect again');
	await page.context().close();
});

test('it_never_says_live_over_what_it_has_not_got', async () => {
	const page = await open((html) => html.replace('prefix="scoreboard"', 'prefix="other"'));
	await becomes(page, ([other, own]) => live([own]) && other.banner !== '', 'one of them has nothing');
	assert.equal((await shown(page))[0].hero, false);
	assert.doesNotMatch((await shown(page))[0].link, /^Live/);
	await page.evaluate(() => document.querySelector('score-board').setAttribute('prefix', 'scoreboard'));
	await becomes(page, (all) => live(all), 'until it is told another track');
	await page.evaluate(() => document.querySelector('score-board').removeAttribute('server'));
	await page.evaluate(() => document.querySelector('score-board').setAttribute('http', 'javascript:alert(1)'));
	await becomes(page, ([none]) => /servers/.test(none.banner) && !none.hero, 'without an address it says so');
	await page.context().close();
});

test('a_lost_broker_is_admitted', async () => {
	const page = await open((html) => html.replaceAll(/ http="[^"]*"/g, ''));
	await becomes(page, (all) => live(all), 'live');
	await stage.broker.stop();
	await becomes(page, (all) => all.every(({ faded, banner, hero, link }) => faded && hero && banner !== '' && !/^Live/.test(link)), 'it says that it is lost');
	await stage.broker.start();
	await becomes(page, (all) => live(all) && all.every(({ scores }) => scores === trueScores()), 'and is right again');
	await page.context().close();
});

/* Runs in the page. */
function faults() {
	return [...document.querySelectorAll('score-board')].flatMap(({ shadowRoot }) => [...shadowRoot.querySelectorAll('.board, .hero > *, .name, .score, .label, .time')])
		.filter((element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline' || element.getBoundingClientRect().right > innerWidth + 1)
		.map((element) => `${element.className}: ${element.textContent.slice(0, 40)} ${element.scrollWidth} ${element.clientWidth} ${element.getBoundingClientRect().right}`);
}

test('long_names_fit_from_200_to_1600_px', async () => {
	NAMES.forEach((name, i) => stage.say({ [`ScoreBoard.CurrentGame.Team(${i + 1}).Name`]: name, [`ScoreBoard.CurrentGame.Team(${i + 1}).Score`]: 288 }));
	const page = await open();
	await becomes(page, (all) => live(all) && all.every(({ scores }) => scores === '288:288'), 'live');
	for (const width of [200, 320, 560, 900, 1600]) {
		await page.setViewportSize({ width, height: 700 });
		assert.deepEqual(await page.evaluate(faults), [], `${width} px`);
	}
	await page.context().close();
});
