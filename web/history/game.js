/* game - the page of one game: result, graph, jam by jam, penalties, who watched. While the game is on it asks again. */

import { find, make, render, setText } from '../board/dom.js';
import { readGame } from '../client/derby.js';
import { drawGraph } from './graph.js';
import { isId, linesOf, plot, readStory, rowsOf } from './model.js';
import { addressOf, faultText, insist, startHistoryPage } from './page.js';

const AGAIN_MS = 10000;  // while the game is on, and the page is looked at
const LISTED = 1000;     // that many chapters at most are told

const { settings: { game: id }, words, history, tell } = startHistoryPage();
const { say } = words;
const score = (values) => values.map((value) => value ?? say('game.unknown')).join(' : ');
const span = ({ from, to, why }) => say('game.gap', { from: words.seconds(from), to: words.seconds(to), why });

/* --- what is asked --- */

/* { story, teams }: `teams` as the view had them at last; null where that is not known. */
async function ask() {
	const story = readStory(await history.game(id));
	const last = await history.at(id).catch(() => null); // the rest can be shown without
	const known = typeof last?.state === 'object' && last.state !== null;
	return { story, teams: known ? readGame(new Map(Object.entries(last.state))).teams : null };
}

async function round() {
	const found = await insist(ask, (error) => tell(faultText(words, error, 'game'), 'bad'));
	if (!found?.story)
		return;
	draw(found.story, found.teams);
	if (found.story.running)
		setTimeout(whenSeen, AGAIN_MS * (0.9 + 0.2 * Math.random()));
}

function whenSeen() {
	if (document.visibilityState === 'visible')
		round();
	else
		document.addEventListener('visibilitychange', whenSeen, { once: true });
}

/* --- what is shown --- */

function draw(story, teams) {
	/* By series: whose score it is. */
	const names = story.series.map((number, i) => {
		const team = teams?.find((one) => one.number === number);
		return team ? words.team(team) : say('team.unnamed', { n: number ?? i + 1 });
	});
	tell('');
	find('#game').toggleAttribute('hidden', false);
	drawHead(story);
	drawScore(story, names);
	render(find('#jams'), { story, names }, () => [jamTable(story, names)]);
	render(find('#penalties'), teams?.map(({ skaters, ...team }) => [skaters, team.name]) ?? null, () => [find('#penalties h2'), ...penalties(teams)]);
	drawViewers(story);
}

function drawHead(story) {
	const title = story.title || say('history.untitled');
	const { running, over, end } = story;
	const begin = story.begin ?? story.first;
	document.title = title;
	setText(find('#title'), title);
	const [date, from, to] = [begin && words.date(begin), begin && words.time(begin), end && words.time(end)];
	setText(find('#when'), begin ? say(end ? 'history.span' : 'history.at', { date, from, to, time: from }) : '');
	setText(find('#result'), score(story.result));
	setText(find('#state'), say(running ? 'history.on' : over ? 'history.over' : 'history.unfinished'));
	find('#replay').setAttribute('href', addressOf('./', { game: story.id }));
	find('#csv').setAttribute('href', history.csvUrl(story.id));
}

function drawScore(story, names) {
	const drawn = plot(linesOf(story), story.gaps);
	find('#score-part').toggleAttribute('hidden', drawn === null);
	const label = say('game.graph', { teams: names.map((name, i) => `${name} ${story.result[i] ?? say('game.unknown')}`).join(', ') });
	if (drawn)
		render(find('#score-graph'), { drawn, label }, () => drawGraph(drawn, { label, names, ends: endsOf(drawn), bandsAre: say('game.gaps') }));
}

const endsOf = ({ from, to }) => [words.time(from), words.time(to)];

/* --- jam by jam --- */

function jamTable(story, names) {
	const rows = rowsOf(story);
	const columns = [say('game.jam'), say('game.begun'), ...names.map((team) => say('game.points', { team })), say('game.score-after')];
	if (story.chapters.length === 0)
		return make('div', {}, make('p', { class: 'none', text: say('game.no-jams') }), ...rows.map(({ gap }) => make('p', { class: 'gap', text: span(gap) })));
	return make('table', { class: 'jams', 'aria-labelledby': 'jams-title' },
		make('thead', {}, make('tr', {}, ...columns.map((text) => make('th', { scope: 'col' }, make('bdi', { text }))))),
		make('tbody', {}, ...rows.map((row) => tableRow(row, columns.length, names)),
			...(story.chapters.length >= LISTED ? [wideRow('td', say('game.some-jams', { n: LISTED }), columns.length, 'gap')] : [])));
}

