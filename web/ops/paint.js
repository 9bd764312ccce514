/* paint - puts what the pure modules say into the document. What brokers and clients call themselves goes in as text, never as HTML. */

import { find, make, render, setData, setText } from '../board/dom.js';
import { chartOf, pathOf, peakOf } from './evening.js';
import { LATE_MS, brokerRows, limitRows, viewers } from './figures.js';
import { runningParts } from './parts.js';
import { troubles, verdict } from './verdict.js';
import { NONE, count, delay, lacking, many, percent, reason, span, time, timeToTheSecond } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
const CHART = { width: 600, height: 120 };
const MARKS = { good: '✓', warn: '!', bad: '✕', note: '·' };
const MEANINGS = { good: 'well', warn: 'warning', bad: 'bad', note: 'note' };

const mark = (level) => make('i', { class: 'mark', text: MARKS[level], role: 'img', label: MEANINGS[level] });

function svg(tag, attributes, ...children) {
	const element = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

/* A table: columns [{ head, number, cell(row) }]; a cell is a text or elements. */
function table(label, columns, rows) {
	const head = make('tr', {}, ...columns.map(({ head: text, number }) => make('th', { scope: 'col', text, class: number && 'number' })));
	const body = rows.map((row) => make('tr', { 'data-level': row.level }, ...columns.map(({ cell, number }, i) => {
		const what = cell(row);
		const element = make(i === 0 ? 'th' : 'td', { scope: i === 0 && 'row', class: number && 'number' });
		element.append(...[what].flat());
		return element;
	})));
	return make('table', { label }, make('thead', {}, head), make('tbody', {}, ...body));
}

const list = (element, { label, columns, rows, none }) =>
	render(element, rows, () => [rows.length > 0 ? table(label, columns, rows) : make('p', { class: 'none', text: none })]);

function bar(used, of) {
	const share = of > 0 ? Math.min(1, used / of) : 0;
	const element = make('span', { class: 'gauge', 'aria-hidden': 'true' }, make('i'));
	element.firstChild.style.setProperty('--share', share);
	setData(element, 'level', share >= 0.98 ? 'bad' : share >= 0.9 ? 'warn' : 'good');
	return element;
}
const used = (figure) => (figure === null || figure.of === null ? NONE : [make('span', { class: 'used', text: `${count(figure.used)} of ${count(figure.of)}` }), bar(figure.used, figure.of)]);

/* --- the head --- */

const PHASES = { dialing: 'Connecting', live: 'Connected', lost: 'No connection' };

/* prefix: another one than config.js has. Whoever made up this page's address has named it, and may have put there what looks like a game. */
export function paintLink(link, user, prefix) {
	const element = find('#link');
	setData(element, 'level', { live: 'good', dialing: 'note', lost: 'bad' }[link.phase]);
	render(element, [link.phase], () => [make('i', { 'aria-hidden': 'true' }), make('span', { text: PHASES[link.phase] })]);
	const where = link.url ? ` at ${new URL(link.url).host}` : '';
	setText(find('#who'), `${user}${where}${prefix && `, looks at ${prefix}/`}`);
}

export function paintVerdict(state, link, now) {
	const head = verdict(state, link, now);
	const { since, state: is } = state.status ?? {};
	const liveSince = is === 'live' && since !== null ? `Live since ${time(since)}` : '';
	setData(find('#verdict'), 'level', head.level);
	setText(find('#verdict-what'), head.what);
	setText(find('#verdict-todo'), head.todo);
	setText(find('#verdict-since'), head.level === 'good' || head.level === 'note' ? liveSince : head.since ?? '');
	const others = troubles(state, link, now).filter(({ key }) => key !== head.key);
	find('#others').toggleAttribute('hidden', others.length === 0);
	render(find('#others'), others, (rows) => rows.map(({ level, what, todo, since: when }) =>
		make('li', { 'data-level': level }, mark(level), make('p', {}, make('b', { text: what }), ` ${todo}`, ...(when ? [make('span', { class: 'since', text: ` ${when}` })] : [])))));
	document.title = head.level === 'good' ? 'Operations' : `${MARKS[head.level]} ${head.what}`;
	document.body.toggleAttribute('data-old', link.phase === 'lost');
}

/* --- viewers --- */

export function paintViewers(state, minutes, wallNow) {
	const { total, mqtt, sse, polling } = viewers(state);
	const peak = peakOf(minutes);
	const ways = [[mqtt, 'by MQTT'], [sse, 'by event stream'], [polling, 'by polling']].filter(([n]) => n !== null).map(([n, how]) => `${count(n)} ${how}`);
	const most = peak && peak.watching > 0 ? [`most ${count(peak.watching)} at ${time(peak.at)}`] : [];
	setText(find('#viewers-now'), state.brokers.size > 0 ? count(total) : NONE);
	setText(find('#viewers-how'), [...ways, ...most].join(' · '));
	const rows = [...minutes, { at: wallNow, watching: total }];
	render(find('#evening'), [rows.length, rows[0].at, total, Math.floor(wallNow / 10000)], () => [chart(rows, wallNow)]);
}

function chart(rows, now) {
	const { lines, top, ticks } = chartOf(rows, now);
	const first = rows[0].at;
	const peak = peakOf(rows);
	const label = `Viewers since ${time(first)}: now ${count(rows.at(-1).watching)}, most ${count(peak.watching)} at ${time(peak.at)}`;
	const { width, height } = CHART;
	const line = (level) => svg('line', { x1: 0, x2: width, y1: height * level, y2: height * level, class: 'grid' });
	const drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, line(0), line(0.5), line(1),
		...ticks.map(({ x }) => svg('line', { x1: x * width, x2: x * width, y1: 0, y2: height, class: 'grid' })),
		...lines.map((points) => svg('path', { d: pathOf(points, CHART, true), class: 'area' })),
		...lines.map((points) => svg('path', { d: pathOf(points, CHART), class: 'line' })));
	const texts = ticks.map(({ at, x }) => {
		const element = make('span', { class: 'tick', text: time(at) });
		element.style.setProperty('--x', x);
		return element;
	});
	return make('div', { class: 'chart', role: 'img', label }, drawing, make('span', { class: 'top-mark', text: count(top) }), make('div', { class: 'ticks' }, ...texts));
}

