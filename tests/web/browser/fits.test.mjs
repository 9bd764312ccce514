/* The board with whatever a league types in, on every screen: nothing is cut, nothing lies over something else, and a page without a game says so. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../support/chrome.mjs';
import { logo } from '../support/pictures.mjs';
import { startStates } from '../support/states.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SPONSORS = [{ name: 'Rocky River Brewing', image: 'sponsors/river.png' }, { name: 'Gone', image: 'sponsors/gone.png' }, { name: 'Donaudampfschifffahrtsgesellschaftsdirektion' }, { name: 7 }, null];

let states;
let browser;
before(async () => {
	states = await startStates({
		change: (path, text) => (path === '/config.js' ? text.replace('sponsors: [],', `sponsors: ${JSON.stringify(SPONSORS)},`) : text),
		files: [{ path: '/sponsors/river.png', type: 'image/png', bytes: logo([20, 60, 200]) }],
	});
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await states?.stop();
});
const open = async (query, options) => {
	const page = await openPage(browser, states.address(query), options);
	await page.waitForFunction(() => window.scoreboard?.connection.live, undefined, { timeout: 30000 });
	return page;
};

/* --- states of a game with long names, three digits and no colours --- */

const NAMES = ['The Unbelievably Long Named Rollergirls B', 'Donaudampfschifffahrtsgesellschaftsderby'];
const clock = (time, direction = 'down') => ({ time, running: true, direction, at: Date.now() });
const team = (n) => Object.fromEntries(Object.entries({
	name: NAMES[n - 1], score: 288, 'jam-score': 16, 'star-pass': n === 1, lead: n === 2, timeouts: 3, 'official-reviews': 1, 'retained-official-review': true, 'total-penalties': 45,
	'position/jammer/name': 'Anastasia the Unstoppable Avalanche', 'position/jammer/roster-number': '1234', 'position/jammer/penalty-box': true,
	'position/pivot/name': 'Llanfairpwllgwyngyllgogerychwyrndrobwlll', 'position/pivot/roster-number': '9999', 'position/pivot/penalty-box': true,
	'position/blocker1/name': 'Bo', 'position/blocker1/roster-number': '0',
	...Object.fromEntries(Array.from({ length: 15 }, (_, i) => [
		[`skater/s${i}/name`, i === 0 ? 'Llanfairpwllgwyngyllgogerychwyrndrobwlll' : `Skater ${i}`], [`skater/s${i}/roster-number`, String(1000 + i)], [`skater/s${i}/flags`, i === 1 ? 'C' : ''],
		...Array.from({ length: i % 8 }, (__, k) => [`skater/s${i}/penalty/${k + 1}/code`, 'X']),
	]).flat()),
}).map(([key, value]) => [`team/${n}/${key}`, value]));
const game = (more) => new Map(Object.entries({ 'event-info/Tournament': 'The International Autumn Smash of the Northern Leagues', 'event-info/GameNo': '12', 'event-info/Venue': 'Old Tram Depot',
	'event-info/City': 'Llanfairpwllgwyngyllgogerychwyrndrobwlll', 'current-period-number': 2, 'clock/period': clock(1799000), 'clock/jam/number': 48, 'rule/Jam.Duration': '2:00', ...team(1), ...team(2), ...more }));
const STATES = {
	'pre-game': () => game({ 'current-period-number': 0, 'clock/intermission': clock(35999000), 'clock/intermission/number': 0 }),
	'jam': () => game({ 'in-jam': true, 'clock/jam': clock(119000) }),
	'review': () => game({ 'clock/timeout': clock(754000, 'up'), 'timeout-owner': 'x_2', 'official-review': true, 'team/2/in-official-review': true, 'team/1/in-timeout': true }),
	'half time': () => game({ 'clock/intermission': clock(899000), 'clock/intermission/number': 1, 'setting/ScoreBoard.Intermission.Intermission': 'Halftime with the Raffle of the Orphanage' }),
	'logos': () => game({ 'in-jam': true, 'clock/jam': clock(119000), 'team/1/logo': '/a.png', 'team/1/initials': 'DDSGW' }),
	'overtime': () => game({ 'in-overtime': true, 'clock/lineup': clock(61000, 'up'), 'no-more-jam': true }),
	'final': () => game({ 'official-score': true }),
	'no names at all': () => new Map(Object.entries({ state: 'Prepared' })),
	'no game': () => new Map(),
};

