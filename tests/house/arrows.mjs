// Which room may know which: fails on an include or a call that the rule does not allow, on a circle of files, on a room that is too full
// and on a folder that is no room. The rule is a text file, arrows.txt, which explains its own format.
//
//	node arrows.mjs RULE [ROOT]
import { readFileSync } from 'node:fs';
import { read } from './c.mjs';

const [ruleFile, root = '.'] = process.argv.slice(2);
const complaints = [];

function complain(where, what) {
	complaints.push(`${where}: ${what}`);
}

function readRule(text) {
	const rule = { lookIn: [], rooms: new Map(), mostSources: Infinity, moreSources: new Map(), circlesIn: new Set() };
	text.split('\n').forEach((line, i) => {
		const words = line.replace(/#.*/, '').trim().split(/\s+/);
		if (words[0] === 'look-in')
			rule.lookIn.push(...words.slice(1));
		else if (words[0] === 'most-sources' && words.length === 2)
			rule.mostSources = Number(words[1]);
		else if (words[0] === 'more-sources' && words.length === 3)
			rule.moreSources.set(words[1], Number(words[2]));
		else if (words[0] === 'circles-in' && words.length === 2)
			rule.circlesIn.add(words[1]);
		else if (words[1] === '->')
			rule.rooms.set(words[0], new Set(words.slice(2)));
		else if (words[0])
			complain(`${ruleFile}:${i + 1}`, `"${words.join(' ')}" is not understood`);
	});
	return rule;
}

// A .c, its .h and its _priv.h are one node: "base/str".
function nodeOf(path) {
	return path.replace(/(_priv)?\.[ch]$/, '');
}

function folderOf(path) {
	return path.slice(0, path.lastIndexOf('/'));
}

// name -> node, for functions that other files can call. A name that several programs define, like main, is left out.
function definitions(files) {
	const by = new Map();
	for (const file of files)
		for (const f of file.functions)
			if (!f.isStatic)
				by.set(f.name, by.has(f.name) && by.get(f.name) !== nodeOf(file.path) ? null : nodeOf(file.path));
	return by;
}

// The arrows from one node to another, each with the line where it was found first.
function arrowsOf(files) {
	const defined = definitions(files), arrows = new Map();
	const add = (file, line, to, why) => {
		const from = nodeOf(file.path), key = `${from} ${to}`;
		if (from !== to && !arrows.has(key))
			arrows.set(key, { from, to, folder: file.folder, toFolder: folderOf(to), where: `${file.path}:${line}`, why });
	};
	for (const file of files)
		for (const { path, line } of file.includes)
			add(file, line, nodeOf(path), `includes ${path}`);
	for (const file of files) {
		const own = new Set(file.functions.map((f) => f.name));
		for (const [name, line] of file.uses)
			if (!own.has(name) && defined.get(name))
				add(file, line, defined.get(name), `uses ${name}() of ${defined.get(name)}`);
	}
	return [...arrows.values()];
}

function checkRooms(files, rule) {
	const sources = new Map();
	for (const file of files) {
		if (!rule.rooms.has(file.folder))
			complain(file.path, `${file.folder} is no room of ${ruleFile}`);
		if (file.path.endsWith('.c'))
			sources.set(file.folder, (sources.get(file.folder) ?? 0) + 1);
	}
	for (const [room, n] of sources) {
		const most = rule.moreSources.get(room) ?? rule.mostSources;
		if (n > most)
			complain(room, `${n} sources, at most ${most} are allowed`);
	}
	for (const room of rule.rooms.keys())
		if (!files.some((file) => file.folder === room))
			complain(ruleFile, `the room ${room} is empty`);
}

function checkArrows(arrows, rule) {
	for (const a of arrows)
		if (a.folder !== a.toFolder && !rule.rooms.get(a.folder)?.has(a.toFolder))
			complain(a.where, `${a.why}, but ${a.folder} may not know ${a.toFolder}`);
}

// The circles: sets of more than one node, in which each can be reached from each other one (Tarjan's algorithm).
function circles(arrows) {
	const next = new Map(), number = new Map(), low = new Map(), stack = [], found = [];
	for (const { from, to } of arrows)
		next.set(from, [...(next.get(from) ?? []), to]);
	const visit = (node) => {
		number.set(node, number.size);
		low.set(node, number.get(node));
		stack.push(node);
		for (const other of next.get(node) ?? []) {
			if (!number.has(other))
				visit(other);
			if (stack.includes(other))
				low.set(node, Math.min(low.get(node), low.get(other)));
		}
		if (low.get(node) === number.get(node)) {
			const circle = stack.splice(stack.indexOf(node));
			if (circle.length > 1)
				found.push(new Set(circle));
		}
	};
	for (const node of next.keys())
		if (!number.has(node))
			visit(node);
	return found;
}

function checkCircles(arrows, rule) {
	const needed = new Set();
	for (const circle of circles(arrows)) {
		const rooms = new Set([...circle].map(folderOf));
		if ([...rooms].every((room) => rule.circlesIn.has(room))) {
			rooms.forEach((room) => needed.add(room));
			continue;
		}
		const parts = arrows.filter((a) => circle.has(a.from) && circle.has(a.to));
		complain(ruleFile, `a circle: ${[...circle].sort().join(', ')}\n` + parts.map((a) => `\t${a.where}: ${a.why}`).join('\n'));
	}
	for (const room of rule.circlesIn)
		if (!needed.has(room))
			complain(ruleFile, `there is no circle in ${room} any more: take out its line`);
}

const rule = readRule(readFileSync(ruleFile, 'utf8'));
const files = read(root, rule.lookIn);
const arrows = arrowsOf(files);
checkRooms(files, rule);
checkArrows(arrows, rule);
checkCircles(arrows, rule);
complaints.forEach((line) => console.log(line));
console.log(`${files.length} files, ${arrows.length} arrows, ${complaints.length} complaints`);
process.exit(complaints.length ? 1 : 0);
