/* board - the spectator page: puts the game into the document. */

import config from './told.js';
import { shownClocks, teamOf } from '../client/derby.js';
import { clockText } from '../client/index.js';
import { startAwake } from './awake.js';
import { find, flash, make, render, secondsLeft, setData, setFlag, setText } from './dom.js';
import { createLogos } from './logo.js';
import { noticeModel, noticeStore } from './notice.js';
import { readSettings } from './settings.js';
import { drawSponsors } from './sponsors.js';
import { spokenScore, spokenState } from './spoken.js';
import { createScreen, startPage, startWords } from './live.js';
import { offerPast, showGame } from './past.js';

const settings = readSettings(config, location);
const words = startWords(settings);
const { say } = words;
const logos = createLogos(settings);

if (settings.theme === 'light' || settings.theme === 'dark')
	document.documentElement.dataset.theme = settings.theme;

if (settings.layout === 'compact')
	document.body.dataset.layout = 'compact';

/* Back to the start page, with all else that the address says. */
function linkToTracks({ tracks }) {
	const query = new URLSearchParams(location.search);
	['prefix', 'game', 't'].forEach((name) => query.delete(name));
	find('#all-tracks a').setAttribute('href', `tracks.html${String(query) === '' ? '' : `?${query}`}`);
	find('#all-tracks').toggleAttribute('hidden', tracks.length < 2);
}
linkToTracks(settings);

const byId = Object.fromEntries([...document.querySelectorAll('[id]')].map((element) => [element.id, element]));
const teams = [1, 2].map((n) => fill(byId[`team-${n}`], '#team-template'));
const sides = [1, 2].map((n) => fill(byId[`side-${n}`], '#side-template'));

function fill(root, template) {
	root.append(find(template).content.cloneNode(true));
	const parts = Object.fromEntries([...root.querySelectorAll('[data-part]')].map((e) => [e.dataset.part, e]));
	return { root, name: find('h2', root), ...parts };
}

const watch = settings.game === '' ? startAwake(byId.awake) : () => {};
let playing = false;

/* --- after each change --- */

function draw(game, change) {
	document.body.toggleAttribute('data-known', game.known);
	byId.empty.toggleAttribute('hidden', game.known);
	playing = game.begun && !game.over;
	drawEvent(game);
	drawPhase(game);
	game.teams.forEach((team, i) => {
		drawTeam(teams[i], team, game, change);
		drawSide(sides[i], team, game);
	});
	announce(game);
}

function drawEvent({ event, teams: [one, two], known }) {
	setText(byId['event-title'], [event.tournament, event.game && say('event.game', { n: event.game })].filter(Boolean).join(' · ') || say('page.title'));
	setText(byId['event-place'], [event.venue, event.city].filter(Boolean).join(', '));
	document.title = known ? `${one.score} : ${two.score} ${words.team(one)} – ${words.team(two)}` : say('page.title');
}

function drawPhase(game) {
	const { phase, period, jamNumber } = game;
	const label = words.phase(game);
	setText(byId['now-label'], label);
	setText(byId['now-owner'], phase.team ? words.team(teamOf(game, phase.team)) : '');
	setText(byId['period-label'], words.period(period));
	setText(byId['jam-number'], phase.kind !== 'jam' && game.begun && !game.over && jamNumber > 0 ? say('jam.number', { n: jamNumber }) : '');
	setData(byId.clocks, 'kind', phase.kind);
	setFlag(byId.clocks, 'alert', phase.last);
	byId['now-time'].setAttribute('aria-label', say('part.clock-of', { label }));
}

function drawTeam(parts, team, game, change) {
	const { root } = parts;
	root.style.setProperty('--bg', team.colors.bg);
	root.style.setProperty('--fg', team.colors.fg);
	root.setAttribute('aria-label', words.team(team));
	setText(parts.name, words.team(team));
	logos.draw(parts.logo, team, game);
	setData(parts.score, 'digits', String(team.score).length);
	if (setText(parts.score, team.score) && change && change.set.has(`team/${team.number}/score`))
		flash(root, 'scored', 1600);
	setText(parts['jam-points'], team.jamScore > 0 ? `+${team.jamScore}` : '');
	setFlag(parts['jam-points'], 'no-initial', team.noInitial);
	drawJammer(parts, team);
	drawRights(parts, team);
}