/* --- what runs --- */

export function paintParts(state, now) {
	render(find('#parts'), runningParts(state, now), (parts) => parts.map(({ name, level, text }) =>
		make('li', { 'data-level': level }, mark(level), make('b', { text: name }), make('span', { text }))));
}

/* --- brokers --- */

function refusedCell({ refused }) {
	if (refused.reasons.length === 0)
		return '0';
	const lines = refused.reasons.map(({ label, total, minute }) => make('li', { text: `${reason(label)}: ${count(total)}${minute > 0 ? `, ${count(minute)} in the last minute` : ''}` }));
	return [make('details', {}, make('summary', { text: count(refused.minute) }), make('ul', {}, ...lines))];
}

function loadCell({ load, lateMs }) {
	if (load === null && lateMs === null)
		return NONE;
	return [load === null ? [] : [percent(load)], lateMs === null || lateMs < 100 ? [] : [`${delay(lateMs)} late`]].flat().join(', ');
}

/* What a broker said before it fell silent is not how it is. */
const ifHere = (cell) => (row) => (row.missingMs === null ? cell(row) : NONE);

/* Whoever has opened the list of reasons would have it closed under his finger. */
function keepOpen(element, paint) {
	const open = new Set([...element.querySelectorAll('tr')].filter((row) => find('details[open]', row)).map((row) => find('th', row).textContent));
	paint();
	for (const row of element.querySelectorAll('tr'))
		if (open.has(find('th', row).textContent) && find('details', row))
			find('details', row).open = true;
}

const levelOf = ({ missingMs, lateMs, delayNowMs, dropped }) =>
	(missingMs !== null ? 'bad' : lateMs >= LATE_MS || delayNowMs >= LATE_MS || dropped > 0 ? 'warn' : 'good');

export function paintBrokers(state, now) {
	const rows = brokerRows(state, now).map((row) => ({ ...row, level: levelOf(row) }));
	keepOpen(find('#brokers'), () => list(find('#brokers'), {
		label: 'Brokers', rows, none: 'No broker has answered yet.',
		columns: [
			{ head: 'Broker', cell: ({ name, level }) => [make('span', { class: 'marked' }, mark(level), ` ${name}`)] },
			{ head: 'Part', cell: ({ part, missingMs }) => (missingMs === null ? part || NONE : 'no answer') },
			{ head: 'Viewers', number: true, cell: ifHere((row) => count(row.viewers)) },
			{ head: 'Seats', cell: ifHere(({ seats }) => used(seats)) },
			{ head: 'Load', cell: ifHere((row) => [make('span', { class: 'used', text: loadCell(row) })]) },
			{ head: 'Delay', number: true, cell: ifHere(({ delayMs }) => delay(delayMs)) },
			{ head: 'Lost/min', number: true, cell: ifHere(({ dropped }) => count(dropped)) },
			{ head: 'Files', cell: ifHere(({ files }) => used(files)) },
			{ head: 'Refused/min', cell: ifHere(refusedCell) },
		],
	}));
}

/* --- clients and bans --- */

const button = (text, label, attributes) => make('button', { type: 'button', class: 'small', text, label, ...attributes });

function clientActions({ client, user, address, broker }) {
	const actions = [button('Send away', `Send ${client} away`, { 'data-do': 'kick', 'data-client': client, 'data-broker': broker })];
	if (user)
		actions.push(button('Ban user', `Ban the user ${user}`, { 'data-do': 'ban', 'data-user': user }));
	if (address)
		actions.push(button('Ban address', `Ban the address ${address}`, { 'data-do': 'ban', 'data-address': address }));
	return [make('span', { class: 'actions' }, ...actions)];
}

