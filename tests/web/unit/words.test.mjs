/* What the pages say, in each language: the same keys, and nothing of the pages' own that is not in them. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseLanguage, createWords } from '../../../web/board/words.js';
import en from '../../../web/board/lang/en.js';
import { readGame } from '../../../web/client/derby.js';
import { webDir } from '../support/tools.mjs';

const files = readdirSync(join(webDir, 'board/lang'));
const texts = new Map(await Promise.all(files.map(async (name) => [name.replace(/\.js$/, ''), (await import(join(webDir, 'board/lang', name))).default])));
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('every_language_has_the_same_keys_with_the_same_holes', () => {
	assert.deepEqual([...texts.keys()].sort(), ['de', 'en', 'es', 'fr']);
	for (const [lang, own] of texts) {
		assert.deepEqual(Object.keys(own), Object.keys(en), lang);
		for (const [key, text] of Object.entries(own)) {
			assert.deepEqual(holes(text), holes(en[key]), `${lang} ${key}`);
			assert.equal(text === '', en[key] === '', `${lang} ${key}`);
		}
	}
});

const modules = ['board', 'start'].flatMap((folder) => readdirSync(join(webDir, folder)).filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(webDir, folder, name), 'utf8'))).join('\n');
const pages = ['index.html', 'overlay.html', 'tracks.html', 'venue.html'].map((name) => [name, readFileSync(join(webDir, name), 'utf8')]);
test('every_key_is_used', () => {
	const computed = [...modules.matchAll(/`([a-z]+\.)\$\{[^}]*\}(-since)?`/g)].map(([, before, behind = '']) => [before, behind]);
	const used = (key) => modules.includes(`'${key}'`) || pages.some(([, html]) => html.includes(`"${key}"`)) || computed.some(([before, behind]) => key.startsWith(before) && key.endsWith(behind));
	assert.ok(computed.length > 5);
	assert.deepEqual(Object.keys(en).filter((key) => !used(key)), []);
});

/* Each start tag and the text behind it. */
const pieces = (html) => [...html.replace(/<!--[^]*?-->|<noscript>[^]*?<\/noscript>/g, '').matchAll(/<([a-z0-9]+)((?:\s[^<>]*)?)>([^<]*)/g)]
	.map(([, tag, attributes, text]) => ({ tag, text: text.trim(), of: (name) => new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1] }));
for (const [name, html] of pages)
	test(`what_a_page_says_before_its_script_runs_is_in_the_files: ${name}`, () => {
		const said = pieces(html);
		assert.ok(said.filter(({ of }) => of('data-say') ?? of('data-say-label')).length > 3);
		for (const { tag, text, of } of said) {
			if (of('data-say') || text)
				assert.equal(text, en[of('data-say')], `<${tag}> ${text}`);
			if (of('data-say-label') || of('aria-label'))
				assert.equal(of('aria-label'), en[of('data-say-label')], `<${tag}> ${of('aria-label')}`);
			if (of('name') === 'description')
				assert.equal(of('content'), en[of('data-say-content')]);
		}
	});

test('the_address_s_language_wins_then_the_browser_s_then_english', () => {
	const cases = [['', ['de-AT', 'en'], 'de'], ['fr', ['de'], 'fr'], ['FR-ca', [], 'fr'], ['xx', ['nl', 'es-419'], 'es'], ['', [], 'en'], ['', ['ja'], 'en'],
		['constructor', ['__proto__'], 'en'], ['', undefined, 'en']];
	for (const [asked, preferred, lang] of cases)
		assert.equal(chooseLanguage(asked, preferred), lang, `${asked} ${preferred}`);
});

test('a_name_is_filled_in_as_it_is', () => {
	assert.equal(createWords('en').say('spoken.lead', { name: '$& {n} {name}' }), 'lead jammer $& {n} {name}');
});

const clock = { time: 5, running: true, direction: 'down', at: 0 };
test('what_a_league_calls_a_break_is_not_translated', () => {
	const half = (words) => createWords('de').phase(readGame(new Map(Object.entries({ 'clock/intermission': clock, 'clock/intermission/number': 1, 'setting/ScoreBoard.Intermission.Intermission': words }))));
	assert.deepEqual([half('Intermission'), half('Kuchenpause')], ['Halbzeitpause', 'Kuchenpause']);
});

test('clocks_are_spoken_in_each_language', () => {
	const spoken = (lang, ms = 92000) => createWords(lang).clock(ms, 'down');
	assert.deepEqual([spoken('en'), spoken('de'), spoken('fr'), spoken('es')].map((text) => text.replace(/\s/g, ' ')),
		['1 minute 32 seconds', '1 Minute 32 Sekunden', '1 minute 32 secondes', '1 minuto 32 segundos']);
	assert.deepEqual([spoken('en', 0), spoken('en', 120000), spoken('en', 1000)], ['0 seconds', '2 minutes', '1 second']);
});
