/* panels - what the crew puts on the overlay beside the score: lower third, roster, penalties, points per jam, sponsor; and where and how large all of it is.
 * It stands in the room that the score leaves, and is made smaller until it fits. Text goes in as text. */

import { find, fit, make, render, setData, setFlag, setText } from './dom.js';
import { fittingScale, jamsModel, panelColors, penaltiesModel, pictureOf, rosterModel } from './panels-model.js';

const BIG = ['roster', 'penalties', 'jams'];
const SMALLEST_TITLE = 0.25;
const GAP_REM = 1.4;    // as panels.css has it
const TEXTS_SHARE = 0.6; // of the height, at most, where large panels are on air as well
const EDGE = /^(top|bottom)(?:-(left|right))?$/;

/* `own`: the style that the page has without a direction. `words`: of the page's language. */
export function createPanels({ own, sponsors, words }) {
	const { body } = document;
	const root = document.documentElement;
	const [stage, big, score, notice] = ['#panels', '#big', '#overlay', '#notice'].map((selector) => find(selector));
	const part = Object.fromEntries([...BIG, 'lower', 'sponsor'].map((name) => [name, find(`#${name}`)]));
	let show = { panels: ['score'] };
	let latest = { known: false, teams: [], state: new Map() };

	const isOn = (name) => show.panels.includes(name);

	function direct(next) {
		show = next;
		setData(body, 'style', show.style ?? own);
		const [, edge, side] = EDGE.exec(show.position ?? '') ?? [];
		setData(body, 'edge', edge);
		setData(body, 'side', edge && (side ?? 'center'));
		setFlag(body, 'scoreless', !isOn('score'));
		const { bg, fg } = panelColors(show.color);
		stage.style.setProperty('--panel', bg);
		stage.style.setProperty('--panel-ink', fg);
		setFlag(stage, 'colored', show.color !== undefined);
		root.style.setProperty('--scale', show.scale ?? 1);
		drawTexts();
		drawBig();
		place();
	}

	function drawTexts() {
		const { title = '', line = '', sponsor = '' } = show;
		setText(find('#lower-title'), title);
		setText(find('#lower-line'), line);
		part.lower.toggleAttribute('hidden', !isOn('lower') || (title === '' && line === ''));
		part.sponsor.toggleAttribute('hidden', !isOn('sponsor') || sponsor === '');
		const image = pictureOf(sponsors, sponsor);
		render(part.sponsor, { sponsor, image }, () => [image ? picture(image, sponsor) : textOf(sponsor)]);
	}

	const textOf = (text) => make('bdi', { text });
	/* A picture that can't be had is the name. */
	function picture(src, alt) {
		const element = make('img', { alt });
		element.addEventListener('load', place);
		element.addEventListener('error', () => { element.replaceWith(textOf(alt)); place(); });
		element.src = src;
		return element;
	}

	function draw({ known, teams }, state) {
		latest = { known, teams: teams.map((team) => ({ ...team, name: words.team(team) })), state };
		drawBig();
		place();
	}

	function drawBig() {
		for (const name of BIG) {
			part[name].toggleAttribute('hidden', !isOn(name) || !latest.known);
			if (!part[name].hidden)
				DRAW[name](part[name], words.say, latest);
		}
	}

	/* --- where --- */

	/* Everything is measured in the pixels of the page; a rem is 1/120 of its width. */
	function place() {
		const rem = innerWidth / 120;
		const margin = 3 * rem;
		score.style.setProperty('--shrunk', fittingScale(show.scale ?? 1, { width: score.offsetWidth || 1, height: score.offsetHeight || 1 },
			{ width: innerWidth - (body.dataset.style === 'strip' ? 0 : 2 * margin), height: innerHeight * 0.45 }));
		const gap = (body.dataset.style === 'strip' ? 2 : 1) * GAP_REM * rem;
		const room = { top: margin, bottom: margin };
		for (const element of [score, notice])
			leaveOut(element, room, gap);
		stage.style.setProperty('--top', `${room.top}px`);
		stage.style.setProperty('--bottom', `${room.bottom}px`);
		fitTexts();
		fitBig();
	}

	/* The panels keep clear of the whole height of what stands above or below them. */
	function leaveOut(element, room, gap) {
		const { top, bottom, height } = element.getBoundingClientRect();
		if (height === 0 || element.hasAttribute('data-empty'))
			return;
		if (top + bottom < innerHeight)
			room.top = Math.max(room.top, bottom + gap);
		else
			room.bottom = Math.max(room.bottom, innerHeight - top + gap);
	}

	/* Lower third and sponsor have their height, but no more than there is, and leave some of it to the large panels. */
	function fitTexts() {
		const room = stage.clientHeight * (BIG.every((name) => part[name].hidden) ? 1 : TEXTS_SHARE);
		let share = 1;
		for (let i = 0; i < 3; i++) {
			stage.style.setProperty('--share', share);
			if (!part.lower.hidden)
				fit(find('#lower-title'), SMALLEST_TITLE);
			const height = part.lower.offsetHeight + part.sponsor.offsetHeight + 2 * GAP_REM * innerWidth / 120;
			if (height <= room)
				return;
			share *= 0.97 * room / height;
		}
		stage.style.setProperty('--share', share);
	}

	/* More than once, since not everything shrinks in proportion: the gaps do not. */
	function fitBig() {
		const inner = big.firstElementChild;
		let share = 1;
		for (let i = 0; i < 3; i++) {
			big.style.setProperty('--fit', share);
			const room = Math.min(big.clientWidth / inner.offsetWidth, big.clientHeight / inner.offsetHeight);
			if (!(room < 1))
				return;
			share *= room * 0.98;
		}
		big.style.setProperty('--fit', share);
	}

	addEventListener('resize', place);
	document.fonts.addEventListener('loadingdone', place);
	const watcher = new ResizeObserver(place); // the score and the crew's notice change by themselves
	[score, notice].forEach((element) => watcher.observe(element));
	return { direct, draw };
}