function drawJammer(parts, team) {
	const [mark, meaning] = team.mark ? [say(`sign.${team.mark}`), say(`mark.${team.mark}`)] : ['', ''];
	setText(parts.mark, mark);
	setData(parts.mark, 'is', team.mark);
	parts.mark.setAttribute('aria-label', meaning);
	parts.mark.toggleAttribute('hidden', mark === '');
	parts.mark.setAttribute('role', 'img');
	setText(parts['jammer-number'], team.jammer.number);
	setText(parts['jammer-name'], team.jammer.name || (mark && meaning));
	setFlag(parts['jammer-name'], 'none', team.jammer.name === '');
	drawBox(parts['jammer-box'], team.jammer);
	setFlag(parts.root, 'lead', team.mark === 'lead');
}

/* Only whose penalty clock it is; the seconds are drawn on each frame. */
function drawBox(element, { box, penaltyClock }) {
	element.toggleAttribute('hidden', !box);
	setData(element, 'clock', penaltyClock);
}

function drawRights(parts, team) {
	const { timeouts, reviews } = team;
	render(parts.timeouts, timeouts, dotsOf);
	parts.timeouts.setAttribute('aria-label', say('rights.timeouts', timeouts));
	render(parts.reviews, reviews, (data) => [make('b', { text: say('rights.review') }), ...dotsOf(data)]);
	parts.reviews.setAttribute('aria-label', say(reviews.retained ? 'rights.retained' : 'rights.reviews', reviews));
	setText(parts.call, team.calls ? say(`calls.${team.calls}`) : '');
	setData(parts.root, 'calls', team.calls);
}

function dotsOf({ left, total, retained }) {
	return Array.from({ length: total }, (_, i) => make('i', {
		'data-used': i >= left, 'data-retained': Boolean(retained) && i < left,
	}));
}

function drawSide(parts, team, game) {
	parts.root.style.setProperty('--bg', team.colors.bg);
	parts.root.style.setProperty('--fg', team.colors.fg);
	setText(parts.name, words.team(team));
	drawPeople(parts, team, game);
	const penalized = team.skaters.filter((skater) => skater.codes.length > 0 || skater.out);
	setText(parts.total, team.totalPenalties || '');
	render(parts.penalties, penalized, (rows) => rows.map(penaltyRow));
	parts['no-penalties'].toggleAttribute('hidden', penalized.length > 0);
	parts['penalty-card'].toggleAttribute('hidden', !game.begun);
}

/* Before the game all who skate in it, then who is on the track or comes next. */
function drawPeople(parts, team, { begun, over, phase }) {
	setText(parts['people-are'], say(!begun ? 'part.roster' : phase.kind === 'jam' ? 'part.track' : 'part.next'));
	setFlag(parts.lineup, 'roster', !begun);
	const shown = begun ? { places: team.lineup, jams: team.jammer.position, mark: team.mark } : { roster: team.skaters.filter(({ skates }) => skates) };
	render(parts.lineup, shown, ({ roster, places, jams, mark }) => roster?.map(skater) ?? places.map((p) => place(p, p.position === jams, mark)));
	parts['no-people'].toggleAttribute('hidden', parts.lineup.children.length > 0);
	parts.people.toggleAttribute('hidden', over);
}

function skater({ name, number, captain }) {
	return make('li', {},
		make('abbr', captain ? { text: say('letter.captain'), title: say('place.captain'), label: say('place.captain') } : {}),
		make('span', { class: 'number', text: number }), make('span', { class: 'name', text: name }));
}

function place({ position, name, number, box, penaltyClock }, jams, mark) {
	const what = position.replace(/\d$/, '');
	const label = say(`place.${what}`);
	const role = mark === 'star-pass' && jams ? say('sign.star-pass') : say(`letter.${what}`);
	return make('li', { 'data-empty': name === '' && number === '', 'data-star': jams },
		make('abbr', { text: role, title: label, label }),
		make('span', { class: 'number', text: number }),
		make('span', { class: 'name', text: name || '–' }),
		...(box ? [make('span', { class: 'box', role: 'img', label: say('box.long'), 'data-clock': penaltyClock })] : []));
}

function penaltyRow({ number, name, codes, out, near, box }) {
	const marks = codes.map((code) => make('i', { text: code }));
	return make('tr', { 'data-out': out, 'data-near': near && !out, 'data-box': box },
		make('td', { class: 'number', text: number }),
		make('th', { class: 'name', scope: 'row', text: name }),
		make('td', { class: 'codes' }, ...marks, ...(out ? [make('b', { text: say('skater.out') })] : [])));
}

/* --- for screen readers: the score when it has settled, the state when it changes --- */

