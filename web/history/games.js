/* games - the page with all games: the newest first, and older ones when they are asked for. */

import { find, make } from '../board/dom.js';
import { readList } from './model.js';
import { addressOf, faultText, insist, startHistoryPage } from './page.js';

const AT_ONCE = 50; // rows that are added with one press

const { words, history, tell } = startHistoryPage();
const { say } = words;
const list = find('#games');
const more = find('#more');
let waiting = [];     // games that are here, and not shown yet
let before;           // what the next question is about; null: there is none
let askedAt = 0;

function row(game) {
	const link = make('a', { href: addressOf('game.html', { game: game.id }) }, make('bdi', { text: game.title || say('history.untitled') }));
	const shown = game.begin ?? game.first;
	return make('li', { 'data-state': game.running ? 'on' : game.over ? 'over' : 'open' },
		make('h2', {}, link),
		make('p', { class: 'result', text: game.result.map((score) => score ?? '–').join(' : ') }),
		make('p', { class: 'when' }, ...(shown ? [make('time', { datetime: new Date(shown).toISOString(), text: say('history.at', { date: words.date(shown), time: words.time(shown) }) })] : [])),
		make('p', { class: 'state', text: say(game.running ? 'history.on-as-of' : game.over ? 'history.over' : 'history.unfinished', { time: words.time(askedAt) }) }));
}

async function ask() {
	const answer = await insist(() => history.games(before), (error) => tell(faultText(words, error), 'bad'));
	if (answer === null)
		return;
	askedAt = Date.now();
	const read = readList(answer);
	waiting = read.games;
	before = read.more ? read.before : null;
	tell(waiting.length === 0 && list.children.length === 0 ? say('history.empty') : '');
}

async function showMore() {
	more.toggleAttribute('hidden', true);
	if (waiting.length === 0 && before !== null) {
		tell(say('history.loading'));
		await ask();
	}
	list.append(...waiting.splice(0, AT_ONCE).map(row));
	more.toggleAttribute('hidden', waiting.length === 0 && (before === null || before === undefined));
}

/* A button that goes away takes the focus with it: whoever reads on is led to what has come. */
more.addEventListener('click', async () => {
	const shown = list.children.length;
	await showMore();
	list.children[shown]?.querySelector('a').focus();
});
showMore();
