/* preload - writes the <link rel="modulepreload"> lines of the pages: `npm --prefix web run preload`. A browser learns what a module
 * imports only when it has the module, so without these lines it would fetch the pages' modules one generation after the other.
 *
 * The lines directly above a <script type="module"> are the script and all that it imports, directly or not, but for what the page
 * has named further up. What a script itself loads with import(), it does not wait for: that is named above the next script. What a module that it
 * imports loads with import(), no page needs to begin with: it is not named. Only relative
 * names in quotes are followed, and nothing is read in vendor/, which `npm ci` fills. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const STATIC = /^(?:import|export)\s(?:[^'";]*?\sfrom\s*)?['"](\.[^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g;
const BLOCK = /(?:<link rel="modulepreload"[^\n]*\n)*<script type="module"[^>]* src="([^"]+)"/g;

const resolved = (from, text, pattern) => [...text.matchAll(pattern)].map(([, to]) => posix.join(posix.dirname(from), to));

/* The script and what it imports, nearest first; and what the script loads with import(). */
function walk(script, read) {
	const names = new Set([script]);
	const later = new Set();
	for (const name of names) { // goes on over what is added meanwhile
		const text = name.startsWith('vendor/') ? '' : read(name);
		resolved(name, text, STATIC).forEach((found) => names.add(found));
		if (name === script)
			resolved(name, text, DYNAMIC).forEach((found) => later.add(found));
	}
	return { names, later };
}

/* The page as it should be. read(name) gives the text of a module; names are relative to the page's folder. */
export function preloadPage(html, read) {
	const named = new Set();
	let waiting = [];
	const page = html.replace(BLOCK, (block, script) => {
		const { names, later } = walk(script, read);
		const list = [...waiting, ...names].filter((name) => !named.has(name));
		list.forEach((name) => named.add(name));
		waiting = [...later];
		const lines = list.map((name) => `<link rel="modulepreload" href="${name}">\n`);
		return lines.join('') + block.slice(block.indexOf('<script'));
	});
	const unnamed = waiting.find((name) => !named.has(name));
	if (unnamed)
		throw new Error(`the page's last script loads ${unnamed} with import(), and no script follows`);
	return page;
}

export const WEB = join(dirname(fileURLToPath(import.meta.url)), '..');
export const pages = () => readdirSync(WEB).filter((name) => name.endsWith('.html'));
export const readWeb = (name) => readFileSync(join(WEB, name), 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url))
	for (const name of pages())
		writeFileSync(join(WEB, name), preloadPage(readWeb(name), readWeb));