let saying = null;
function announce(game) {
	setText(byId['say-state'], game.known ? spokenState(game, words) : '');
	clearTimeout(saying);
	saying = setTimeout(() => setText(byId['say-score'], game.known ? spokenScore(game, words) : ''), 700);
}

/* --- on each frame --- */

function frame(board, game) {
	const clocks = shownClocks(game, board.clock);
	drawClock(byId['now-time'], clocks.phase);
	drawBar(clocks.phase, game.phase);
	drawClock(byId['period-time'], clocks.period);
	for (const box of document.getElementsByClassName('box'))
		setText(box, `${say('box.short')} ${secondsLeft(board, box.dataset.clock)}`.trim());
}

function drawClock(element, clock) {
	const text = clock ? clockText(clock.time, clock.direction) : '';
	if (setText(element, text) && clock)
		element.setAttribute('title', words.clock(clock.time, clock.direction));
	setFlag(element, 'long', text.length > 5);
	setFlag(element, 'still', clock?.running === false);
}

function drawBar(clock, { lengthMs }) {
	const bar = byId['now-bar'];
	const share = clock && lengthMs > 0 ? Math.min(1, clock.time / lengthMs) : 0;
	bar.parentElement.toggleAttribute('data-on', share > 0);
	bar.style.transform = `scaleX(${share.toFixed(4)})`;
}

/* --- what is said when the score may not be true --- */

function admit(news, connection) {
	watch(playing && connection.live);
	drawEmpty(connection);
	byId.banner.toggleAttribute('hidden', news === null);
	setText(byId.banner, news?.text ?? '');
	setData(byId.banner, 'level', news?.level);
	setFlag(document.body, 'doubt', news !== null && news.level !== 'info' && connection.everLive);
	const level = connection.live ? (news ? 'doubt' : 'live') : 'off';
	setData(byId.link, 'level', level);
	setText(byId['link-text'], linkText(connection, level));
}

/* In the place of a game, while there is none. */
function drawEmpty({ live, everLive }) {
	setText(byId['empty-title'], say(live ? 'phase.none' : everLive ? 'link.reconnecting' : 'link.connecting'));
	setText(byId['empty-hint'], live ? say('empty.hint') : '');
}

function linkText(connection, level) {
	if (level === 'off')
		return say(connection.everLive ? 'link.reconnecting' : 'link.connecting');
	if (level === 'live')
		return say(`link.${connection.transport}`);
	return say(screen.game.known ? 'link.last' : 'link.connected');
}

/* --- what the crew tells everybody --- */

const dismissed = noticeStore(`scoreboard-notice ${settings.prefix}`);

/* The role is set before the text, so that it is told as what it is. */
function drawNotice(notice) {
	const shown = noticeModel(notice, dismissed.id);
	byId.notice.toggleAttribute('data-empty', shown === null);
	byId['notice-close'].toggleAttribute('hidden', shown === null);
	setData(byId.notice, 'level', shown?.level);
	byId['notice-say'].setAttribute('role', shown?.role ?? 'status');
	setText(byId['notice-label'], shown ? say(`notice.${shown.level}`) : '');
	setText(byId['notice-text'], shown?.text ?? '');
	setText(byId['notice-by'], shown?.by ?? '');
	letScroll(byId['notice-say']);
}

/* A long one scrolls, which has to work without a mouse, too. */
function letScroll(element) {
	if (element.scrollHeight > element.clientHeight)
		element.setAttribute('tabindex', '0');
	else
		element.removeAttribute('tabindex');
}

/* How much data following the game has cost so far, and how late messages come. */
function drawNumbers({ bytes, delayMs }) {
	const parts = [say('page.received', { kb: Math.max(1, Math.round(bytes / 1000)) })];
	if (delayMs.p95 !== null)
		parts.push(say('page.delay', { ms: Math.max(1, delayMs.p95) }));
	setText(byId.numbers, bytes > 0 ? ` · ${parts.join(' · ')}` : '');
}

const screen = createScreen({ use: 'scoreboard', draw, frame });

function startLive() {
	const { board, showLive } = startPage({ settings, words, screen, hiddenMs: 60000, admit });
	board.on('notice', drawNotice);
	byId['notice-close'].addEventListener('click', () => {
		dismissed.id = board.notice?.id ?? null;
		drawNotice(null);
	});
	setInterval(() => screen.source === board && drawNumbers(board.metrics), 3000);
	window.scoreboard = board; // for a browser's console, and for the tests
	if (settings.history)
		offerPast({ settings, screen, board, showLive });
}

if (settings.game === '')
	startLive();
else
	showGame({ settings, screen });
drawSponsors(byId.sponsors, config.sponsors);
