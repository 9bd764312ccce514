/* words - what the pages of the history say: the board's words, and those of lang/ beside this file. Pure. */

import { chooseLanguage, createWords } from '../board/words.js';
import de from './lang/de.js';
import en from './lang/en.js';
import es from './lang/es.js';
import fr from './lang/fr.js';

const TEXTS = { en, de, fr, es };

/* `asked` by the page's address, then the browser's own languages. Dates are written as in the browser's own region, if it is one of the language. */
export function historyWords(asked, preferred = []) {
	const lang = chooseLanguage(asked, preferred);
	const words = createWords(lang, TEXTS[lang]);
	const region = preferred.find((tag) => String(tag).toLowerCase().split('-')[0] === lang) ?? lang;
	const date = (ms) => new Date(ms).toLocaleDateString(region, { year: 'numeric', month: 'long', day: 'numeric' });
	const time = (ms) => new Date(ms).toLocaleTimeString(region, { hour: '2-digit', minute: '2-digit' });
	const seconds = (ms) => new Date(ms).toLocaleTimeString(region, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
	return { ...words, date, time, seconds, number: (n) => n.toLocaleString(region) };
}
