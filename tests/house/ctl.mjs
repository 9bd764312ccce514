// The commands of scoreboard-ctl that the documentation names: each is one, with options that it takes. Fails with those that are not.
//
//	node ctl.mjs MAIN.c TOKEN.c USAGE.c DOCUMENT...
//
// Options are those of the tables `long_options` of the first two, commands those that begin a line of the third's text. Documents have them in backquotes, where
// `ctl` may stand for `scoreboard-ctl`, or as a line of code.
import { readFileSync } from 'node:fs';

const [main, token, usage, ...documents] = process.argv.slice(2);
const optionsOf = (path) => new Map([...readFileSync(path, 'utf8').matchAll(/\{ "([a-z-]+)", (required|no)_argument, NULL, '(.)' \}/g)]
	.flatMap(([, name, takes, letter]) => [[`--${name}`, takes === 'required'], [`-${letter}`, takes === 'required']]));
const ofToken = optionsOf(token);
const ofOthers = optionsOf(main);
const commands = new Set([...readFileSync(usage, 'utf8').matchAll(/^\t"  ([a-z][^"]*?)(?: {2,}|\\n)/gm)].flatMap(([, names]) => names.split(' | ').map((name) => name.split(' ')[0])));

const wordsOf = (text) => (/^(.*?)(?:\s(?:&&|[#;|])\s.*)?$/.exec(text)[1].match(/'[^']*'|"[^"]*"|[^\s;]+/g) ?? []).slice(1);

function complaint(text) {
	const words = wordsOf(text);
	const options = ['token', 'uplink', 'key'].includes(words[0]) ? ofToken : ofOthers;
	let command = null;
	for (let i = 0; i < words.length; i++) {
		if (!words[i].startsWith('-'))
			command ??= words[i];
		else if (!options.has(words[i]))
			return `there is no option ${words[i]}`;
		else if (options.get(words[i]))
			i++;
	}
	return command === null || commands.has(command) ? null : `there is no command ${command}`;
}

let n = 0;
const complaints = [];
for (const document of documents)
	readFileSync(document, 'utf8').split('\n').forEach((line, i) => {
		const code = /^ {4,}scoreboard-ctl |^scoreboard-ctl /.test(line) ? [line.trim()] : [...line.matchAll(/`((?:scoreboard-)?ctl [^`]*)`/g)].map(([, text]) => text);
		for (const text of code) {
			n++;
			const why = complaint(text);
			if (why)
				complaints.push(`${document}:${i + 1}: ${text}: ${why}`);
		}
	});
complaints.forEach((line) => console.log(line));
console.log(`${n} commands of scoreboard-ctl`);
process.exit(complaints.length || !n ? 1 : 0);
