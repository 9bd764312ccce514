/* live - what the pages share: the connection, when to draw, and when to say that what is shown may not be true. */

import { readGame } from '../client/derby.js';
import { connect } from '../client/index.js';
import { find, setText, translate } from './dom.js';
import { loadFflate, loadMqtt, openSocket } from './early.js';
import { honesty } from './honesty.js';
import { chooseLanguage, createWords } from './words.js';

/* In the language that the page's address asks for, else one of the browser's. To be called before anything is drawn. */
export function startWords(settings) {
	const words = createWords(chooseLanguage(settings.lang, navigator.languages));
	translate(words);
	return words;
}

/* draw(game, change) after each change, with `change` null the first time; frame(board, game) on each frame of the screen;
 * admit(news, connection, status) when the banner may have changed. The page needs an element `#source`. */
export function startPage({ settings, words, use, hiddenMs, draw, frame, admit }) {
	const { servers, http, prefix, view, encoding } = settings;
	const board = connect({ servers, http, prefix, view, encoding, hiddenMs, openSocket, mqtt: loadMqtt, fflate: loadFflate });
	let game = readGame(board.state, { use });
	let downSince = performance.now();

	const redraw = (change) => {
		game = readGame(board.state, { use });
		draw(game, change);
		look();
	};
	const look = () => {
		const { connection, status } = board;
		if (connection.live)
			downSince = performance.now();
		const downMs = performance.now() - downSince;
		admit(honesty({ connection, status, online: navigator.onLine, downMs, known: game.known, words }), connection, status);
	};
	const loop = () => {
		frame(board, game);
		requestAnimationFrame(loop);
	};

	board.on('change', redraw);
	board.on('status', look);
	board.on('connection', look);
	setInterval(look, 1000);
	showSource(settings.foreign, words);
	draw(game, null);
	look();
	loop();
	return board;
}

/* The hosts that only the page's address has named, see settings.js. */
export function showSource(hosts, { say }) {
	const element = find('#source');
	element.toggleAttribute('hidden', hosts.length === 0);
	setText(element, say('page.source', { hosts: hosts.join(', ') }));
}
