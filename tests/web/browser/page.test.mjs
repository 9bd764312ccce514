/* The pages themselves: fast, small, self-contained, accessible, safe with hostile names, at home on any screen. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../support/chrome.mjs';
import { startNginx } from '../support/nginx.mjs';
import { startStage } from '../support/stage.mjs';
import { startSource } from '../support/source.mjs';
import { nginxPath, sleep, startBroker, until, webDir } from '../support/tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = '<img src=x onerror="window.pwned=1"><b>Bold</b> & "Co"';
const PAGES = ['', 'overlay.html'];

let stage;
let browser;
before(async () => {
	stage = await startStage();
	stage.seek(137000);
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await stage?.stop();
});
const open = async (name, options) => {
	const page = await openPage(browser, stage.address(name), options);
	await page.waitForFunction(() => window.scoreboard?.connection.live);
	return page;
};

/* The goal is 500 ms, on a machine that does nothing else; here it is printed, and only a page that hangs fails. */
const HANGS_MS = 10000;
test('a_page_shows_its_first_score_soon_after_it_is_opened', async () => {
	const times = [];
	for (let i = 0; i < 9; i++)
		times.push(await firstScoreMs());
	times.sort((a, b) => a - b);
	console.log(`# page open to first score, ms: ${times.join(' ')}; median ${times[4]}`);
	assert.ok(times[4] < HANGS_MS, `median ${times[4]} ms`);
});

/* A new profile each time: nothing is cached. */
async function firstScoreMs() {
	const context = await browser.newContext();
	await context.addInitScript(noteFirstScore);
	const page = await context.newPage();
	await page.goto(stage.address());
	await page.waitForFunction(() => window.firstScoreMs);
	const ms = await page.evaluate(() => Math.round(window.firstScoreMs));
	await context.close();
	return ms;
}

/* Runs in the page before its own scripts: the time since the navigation began, when the score is drawn. */
function noteFirstScore() {
	new MutationObserver((changes, observer) => {
		if (!document.querySelector('.score')?.textContent)
			return;
		if (!window.scoreboard?.connection.live)
			return;
		window.firstScoreMs = performance.now();
		observer.disconnect();
	}).observe(document, { subtree: true, childList: true, characterData: true });
}

test('a_newcomer_is_exact_after_two_packets', async () => {
	const page = await open('');
	const { snapshots, recents, deltas: all, heartbeats, joins } = await page.evaluate(() => window.scoreboard.metrics);
	const deltas = all - heartbeats;
	assert.deepEqual({ snapshots, recents, deltas, joins }, { snapshots: 1, recents: 1, deltas: 0, joins: 0 });
	await page.context().close();
});

test('everything_through_nginx_at_one_address', async (t) => {
	if (!nginxPath())
		return t.skip('nginx is not installed');
	const nginx = await startNginx(stage);
	const page = await openPage(browser, stage.address('', `ws://127.0.0.1:${nginx.port}/mqtt`, nginx.port));
	await page.waitForFunction(() => window.scoreboard?.connection.transport === 'mqtt');
	assert.deepEqual(page.complaints, []);
	for (const name of ['vendor/mqtt.esm.js', 'board/board.css', 'scoreboard/spectator.json']) {
		const { headers } = await fetch(`http://127.0.0.1:${nginx.port}/${name}`, { headers: { 'accept-encoding': 'gzip' } });
		assert.equal(headers.get('content-encoding'), 'gzip', name);
	}
	await page.context().close();
	await nginx.stop();
});

test('nothing_from_elsewhere_and_no_complaints', async () => {
	for (const name of PAGES) {
		const page = await open(name);
		await sleep(1500);
		const hosts = new Set(page.requests.map((url) => new URL(url).hostname));
		assert.deepEqual([...hosts], ['127.0.0.1']);
		assert.deepEqual(page.complaints, [], name);
		await page.context().close();
	}
});

