/* The start page in a real Chromium: twenty real publishers at a real broker behind the shipped policy, each track in a card, over one socket. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { launch } from '../support/chrome.mjs';
import { startSource } from '../support/source.mjs';
import { PASSWORD, sleep, startBroker, until, webDir } from '../support/tools.mjs';

const TRACKS = 20;
const GAME = 'ScoreBoard.CurrentGame.';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const prefixOf = (n) => `scoreboard/track${n}`;
const titleOf = (n) => `Track ${n}`;

let broker;
let browser;
const publishers = [];

const startTrack = (n, more = []) => startSource({ broker, webDir, prefix: prefixOf(n), more: ['--title', titleOf(n), ...more] });

function gameOf(n) {
	const clock = `${GAME}Clock(Jam).`;
	return { frame: { state: {
		[`${GAME}Team(1).Name`]: `Home of ${n}`, [`${GAME}Team(2).Name`]: `Guests of ${n}`, [`${GAME}Team(1).Score`]: n, [`${GAME}Team(2).Score`]: 100 + n,
		[`${GAME}CurrentPeriodNumber`]: 1, [`${GAME}InJam`]: true, [`${clock}Name`]: 'Jam', [`${clock}Number`]: n, [`${clock}Running`]: true, [`${clock}Direction`]: true, [`${clock}Time`]: 120000,
	} } };
}

before(async () => {
	broker = await startBroker();
	const tracks = Array.from({ length: TRACKS }, (_, i) => `${prefixOf(i + 1)}=${titleOf(i + 1)}`).join(', ');
	const first = startTrack(1, ['--tracks', tracks, '--page-server', `ws://*:${broker.wsPort}/mqtt`]);
	publishers.push(...await Promise.all([first, ...Array.from({ length: TRACKS - 1 }, (_, i) => startTrack(i + 2))]));
	publishers.forEach((publisher, i) => publisher.push(gameOf(i + 1)));
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await Promise.all(publishers.map((publisher) => publisher?.stop()));
	await broker?.stop();
});

const address = (path = '') => `http://127.0.0.1:${publishers[0].httpPort}/${path}`;

async function open(path = '', options = {}) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	page.sockets = [];
	page.complaints = [];
	page.on('websocket', (socket) => page.sockets.push(socket.url()));
	page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	await options.prepare?.(page);
	await page.goto(path.startsWith('http') ? path : address(path));
	return page;
}

/* Each card as it is read: title, state, scores. */
const read = (page) => page.evaluate(() => [...document.querySelectorAll('.track')].map((card) => ({
	prefix: card.dataset.prefix, title: card.querySelector('strong').textContent, level: card.dataset.level, state: card.querySelector('.state').textContent,
	scores: [...card.querySelectorAll('.points')].map((e) => e.textContent).join(':'), clock: card.querySelector('.time .clock').textContent,
})));
const cardOf = async (page, n) => (await read(page)).find(({ prefix }) => prefix === prefixOf(n));
const allLive = (page, count = TRACKS, ms = 20000) => until(async () => {
	const cards = await read(page).catch(() => []); // it may be about to give way
	return cards.length === count && cards.every(({ level }) => level === 'live');
}, `${count} tracks live`, { ms });

