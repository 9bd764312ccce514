/* score-board - <score-board server="wss://…" http="https://…" prefix="scoreboard">: the live score as an element of anybody's page. The build makes one file of it,
 * which is a plain script and a module alike (/score-board.js).
 *
 * Attributes: server, http (several addresses with spaces between), prefix, view; lang (else the page's, else the browser's), theme (light, dark), layout (line). It is connected
 * while it stands in a document, and elements with the same addresses share a connection. `element.board` is the library's, or null. */

import { readGame, shownClocks, teamOf } from '../client/derby.js';
import { clockText } from '../client/index.js';
import { make, setData, setFlag, setText } from '../board/dom.js';
import { honesty } from '../board/honesty.js';
import { spokenScore, spokenState } from '../board/spoken.js';
import { chooseLanguage, createWords } from '../board/words.js';
import { borrow } from './shared.js';
import STYLE from './style.js';

const ADDRESSED = ['server', 'http', 'prefix', 'view'];
const SPOKEN_AFTER_MS = 700;

let sheet = null;
function styleSheet() {
	sheet ??= new CSSStyleSheet(); // made here and not in the document: no policy for styles applies to it
	sheet.replaceSync(STYLE);
	return sheet;
}

function listOf(text, protocols) {
	return (text ?? '').split(/\s+/).filter((url) => URL.canParse(url) && protocols.includes(new URL(url).protocol));
}

function newTeam() {
	const parts = { name: make('p', { class: 'name' }), score: make('span', { class: 'score' }), jamPoints: make('span', { class: 'jam-points' }),
		mark: make('span', { class: 'mark', role: 'img' }), jammer: make('span') };
	const root = make('div', { class: 'team', role: 'group' }, parts.name, make('p', { class: 'points' }, parts.score, parts.jamPoints), make('p', { class: 'jammer' }, parts.mark, parts.jammer));
	return { root, ...parts };
}

function newClock(of) {
	const parts = { label: make('p', { class: 'label' }), time: make('p', { class: 'time', role: 'timer' }) };
	return { root: make('div', { class: of }, parts.label, parts.time), ...parts };
}

class ScoreBoard extends HTMLElement {
	static observedAttributes = [...ADDRESSED, 'lang'];

	#parts = null;
	#held = null;      // { board, release }
	#offs = [];
	#game = null;
	#words = null;
	#error = null;
	#downSince = 0;
	#saying = null;
	#looking = null;

	get board() { return this.#held?.board ?? null; }

	connectedCallback() {
		this.#parts ??= this.#build();
		this.#restart();
	}

	disconnectedCallback() { this.#stop(); }

	attributeChangedCallback(name, was, is) {
		if (was === is || !this.isConnected || !this.#parts)
			return;
		if (name === 'lang')
			this.#speak();
		else
			this.#restart();
	}

	#build() {
		const root = this.attachShadow({ mode: 'open' });
		root.adoptedStyleSheets = [styleSheet()];
		const parts = { teams: [newTeam(), newTeam()], now: newClock('now'), period: newClock('period'),
			banner: make('p', { class: 'banner', role: 'status' }), empty: make('p', { class: 'empty' }),
			score: make('p', { class: 'unseen', role: 'status' }), state: make('p', { class: 'unseen', role: 'status' }), linkText: make('span') };
		parts.clocks = make('div', { class: 'clocks' }, parts.now.root, parts.period.root);
		parts.hero = make('div', { class: 'hero', role: 'group' }, parts.teams[0].root, parts.clocks, parts.teams[1].root);
		parts.link = make('p', { class: 'link' }, make('i'), parts.linkText);
		parts.board = make('div', { class: 'board' }, parts.banner, parts.empty, parts.hero, parts.link, parts.score, parts.state);
		root.append(parts.board);
		return parts;
	}

	/* --- the connection --- */

	#restart() {
		this.#stop();
		this.#downSince = performance.now();
		this.#error = null;
		try {
			this.#held = borrow({
				servers: listOf(this.getAttribute('server'), ['ws:', 'wss:']), http: listOf(this.getAttribute('http'), ['http:', 'https:']),
				prefix: this.getAttribute('prefix') || 'scoreboard', view: this.getAttribute('view') || 'spectator',
			});
		} catch (error) {
			this.#error = error.message;
		}
		if (this.board) {
			const { board } = this;
			this.#offs = [board.on('change', () => this.#redraw()), board.on('status', () => this.#look()), board.on('connection', () => this.#look())];
			this.#looking = setInterval(() => this.#look(), 1000);
			requestAnimationFrame(() => this.#loop(board));
		}
		this.#speak();
	}