for (const colorScheme of ['dark', 'light'])
	test(`axe_finds_nothing: ${colorScheme}`, async () => {
		for (const name of PAGES) {
			const page = await open(name, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
			await page.evaluate(axe);
			const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'],
				rules: { 'page-has-heading-one': { enabled: !location.pathname.includes('overlay') }, region: { enabled: false },
					'landmark-one-main': { enabled: !location.pathname.includes('overlay') } } }));
			assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ').slice(0, 300)}`), [], name);
			await page.context().close();
		}
	});

test('live_regions_and_clocks_have_names', async () => {
	for (const name of PAGES) {
		const page = await open(name);
		const nameless = await page.evaluate(() => [...document.querySelectorAll('[aria-live],[role=status],[role=timer],[role=img]')]
			.filter((e) => !e.getAttribute('aria-label')).map((e) => e.outerHTML.slice(0, 120)));
		assert.deepEqual(nameless.filter((html) => !/hidden/.test(html)), [], name);
		await page.context().close();
	}
});

test('the_score_is_spoken_once_it_has_settled', async () => {
	const page = await open('');
	await until(() => page.evaluate(() => document.querySelector('#say-score').textContent), 'spoken');
	const { score, state } = await page.evaluate(() => ({
		score: document.querySelector('#say-score').textContent, state: document.querySelector('#say-state').textContent,
	}));
	assert.equal(score, `Rocky River Roller Derby ${stage.truth.get('Team(1).Score')}, Gate City Rollers ${stage.truth.get('Team(2).Score')}`);
	assert.match(state, /^Jam 3, Period 1, lead jammer Rocky River/);
	await page.context().close();
});

const WIDTHS = [[320, 640], [390, 844], [600, 900], [768, 1024], [899, 700], [1024, 768], [1366, 768], [1920, 1080], [3840, 2160]];
test('no_screen_scrolls_sideways_and_no_score_is_cut', async () => {
	const page = await open('');
	for (const [width, height] of WIDTHS) {
		await page.setViewportSize({ width, height });
		await sleep(80);
		const cut = await page.evaluate(() => {
			const wide = document.documentElement.scrollWidth > innerWidth;
			const outside = [...document.querySelectorAll('.score, .now-time, .period-time, .team-name')].filter((e) => {
				const box = e.getBoundingClientRect();
				const home = e.closest('.team, .clocks').getBoundingClientRect();
				return box.right > home.right + 1 || box.left < home.left - 1 || box.bottom > home.bottom + 1;
			}).map((e) => `${e.className} ${e.textContent}`);
			return { wide, outside };
		});
		assert.deepEqual(cut, { wide: false, outside: [] }, `${width} x ${height}`);
	}
	await page.context().close();
});

/* --- long names, three digits, big jams --- */
const GAME = 'ScoreBoard.CurrentGame.';
const LONG = ['Rocky Mountain Rollergirls', 'Windy City Rollers All Stars'];
const EXTREMES = Object.fromEntries([1, 2].flatMap((n) => [
	[`${GAME}Team(${n}).Name`, LONG[n - 1]], [`${GAME}Team(${n}).AlternateName(overlay)`, null],
	[`${GAME}Team(${n}).Score`, 288], [`${GAME}Team(${n}).JamScore`, 16],
	[`${GAME}Team(${n}).Position(Jammer).Name`, 'Anastasia the Unstoppable Avalanche'], [`${GAME}Team(${n}).Position(Jammer).PenaltyBox`, true],
]));
const saysExtremes = async (page) => {
	stage.say(EXTREMES);
	await until(() => page.evaluate((name) => document.body.textContent.includes(name), LONG[1]), 'the long name');
	await page.evaluate(() => document.fonts.ready);
	await sleep(150);
};

