/* overlay - the score for a stream: transparent, drawn over video by OBS or any browser source.
 * ?style=lower (default) | bug | strip; 16:9 at any size. */

import config from './told.js';
import { shownClocks } from '../client/derby.js';
import { clockText } from '../client/index.js';
import { find, fit, flash, make, render, secondsLeft, setData, setFlag, setText } from './dom.js';
import { followShow } from './follow-show.js';
import { createLogos } from './logo.js';
import { noticeModel } from './notice.js';
import { createPanels } from './panels.js';
import { readSettings } from './settings.js';
import { STYLES, UNDIRECTED } from './show.js';
import { createScreen, startPage, startWords } from './live.js';

const ONE_LINE = 0.6;              // of the usual size: a name that would have to be smaller takes two lines
const TWO_LINES = [1, 0.9, 0.8, 0.7]; // of their size; what is longer still is cut
const UNHEARD_MS = 3000;    // after which we show something without knowing what the crew wants
const settings = readSettings(config, location, 'overlayView');
const words = startWords(settings);
const { say } = words;
const logos = createLogos(settings);
const ownStyle = STYLES.includes(settings.style) ? settings.style : STYLES[0];
document.body.dataset.style = ownStyle;
const panels = createPanels({ own: ownStyle, sponsors: config.sponsors, words });

const byId = Object.fromEntries([...document.querySelectorAll('[id]')].map((element) => [element.id, element]));
const teams = [1, 2].map((n) => fill(byId[`team-${n}`]));

function fill(root) {
	root.append(find('#team-template').content.cloneNode(true));
	return { root, ...Object.fromEntries([...root.querySelectorAll('[data-part]')].map((e) => [e.dataset.part, e])) };
}

function draw(model, change) {
	byId.overlay.toggleAttribute('hidden', !model.known);
	const { phase, period } = model;
	setText(byId['now-label'], words.phase(model));
	setText(byId['period-label'], period.number > 0 ? words.period(period) : '');
	setData(byId.clocks, 'kind', phase.kind);
	setFlag(byId.clocks, 'alert', phase.last);
	model.teams.forEach((team, i) => drawTeam(teams[i], team, model, change));
	fitNames();
	panels.draw(model, window.scoreboard?.state ?? new Map());
}

/* How much room a name has depends on what stands beside it. */
const fitNames = () => teams.forEach((team) => [team['jammer-name'], team.name].forEach(fitName));
function fitName(element) {
	setFlag(element, 'wrapped', false);
	fit(element, ONE_LINE);
	if (element.scrollWidth <= element.clientWidth)
		return;
	setFlag(element, 'wrapped', true);
	for (const share of TWO_LINES) {
		element.style.setProperty('--fit', share);
		if (element.scrollHeight <= element.clientHeight + 1)
			return;
	}
}
addEventListener('resize', fitNames);
document.fonts.addEventListener('loadingdone', fitNames);

function drawTeam(parts, team, game, change) {
	const { root } = parts;
	root.style.setProperty('--bg', team.colors.bg);
	root.style.setProperty('--fg', team.colors.fg);
	setText(parts.name, words.team(team));
	logos.draw(parts.logo, team, game);
	setData(parts.score, 'digits', String(team.score).length);
	if (setText(parts.score, team.score) && change?.set.has(`team/${team.number}/score`))
		flash(root, 'scored', 1400);
	setText(parts['jam-points'], team.jamScore > 0 ? `+${team.jamScore}` : '');
	setFlag(parts['jam-points'], 'no-initial', team.noInitial);
	parts.box.toggleAttribute('hidden', !team.jammer.box);
	setText(parts['jammer-name'], [team.jammer.number, team.jammer.name].filter(Boolean).join(' '));
	drawMark(parts.mark, team.mark);
	setData(root, 'calls', team.calls);
	const { timeouts, reviews } = team;
	render(parts.dots, { timeouts, reviews }, () => [...dotsOf(timeouts, 'timeout'), ...dotsOf(reviews, 'review')]);
	parts.dots.setAttribute('aria-label', say('rights.both', { timeouts: timeouts.left, reviews: reviews.left }));
}

function drawMark(element, mark) {
	const [sign, meaning] = mark ? [say(`sign.${mark}`), say(`mark.${mark}`)] : ['', ''];
	element.toggleAttribute('hidden', sign === '');
	setText(element, sign);
	setData(element, 'is', mark);
	element.setAttribute('aria-label', meaning);
}

const dotsOf = ({ left, total, retained }, is) => Array.from({ length: total }, (_, i) => make('i', {
	'data-is': is, 'data-used': i >= left, 'data-retained': Boolean(retained) && i < left,
}));

function frame(board, model) {
	const clocks = shownClocks(model, board.clock);
	drawClock(byId['now-time'], clocks.phase);
	drawClock(byId['period-time'], clocks.period);
	model.teams.forEach(({ jammer }, i) => setText(teams[i].box, `${say('box.short')} ${secondsLeft(board, jammer.penaltyClock)}`.trim()));
}

function drawClock(element, clock) {
	const text = clock !== null ? clockText(clock.time, clock.direction) : '';
	setText(element, text);
	setFlag(element, 'long', text.length > 5);
}

/* On a stream a few words suffice; the crew reads the rest on the board. Before there has been a score the
 * overlay shows nothing, and the whole text is for whoever sets it up. */
function admit(news, connection, status) {
	byId.banner.toggleAttribute('hidden', news === null);
	setText(byId.banner, news === null ? '' : byId.overlay.hidden ? news.text : fewWords(connection, status));
	setFlag(document.body, 'doubt', news !== null && connection.everLive);
}

function fewWords(connection, status) {
	if (!connection.live)
		return say('link.reconnecting');
	return say(status?.state === 'offline' ? 'doubt.short-offline' : 'doubt.short-old');
}

/* Only when the crew of the stream has asked for it: it decides what its viewers see. */
function drawNotice(notice) {
	const shown = noticeModel(notice, null);
	byId.notice.toggleAttribute('data-empty', shown === null);
	setData(byId.notice, 'level', shown?.level);
	byId.notice.setAttribute('role', shown?.role ?? 'status');
	setText(byId['notice-text'], shown?.text ?? '');
}

/* OBS calls a source hidden while another scene is on air: it stays connected, so that it is right
 * at once when its scene comes on air. */
window.scoreboard = startPage({ settings, words, screen: createScreen({ use: 'overlay', draw, frame }), hiddenMs: Infinity, admit }).board;

/* --- what the crew has on air. The score is not shown before that is known: it may be off. --- */

const heard = () => document.body.removeAttribute('data-unheard');
function direct(show) {
	panels.direct(show ?? UNDIRECTED);
	fitNames();
	heard();
}
followShow(window.scoreboard, settings.prefix, direct, heard);
window.scoreboard.on('connection', ({ live, transport }) => live && transport !== 'mqtt' && heard());
setTimeout(heard, UNHEARD_MS);

if (settings.notice)
	window.scoreboard.on('notice', drawNotice);
