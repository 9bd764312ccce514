/* ops - the operations page: asks the brokers at intervals, tells state.js what they say, has it painted, and does what the operator presses. It decides nothing. The password stays in
 * this page's memory, and goes with it. */

import * as mqtt from '../vendor/mqtt.esm.js';
import config from '../board/told.js';
import { find, render, setText } from '../board/dom.js';
import { readSettings } from '../board/settings.js';
import { bansOf, byBroker, clientsOf, createList, lacksOf, listTake, refusalsOf, rowsOf } from './answers.js';
import { showLogin, showScreen } from './barred.js';
import { Desk } from './desk.js';
import { mergeMinutes } from './evening.js';
import { paintBans, paintBrokers, paintClients, paintLacks, paintLimits, paintLink, paintParts, paintRefusals, paintRooms, paintVerdict, paintViewers } from './paint.js';
import { createState, stateFound, stateHistory, stateLimits, stateLost, stateStats, stateTopic, stateUnheard, topicsOf } from './state.js';
import { lacking } from './words.js';

const BEAT_MS = 2000;     // so often the brokers are asked how they are
const SLOW_BEATS = 5;     // ... and so often less what changes slowly
const MINUTE_BEATS = 30;
const CLIENTS = 100;      // that are shown
const NO_BROKER_MS = 4000; // after which who logs in is told that none answers
const WHY = {
	'no broker': 'No broker answers yet; this page goes on trying. Is this device on the network, and does the broker run?',
	refused: 'The broker does not let you in. Name or password are wrong; or, when you are sure, too many logins have failed: wait five minutes.',
	'no control': 'This login may not see this page: it is for operators.',
};

const settings = readSettings(config, location);
const topics = topicsOf(settings.event);
const named = new URLSearchParams(location.search).has('prefix') ? settings.event : ''; // by the address alone
const now = () => performance.timeOrigin + performance.now();
const on = (selector, event, act) => find(selector).addEventListener(event, act);

let desk = null;
let state = createState();
let user = '';
let beat = 0;
let found = null;       // what is shown of clients: the search
let bans = createList();
let refusals = createList();
let rooms = { rooms: [], total: 0 };
let timers = [];
let wasLive = false;

/* --- in and out --- */

function enter(event) {
	event.preventDefault();
	const [name, password] = ['#user', '#password'].map((selector) => find(selector).value);
	user = name;
	state = createState();
	beat = 0;
	setText(find('#login-why'), '');
	find('#enter').disabled = true;
	desk = new Desk({ servers: settings.servers, who: { username: name, password }, topics, mqtt }, {
		state: changed,
		topic: (topic, text) => { stateTopic(state, { prefix: settings.event, topic, text }, now()); paintSoon(); },
		denied: (why) => leave(WHY[why]),
	});
	timers = [setInterval(askAround, BEAT_MS), setInterval(paint, 1000)];
	desk.start();
}

function leave(why = '') {
	timers.forEach(clearInterval);
	desk?.close();
	desk = null;
	wasLive = false;
	forget();
	find('#password').value = '';
	find('#enter').disabled = false;
	showScreen('login');
	setText(find('#login-why'), why);
	find(why ? '#password' : '#user').focus();
}

/* Whoever logs in next sees nothing of what this one has seen. */
function forget() {
	state = createState();
	found = null;
	bans = createList();
	refusals = createList();
	rooms = { rooms: [], total: 0 };
	for (const panel of ['others', 'parts', 'evening', 'brokers', 'clients', 'bans', 'refusals', 'limits', 'rooms', 'link'])
		render(find(`#${panel}`), null, () => []);
	for (const text of ['done', 'found', 'bans-lack', 'refusals-lack', 'viewers-now', 'viewers-how', 'verdict-what', 'verdict-todo', 'verdict-since', 'who'])
		setText(find(`#${text}`), '');
	find('#search').reset();
	document.title = 'Operations';
	selectTab(tabs[0]);
}

function changed() {
	if (!desk)
		return;
	const live = desk.link.phase === 'live';
	if (live && !wasLive) {
		stateFound(state, now());
		beat = 0;
		if (document.body.dataset.screen === 'login') {
			showScreen('desk');
			find('#password').value = '';
		}
		queueMicrotask(askAround);
	}
	if (!live && wasLive)
		stateLost(state);
	wasLive = live;
	paintSoon();
}

/* --- asking --- */

const tab = () => find('[role=tab][aria-selected=true]').id.slice('tab-'.length);

/* The brokers that there are, as far as this page has heard. */
const known = () => [...state.brokers.keys()];
const takeList = (list, name) => (data) => listTake(list, name, { data, known: known(), now: now() });