/* Runs in the page: texts that stand outside of their home or of the screen, are cut, or lie over another text. */
function faults() {
	const texts = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const element = walker.currentNode.parentElement;
		if (walker.currentNode.textContent.trim() && !element.closest('.unseen, noscript') && element.checkVisibility()) {
			const range = document.createRange();
			range.selectNodeContents(walker.currentNode);
			texts.push({ element, text: walker.currentNode.textContent.slice(0, 24), boxes: [...range.getClientRects()].filter((box) => box.width > 0) });
		}
	}
	const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1;
	const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
	/* A line's box is higher than its letters: that much may lie over the next line. */
	const letters = ({ left, right, top, bottom }) => ({ left, right, top: top + (bottom - top) * 0.25, bottom: bottom - (bottom - top) * 0.25 });
	const found = [];
	if (document.documentElement.scrollWidth > innerWidth)
		found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
	for (const [i, { element, text, boxes }] of texts.entries()) {
		const home = (element.closest('.team, .clocks, .card, .side-name') ?? document.body).getBoundingClientRect();
		for (const box of boxes) {
			if (!inside(box, home) || box.left < -1 || box.right > innerWidth + 1)
				found.push(`"${text}" stands outside`);
			if (letters(box).bottom > home.bottom + 1 || letters(box).top < home.top - 1)
				found.push(`"${text}" is cut above or below`);
			for (const other of texts.slice(i + 1))
				if (other.boxes.some((its) => !apart(letters(box), letters(its))))
					found.push(`"${text}" lies over "${other.text}"`);
		}
		if (getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1)
			found.push(`"${text}" is cut`);
	}
	return [...new Set(found)];
}

/* All of the score and the clocks stands in a frame as low as this. */
const FRAMES = [[320, 400], [640, 420], [960, 480]];
test('compact_is_the_score_and_the_clocks_and_how_true_they_are', async () => {
	const page = await open('?layout=compact&lang=en', { reducedMotion: 'reduce' });
	for (const [name, state] of Object.entries(STATES)) {
		states.tell(state());
		for (const [width, height] of FRAMES) {
			await page.setViewportSize({ width, height });
			assert.deepEqual(await states.drawn(page, faults), [], `${name}, ${width} px`);
			const { people, penalties, link } = await states.drawn(page, shown);
			assert.deepEqual([people, penalties, link], ['', '', name === 'no game' ? 'Connected' : 'Live (HTTP)'], name);
		}
	}
	states.tell(new Map([...STATES.jam(), ...[1, 2].flatMap((n) => [[`team/${n}/name`, 'Gate City Rollers'], [`team/${n}/position/jammer/name`, 'Ann'], [`team/${n}/position/pivot/name`, 'Bea']])]));
	for (const [width, height] of FRAMES) {
		await page.setViewportSize({ width, height });
		const high = await states.drawn(page, () => document.documentElement.scrollHeight);
		assert.ok(high <= height, `${high} px high, ${width} px wide`);
	}
	await page.context().close();
});

const SCREENS = [[320, 640], [390, 844], [768, 1024], [1280, 720], [1920, 1080]];
for (const [lang, percent] of [['en', 100], ['de', 200], ['fr', 100], ['es', 200]])
	test(`nothing_is_cut_and_nothing_overlaps: ${lang}, text of ${percent} %`, async () => {
		const page = await open(`?lang=${lang}`, { reducedMotion: 'reduce' });
		const found = [];
		for (const [name, state] of Object.entries(STATES)) {
			states.tell(state());
			for (const [width, height] of SCREENS) {
				await page.setViewportSize({ width, height });
				await page.evaluate(async (size) => { document.documentElement.style.fontSize = `${size}%`; await document.fonts.ready; }, percent);
				found.push(...(await states.drawn(page, faults)).map((fault) => `${name}, ${width} px: ${fault}`));
			}
		}
		assert.deepEqual(found, []);
		assert.deepEqual(page.complaints.filter((text) => !/ERR_CONNECTION_REFUSED|404/.test(text)), []);
		await page.context().close();
	});

const CLOCKS = {
	...STATES,
	'official timeout': () => game({ 'clock/timeout': clock(3599000, 'up'), 'timeout-owner': 'O' }),
	'team timeout': () => game({ 'clock/timeout': clock(59000, 'up'), 'timeout-owner': 'x_1', 'team/1/in-timeout': true }),
	'unofficial': () => game({ 'clock/intermission': clock(59000), 'clock/intermission/number': 2 }),
	'line-up': () => game({ 'clock/lineup': clock(61000, 'up') }),
	'half time': () => game({ 'clock/intermission': clock(899000), 'clock/intermission/number': 1 }),
};
test('the_overlay_says_what_counts_in_each_language_without_cutting_it', async () => {
	const found = [];
	for (const style of ['lower', 'bug', 'strip'])
		for (const lang of ['de', 'fr', 'es']) {
			const page = await open(`overlay.html?style=${style}&lang=${lang}`, { reducedMotion: 'reduce', viewport: { width: 1920, height: 1080 } });
			await page.evaluate(() => document.fonts.ready);
			for (const [name, state] of Object.entries(CLOCKS)) {
				states.tell(state());
				found.push(...(await states.drawn(page, faults)).filter((fault) => !/notice/.test(fault)).map((fault) => `${style}, ${lang}, ${name}: ${fault}`));
			}
			await page.context().close();
		}
	assert.deepEqual(found, []);
});

