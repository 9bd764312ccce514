/* vendor - makes what the pages need of others' packages, from node_modules to vendor/, so that it is served locally and works in a
 * rink without internet. A missing font is no error: the pages then use the system's.
 *
 * MQTT.js and fflate are bundled from their sources with what a page uses of them. Of MQTT.js that leaves out what is not for browsers (TCP, TLS, proxies,
 * Node's WebSockets, other apps' sockets), its log, and timers in a worker, which the pages' policy does not allow; all else is as it is. */
import { copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const here = (name) => join(web, 'scripts', name);
const font = (name) => [`@fontsource/barlow-condensed/files/barlow-condensed-${name}-normal.woff2`, `${name}.woff2`];
const FILES = [
	['qrcode-generator/dist/qrcode.mjs', 'qrcode.js'], // its licence stands in it; not every server knows what .mjs is
	font('latin-500'), font('latin-600'), font('latin-700'),
	font('latin-ext-500'), font('latin-ext-600'), font('latin-ext-700'),
	['@fontsource/barlow-condensed/LICENSE', 'barlow-condensed.LICENSE'],
];

const NOT_FOR_BROWSERS = /^(?:ws|socks|net|tls|worker-timers|\.\/(?:tcp|tls|wx|ali|socks))$/;
const withoutNode = {
	name: 'without-node',
	setup({ onResolve, onLoad }) {
		onResolve({ filter: NOT_FOR_BROWSERS }, ({ path }) => ({ path, namespace: 'nothing' }));
		onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'silent' }));
		onResolve({ filter: /^url$/ }, () => ({ path: here('mqtt/url.js') }));
		onLoad({ filter: /\/mqtt\/package\.json$/ }, async ({ path }) => ({ contents: JSON.stringify({ version: JSON.parse(await readFile(path)).version }), loader: 'json' }));
		onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
		onLoad({ filter: /./, namespace: 'silent' }, () => ({ contents: 'module.exports = () => () => {};' }));
	},
};
const BUNDLES = [
	{ needs: 'mqtt', out: 'mqtt.esm.js', terms: 'mqtt.LICENSE.md', entryPoints: [here('mqtt/entry.js')], inject: [here('mqtt/globals.js')], define: { global: 'globalThis' }, plugins: [withoutNode] },
	{ needs: 'fflate', out: 'fflate.js', terms: 'fflate.LICENSE', stdin: { contents: "export { Inflate } from 'fflate';", resolveDir: web } },
];

const isThere = (name) => stat(join(web, 'node_modules', name)).then(() => true, () => false);

/* The terms of all packages that a bundle has something of: each asks that they go with it. */
async function termsOf({ inputs }) {
	const packages = new Set(Object.keys(inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
	const texts = await Promise.all([...packages].sort().map(async (name) => {
		const folder = join(web, 'node_modules', name);
		const { version, license } = JSON.parse(await readFile(join(folder, 'package.json')));
		const file = (await readdir(folder)).find((one) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(one));
		const text = file ? (await readFile(join(folder, file), 'utf8')).trim() : '';
		return `${name} ${version}: ${license}\n\n${text}\n`;
	}));
	return texts.join('\n----\n\n');
}

const leftOut = (name) => console.warn(`vendor: ${name} is not installed, left out`);

await mkdir(join(web, 'vendor'), { recursive: true });
for (const [from, to] of FILES) {
	if (await isThere(from))
		await copyFile(join(web, 'node_modules', from), join(web, 'vendor', to));
	else
		leftOut(from);
}
const { build } = await import('esbuild').catch(() => ({ build: null }));
if (!build)
	leftOut('esbuild, and so MQTT.js and fflate');
for (const { needs, out, terms, ...options } of build ? BUNDLES : []) {
	if (!await isThere(needs)) {
		leftOut(needs);
		continue;
	}
	const { metafile } = await build({ bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'none', metafile: true, absWorkingDir: web,
		outfile: join(web, 'vendor', out), ...options });
	await writeFile(join(web, 'vendor', terms), await termsOf(metafile));
}