/* Runs in the page: what stands outside of its home, what lies over each other, which team's name is cut. */
function overlayFaults() {
	const box = (element) => element.getBoundingClientRect();
	const range = (element) => { const r = document.createRange(); r.selectNodeContents(element); return r.getBoundingClientRect(); };
	const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
	const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
	return [1, 2].flatMap((n) => {
		const part = (selector) => document.querySelector(`#team-${n} ${selector}`);
		const [name, points, jam] = ['.name', '.points', '.jam-points'].map(part);
		const visible = (element) => box(element).width > 0;
		return [
			inside(range(points), box(part('.score'))) || 'the score spills out',
			!visible(jam) || apart(range(jam), range(name)) || 'the points of the jam lie over the name',
			name.scrollWidth <= name.clientWidth || 'the name is cut',
		].filter((fault) => fault !== true);
	});
}

test('the_overlay_shows_long_names_and_three_digits_whole', async () => {
	for (const style of ['lower', 'bug', 'strip']) {
		const page = await openPage(browser, `${stage.address('overlay.html')}&style=${style}`, { viewport: { width: 1920, height: 1080 } });
		await page.waitForFunction(() => window.scoreboard?.connection.live);
		await saysExtremes(page);
		assert.deepEqual(await page.evaluate(overlayFaults), [], style);
		await page.context().close();
	}
});

const SIDEWAYS = [[568, 320], [667, 375], [740, 360], [844, 390], [932, 430]];
test('a_phone_on_its_side_shows_both_teams_whole', async () => {
	const page = await open('');
	await saysExtremes(page);
	for (const [width, height] of SIDEWAYS) {
		await page.setViewportSize({ width, height });
		await sleep(100);
		const cut = await page.evaluate(() => [...document.querySelectorAll('.team, .team-name, .score, .jammer, .rights, .now-time, .period-time')].filter((e) => {
			const box = e.getBoundingClientRect();
			const home = e.closest('.team, .clocks').getBoundingClientRect();
			return box.bottom > innerHeight || box.right > home.right + 1 || box.left < home.left - 1 || box.bottom > home.bottom + 1;
		}).map((e) => `${e.className} ${e.textContent.trim().slice(0, 40)}`));
		assert.deepEqual(cut, [], `${width} x ${height}`);
	}
	await page.context().close();
});

/* --- whose scoreboard it is --- */

const shows = (page, selector) => page.evaluate((wanted) => {
	const element = document.querySelector(wanted);
	return element && element.checkVisibility() ? element.textContent : null;
}, selector);

test('a_server_that_the_address_names_is_named_on_the_page', async () => {
	const elsewhere = (page) => stage.address(page, `ws://localhost:${stage.broker.wsPort}/mqtt`);
	for (const name of PAGES) {
		const page = await openPage(browser, elsewhere(name));
		await page.waitForFunction(() => window.scoreboard?.connection.live);
		assert.equal(await shows(page, '#source'), `from localhost:${stage.broker.wsPort}`, name);
		await page.goto(`${stage.address(name)}&http=${encodeURIComponent('http://x"><b>.example/')}&http=${encodeURIComponent('http://b.example/<img src=x>')}`);
		await until(async () => await shows(page, '#source') === 'from b.example', `the server without a broker: ${name}`);
		await page.goto(stage.address(name));
		await page.waitForFunction(() => window.scoreboard?.connection.live);
		assert.equal(await shows(page, '#source'), null, name);
		await page.context().close();
	}
});

/* --- what the publisher tells its pages --- */