/* What is asked again and again: [command, take(data)]. An edge may ask its hub for so much and no more, and everybody's bans and kicks go the same way: so nothing is asked but what is shown. */
const STATS = () => [{ command: 'getStats' }, (data) => stateStats(state, byBroker(data), now())];
const PUBLISHERS = () => [{ command: 'listClients', role: 'publisher', count: 10 }, takePublishers];
const OF_TAB = {
	clients: () => [{ command: 'listBans' }, takeList(bans, 'bans')],
	refusals: () => [{ command: 'listRefusals', count: 100 }, takeList(refusals, 'refusals')],
	rooms: () => [{ command: 'listRooms', count: 200 }, (data) => { rooms = { rooms: rowsOf(data, 'rooms'), total: data.total ?? 0 }; }],
};

/* One who could not be asked has not gone. */
function takePublishers(data) {
	const { clients, lacks } = clientsOf(data, known());
	if (clients.length > 0 || lacks.length === 0)
		state.publishers = clients;
}

const ofTab = () => (OF_TAB[tab()] ? [OF_TAB[tab()]()] : []);

function due() {
	const questions = [STATS(), ...ofTab()];
	if (beat % MINUTE_BEATS === 0) {
		questions.push([{ command: 'getHistory', ...(beat > 0 && { count: 3 }) }, (data) => stateHistory(state, byBroker(data), now())]);
		questions.push([{ command: 'getLimits' }, (data) => stateLimits(state, data)]);
	}
	if (beat % SLOW_BEATS === 0)
		questions.push(PUBLISHERS());
	return questions;
}

/* Asks, and has the answer taken; but not when a later one to the same question was taken already: who waits for a slow broker is overtaken by who does not. */
let asks = 0;
const taken = new Map(); // command -> the latest question of which the answer was taken
async function question([command, take]) {
	const asked = desk;
	const number = ++asks;
	const what = command.role ? `${command.command} ${command.role}` : command.command;
	const [{ data, error }] = await asked.ask([command]);
	if (asked !== desk || error !== undefined || number < (taken.get(what) ?? 0))
		return;
	taken.set(what, number);
	take(data);
	paintSoon();
}

/* each by itself: a request may have few commands that look at everybody, and one that waits for a broker holds up no other */
const askAll = (questions) => Promise.all(questions.map(question)).catch(() => {}); // the desk finds out whether the broker is there; what is shown says since when it is old

let asking = false;
async function askAround() {
	if (desk?.link.phase !== 'live' || asking)
		return;
	asking = true;
	const asked = desk;
	const questions = due();
	beat++;
	await askAll(questions);
	asking = false;
	if (asked === desk)
		stateUnheard(state, now());
	paintSoon();
}

/* What the chosen tab shows is asked for at once. */
function askTab() {
	if (desk?.link.phase === 'live')
		askAll(ofTab());
}

/* --- painting --- */

let planned = false;
function paintSoon() {
	if (planned)
		return;
	planned = true;
	requestAnimationFrame(() => { planned = false; paint(); });
}

function paint() {
	if (!desk)
		return;
	const { link } = desk;
	if (document.body.dataset.screen !== 'desk')
		return void (link.lostMs > NO_BROKER_MS && setText(find('#login-why'), WHY['no broker']));
	const many = state.brokers.size > 1;
	paintLink(link, user, named === config.own || named === config.prefix ? '' : named);
	paintVerdict(state, link, now());
	paintViewers(state, mergeMinutes(state.minutes, Date.now()), Date.now());
	paintParts(state, now());
	const paints = {
		brokers: () => paintBrokers(state, now()),
		clients: () => { found && paintClients(found, many); paintBans(bansOf(bans, now()), known()); paintLacks('#bans-lack', bans.lacks); },
		refusals: () => { paintRefusals(refusalsOf(refusals), many); paintLacks('#refusals-lack', refusals.lacks); },
		limits: () => paintLimits(state),
		rooms: () => paintRooms(rooms),
	};
	paints[tab()]();
	paintRoles();
}

function paintRoles() {
	const known = Object.keys(state.roles);
	const select = find('#role');
	if (select.options.length === known.length + 1)
		return;
	const { value } = select;
	select.replaceChildren(new Option('any', ''), ...known.map((role) => new Option(role, role)));
	select.value = known.includes(value) ? value : '';
}

/* --- tabs --- */

const tabs = [...document.querySelectorAll('[role=tab]')];

