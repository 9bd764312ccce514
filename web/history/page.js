/* page - what the pages of the history share: settings, words, whom they ask, links to each other, and how long to wait before asking again. */

import config from '../board/told.js';
import { find, setData, setText, showSource, translate } from '../board/dom.js';
import { readSettings } from '../board/settings.js';
import { backoffDelay } from '../client/backoff.js';
import { NoAnswer, createHistory } from './api.js';
import { historyWords } from './words.js';

const KEPT = ['server', 'http', 'prefix', 'lang', 'theme'];
const AGAIN = { base: 2000, ceiling: 30000, floor: 1000 };

/* The address of another page, with what this page's own has of servers, prefix and looks. */
export function addressOf(page, more = {}) {
	const own = new URLSearchParams(location.search);
	const kept = KEPT.flatMap((name) => own.getAll(name).map((value) => [name, value]));
	const query = new URLSearchParams([...kept, ...Object.entries(more)]).toString();
	return query ? `${page}?${query}` : page;
}

/* What stands in place of an answer that does not come; `what`: 'game' where one game was asked for. */
export function faultText({ say }, { kind, prefix }, what) {
	return say(kind === 'absent' && what === 'game' ? 'fault.absent-game' : `fault.${kind}`, { prefix });
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* Asks until there is an answer, and gives it; null: there will be none. tell(error) each time that there is none. */
export async function insist(ask, tell) {
	for (let tries = 0; ; tries++) {
		try {
			return await ask();
		} catch (error) {
			if (!(error instanceof NoAnswer))
				throw error;
			tell(error);
			if (!error.passes)
				return null;
			await pause(backoffDelay(tries, Math.random(), AGAIN));
		}
	}
}

/* A page with a `#note`, where it says what goes on, and a `#source`, see board/settings.js. */
export function startHistoryPage() {
	const settings = readSettings(config, location);
	const words = historyWords(settings.lang, navigator.languages);
	translate(words);
	if (settings.theme === 'light' || settings.theme === 'dark')
		document.documentElement.dataset.theme = settings.theme;
	showSource(settings.foreign, words);
	for (const link of document.querySelectorAll('a[data-page]'))
		link.setAttribute('href', addressOf(link.dataset.page));
	const note = find('#note');
	return {
		settings, words,
		history: createHistory(settings),
		/* '' takes it away; level 'bad' or none. */
		tell(text, level) {
			setText(note, text);
			note.toggleAttribute('data-empty', text === '');
			setData(note, 'level', level);
		},
	};
}