/* --- panels of two teams --- */

const DRAW = {
	roster: (root, say, { teams }) => drawTeams(root, say, 'roster', rosterModel(teams), ({ number, name, captain }) => [
		make('b', { text: number }), make('bdi', { text: name }), ...(captain ? [make('i', { text: say('place.captain') })] : []),
	]),
	penalties: (root, say, { teams }) => drawTeams(root, say, 'penalties', penaltiesModel(teams), ({ number, name, codes, out }) => [
		make('b', { text: number }), make('bdi', { text: name }), make('span', { text: codes }), ...(out ? [make('i', { text: say('skater.out') })] : []),
	]),
	jams: (root, say, { teams, state }) => drawJams(root, say, jamsModel(state, teams)),
};

function drawTeams(root, say, kind, teams, rowOf) {
	render(root, teams, () => teams.map(({ name, colors, total, rows, more }) => {
		const heading = make('h2', {}, make('bdi', { text: name }), ...(total === undefined ? [] : [make('span', { text: total })]));
		const list = rows.length === 0 ? make('p', { text: say(`none.${kind}`) }) : make('ul', {}, ...rows.map((row) => make('li', {}, ...rowOf(row))));
		return paint(make('section', {}, heading, list, ...(more > 0 ? [make('p', { text: say('panel.more', { n: more }) })] : [])), colors);
	}));
}

function paint(element, { bg, fg }) {
	element.style.setProperty('--bg', bg);
	element.style.setProperty('--fg', fg);
	return element;
}

function drawJams(root, say, model) {
	render(root, model, () => {
		if (model === null)
			return [make('p', { text: say('none.jams') })];
		const column = (text) => make('th', { scope: 'col', text });
		const head = make('tr', {}, column(say('period.period', { n: model.period })), ...model.jams.map(column), column(say('panel.total')));
		const rows = model.teams.map(({ name, colors, points, total }) => paint(make('tr', {}, make('th', { scope: 'row' }, make('bdi', { text: name })),
			...points.map((value) => make('td', { text: value, 'data-none': value === 0 })), make('td', { text: total })), colors));
		return [make('table', { label: say('panel.jams') }, make('thead', {}, head), make('tbody', {}, ...rows))];
	});
}