test('twenty_tracks_are_live_over_one_socket', async () => {
	const page = await open();
	await allLive(page);
	const cards = await read(page);
	assert.deepEqual(cards.map(({ prefix, title, scores }) => [prefix, title, scores]),
		Array.from({ length: TRACKS }, (_, i) => [prefixOf(i + 1), titleOf(i + 1), `${i + 1}:${101 + i}`]));
	assert.equal(await page.textContent('h1'), 'All tracks', 'not what the track is called whose publisher serves the page');
	publishers[6].push({ frame: { state: { [`${GAME}Team(1).Score`]: 77 } } });
	await until(async () => (await cardOf(page, 7)).scores === '77:107', 'the new score');
	const shown = (await cardOf(page, 3)).clock;
	await until(async () => (await cardOf(page, 3)).clock !== shown, 'the clock counts');
	assert.deepEqual(page.sockets, [`ws://127.0.0.1:${broker.wsPort}/mqtt`], 'that of the board that gave way was never opened');
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

/* What a page is sent of track 9 while its score changes: kinds of messages. */
async function kindsSent(page) {
	const kinds = [];
	const client = await page.context().newCDPSession(page);
	await client.send('Network.enable');
	client.on('Network.webSocketFrameReceived', ({ response }) => kinds.push(...Buffer.from(response.payloadData, 'base64').toString('latin1').match(/feed\/card\/\w+/g) ?? []));
	for (let i = 0; i < 5; i++) {
		publishers[8].push({ frame: { state: { [`${GAME}Team(2).Score`]: 200 + i } } });
		await until(async () => (await cardOf(page, 9)).scores === `9:${200 + i}`, 'the new score');
	}
	assert.ok(kinds.length >= 5);
	return [...new Set(kinds)];
}

test('nothing_of_newcomers_is_sent_to_who_has_joined', async () => {
	const page = await open('tracks.html');
	await allLive(page);
	await sleep(2500);
	assert.deepEqual(await kindsSent(page), ['feed/card/delta']);
	await page.context().close();
});

/* Halls that are listed, and where nobody has started yet. */
test('nor_while_tracks_are_awaited_which_then_come_all_at_once', async (t) => {
	const late = Array.from({ length: 6 }, (_, i) => TRACKS + 1 + i);
	const tell = async (route) => {
		const answer = await route.fetch();
		const told = await answer.json();
		await route.fulfill({ response: answer, json: { ...told, tracks: [...told.tracks, ...late.map((n) => ({ prefix: prefixOf(n), title: titleOf(n) }))] } });
	};
	const page = await open('tracks.html', { prepare: (one) => one.route('**/config.json', tell) });
	await until(async () => (await read(page)).filter(({ level }) => level === 'live').length === TRACKS, 'the others are live', { ms: 20000 });
	await sleep(4500);
	assert.deepEqual(await kindsSent(page), ['feed/card/delta']);
	const publishers = await Promise.all(late.map((n) => startTrack(n)));
	t.after(async () => {
		await Promise.all(publishers.map((publisher) => publisher.stop()));
		const cleaner = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { username: 'publisher', password: PASSWORD, clientId: 'scoreboard-publisher@cleaner' });
		await Promise.all(late.map((n) => cleaner.publishAsync(`${prefixOf(n)}/about`, '', { retain: true, qos: 1 })));
		await cleaner.endAsync();
	});
	publishers.forEach((publisher, i) => publisher.push(gameOf(late[i])));
	await allLive(page, TRACKS + late.length, 30000);
	await page.context().close();
});

test('one_tap_leads_to_the_board_of_the_track', async () => {
	const page = await open('?lang=de');
	await allLive(page);
	await page.click(`[data-prefix="${prefixOf(12)}"] a`);
	await until(() => page.evaluate(() => window.scoreboard?.get?.('team/1/score') === 12).catch(() => false), 'the board', { ms: 20000 });
	const { pathname, search } = new URL(page.url());
	assert.deepEqual([pathname, [...new URLSearchParams(search)]], ['/', [['lang', 'de'], ['prefix', prefixOf(12)]]]);
	assert.match(await page.textContent('#team-1'), /Home of 12/);
	await page.click('#all-tracks a');
	await allLive(page);
	assert.deepEqual([...new URLSearchParams(new URL(page.url()).search)], [['lang', 'de']]);
	await page.context().close();
});

/* Runs in the page before its own scripts: was anything of a board to be seen? */
function noteBoard() {
	const look = () => {
		const main = document.querySelector('.hero, .clocks')?.closest('main');
		if (main && getComputedStyle(main).visibility === 'visible')
			sessionStorage.setItem('saw the board', 'yes');
		requestAnimationFrame(look);
	};
	look();
}

test('no_board_is_seen_before_the_start_page', async () => {
	const page = await open('', { prepare: async (one) => {
		await one.addInitScript(noteBoard);
		await one.route('**/config.json', async (route) => { await sleep(1500); await route.continue(); });
	} });
	await allLive(page);
	assert.equal(await page.evaluate(() => sessionStorage.getItem('saw the board')), null);
	await page.goto(address('?prefix=scoreboard/track2'));
	await until(() => page.evaluate(() => sessionStorage.getItem('saw the board') === 'yes'), 'who asks for a track sees its board', { ms: 20000 });
	await page.context().close();
});

test('a_track_that_comes_appears_and_one_that_goes_goes', async () => {
	const page = await open('tracks.html');
	await allLive(page);
	const extra = await startTrack(21);
	extra.push(gameOf(21));
	await allLive(page, TRACKS + 1);
	assert.equal((await read(page)).at(-1).title, 'Track 21');
	await extra.stop();
	await until(async () => (await cardOf(page, 21)).level === 'bad', 'it is offline, and says so');
	assert.equal((await cardOf(page, 21)).state, 'Scoreboard offline');
	const publisher = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { username: 'publisher', password: PASSWORD, clientId: `scoreboard-publisher@${prefixOf(21)}` });
	await publisher.publishAsync(`${prefixOf(21)}/about`, '', { retain: true, qos: 1 });
	await until(async () => (await read(page)).length === TRACKS, 'it goes');
	await publisher.endAsync();
	await page.context().close();
});

