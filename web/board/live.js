/* live - what the pages share: the connection, when to draw, and when to say that what is shown may not be true. */

import { readGame } from '../client/derby.js';
import { connect } from '../client/index.js';
import { showSource, translate } from './dom.js';
import { loadFflate, loadMqtt, openSocket } from './early.js';
import { honesty } from './honesty.js';
import { chooseLanguage, createWords } from './words.js';

/* In the language that the page's address asks for, else one of the browser's. To be called before anything is drawn. */
export function startWords(settings) {
	const words = createWords(chooseLanguage(settings.lang, navigator.languages));
	translate(words);
	return words;
}

/* What the page shows: draw(game, change) after each change, with `change` null the first time; frame(source, game) on each frame of the screen.
 * show(source, drawn) turns to another source, a board or what has its state, clocks and `change`; drawn() is called after each draw(). */
export function createScreen({ use, draw, frame }) {
	let source = null;
	let game = null;
	let leave = () => {};
	const loop = () => {
		if (source)
			frame(source, game);
		requestAnimationFrame(loop);
	};
	loop();
	return {
		get source() { return source; },
		get game() { return game; },
		show(next, drawn = () => {}) {
			leave();
			source = next;
			const redraw = (change) => {
				game = readGame(source.state, { use });
				draw(game, change);
				drawn();
			};
			leave = source.on('change', redraw);
			redraw(null);
		},
	};
}

/* { board, showLive }: the board is shown at once, and again when showLive() is called. admit(news, connection, status) when the banner may have
 * changed. The page needs an element `#source`. */
export function startPage({ settings, words, screen, hiddenMs, admit }) {
	const { servers, http, prefix, view, encoding } = settings;
	const board = connect({ servers, http, prefix, view, encoding, hiddenMs, openSocket, mqtt: loadMqtt, fflate: loadFflate });
	let downSince = performance.now();

	const look = () => {
		const { connection, status } = board;
		if (connection.live)
			downSince = performance.now();
		const downMs = performance.now() - downSince;
		if (screen.source === board)
			admit(honesty({ connection, status, online: navigator.onLine, downMs, known: screen.game.known, words }), connection, status);
	};
	const showLive = () => screen.show(board, look);

	showLive();
	board.on('status', look);
	board.on('connection', look);
	setInterval(look, 1000);
	showSource(settings.foreign, words);
	return { board, showLive };
}
