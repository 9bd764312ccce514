/* Languages on the pages: everything that they say themselves comes from the files of web/board/lang, in the viewer's language. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../support/chrome.mjs';
import { createTruth, readRecording } from '../support/recording.mjs';
import { startStates } from '../support/states.mjs';
import { boxRecordingPath, recordingPath, until } from '../support/tools.mjs';
import { viewOf } from '../support/view.mjs';

/* Marks each text of a language. */
const mark = (path, text) => (path.includes('/lang/') ? text.replace(/': '(.+)',$/gm, "': '⟦$1⟧',") : text);

let states;
let browser;
before(async () => {
	states = await startStates({ change: mark });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await states?.stop();
});

/* A state of the game at each of the recorded moments, of each phase that they have. */
const MOMENTS = [[recordingPath(), [4000, 12000, 16000, 50000, 70000, 88000, 142000, 160000, 205000, 240000, 262000, 418000, 430000]], [boxRecordingPath(), [10000, 30000]]];
function* recorded() {
	for (const [path, moments] of MOMENTS) {
		const truth = createTruth();
		const frames = readRecording(path);
		for (const moment of moments) {
			while (frames.length > 0 && frames[0].t <= moment)
				truth.apply(frames.shift());
			yield viewOf(truth.all, { told: () => moment, now: moment, wall: Date.now() });
		}
	}
}
const GAME = { state: 'Running', 'current-period-number': 2, 'in-overtime': true, 'in-jam': true, 'team/1/skater/a/name': 'Ann', 'team/1/skater/a/penalty/0/code': 'FO', 'team/1/skater/a/roster-number': '7' };
const INVENTED = [new Map(), new Map(Object.entries({ state: 'Prepared' })), new Map(Object.entries(GAME))];

/* Runs in the page: its texts and names, shown or not. */
function spoken() {
	const texts = [document.title];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode())
		if (!walker.currentNode.parentElement.closest('noscript'))
			texts.push(walker.currentNode.textContent);
	for (const element of document.querySelectorAll('[aria-label],[title],[alt],[placeholder]'))
		texts.push(...['aria-label', 'title', 'alt', 'placeholder'].map((name) => element.getAttribute(name) ?? ''));
	return texts;
}

/* One text may hold another one. */
function unmarked(text) {
	const rest = text.replace(/⟦[^⟦⟧]*⟧/g, '');
	return rest === text ? text : unmarked(rest);
}

/* What is neither marked nor of the state, nor written by the browser from a language's name. */
function foreign(texts, state) {
	const own = [...state.values()].filter((value) => typeof value === 'string' && value !== '').sort((a, b) => b.length - a.length);
	const withoutTimes = (text) => text.replace(/\d+\s(minute|second)s?/g, '');
	return texts.map((text) => unmarked(own.reduce((rest, value) => rest.replaceAll(value, ''), withoutTimes(text)))).filter((rest) => /\p{L}/u.test(rest));
}

test('the_pages_say_nothing_that_is_not_in_the_files', async () => {
	for (const name of ['', 'overlay.html']) {
		const page = await openPage(browser, states.address(name));
		await page.waitForFunction(() => window.scoreboard?.connection.live, undefined, { timeout: 60000 });
		let marked = 0;
		for (const state of [...INVENTED, ...recorded()]) {
			states.tell(state);
			const texts = await states.drawn(page, spoken);
			assert.deepEqual(foreign(texts, state), [], name);
			marked += texts.filter((text) => text.includes('⟦')).length;
		}
		assert.ok(marked > 100, `${marked} texts were marked`);
		await page.context().close();
	}
});

test('what_is_doubted_is_said_in_the_language_too', async () => {
	states.tell(new Map());
	const page = await openPage(browser, states.address());
	await until(() => page.evaluate(() => !document.querySelector('#banner').hidden), 'a banner while there is no connection', { ms: 20000 });
	assert.deepEqual(foreign(await page.evaluate(spoken), new Map()), []);
	await page.context().close();
});

const LANGUAGES = [['de-DE', '', 'de', 'Endstand', 'Penaltys'], ['fr-CA', '', 'fr', 'Score final', 'Pénalités'], ['es-MX', '', 'es', 'Resultado final', 'Penalizaciones'],
	['nl-NL', '', 'en', 'Final Score', 'Penalties'], ['de-DE', '?lang=es', 'es', 'Resultado final', 'Penalizaciones']];
test('the_page_is_in_the_browser_s_language_or_the_address_s', async () => {
	states.tell(new Map(Object.entries({ 'official-score': true, 'current-period-number': 2 })));
	for (const [locale, query, lang, label, heading] of LANGUAGES) {
		const page = await openPage(browser, states.address(query), { locale });
		await page.waitForFunction(() => window.scoreboard?.connection.live, undefined, { timeout: 60000 });
		const seen = await states.drawn(page, () => ({ lang: document.documentElement.lang, label: document.querySelector('#now-label').textContent, text: document.body.textContent }));
		assert.deepEqual([seen.lang, seen.label], [lang, `⟦${label}⟧`]);
		assert.ok(seen.text.includes(heading), heading);
		await page.context().close();
	}
});
