/* build - the pages as crowds get them: `node scripts/build.mjs FOLDER`. The modules of each page are bundled and minified, what several pages or scripts share
 * is in chunks/, and beside each text stands the same compressed (NAME.gz), which the publisher sends to those who take it.
 *
 * Which pages and scripts there are the *.html of web/ say; a style sheet is each *.css of a folder of web/, since a script may ask for one. What a league edits (config.js), a worker, and what vendor.mjs has made stay files of their own, under
 * their own names; all that is neither script nor style sheet is copied. The links rel="modulepreload" are written here: without them a browser
 * would learn what a module imports only when it has the module. */
import { cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const WEB = join(dirname(fileURLToPath(import.meta.url)), '..');
const SCRIPT = /<script type="module"[^>]* src="([^"]+)"/g;
const STYLE = /^[^/]+\/[^/]+\.css$/;
const PRELOAD = /^<link rel="modulepreload"[^\n]*\n/gm;
const KEPT = /^(?:config\.js|vendor\/.*|uplink\/beat\.js)$/;
const NOT_COPIED = /^(?:node_modules|scripts|client|package(?:-lock)?\.json|README\.md|LICENSE|\..*)$/;
const TEXT = /\.(?:html|js|css|svg|json|webmanifest)$/;
const GZIP_FROM_BYTES = 512;

const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);

/* Each output lies in one folder of FOLDER: so what is kept has the same name from all of them. */
const keep = {
	name: 'keep',
	setup({ onResolve }) {
		onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
			const name = relative(WEB, resolve(resolveDir, path)).replaceAll('\\', '/');
			return KEPT.test(name) || kind === 'url-token' ? { path: `../${name}`, external: true } : undefined;
		});
	},
};

async function bundle(entryPoints, outdir) {
	const deep = entryPoints.find((name) => name.split('/').length !== 2);
	if (deep)
		throw new Error(`${deep}: a page's scripts and style sheets lie in a folder of web/`);
	const { metafile } = await build({
		entryPoints, outdir, outbase: '.', absWorkingDir: WEB, chunkNames: 'chunks/[hash]', metafile: true, external: ['mqtt', 'fflate'],
		bundle: true, splitting: true, minify: true, format: 'esm', target: 'es2022', charset: 'utf8', plugins: [keep],
	});
	return metafile;
}

/* <score-board> for pages of others: all in one file, as a plain script, which works as a module as well; in ASCII, for pages that declare no charset. */
async function bundleElement(outdir) {
	await build({
		entryPoints: ['embed/score-board.js'], outfile: join(outdir, 'score-board.js'), absWorkingDir: WEB, external: ['mqtt', 'fflate'],
		bundle: true, minify: true, format: 'iife', target: 'es2022', legalComments: 'none',
		banner: { js: '/*! <score-board> of scoreboard-mqtt, with MQTT.js and fflate: MIT; their notices are in vendor/ beside this file. */' },
	});
}

/* What a script needs before it runs, itself first, and what it loads with import(). Names are those of the pages. */
function needsOf({ inputs, outputs }, outdir) {
	const nameOf = (path) => relative(outdir, resolve(WEB, path));
	const all = new Map(Object.entries(outputs).map(([path, output]) => [nameOf(path), output]));
	const resolved = (from, { path, external }) => (external ? posix.join(posix.dirname(from), path) : nameOf(path));
	const isFile = ({ path, external }) => !external || path.startsWith('.');
	return (script) => {
		const now = new Set([script]);
		for (const name of now) // goes on over what is added meanwhile
			for (const one of all.get(name)?.imports ?? [])
				if (one.kind === 'import-statement' && isFile(one))
					now.add(resolved(name, one));
		const later = inputs[script].imports.filter((one) => one.kind === 'dynamic-import' && isFile(one)).map((one) => (one.external ? resolved(script, one) : one.path));
		return { now: [...now], later };
	};
}

/* What a script loads with import() it does not wait for: that is named behind it. */
function preload(html, needs) {
	const named = new Set();
	let waiting = [];
	return html.replaceAll(PRELOAD, '').replaceAll(SCRIPT, (tag, script) => {
		const { now, later } = needs(script);
		const lines = [...waiting, ...now].filter((name) => !named.has(name));
		lines.forEach((name) => named.add(name));
		waiting = later;
		return lines.map((name) => `<link rel="modulepreload" href="${name}">\n`).join('') + tag;
	});
}

async function* filesIn(folder, leaveOut = /^\./) {
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (leaveOut.test(entry.name))
			continue;
		if (entry.isDirectory())
			yield* filesIn(path);
		else
			yield path;
	}
}

async function styles() {
	const names = [];
	for await (const path of filesIn(WEB, NOT_COPIED))
		names.push(relative(WEB, path));
	return names.filter((name) => STYLE.test(name) && !KEPT.test(name));
}

async function copyRest(outdir) {
	for await (const path of filesIn(WEB, NOT_COPIED)) {
		const name = relative(WEB, path);
		if (KEPT.test(name) || !/\.(?:html|js|css|ts)$/.test(name))
			await cp(path, join(outdir, name), { preserveTimestamps: true });
	}
}

/* But of what a league edits. */
async function compress(outdir) {
	for await (const path of filesIn(outdir)) {
		const text = await readFile(path);
		if (TEXT.test(path) && basename(path) !== 'config.js' && text.length >= GZIP_FROM_BYTES)
			await writeFile(`${path}.gz`, gzipSync(text, { level: 9 }));
	}
}

/* Nothing but a build of before is deleted. */
async function replace(folder, by) {
	const exists = (path) => stat(path).then(() => true, () => false);
	if (await exists(folder) && !await exists(join(folder, 'chunks')))
		throw new Error(`${folder} is there, and is no build of the pages`);
	await rm(folder, { recursive: true, force: true });
	await rename(by, folder);
}

export async function buildPages(folder) {
	const outdir = `${resolve(folder)}.new`;
	const names = (await readdir(WEB)).filter((name) => extname(name) === '.html');
	const pages = new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(WEB, name), 'utf8')])));
	const all = [...pages.values()].join('\n');
	await rm(outdir, { recursive: true, force: true });
	await mkdir(join(outdir, 'chunks'), { recursive: true });
	await copyRest(outdir);
	const needs = needsOf(await bundle([...new Set(matches(all, SCRIPT)), ...await styles()], outdir), outdir);
	await bundleElement(outdir);
	for (const [name, html] of pages)
		await writeFile(join(outdir, name), preload(html, needs));
	await compress(outdir);
	await replace(resolve(folder), outdir);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	await buildPages(process.argv[2] ?? join(WEB, '../build/web'));
