// What docs/architecture.md says of the tree must be so. Fails on a file that is not there, on a function or a name that its file does
// not have, on a room of arrows.txt that the page does not name or for which it names other rooms than arrows.txt, and on an arrow that
// leads up in one of the page's drawings.
//
//	node architecture.mjs PAGE RULE [ROOT]
//
// Of the page it reads what stands in backquotes, paragraph by paragraph (an item of a list and a row of a table are each one):
//
//	`publisher/loop.c` `publisher/io/`   a path that ends like a file's name or begins with a folder of the tree: it must exist
//	`loop.c`                             a file that is not in the top folder, without its own: the one of this name that was last
//	                                     named in full
//	`run_effect()` `#tell()`             a function or method: the file named last before it must define it
//	`struct client` `HEALTH_ROWS`        a struct, or a name in capitals with a `_`: the file named last before it must define the
//	                                     struct, or have the name in its code
//
// In a drawing (a block between ```) a room stands at most once, and those that it may know stand further down.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { blanked, functions } from './c.mjs';

const [pageFile, ruleFile, root = '.'] = process.argv.slice(2);
const FILE_NAME = /^[\w.@-][\w./@-]*\.(?:c|h|mjs|js|ts|css|html|json|yaml|yml|conf|cfg|sh|md|txt|cmake)$/;
const FUNCTION = /^#?[A-Za-z_]\w*\(\)$/;
const WORD = /^(?:struct [a-z_]\w*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)$/;

const complaints = [];
const folders = new Set(readdirSync(root).filter((name) => !name.startsWith('.') && statSync(join(root, name)).isDirectory()));
const seen = { files: new Set(), functions: new Set() };

function complain(line, what) {
	complaints.push(`${pageFile}:${line}: ${what}`);
}

// room -> the rooms that it may know
function readRule(text) {
	const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
	return new Map(lines.filter((words) => words[1] === '->').map(([room, , ...known]) => [room, known]));
}

// The page's drawings, and its paragraphs without them: lines with their numbers.
function readPage(text) {
	const drawings = [], paragraphs = [[]];
	let drawing = null;
	text.split('\n').forEach((line, i) => {
		const at = { text: line, line: i + 1 };
		if (line.startsWith('```')) {
			drawing = drawing ? null : [];
			if (drawing)
				drawings.push(drawing);
		} else if (drawing) {
			drawing.push(at);
		} else {
			if (!line.trim() || /^\s*(?:[-*|]|\d+\.) ?/.test(line))
				paragraphs.push([]);
			paragraphs.at(-1).push(at);
		}
	});
	return { drawings, paragraphs };
}

const spans = (paragraph) => paragraph.flatMap(({ text, line }) => [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => ({ span, line })));
const isPath = (span) => FILE_NAME.test(span) || (/^[\w./-]+$/.test(span) && span.includes('/') && folders.has(span.split('/')[0]));

/* --- what a file defines --- */

const code = new Map();
function codeOf(path) {
	if (!code.has(path))
		code.set(path, blanked(readFileSync(join(root, path), 'utf8')));
	return code.get(path);
}

function definesInC(text, name) {
	return functions(text.split('\n')).some((f) => f.name === name);
}

// Does the text define a function, a method, or a name with an arrow function as its value?
function definesInJs(text, name) {
	const n = name.replace('#', '\\#?');
	return new RegExp(`\\bfunction ${n}\\(|\\b(?:const|let) ${n} = (?:async )?(?:\\w+|\\([^=]*\\)) =>|` +
		`^\\s+(?:(?:async|static|get) )*${n}\\(.*\\) \\{|^\\s+${n}(?::| =) (?:async )?(?:\\w+|\\([^=]*\\)) =>`, 'm').test(text);
}

function defines(path, name) {
	if (/\.[ch]$/.test(path))
		return definesInC(codeOf(path), name);
	return /\.m?js$/.test(path) && definesInJs(codeOf(path), name);
}

function has(path, word) {
	return new RegExp(word.startsWith('struct ') ? `^(?:static (?:const )?)?${word} \\{` : `\\b${word}\\b`, 'm').test(codeOf(path));
}

/* --- the checks --- */

const inFull = new Map(); // the name of a file without its folder -> its path, where it was named last

// The path of the file that is meant; null when there is none, or it is a folder.
function fileOf(span, line) {
	const path = inFull.get(span) ?? span;
	if (!existsSync(join(root, path))) {
		complain(line, `there is no ${span}`);
		return null;
	}
	seen.files.add(path);
	if (statSync(join(root, path)).isDirectory())
		return null;
	inFull.set(basename(path), path);
	return path;
}

function checkParagraph(paragraph) {
	let file = null;
	for (const { span, line } of spans(paragraph)) {
		if (isPath(span)) {
			file = fileOf(span, line);
		} else if (FUNCTION.test(span)) {
			seen.functions.add(`${file} ${span}`);
			if (!file)
				complain(line, `${span}: no file is named before it`);
			else if (!defines(file, span.slice(0, -2)))
				complain(line, `${file} does not define ${span}`);
		} else if (WORD.test(span)) {
			if (!file)
				complain(line, `${span}: no file is named before it`);
			else if (!has(file, span))
				complain(line, `${file} has no ${span}`);
		}
	}
}

function checkRooms(paragraphs, rule) {
	const named = new Set(paragraphs.flatMap(spans).map(({ span }) => span.replace(/\/$/, '')));
	for (const room of rule.keys())
		if (!named.has(room))
			complain(1, `the room ${room} of ${ruleFile} is not named`);
}

// A row of the table of rooms: | `room` | what it is for | the rooms that it may know, by the ends of their names; base is left out |
function checkRow({ text, line }, rule) {
	const [, room, , last] = text.split(/\s*\|\s*/);
	const known = rule.get(room?.replace(/`/g, ''))?.filter((name) => name !== 'base');
	if (!known || last === undefined)
		return;
	const words = last.split(/,\s*/).filter(Boolean);
	const means = (word) => known.filter((name) => name === word || name.endsWith(`/${word}`));
	for (const word of words)
		if (means(word).length !== 1)
			complain(line, `${room} may not know ${word}, or it is not clear which one`);
	for (const name of known)
		if (!words.some((word) => means(word)[0] === name))
			complain(line, `${room} may know ${name}, too`);
}

function checkDrawing(drawing, rule) {
	const at = new Map();
	for (const { text, line } of drawing)
		for (const word of text.split(/\s+/).filter((word) => rule.has(word))) {
			if (at.has(word))
				complain(line, `${word} is drawn twice`);
			at.set(word, line);
		}
	for (const [room, line] of at)
		for (const known of rule.get(room))
			if (at.has(known) && at.get(known) <= line)
				complain(line, `${room} may know ${known}, which is not drawn below it`);
	return at.size;
}

const rule = readRule(readFileSync(join(root, ruleFile), 'utf8'));
const { drawings, paragraphs } = readPage(readFileSync(join(root, pageFile), 'utf8'));
paragraphs.forEach(checkParagraph);
paragraphs.flat().forEach((row) => checkRow(row, rule));
checkRooms(paragraphs, rule);
const drawn = drawings.reduce((n, drawing) => n + checkDrawing(drawing, rule), 0);
complaints.forEach((line) => console.log(line));
console.log(`${seen.files.size} files, ${seen.functions.size} functions, ${rule.size} rooms, ${drawn} of them drawn;`,
	`${complaints.length} complaints`);
process.exit(complaints.length ? 1 : 0);