test('no_address_needs_a_parameter', async (t) => {
	const broker = await startBroker();
	const told = await startSource({ broker, webDir, prefix: 'scoreboard/hall', more: ['--page-server', `ws://*:${broker.wsPort}/mqtt`, '--title', 'Hall'] });
	t.after(async () => {
		await told.stop();
		await broker.stop();
	});
	told.push({ frame: { state: { [`${GAME}Team(1).Score`]: 31 } } });
	for (const name of PAGES) {
		const page = await openPage(browser, `http://localhost:${told.httpPort}/${name}`);
		await until(() => page.evaluate(() => window.scoreboard?.connection.live && window.scoreboard.connection.transport === 'mqtt' && window.scoreboard.get('team/1/score') === 31), 'the score, by MQTT', { ms: 60000 });
		const { transport, endpoint } = await page.evaluate(() => window.scoreboard.connection);
		assert.deepEqual({ transport, endpoint, source: await shows(page, '#source'), complaints: page.complaints },
			{ transport: 'mqtt', endpoint: `ws://localhost:${broker.wsPort}/mqtt`, source: null, complaints: [] }, name);
		const asked = page.requests.filter((url) => url.endsWith('/config.json')).length;
		assert.equal(asked, 1, 'the fetch takes what the head of the page has begun to load');
		await page.context().close();
	}
});

test('a_server_that_tells_nothing_is_no_trouble', async () => {
	const ways = [(route) => route.fulfill({ status: 404 }), (route) => route.fulfill({ body: '<html>' }), () => {}]; // the last one never answers
	for (const [i, way] of ways.entries()) {
		const context = await browser.newContext();
		await context.route('**/config.json', way);
		const page = await context.newPage();
		await page.goto(stage.address());
		await until(() => page.evaluate(() => window.scoreboard?.connection.live), `live in spite of way ${i}`, { ms: 20000 });
		await context.close();
	}
});

/* A phone on a busy network: the page begins with what there is, and is right as soon as the server has answered; the next one in this tab begins with that. */
test('a_server_that_tells_late_is_heard', async (t) => {
	const broker = await startBroker();
	const told = await startSource({ broker, webDir, prefix: 'scoreboard/hall', more: ['--page-server', `ws://*:${broker.wsPort}/mqtt`] });
	t.after(async () => {
		await told.stop();
		await broker.stop();
	});
	told.push({ frame: { state: { [`${GAME}Team(1).Score`]: 31 } } });
	const context = await browser.newContext();
	let fails = true;
	await context.route('**/config.json', (route) => (fails ? route.abort() : route.fallback()));
	const page = await context.newPage();
	const isRight = () => page.evaluate(() => window.scoreboard?.connection.live && window.scoreboard.get('team/1/score') === 31).catch(() => false);
	await page.goto(`http://localhost:${told.httpPort}/`);
	await page.waitForFunction(() => window.scoreboard);
	assert.equal(await isRight(), false);
	fails = false;
	await until(isRight, 'the score', { ms: 30000 });
	fails = true;
	await page.reload();
	await until(isRight, 'the score, by what the server has told before', { ms: 10000 });
	await context.close();
});

test('another_tracks_game_is_never_shown_as_live', async () => {
	for (const name of PAGES) {
		const page = await openPage(browser, `${stage.address(name)}&prefix=track2`);
		await until(async () => /another scoreboard/.test(await shows(page, '#banner')), 'the page says why it has nothing', { ms: 20000 });
		const { banner, live, keys } = await page.evaluate(() => ({ banner: document.querySelector('#banner').textContent,
			live: window.scoreboard.connection.live, keys: window.scoreboard.state.size }));
		assert.deepEqual({ live, keys }, { live: false, keys: 0 }, name);
		assert.equal(banner, 'The broker does not let this page follow “track2”. This server shows another scoreboard: “scoreboard”, not “track2”.');
		await page.context().close();
	}
});

test('connected_without_a_game_says_so', async (t) => {
	const empty = await startStage();
	t.after(() => empty.stop());
	for (const name of PAGES) {
		const page = await openPage(browser, empty.address(name));
		await until(() => page.evaluate(() => window.scoreboard?.connection.live), 'connected', { ms: 20000 });
		await until(async () => /There is no game here yet/.test(await shows(page, '#banner')), 'it says that there is no game');
		if (name === '')
			assert.equal(await shows(page, '#link-text'), 'Connected');
		await page.context().close();
	}
});