export function paintClients({ clients, total, lacks }, hasBrokers) {
	const shown = clients.length < total ? `The first ${count(clients.length)} of ${many(total, 'client')}: say more of the name, address or id.` : `${many(total, 'client')}.`;
	setText(find('#found'), `${shown}${lacks.length > 0 ? ` Those at other brokers are not known: ${lacking(lacks)}.` : ''}`);
	list(find('#clients'), {
		label: 'Clients', rows: clients, none: 'Nobody like that is in.',
		columns: [
			{ head: 'Client id', cell: ({ client }) => String(client) },
			{ head: 'User', cell: ({ user }) => user ?? NONE },
			{ head: 'Address', cell: ({ address }) => address ?? NONE },
			{ head: 'Role', cell: ({ role }) => role ?? NONE },
			...(hasBrokers ? [{ head: 'Broker', cell: ({ broker }) => broker ?? NONE }] : []),
			{ head: 'For', number: true, cell: ({ seconds }) => span(1000 * seconds) },
			{ head: 'Do', cell: clientActions },
		],
	});
}

/* What stands in a list of these brokers is from when they told of it last. */
export function paintLacks(selector, lacks) {
	setText(find(selector), lacks.length > 0 ? `Not known anew: ${lacking(lacks)}.` : '');
}

/* known: the names of all brokers. */
export function paintBans(bans, known) {
	const rows = bans.map(({ address, user, why, seconds, brokers }) =>
		({ address, user, why, left: Math.ceil(seconds / 60), where: known.every((name) => brokers.includes(name)) ? 'all' : brokers.join(', ') }));
	list(find('#bans'), {
		label: 'Bans', rows, none: 'Nobody is banned.',
		columns: [
			{ head: 'Who', cell: ({ address, user }) => (user === null ? `address ${address}` : `user ${user}`) },
			{ head: 'Why', cell: ({ why }) => (why === 'operator' ? 'by an operator' : why) },
			...(known.length > 1 ? [{ head: 'At', cell: ({ where }) => where }] : []),
			{ head: 'For yet', number: true, cell: ({ left }) => span(60000 * left) },
			{ head: 'Do', cell: ({ address, user }) => [button('Lift', `Lift the ban of ${user ?? address}`, { 'data-do': 'unban', 'data-user': user, 'data-address': user === null && address })] },
		],
	});
}

/* --- refusals, limits, rooms --- */

const TELLING = new Set(['token']); // reasons of which the text says more
const stacked = (what, beside) => [make('b', { text: what }), ...(beside ? [make('span', { class: 'below', text: beside })] : [])];

export function paintRefusals(refusals, hasBrokers) {
	list(find('#refusals'), {
		label: 'Refusals', rows: refusals, none: 'Nobody was refused lately.',
		columns: [
			{ head: 'When', cell: ({ at }) => [make('span', { class: 'used', text: timeToTheSecond(at) })] },
			...(hasBrokers ? [{ head: 'Broker', cell: ({ broker }) => broker ?? NONE }] : []),
			{ head: 'Why', cell: ({ reason: label, text, topic }) => stacked(reason(label), TELLING.has(label) ? text : topic) },
			{ head: 'Who', cell: ({ client, user }) => stacked(user ?? 'nameless', client) },
			{ head: 'Address', cell: ({ address }) => [make('span', { class: 'used', text: address ?? NONE })] },
			{ head: 'Do', cell: ({ address }) => (address ? [button('Ban address', `Ban the address ${address}`, { 'data-do': 'ban', 'data-address': address })] : NONE) },
		],
	});
}

export function paintLimits(state) {
	list(find('#limits'), {
		label: 'Limits', rows: limitRows(state).map(({ what, broker, used: n, of, share, soft }) => ({ what, broker, used: n, of, share: Math.floor(1000 * share) / 1000, soft: soft ?? false })),
		none: 'The limits are not known yet.',
		columns: [
			{ head: 'Limit', cell: ({ what }) => what },
			{ head: 'Broker', cell: ({ broker }) => broker },
			{ head: 'Used', cell: ({ used: n, of }) => used({ used: n, of }) },
			{ head: 'Share', number: true, cell: ({ share }) => percent(share) },
		],
	});
}

export function paintRooms({ rooms, total }) {
	list(find('#rooms'), {
		label: 'Rooms', rows: rooms, none: total > 0 ? NONE : 'There are no rooms.',
		columns: [
			{ head: 'Room', cell: ({ room }) => String(room) },
			{ head: 'For', cell: ({ open }) => (open ? 'everybody' : 'whom a token names') },
			{ head: 'Members', number: true, cell: ({ members }) => count(members) },
			{ head: 'Messages', number: true, cell: ({ messages }) => count(messages) },
			{ head: 'Topics kept', number: true, cell: ({ retained }) => count(retained) },
			{ head: 'Last change', number: true, cell: ({ last }) => time(last) },
		],
	});
}