function selectTab(chosen) {
	for (const one of tabs) {
		const selected = one === chosen;
		one.setAttribute('aria-selected', selected);
		one.tabIndex = selected ? 0 : -1;
		find(`#${one.getAttribute('aria-controls')}`).toggleAttribute('hidden', !selected);
	}
	askTab();
	if (chosen.id === 'tab-clients' && desk && found === null)
		search();
	paintSoon();
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
function moveTab(event) {
	const step = STEPS[event.key];
	const to = event.key === 'Home' ? tabs[0] : event.key === 'End' ? tabs.at(-1) : step && tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
	if (!to)
		return;
	event.preventDefault();
	selectTab(to);
	to.focus();
}

/* --- clients --- */

let searches = 0;
async function search(event) {
	event?.preventDefault();
	const text = find('#find').value.trim();
	const role = find('#role').value;
	const command = { command: 'listClients', count: CLIENTS, ...(text && { find: text }), ...(role && { role }) };
	const number = ++searches;
	await act(command, (data) => { found = number === searches ? clientsOf(data, known()) : found; }, () => null);
}

/* One command; say(data) is what came of it: { text, failed }, or null. */
async function act(command, done, say) {
	const asked = desk;
	const tell = ({ text, failed }) => {
		setText(find('#done'), text);
		find('#done').toggleAttribute('data-failed', failed);
	};
	try {
		const [{ data, error }] = await asked.ask([command]);
		if (asked !== desk)
			return;
		if (error === undefined)
			done?.(data);
		tell(error === undefined ? say(data) ?? { text: '', failed: false } : { text: `That was not done: ${error}.`, failed: true });
	} catch (error) {
		if (asked !== desk)
			return;
		tell({ text: `That may not have been done: ${error.message}.`, failed: true });
	}
	paintSoon();
}

/* A broker that nobody has come to from an address need not ban it, and one that has no such ban need not lift it. */
const NO_MATTER = /^nobody has come to this broker from there$|^not banned$/;

/* What was done at all brokers, or where not, and why. `partly`: what is to be said then. */
function toldOf(data, whole, partly, asked = known()) {
	const lacks = lacksOf(data, asked).filter(({ why }) => !NO_MATTER.test(why));
	return { text: lacks.length === 0 ? whole : `${partly} ${lacking(lacks)}.`, failed: lacks.length > 0 };
}

const forgetClients = (test) => { found = found && { ...found, clients: found.clients.filter((row) => !test(row)) }; };

/* At another broker somebody else may have come with the same client id. */
function kick({ client, broker }) {
	const asked = broker === undefined ? known() : [broker];
	return act({ command: 'kick', client, ...(broker !== undefined && { broker }) }, () => forgetClients((row) => row.client === client && row.broker === broker),
		(data) => toldOf(data, `${client} was sent away.`, `${client} was sent away, but not at all brokers:`, asked));
}

async function ban({ user: name, address }) {
	const who = name === undefined ? `the address ${address}` : `the user ${name}`;
	const seconds = await confirm(`Ban ${who}?`, name === undefined
		? 'Everybody from there is sent away, and refused until the time is over. Several people may share an address.'
		: 'He or she is sent away everywhere, and refused until the time is over.');
	if (seconds === null)
		return;
	const begin = `${who[0].toUpperCase()}${who.slice(1)} is`;
	await act({ command: 'ban', ...(name === undefined ? { address } : { user: name }), seconds },
		() => forgetClients((row) => (name === undefined ? row.address === address : row.user === name)),
		(data) => toldOf(data, `${begin} banned.`, `${begin} not banned everywhere:`));
	showBans();
}

async function unban({ user: name, address }) {
	await act({ command: 'unban', ...(name === undefined ? { address } : { user: name }) }, null,
		(data) => toldOf(data, `The ban of ${name ?? address} is lifted.`, `The ban of ${name ?? address} is not lifted everywhere; press again in some seconds:`));
	showBans();
}

function showBans() {
	if (tab() === 'clients')
		askTab();
	else
		selectTab(find('#tab-clients'));
}

function confirm(what, means) {
	const dialog = find('#confirm');
	setText(find('#confirm-what'), what);
	setText(find('#confirm-means'), means);
	dialog.returnValue = '';
	dialog.showModal();
	return new Promise((resolve) => {
		dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ? Number(find('#confirm-for').value) : null), { once: true });
	});
}

const DEEDS = { kick, ban, unban };
function press(event) {
	const pressed = event.target.closest('button[data-do]');
	if (pressed && desk)
		DEEDS[pressed.dataset.do](pressed.dataset);
}

/* --- --- */

on('#login', 'submit', enter);
on('#logout', 'click', () => leave());
on('#search', 'submit', search);
on('#desk', 'click', press);
on('#confirm-no', 'click', () => find('#confirm').close(''));
on('#confirm-yes', 'click', () => find('#confirm').close('yes'));
tabs.forEach((one) => {
	one.addEventListener('click', () => selectTab(one));
	one.addEventListener('keydown', moveTab);
});
selectTab(tabs[0]);

if (showLogin(settings))
	find('#password').focus();