test('sides_are_swapped_and_points_without_an_initial_trip_are_grey_as_on_the_scoreboard', async () => {
	const page = await open('');
	stage.say({ 'ScoreBoard.Settings.Setting(ScoreBoard.View_SwapTeams)': 'true', [`${GAME}Team(1).Name`]: 'One', [`${GAME}Team(2).Name`]: 'Two',
		[`${GAME}Team(1).JamScore`]: 4, [`${GAME}Team(1).NoInitial`]: true, [`${GAME}Team(2).JamScore`]: 4, [`${GAME}Team(2).NoInitial`]: false });
	const names = () => page.evaluate(() => ['.team-name', '.side-name'].map((name) => [...document.querySelectorAll(name)].map((e) => e.textContent).join()).join());
	await until(async () => await names() === 'Two,One,Two,One', 'both halves of the page are swapped');
	const grounds = await page.evaluate(() => [...document.querySelectorAll('.jam-points')].map((e) => getComputedStyle(e).backgroundColor));
	assert.equal(grounds[1], 'rgb(75, 75, 75)');
	assert.notEqual(grounds[0], grounds[1]);
	stage.say({ 'ScoreBoard.Settings.Setting(ScoreBoard.View_SwapTeams)': 'false' });
	await until(async () => await names() === 'One,Two,One,Two', 'and back');
	await page.context().close();
});

test('hostile_names_are_shown_not_run', async () => {
	const pages = [await open(''), await open('overlay.html')];
	stage.say({
		'ScoreBoard.CurrentGame.Team(1).Name': HOSTILE,
		'ScoreBoard.CurrentGame.Team(1).AlternateName(overlay)': HOSTILE,
		'ScoreBoard.CurrentGame.Team(1).Position(Jammer).Name': HOSTILE,
		'ScoreBoard.CurrentGame.EventInfo(Tournament)': HOSTILE,
		'ScoreBoard.CurrentGame.Team(1).Color(scoreboard.bg)': 'red;background:url(http://evil.example/)',
		'ScoreBoard.CurrentGame.Team(1).Skater(x"><script>alert(1)</script>).Name': HOSTILE,
	});
	for (const page of pages) {
		await until(() => page.evaluate((text) => document.body.textContent.includes(text), HOSTILE), 'the name is shown as it is');
		const harm = await page.evaluate(() => ({
			pwned: window.pwned, images: document.querySelectorAll('main img, #overlay img').length,
			bold: [...document.querySelectorAll('b')].filter((b) => b.textContent === 'Bold').length,
		}));
		assert.deepEqual(harm, { pwned: undefined, images: 0, bold: 0 });
		assert.deepEqual(page.complaints, []);
		assert.ok(page.requests.every((url) => new URL(url).hostname === '127.0.0.1'));
		const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
		assert.equal(wide, false);
		await page.context().close();
	}
});

test('the_overlay_is_transparent_and_each_style_shows_the_score', async () => {
	for (const style of ['lower', 'bug', 'strip']) {
		const page = await openPage(browser, `${stage.address('overlay.html')}&style=${style}`, { viewport: { width: 1920, height: 1080 } });
		const scores = [1, 2].map((n) => String(stage.truth.get(`Team(${n}).Score`)));
		await page.waitForFunction((wanted) => [...document.querySelectorAll('.points')].map((e) => e.textContent).join() === wanted, scores.join());
		const seen = await page.evaluate(() => ({
			style: document.body.dataset.style, ground: getComputedStyle(document.body).backgroundColor,
			inside: [...document.querySelectorAll('.points, .now-time')].every((e) => {
				const box = e.getBoundingClientRect();
				return box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
			}),
		}));
		assert.deepEqual(seen, { style, ground: 'rgba(0, 0, 0, 0)', inside: true });
		await page.context().close();
	}
});

