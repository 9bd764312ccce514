/* The pages' <link rel="modulepreload"> lines are what web/scripts/preload.mjs writes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { WEB, pages, preloadPage, readWeb } from '../../../web/scripts/preload.mjs';

const listed = (html) => [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, name]) => name);

test('there_are_pages', () => assert.deepEqual(pages().sort(), ['index.html', 'ops.html', 'overlay-control.html', 'overlay.html', 'uplink.html']));

for (const page of pages())
	test(`the_modules_of_a_page_are_preloaded: ${page}`, () => {
		assert.equal(readWeb(page), preloadPage(readWeb(page), readWeb), 'run `npm --prefix web run preload`');
		for (const name of listed(readWeb(page)))
			assert.ok(name.startsWith('vendor/') || existsSync(join(WEB, name)), name);
	});

const MODULES = {
	'early.js': "import config from './config.js';\nconst later = import('./vendor/big.js');\n",
	'config.js': 'export default {};\n',
	'main.js': "import {\n\ta,\n\tb,\n} from './lib/a.js';\nimport './config.js';\nexport { c } from './lib/c.js';\n" +
		"import bare from 'bare';\n// import none from './none.js'\n",
	'lib/a.js': "import { c } from './c.js';\nimport d from '../d.js';\n",
	'lib/c.js': "import { a } from './a.js';\nexport const c = 1;\nexport const lazy = () => import('./lazy.js');\n",
	'd.js': "const e = () => import('bare');\n",
};
const SCRIPTS = ['<script type="module" async src="early.js"></script>\n<link rel="icon" href="x">\n',
	'<script type="module" src="main.js"></script>\n'];

test('a_script_s_imports_stand_above_it_once', () => {
	const html = preloadPage(`<head>\n${SCRIPTS.join('')}</head>\n`, (name) => MODULES[name]);
	assert.deepEqual(listed(html), ['early.js', 'config.js', 'vendor/big.js', 'main.js', 'lib/a.js', 'lib/c.js', 'd.js']);
	assert.ok(html.indexOf('href="config.js"') < html.indexOf(SCRIPTS[0]));
	assert.ok(html.indexOf(SCRIPTS[0]) < html.indexOf('href="vendor/big.js"'));
	assert.ok(html.endsWith(`<link rel="modulepreload" href="d.js">\n${SCRIPTS[1]}</head>\n`));
	assert.equal(preloadPage(html, (name) => MODULES[name]), html, 'twice is as good as once');
});

test('a_module_that_is_gone_loses_its_line', () => {
	const html = preloadPage(`<link rel="modulepreload" href="gone.js">\n${SCRIPTS[1]}`, (name) => MODULES[name]);
	assert.deepEqual(listed(html), ['main.js', 'lib/a.js', 'config.js', 'lib/c.js', 'd.js']);
});

test('what_nothing_would_preload_is_an_error', () => {
	assert.throws(() => preloadPage(SCRIPTS[0], (name) => MODULES[name]), /vendor\/big\.js/);
});
