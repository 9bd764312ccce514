/* control - the page with which the crew directs the overlay: logs in, follows what is on air, sends what is pressed, and says how far it has come. What that
 * means is decided in state.js. The password stays in this page's memory, and goes with it. */

import * as mqtt from '../vendor/mqtt.esm.js';
import config from '../board/told.js';
import { connect } from '../client/index.js';
import { find, make, setFlag, setText } from '../board/dom.js';
import { newId } from '../client/id.js';
import { followShow, topicOfShow } from '../board/follow-show.js';
import { LENGTHS, PANELS, isShow } from '../board/show.js';
import { readSettings } from '../board/settings.js';
import { showLogin, showScreen } from '../ops/barred.js';
import { createDesk, deskChange, deskFailed, deskHeard, deskLost, deskNext, deskShows, deskTaken, deskWord } from './state.js';

const NO_BROKER_MS = 4000; // after which who logs in is told that none answers
const REFUSED = 0x80;      // reason codes from here on
const WHY = {
	'no broker': 'No broker answers yet; this page goes on trying. Is this device on the network, and does the broker run?',
	refused: 'The broker does not let you in. Name or password are wrong; or, when you are sure, too many logins have failed: wait five minutes.',
	'no show': 'This login may not see what is on air: it is for the crew and operators.',
};
const DEFAULT_COLOR = '#0c0e13';
const TEXTS = { title: '#title', line: '#line', sponsor: '#sponsor' };

const settings = readSettings(config, location);
const on = (selector, event, act) => find(selector).addEventListener(event, act);
const time = () => new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const isFit = (by) => isShow({ id: 'x', panels: [], by });

let board = null;
let desk = createDesk();
let user = '';
let enteredAt = 0;
let timer = null;
let wasLive = false;
const written = { title: '', line: '', sponsor: '' }; // what the fields were given

/* --- in and out --- */

function enter(event) {
	event.preventDefault();
	const [username, password] = ['#user', '#password'].map((selector) => find(selector).value);
	user = username;
	desk = createDesk();
	enteredAt = performance.now();
	setText(find('#login-why'), '');
	find('#enter').disabled = true;
	const { servers, prefix } = settings;
	const mine = connect({ servers, prefix, view: null, credentials: { username, password }, hiddenMs: Infinity, mqtt: async () => mqtt });
	board = mine;
	timer = setInterval(paint, 500);
	mine.on('connection', (connection) => mine === board && changed(connection));
	followShow(mine, prefix, (shown, about) => mine === board && heard(shown, about), () => mine === board && leave(WHY['no show']));
}

function leave(why = '') {
	clearInterval(timer);
	board?.close();
	board = null;
	wasLive = false;
	desk = createDesk();
	find('#preview').removeAttribute('src');
	find('#password').value = '';
	find('#enter').disabled = false;
	for (const name of Object.keys(TEXTS))
		find(TEXTS[name]).value = written[name] = '';
	showScreen('login');
	setText(find('#login-why'), why);
	find(why ? '#password' : '#user').focus();
}

function changed({ live, problem }) {
	if (!live && document.body.dataset.screen === 'login' && problem === 'refused')
		return leave(WHY.refused);
	if (wasLive && !live)
		deskLost(desk);
	wasLive = live;
	paint();
}

function heard(shown, { retained }) {
	deskHeard(desk, shown, { retained, time: time() });
	if (document.body.dataset.screen === 'login') {
		showScreen('desk');
		find('#password').value = '';
		find('#preview').src = `overlay.html${location.search}`;
	}
	send();
}

/* --- sending --- */

function ask(change) {
	deskChange(desk, change, { id: newId(), by: isFit(user) ? user : undefined });
	send();
}

function send() {
	const next = deskNext(desk, performance.now());
	paint();
	if (next === null)
		return;
	const mine = desk;
	const done = (act) => (answer) => {
		act(answer);
		if (mine === desk && board)
			send();
	};
	board.publish({ id: next.id, topic: topicOfShow(settings.prefix), payload: next.show === null ? '' : JSON.stringify(next.show), retain: true })
		.then(done(() => deskTaken(mine, next.id, time())), done((error) => deskFailed(mine, next.id, error.code >= REFUSED)));
}

