// Reads our own C: not a parser, but enough for a style in which a function's head begins in column 0, its braces stand alone in
// column 0, and includes name files from the top of the tree.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// The text with its comments, strings and characters made blanks; every line stays where it was.
export function blanked(text) {
	const noise = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g;
	return text.replace(noise, (found) => found.replace(/[^\n]/g, ' '));
}

function parameters(head) {
	const list = head.slice(head.indexOf('(') + 1);
	let depth = 1, names = [''];
	for (const c of list) {
		depth += c === '(' ? 1 : c === ')' ? -1 : 0;
		if (depth === 0)
			break;
		if (c === ',' && depth === 1)
			names.push('');
		else
			names[names.length - 1] += c;
	}
	names = names.map((name) => name.trim()).filter((name) => name && name !== 'void' && name !== '...');
	return names.length;
}

// The functions that a file defines: name, whether it is static, its first line (from 1), its lines from the head to the closing
// brace, the number of its parameters (`...` is none).
export function functions(lines) {
	const found = [];
	for (let open = 0; open < lines.length; open++) {
		if (lines[open].trimEnd() !== '{')
			continue;
		let first = open - 1, close = open;
		while (first > 0 && /^\s/.test(lines[first]))
			first--;
		while (close < lines.length && !lines[close].startsWith('}'))
			close++;
		const head = lines.slice(first, open).join(' ');
		const name = /\b([A-Za-z_]\w*)\s*\(/.exec(head.replace(/__attribute__\s*\(\(.*?\)\)/g, ''))?.[1];
		if (name)
			found.push({ name, isStatic: /\bstatic\b/.test(head), line: first + 1, length: close - first + 1,
				parameters: parameters(head.slice(head.indexOf(name))) });
		open = close;
	}
	return found;
}

function includes(text) {
	return text.split('\n').flatMap((line, i) => {
		const path = /^#include "([^"]+)"/.exec(line)?.[1];
		return path ? [{ path, line: i + 1 }] : [];
	});
}

// Names that are called or passed on as a callback, with the line of their first use: in a .c anywhere, in a header only inside of
// functions, for outside it declares. A member (x.name, x->name) or a tag (struct name) is none.
function uses(lines, defined, isHeader) {
	const found = new Map();
	lines.forEach((line, i) => {
		const inside = defined.some((f) => f.line <= i + 1 && i + 1 < f.line + f.length);
		if (line.startsWith('#include') || (isHeader && !inside))
			return;
		for (const [, name, call] of line.matchAll(/(?<!->\s*|\.\s*|\b(?:struct|enum|union)\s+)\b([A-Za-z_]\w*)\b(\s*\()?/g))
			if ((call || name.includes('_')) && !found.has(name))
				found.set(name, i + 1);
	});
	return found;
}

function readFile(root, path) {
	const text = readFileSync(join(root, path), 'utf8');
	const lines = blanked(text).split('\n');
	const defined = functions(lines);
	return { path, folder: path.slice(0, path.lastIndexOf('/')), includes: includes(text), functions: defined,
		uses: uses(lines, defined, path.endsWith('.h')) };
}

function paths(root, folder) {
	return readdirSync(join(root, folder)).sort().flatMap((name) => {
		const path = `${folder}/${name}`;
		if (statSync(join(root, path)).isDirectory())
			return name === 'node_modules' ? [] : paths(root, path);
		return /\.[ch]$/.test(name) ? [path] : [];
	});
}

// Every .c and .h at or below these folders of the tree at `root`.
export function read(root, folders) {
	return folders.flatMap((folder) => paths(root, folder)).map((path) => readFile(root, path));
}
