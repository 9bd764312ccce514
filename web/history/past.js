/* past - a game of the past on the board: the whole of it at an address of its own, or the half minute before, with the live board waiting behind it.
 * Whatever is shown here is marked as a replay. */

import { find, make, setData, setFlag, setText, showSource } from '../board/dom.js';
import { NoAnswer, createHistory } from './api.js';
import { createControls } from './controls.js';
import { isId, readStory } from './model.js';
import { addressOf, faultText, insist } from './page.js';
import { createReplay } from './replay.js';
import { historyWords } from './words.js';

const BACK_MS = 30000;
const LOADING_MS = 700;   // what is there sooner is not worth a banner
const ASK_MS = 5000;      // so long after the page is live at most it is asked whether there is a history
const ASK_AGAIN_MS = 60000;

const wordsOf = ({ lang }) => historyWords(lang, navigator.languages);
const link = (text, href) => make('a', { href, text });

function loadStyle() {
	if (!find('link[href="history/replay.css"]'))
		document.head.append(make('link', { rel: 'stylesheet', href: 'history/replay.css' }));
}

/* --- what is shown of a replay --- */

/* Until stop() the screen shows the replay, with its bar; `ends` are further buttons of it. */
function show(replay, { screen, words, ends }) {
	const { say } = words;
	const [banner, chip, foot] = [find('#banner'), find('#link-text'), find('footer [data-say="page.foot"]')];
	const controls = createControls({ replay, words, ends });
	let waitsSince = null;
	let loop;

	const news = () => {
		const { fault, gap, loading, ended, known } = replay;
		waitsSince = loading ? waitsSince ?? performance.now() : null;
		if (fault)
			return ['warn', faultText(words, fault, 'game')];
		if (gap && known)
			return ['warn', say('replay.gap', { from: words.seconds(gap.from), to: words.seconds(gap.to), why: gap.why })];
		if (loading && performance.now() - waitsSince > LOADING_MS)
			return ['info', say(known ? 'replay.stalled' : 'history.loading')];
		return ended ? ['info', say('replay.ended')] : null;
	};
	const admit = () => {
		const shown = news();
		banner.toggleAttribute('hidden', shown === null);
		setData(banner, 'level', shown?.[0]);
		setText(banner, shown?.[1] ?? '');
		setFlag(document.body, 'doubt', shown?.[0] === 'warn');
		setText(chip, replay.behindMs === null ? say('replay.mark') : say('replay.behind', { s: Math.round(replay.behindMs / 1000) }));
		setText(find('#empty-title'), say('replay.mark'));
		setText(find('#empty-hint'), replay.fault ? faultText(words, replay.fault, 'game') : replay.known ? '' : say('history.loading'));
	};
	const turn = () => {
		replay.tick();
		controls.draw();
		admit();
		loop = requestAnimationFrame(turn);
	};

	loadStyle();
	setFlag(document.body, 'past', true);
	setData(find('#link'), 'level', 'past');
	setText(foot, say('replay.foot'));
	setText(find('#numbers'), '');
	find('main').before(controls.element);
	screen.show(replay, () => {
		document.title = `${say('replay.mark')} · ${document.title}`;
		const title = find('#event-title');
		if (title.textContent === say('page.title')) // which says that it is live
			setText(title, say('replay.mark'));
	});
	turn();

	return function stop() {
		cancelAnimationFrame(loop);
		replay.close();
		controls.close();
		setFlag(document.body, 'past', false);
		setText(foot, say('page.foot'));
	};
}

/* --- a game at an address of its own --- */

const nothing = Object.freeze({ state: new Map(), on: () => () => {}, clock: () => null, clockAt: () => null });

export async function showGame({ settings, screen }) {
	const words = wordsOf(settings);
	const { say } = words;
	const history = createHistory(settings);
	const tell = (hint) => {
		setText(find('#empty-title'), say('replay.mark'));
		setText(find('#empty-hint'), hint);
	};
	const mark = () => {
		setText(find('#link-text'), say('replay.mark'));
		setData(find('#link'), 'level', 'past');
		showSource(settings.foreign, words);
	};
	mark();
	screen.show(nothing);
	tell(say('history.loading'));
	const story = isId(settings.game) && readStory(await insist(() => history.game(settings.game), (error) => tell(faultText(words, error, 'game'))));
	if (story)
		begin(story);
	else if (!isId(settings.game))
		tell(say('fault.absent-game'));

	function begin(found) {
		const replay = createReplay({ history, story: found });
		const t = Number(new URLSearchParams(location.search).get('t') ?? NaN);
		show(replay, { screen, words, ends: [link(say('replay.game'), addressOf('game.html', { game: found.id })), link(say('replay.live'), addressOf('./'))] });
		replay.seek(Number.isFinite(t) ? t : replay.range.start);
		replay.play();
		window.scoreboard = replay; // for a browser's console, and for the tests
	}
}

/* --- from the live board --- */

/* The links and the button are there when a history is; a crowd that has come in one moment does not ask in one moment. */
export function offerPast({ settings, screen, board, showLive }) {
	const history = createHistory(settings);
	const words = wordsOf(settings);
	const ask = (wait) => setTimeout(async () => {
		try {
			await history.games(1); // those before 1970: none, but an answer
			offer({ history, words, screen, board, showLive });
		} catch (error) {
			if (error.passes)
				ask(ASK_AGAIN_MS * (0.5 + Math.random()));
		}
	}, wait);
	ask(ASK_MS * Math.random());
}

function offer({ history, words, screen, board, showLive }) {
	const { say } = words;
	const back = make('button', { type: 'button', class: 'back', text: say('replay.back') });
	const why = make('p', { class: 'back-why', role: 'status', label: say('replay.back') });
	loadStyle();
	find('#link').before(why, back);
	find('footer').prepend(make('p', { class: 'ways' }, link(say('history.list'), addressOf('games.html'))));
	const look = () => back.toggleAttribute('hidden', screen.source !== board || !board.connection.live || !isId(board.get('game', '')));
	board.on('change', look);
	board.on('connection', look);
	look();
	back.addEventListener('click', async () => {
		back.disabled = true;
		setText(why, '');
		await goBack({ history, words, screen, board, showLive, look }).catch((error) => setText(why, faultText(words, error, 'game')));
		back.disabled = false;
	});
}

async function goBack({ history, words, screen, board, showLive, look }) {
	const { say } = words;
	const story = readStory(await history.game(board.get('game')));
	if (!story)
		throw new NoAnswer('broken');
	const replay = createReplay({ history, story });
	const live = make('button', { type: 'button', class: 'live', text: say('replay.live') });
	const stop = show(replay, { screen, words, ends: [link(say('replay.game'), addressOf('game.html', { game: story.id })), live] });
	live.addEventListener('click', () => {
		stop();
		showLive();
		look();
		find('.back').focus();
	});
	look();
	live.focus();
	if (board.synced)
		replay.hear(board.now());
	replay.seek((board.synced ? board.now() : story.last) - BACK_MS);
	replay.play();
}