const wideRow = (tag, text, columns, kind) => make('tr', { class: kind }, make(tag, { colspan: columns, scope: tag === 'th' ? 'colgroup' : null, text }));

function tableRow({ kind, chapter, turned, gap, period }, columns, names) {
	if (kind === 'period')
		return wideRow('th', say('period.period', { n: period }), columns, 'part');
	if (kind === 'gap')
		return wideRow('td', span(gap), columns, 'gap');
	return make('tr', { 'data-turned': turned !== null },
		make('th', { scope: 'row', text: chapter.jam ?? chapter.n }),
		make('td', {}, make('time', { datetime: new Date(chapter.begin).toISOString(), text: words.time(chapter.begin) })),
		...names.map((_, i) => points(chapter.change[i])),
		make('td', { class: 'after' }, make('span', { text: score(chapter.after) }),
			...(chapter.end === null ? [make('small', { text: say('game.going') })] : []),
			...(turned === null ? [] : [make('small', { class: 'turn' }, make('bdi', { text: say('game.turned', { team: names[turned] }) }))])));
}

function points(change) {
	if (!Number.isFinite(change))
		return make('td', { text: say('game.unknown') });
	return make('td', { class: 'points', 'data-scored': change > 0, text: change > 0 ? `+${change}` : String(change).replace('-', '−') });
}

/* --- penalties --- */

function penalties(teams) {
	if (!teams)
		return [make('p', { class: 'none', text: say('game.no-state') })];
	return [...teams].sort((a, b) => a.number - b.number).map((team) => {
		const name = words.team(team);
		const penalized = team.skaters.filter(({ codes, out }) => codes.length > 0 || out);
		return make('div', { class: 'card' }, make('h3', {}, make('bdi', { text: name })),
			penalized.length === 0 ? make('p', { class: 'none', text: say('game.no-penalties') }) : penaltyTable(penalized, say('game.penalties-of', { team: name })));
	});
}

const penaltyTable = (skaters, label) => make('table', { class: 'penalties', label },
	make('thead', { class: 'unseen' }, make('tr', {}, ...['part.number', 'part.name', 'part.penalties'].map((key) => make('th', { scope: 'col', text: say(key) })))),
	make('tbody', {}, ...skaters.map(({ number, name, codes, out, near }) => make('tr', { 'data-out': out, 'data-near': near && !out },
		make('td', { class: 'number' }, make('bdi', { text: number })),
		make('th', { class: 'name', scope: 'row' }, make('bdi', { text: name })),
		make('td', { class: 'codes' }, ...codes.map((code) => make('i', { text: code })), ...(out ? [make('b', { text: say('skater.out') })] : []))))));

/* --- who watched --- */

function drawViewers({ viewers, peak }) {
	const drawn = plot([viewers.map(({ t, n }) => [t, n])]);
	find('#viewers-part').toggleAttribute('hidden', viewers.length === 0);
	if (viewers.length === 0)
		return;
	const most = viewers.find(({ n }) => n === peak) ?? viewers[0];
	setText(find('#peak'), say('game.peak', { n: words.number(most.n), time: words.time(most.t) }));
	find('#viewers-graph').toggleAttribute('hidden', drawn === null);
	if (drawn)
		render(find('#viewers-graph'), drawn, () => drawGraph(drawn, { label: say('game.viewers-graph', { peak: words.number(most.n) }), names: [null], ends: endsOf(drawn), bandsAre: '' }));
	render(find('#viewers'), viewers, () => [make('table', { class: 'jams', label: say('game.viewers-table') },
		make('thead', {}, make('tr', {}, ...['game.time', 'game.count'].map((key) => make('th', { scope: 'col', text: say(key) })))),
		make('tbody', {}, ...viewers.map(({ t, n }) => make('tr', {}, make('th', { scope: 'row', text: words.time(t) }), make('td', { text: words.number(n) })))))]);
}

if (isId(id))
	round();
else
	tell(say('fault.absent-game'), 'bad');