	#stop() {
		this.#offs.forEach((off) => off());
		this.#offs = [];
		clearInterval(this.#looking);
		clearTimeout(this.#saying);
		this.#held?.release();
		this.#held = null;
	}

	/* --- drawing --- */

	#speak() {
		const lang = chooseLanguage(this.lang, [document.documentElement.lang, ...navigator.languages]);
		this.#words = createWords(lang);
		const { hero, board, banner, score, state } = this.#parts;
		board.lang = lang;
		hero.setAttribute('aria-label', this.#words.say('part.hero'));
		for (const [element, key] of [[banner, 'part.connection'], [score, 'part.score'], [state, 'part.state']])
			element.setAttribute('aria-label', this.#words.say(key));
		this.#redraw();
	}

	#redraw() {
		const { hero, teams, clocks, now, period } = this.#parts;
		const game = readGame(this.board?.state ?? new Map(), { use: 'scoreboard' });
		const words = this.#words;
		this.#game = game;
		hero.hidden = !game.known;
		game.teams.forEach((team, i) => this.#drawTeam(teams[i], team));
		const owner = game.phase.team ? ` · ${words.team(teamOf(game, game.phase.team))}` : '';
		setText(now.label, words.phase(game) + owner);
		setText(period.label, words.period(game.period));
		setData(clocks, 'kind', game.phase.kind);
		now.time.setAttribute('aria-label', words.say('part.clock-of', { label: words.phase(game) }));
		period.time.setAttribute('aria-label', words.say('part.period-clock'));
		this.#announce(game);
		this.#look();
	}

	#drawTeam(parts, team) {
		const words = this.#words;
		const [sign, meaning] = team.mark ? [words.say(`sign.${team.mark}`), words.say(`mark.${team.mark}`)] : ['', ''];
		parts.root.style.setProperty('--bg', team.colors.bg);
		parts.root.style.setProperty('--fg', team.colors.fg);
		parts.root.setAttribute('aria-label', words.team(team));
		setText(parts.name, words.team(team));
		setText(parts.score, team.score);
		setText(parts.jamPoints, team.jamScore > 0 ? `+${team.jamScore}` : '');
		setText(parts.mark, sign);
		setData(parts.mark, 'is', team.mark);
		parts.mark.setAttribute('aria-label', meaning);
		parts.mark.hidden = sign === '';
		setText(parts.jammer, [team.jammer.number, team.jammer.name].filter(Boolean).join(' ') || meaning);
	}

	#announce(game) {
		const { score, state } = this.#parts;
		setText(state, game.known ? spokenState(game, this.#words) : '');
		clearTimeout(this.#saying);
		this.#saying = setTimeout(() => setText(score, game.known ? spokenScore(game, this.#words) : ''), SPOKEN_AFTER_MS);
	}

	#loop(board) {
		if (this.board !== board)
			return;
		const clocks = shownClocks(this.#game, board.clock);
		for (const [part, clock] of [[this.#parts.now, clocks.phase], [this.#parts.period, clocks.period]])
			setText(part.time, clock ? clockText(clock.time, clock.direction) : '');
		requestAnimationFrame(() => this.#loop(board));
	}

	/* --- what is said when the score may not be true --- */

	#look() {
		const { board, banner, empty, link, linkText } = this.#parts;
		const { say } = this.#words;
		const connection = this.board?.connection ?? { live: false, everLive: false, refusals: [] };
		if (connection.live)
			this.#downSince = performance.now();
		const downMs = performance.now() - this.#downSince;
		const { known } = this.#game;
		const news = this.#error ? { level: 'bad', text: this.#error }
			: honesty({ connection, status: this.board.status, online: navigator.onLine, downMs, known, words: this.#words });
		banner.hidden = news === null;
		setText(banner, news?.text ?? '');
		setData(banner, 'level', news?.level);
		setFlag(board, 'doubt', news !== null && news.level !== 'info');
		empty.hidden = known;
		setText(empty, this.#error ? '' : say(connection.live ? 'phase.none' : connection.everLive ? 'link.reconnecting' : 'link.connecting'));
		setData(link, 'level', connection.live ? (news ? 'doubt' : 'live') : 'off');
		setText(linkText, this.#linkText(connection, { news, known }));
	}

	#linkText({ live, everLive, transport }, { news, known }) {
		const { say } = this.#words;
		if (!live)
			return this.#error ? '' : say(everLive ? 'link.reconnecting' : 'link.connecting');
		return news ? say(known ? 'link.last' : 'link.connected') : say(`link.${transport}`);
	}
}

if (!customElements.get('score-board'))
	customElements.define('score-board', ScoreBoard);
