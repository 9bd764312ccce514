/* start - the start page: each track in a card, live, over one connection. A card leads to the track's board. */

import config from '../board/told.js';
import { find, make, setData, setFlag, setText, showSource } from '../board/dom.js';
import { loadMqtt, openSocket } from '../board/early.js';
import { honesty } from '../board/honesty.js';
import { startWords } from '../board/live.js';
import { readSettings } from '../board/settings.js';
import { connect } from '../client/index.js';
import { readGame } from '../client/derby.js';
import { cardModel, clockOf, trackState } from './card.js';
import { Follow } from './follow.js';

const LOOK_MS = 1000;
const QUIET_POLLS = 3;
const QUIET_MS = 10000;

const settings = readSettings(config, location);
const words = startWords(settings);
const { say } = words;
const cards = new Map(); // track -> its card
const localNow = () => performance.timeOrigin + performance.now();

if (settings.theme === 'light' || settings.theme === 'dark')
	document.documentElement.dataset.theme = settings.theme;

/* --- cards --- */

/* The address of a track's board, with all else that this one's says. */
function boardOf(prefix) {
	const query = new URLSearchParams(location.search);
	query.set('prefix', prefix);
	['game', 't'].forEach((name) => query.delete(name)); // of a replay
	return `./?${query}`;
}

function newCard({ prefix }) {
	const root = find('#card-template').content.firstElementChild.cloneNode(true);
	const parts = Object.fromEntries([...root.querySelectorAll('[data-part]')].map((element) => [element.dataset.part, element]));
	root.dataset.prefix = prefix;
	parts.link.setAttribute('href', boardOf(prefix));
	return { root, ...parts, game: null };
}

function list() {
	const { tracks } = follow;
	for (const [track, card] of cards)
		if (!tracks.includes(track)) {
			card.root.remove();
			cards.delete(track);
		}
	tracks.forEach((track, i) => {
		if (!cards.has(track))
			cards.set(track, newCard(track));
		const { root, title } = cards.get(track);
		setText(title, track.title);
		if (find('#tracks').children[i] !== root)
			find('#tracks').insertBefore(root, find('#tracks').children[i] ?? null);
		draw(track);
	});
	look();
}

function draw(track) {
	const card = cards.get(track);
	if (!card)
		return;
	card.game = readGame(track.view.state, {});
	const model = cardModel(card.game, words);
	setFlag(card.root, 'known', model.known);
	setText(card.event, model.event);
	model.teams.forEach(({ name, score, colors }, i) => {
		const team = card[`team-${i + 1}`];
		team.style.setProperty('--bg', colors.bg);
		team.style.setProperty('--fg', colors.fg);
		setText(find('.name', team), name);
		setText(find('.points', team), score);
	});
	setText(card.phase, model.known ? model.phase : say('phase.none'));
	setText(card.period, model.known ? model.period : '');
	judge(track, card);
}

function judge({ feed, view }, card) {
	const quietMs = follow.way === 'poll' ? QUIET_MS + QUIET_POLLS * follow.pollMs : QUIET_MS;
	const { level, text } = trackState({ live: feed.live, status: view.status, known: view.state.size > 0, heardMs: localNow() - view.heardAt },
		{ linked: follow.way !== null, quietMs, say });
	setData(card.root, 'level', level);
	setText(card.state, text);
	drawLink();
}

/* --- what is said when they may not be true --- */

let downSince = performance.now();
let everLive = false;

function look() {
	const live = board.connection.live || isPolled();
	everLive ||= live;
	if (live)
		downSince = performance.now();
	const news = honesty({ connection: { live, everLive, quiet: false, refusals: board.connection.refusals }, status: null, online: navigator.onLine,
		downMs: performance.now() - downSince, known: live || cards.size > 0, words });
	find('#banner').toggleAttribute('hidden', news === null);
	setText(find('#banner'), news?.text ?? '');
	setData(find('#banner'), 'level', news?.level);
	const empty = cards.size === 0;
	find('#empty').toggleAttribute('hidden', !empty);
	setText(find('#empty-title'), empty ? say(live ? 'tracks.none' : everLive ? 'link.reconnecting' : 'link.connecting') : '');
	setText(find('#empty-hint'), empty && live ? say('tracks.hint') : '');
	cards.forEach((card, track) => judge(track, card));
	drawLink();
}

const isPolled = () => follow.way === 'poll' && follow.tracks.some(({ feed }) => feed.live);

/* It is live when a track is: that a broker answers says nothing of a game. */
function drawLink() {
	const polls = isPolled();
	const linked = board.connection.live || polls;
	const live = linked && [...cards.values()].some(({ root }) => root.dataset.level === 'live');
	setData(find('#link'), 'level', live ? 'live' : linked ? 'doubt' : 'off');
	setText(find('#link-text'), say(live ? (polls ? 'link.poll' : 'link.mqtt') : linked ? 'link.connected' : everLive ? 'link.reconnecting' : 'link.connecting'));
}

function frame() {
	for (const [{ view }, card] of cards) {
		const { now, period } = card.game.known ? clockOf(view.state, card.game, view.now(localNow())) : { now: '', period: '' };
		setText(card.clock, now);
		setText(card['period-clock'], period);
	}
	requestAnimationFrame(frame);
}

const { servers, http, prefix } = settings;
const board = connect({ servers, prefix, view: null, hiddenMs: 60000, openSocket, mqtt: loadMqtt });
const follow = new Follow(board, { prefix, known: settings.tracks, http, now: localNow }, { listed: () => queueMicrotask(list), changed: draw });
board.on('connection', look);
setInterval(look, LOOK_MS);
showSource(settings.foreign, words);
list();
frame();
window.scoreboard = board; // for a browser's console, and for the tests
window.follow = follow;