/* --- what is pressed --- */

const textsOf = (panel) => (panel === 'lower' ? { title: find('#title').value.trim(), line: find('#line').value.trim() }
	: panel === 'sponsor' ? { sponsor: find('#sponsor').value.trim() } : {});
const panelsWith = (panel, isOn) => PANELS.filter((name) => (name === panel ? isOn : deskShows(desk).panels.includes(name)));

/* What is put on air takes the text that stands in its fields. */
function toggle(event) {
	const panel = event.target.closest('button[data-panel]')?.dataset.panel;
	if (panel === undefined)
		return;
	const isOn = !deskShows(desk).panels.includes(panel);
	ask({ panels: panelsWith(panel, isOn), ...(isOn && textsOf(panel)) });
}

function putOnAir(event) {
	event.preventDefault();
	const { panel } = event.target.dataset;
	ask({ panels: panelsWith(panel, true), ...textsOf(panel) });
}

/* --- painting --- */

function paint() {
	if (!board)
		return;
	const { live } = board.connection;
	if (document.body.dataset.screen === 'login')
		return void (!live && performance.now() - enteredAt > NO_BROKER_MS && setText(find('#login-why'), WHY['no broker']));
	paintLink(live && desk.known);
	const word = deskWord(desk, performance.now());
	setText(find('#word'), word.text);
	find('#word').dataset.level = word.level;
	setText(find('#other'), desk.other);
	paintControls(deskShows(desk));
}

function paintLink(isIn) {
	setText(find('#link-text'), isIn ? 'Connected' : 'No connection: nothing can be changed');
	find('#link').dataset.level = isIn ? 'good' : 'bad';
	setText(find('#who'), settings.prefix === config.prefix ? user : `${user} directs ${settings.prefix}`);
	find('#controls').toggleAttribute('disabled', !isIn);
}

function paintControls(shown) {
	for (const button of document.querySelectorAll('button[data-panel]'))
		button.setAttribute('aria-pressed', shown.panels.includes(button.dataset.panel));
	find('#style').value = shown.style ?? '';
	find('#position').value = shown.position ?? '';
	const scale = shown.scale ?? 1;
	if (document.activeElement !== find('#scale') || desk.wanted === null)
		find('#scale').value = scale;
	setText(find('#scale-now'), `${Math.round(scale * 100)} %`);
	if (document.activeElement !== find('#color'))
		find('#color').value = shown.color?.toLowerCase() ?? DEFAULT_COLOR;
	find('#no-color').disabled = shown.color === undefined;
	find('#end').disabled = desk.air === null && !desk.invalid;
	Object.keys(TEXTS).forEach((name) => paintText(name, shown[name] ?? ''));
}

/* What somebody is writing stays, and is marked as not on air. */
function paintText(name, value) {
	const field = find(TEXTS[name]);
	if (field.value === written[name])
		field.value = value;
	written[name] = value;
	setFlag(field, 'unsent', field.value.trim() !== value);
	setText(find(`#${name}-unsent`), field.value.trim() !== value ? 'not sent yet' : '');
}

/* --- --- */

for (const [name, selector] of Object.entries(TEXTS)) {
	find(selector).maxLength = LENGTHS[name];
	on(selector, 'input', paint);
}
find('#sponsors').append(...(Array.isArray(config.sponsors) ? config.sponsors : []).map(({ name }) => make('option', { value: name })));
on('#login', 'submit', enter);
on('#logout', 'click', () => leave());
on('#panel-buttons', 'click', toggle);
on('#lower-form', 'submit', putOnAir);
on('#sponsor-form', 'submit', putOnAir);
on('#style', 'change', ({ target }) => ask({ style: target.value || undefined }));
on('#position', 'change', ({ target }) => ask({ position: target.value || undefined }));
on('#scale', 'input', ({ target }) => ask({ scale: Number(target.value) }));
on('#color', 'change', ({ target }) => ask({ color: target.value }));
on('#no-color', 'click', () => ask({ color: undefined }));
on('#end', 'click', () => ask(null));

if (showLogin(settings))
	find('#password').focus();