test('sponsors_have_their_room_before_their_pictures_and_one_without_is_a_name', async () => {
	const page = await open('?lang=en');
	states.tell(STATES.jam());
	let answer;
	await page.route('**/sponsors/river.png', (route) => new Promise((done) => { answer = () => done(route.continue()); }));
	await page.setViewportSize({ width: 320, height: 640 });
	await page.reload();
	await page.waitForFunction(() => window.scoreboard?.connection.live && document.querySelector('.sponsors').textContent.includes('Gone'), undefined, { timeout: 30000 });
	const measure = () => states.drawn(page, () => [...document.querySelectorAll('.sponsors li')].map((li) => [li.offsetTop, li.offsetHeight, li.querySelector('img')?.alt ?? li.textContent]));
	const [before, high] = [await measure(), await states.drawn(page, () => document.documentElement.scrollHeight)];
	assert.deepEqual(before.map(([, , name]) => name), ['Rocky River Brewing', 'Gone', 'Donaudampfschifffahrtsgesellschaftsdirektion']);
	await page.evaluate(() => document.querySelector('.sponsors').scrollIntoView());
	answer();
	await page.waitForFunction(() => document.querySelector('.sponsors img').naturalWidth > 0, undefined, { timeout: 30000 });
	assert.deepEqual(await measure(), before);
	assert.equal(await states.drawn(page, () => document.documentElement.scrollHeight), high);
	assert.equal(await states.drawn(page, () => document.getAnimations().filter((a) => a.effect.target.closest('.sponsors')).length), 0);
	await page.context().close();
});

/* Runs in the page. */
function shown() {
	const text = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).map((element) => element.textContent.trim()).join(' | ');
	return { link: text('#link-text'), empty: text('#empty-title'), label: text('#now-label'), people: text('[data-part=people-are]'), penalties: text('[data-part=penalty-card] h3'),
		rows: document.querySelectorAll('#side-1 .lineup li').length, scores: text('.score'), notice: document.querySelector('#notice').offsetHeight };
}
const NONE = { label: '', people: '', penalties: '', scores: '', rows: 0 };
const TOLD = {
	'no game': { ...NONE, link: 'Connected', empty: 'No game yet' },
	'no names at all': { link: 'Live (HTTP)', empty: '', label: 'Coming Up', people: 'Line-up | Line-up', penalties: '', rows: 0, scores: '0 | 0' },
	'pre-game': { link: 'Live (HTTP)', empty: '', label: 'Time To Derby', people: 'Line-up | Line-up', penalties: '', rows: 15, scores: '288 | 288' },
	'jam': { link: 'Live (HTTP)', empty: '', label: 'Jam 48', people: 'On the track | On the track', penalties: 'Penalties 45 | Penalties 45', rows: 5, scores: '288 | 288' },
	'half time': { link: 'Live (HTTP)', empty: '', label: 'Halftime with the Raffle of the Orphanage', people: 'Next jam | Next jam', penalties: 'Penalties 45 | Penalties 45', rows: 5, scores: '288 | 288' },
	'final': { link: 'Live (HTTP)', empty: '', label: 'Final Score', people: '', penalties: 'Penalties 45 | Penalties 45', rows: 0, scores: '288 | 288' },
};
test('each_state_says_what_it_is', async () => {
	const page = await open('?lang=en');
	for (const [name, told] of Object.entries(TOLD)) {
		states.tell(STATES[name]());
		assert.deepEqual(await states.drawn(page, shown), { notice: 0, ...told }, name);
	}
	await page.context().close();
});

test('axe_finds_nothing_in_any_state', async () => {
	const page = await open('?lang=de', { reducedMotion: 'reduce', bypassCSP: true });
	await page.evaluate(axe);
	for (const [name, state] of Object.entries(STATES)) {
		states.tell(state());
		const violations = await states.drawn(page, async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'], rules: { region: { enabled: false } } }))
			.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ').slice(0, 300)}`));
		assert.deepEqual(violations, [], name);
	}
	await page.context().close();
});
