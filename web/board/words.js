/* words - what the pages say, in the viewer's language: the files of lang/. Pure.
 *
 * What comes from outside is shown as it is: names, what a league calls its breaks, notices, and what a server refuses, which the library says in English. */

import de from './lang/de.js';
import en from './lang/en.js';
import es from './lang/es.js';
import fr from './lang/fr.js';

const LANGUAGES = new Map(Object.entries({ en, de, fr, es }));

/* The first of the wanted languages that there is: `asked` by the page's address, then the browser's own. */
export function chooseLanguage(asked, preferred = []) {
	const main = [asked, ...preferred].map((tag) => String(tag).toLowerCase().split('-')[0]);
	return main.find((tag) => LANGUAGES.has(tag)) ?? 'en';
}

/* `more`: texts of that language beside the files'. */
export function createWords(lang, more = {}) {
	const texts = { ...LANGUAGES.get(lang), ...more };
	const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
	const units = (n, unit) => new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(n);
	return {
		lang, say,
		team: (team) => (team.named ? team.name : say('team.unnamed', { n: team.number })),
		period: ({ name, number }) => say(`period.${name}`, { n: number }),
		phase: ({ phase, jamNumber }) => phaseLabel(say, phase, jamNumber),
		time: (ms) => new Date(ms).toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit' }),
		/* A clock for software that reads aloud: "1 minute 32 seconds". */
		clock(ms, direction) {
			const seconds = direction === 'down' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000);
			const parts = [[Math.floor(seconds / 60), 'minute'], [seconds % 60, 'second']].filter(([n]) => n > 0);
			return (parts.length > 0 ? parts : [[0, 'second']]).map(([n, unit]) => units(n, unit)).join(' ');
		},
	};
}

function phaseLabel(say, { name, label, worded }, jamNumber) {
	if (worded)
		return label;
	return name === 'jam' && jamNumber > 0 ? say('jam.number', { n: jamNumber }) : say(`phase.${name}`);
}