test('it_heals_when_publisher_and_broker_come_back', async () => {
	const page = await open('tracks.html');
	await allLive(page);
	const { httpPort } = publishers[4];
	await publishers[4].kill();
	await until(async () => (await cardOf(page, 5)).level === 'bad', 'it is offline');
	publishers[4] = await startSource({ broker, webDir, prefix: prefixOf(5), httpPort, more: ['--title', titleOf(5)] });
	publishers[4].push({ frame: { state: { ...gameOf(5).frame.state, [`${GAME}Team(1).Score`]: 55 } } });
	await until(async () => (await cardOf(page, 5)).scores === '55:105', 'the score of its next publisher', { ms: 30000 });
	await allLive(page);
	await broker.stop();
	await until(async () => (await read(page)).every(({ level }) => level === 'off'), 'nothing is called live', { ms: 20000 });
	assert.equal((await cardOf(page, 5)).state, 'Last known');
	await until(async () => /Connection lost/.test(await page.textContent('#banner')), 'the banner says why');
	await broker.start();
	await allLive(page, TRACKS, 60000);
	assert.equal((await cardOf(page, 5)).scores, '55:105');
	await page.context().close();
});

test('without_websockets_what_can_be_asked_for_is_polled', async () => {
	const page = await open('tracks.html?server=ws://127.0.0.1:1/mqtt');
	await until(async () => (await cardOf(page, 1))?.level === 'live', 'the track of the server that the page came from', { ms: 40000 });
	await until(async () => await page.textContent('#link-text') === 'Live (polling)', 'it says how');
	const others = (await read(page)).filter(({ prefix }) => prefix !== prefixOf(1));
	assert.deepEqual([others.length, [...new Set(others.map(({ level }) => level))]], [TRACKS - 1, ['off']]);
	await page.context().close();
});

test('a_broker_that_is_asked_by_too_many_at_once_is_asked_again', async (t) => {
	const small = { replays_per_s: 12, replays_burst: 12 };
	const busy = await startBroker({ change: (policy) => ({ ...policy, limits: { ...policy.limits, ...small } }) });
	const tracks = await Promise.all(Array.from({ length: TRACKS }, (_, i) => startSource({ broker: busy, webDir, prefix: prefixOf(i + 1), more: ['--title', titleOf(i + 1)] })));
	t.after(async () => {
		await Promise.all(tracks.map((publisher) => publisher.stop()));
		await busy.stop();
	});
	tracks.forEach((publisher, i) => publisher.push(gameOf(i + 1)));
	const page = await open(`http://127.0.0.1:${tracks[0].httpPort}/tracks.html?server=${encodeURIComponent(busy.url)}`);
	await allLive(page, TRACKS, 60000);
	assert.match(await page.textContent('#link-text'), /^Live$/);
	await page.context().close();
});

const LONG = 'Anastasias unaufhaltsame Rollschuhdampfschifffahrtsgesellschaft '.repeat(4);
const HOSTILE = '<img src=x onerror="window.pwned=1"><b>Bold</b>';
test('nothing_spills_and_nothing_runs_at_any_width', async () => {
	publishers[1].push({ frame: { state: { [`${GAME}Team(1).Name`]: LONG, [`${GAME}Team(2).Name`]: HOSTILE, [`${GAME}Team(1).Score`]: 288, [`${GAME}EventInfo(Tournament)`]: 'x'.repeat(300) } } });
	const page = await open('tracks.html', { bypassCSP: true });
	await allLive(page);
	await until(async () => (await cardOf(page, 2)).scores === '288:102', 'the long one');
	for (const [width, size] of [[320, 16], [320, 32], [390, 16], [768, 16], [1366, 16], [1920, 32]]) {
		await page.setViewportSize({ width, height: 800 });
		await page.addStyleTag({ content: `html { font-size: ${size}px; }` });
		await sleep(50);
		const faults = await page.evaluate(() => {
			const out = [...document.querySelectorAll('.track a > *, .track .name, .track .points')].filter((e) => {
				const box = e.getBoundingClientRect();
				const home = e.closest('a').getBoundingClientRect();
				return box.width > 0 && (box.right > home.right + 1 || box.left < home.left - 1 || box.bottom > home.bottom + 1);
			});
			return { wide: document.documentElement.scrollWidth > innerWidth, out: out.map((e) => e.textContent.slice(0, 40)) };
		});
		assert.deepEqual(faults, { wide: false, out: [] }, `${width} px, letters of ${size}`);
	}
	assert.deepEqual(await page.evaluate(() => [window.pwned, document.querySelectorAll('main img').length]), [undefined, 0]);
	assert.ok((await page.textContent(`[data-prefix="${prefixOf(2)}"]`)).includes('<img src=x'));
	await page.context().close();
});

for (const colorScheme of ['dark', 'light'])
	test(`axe_finds_nothing_on_the_start_page: ${colorScheme}`, async () => {
		const page = await open('tracks.html', { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await allLive(page);
		await page.evaluate(() => document.querySelectorAll('.track:nth-child(n + 4)').forEach((card) => card.remove())); // they are all alike
		await page.evaluate(axe);
		const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }));
		assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ').slice(0, 300)}`), []);
		await page.context().close();
	});
