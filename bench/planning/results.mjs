/* results - reads what bench/run.sh has written: the sections of RESULTS.md, and the tables in them. Pure. */

/* [{title, command, text, tables: [[{column: cell}]]}]; of each section one. */
export function readResults(markdown) {
	return markdown.split(/^## /m).slice(1).map((text) => ({
		title: text.slice(0, text.indexOf('\n')),
		command: /^ {4}(\S.*)$/m.exec(text)?.[1] ?? '',
		measured: [...text.matchAll(/^- measured (.*?)(?::.*)?$/gm)].map((m) => m[1]).join('; '),
		text,
		tables: readTables(text),
	}));
}

const cellsOf = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());

/* Of columns with the same name the second is "NAME (2)". */
const unlike = (names) => names.map((name, i) => (names.indexOf(name) < i ? `${name} (2)` : name));

function readTables(text) {
	const tables = [];
	let columns = null;
	for (const line of text.split('\n')) {
		if (!line.startsWith('|')) {
			columns = null;
		} else if (!columns) {
			columns = unlike(cellsOf(line));
			tables.push([]);
		} else if (!line.startsWith('|---')) {
			const cells = cellsOf(line);
			tables.at(-1).push(Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])));
		}
	}
	return tables;
}

/* Of `bench/run.sh PART`; undefined when it has not been run. */
export const sectionOf = (results, part) => results.find((section) => section.command === `bench/run.sh ${part}`);

/* The number that a cell begins with, such as 12.5 of "12.5 us". */
export const number = (cell) => Number.parseFloat(cell);

export function median(list) {
	const sorted = [...list].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
