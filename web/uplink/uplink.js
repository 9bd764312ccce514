/* uplink - the page that is opened beside a scoreboard and relays it to the league's server: holds the two connections, and shows what goes on. What a session is,
 * session.js decides; who may be the one that relays, the broker does, whose role for it has one place. */

import * as mqtt from '../vendor/mqtt.esm.js';
import config from '../board/told.js';
import { find, setText } from '../board/dom.js';
import { readSettings } from '../board/settings.js';
import { backoffDelay } from '../client/backoff.js';
import { dialOptions } from '../client/dial.js';
import { randomHex } from '../client/id.js';
import { isWoken } from '../client/sleep.js';
import { claimsOf } from '../client/token.js';
import { showLogin, showScreen } from '../ops/barred.js';
import { SCOREBOARD, distanceOf, tokenOf } from './address.js';
import { createSession, isRelaying, sessionStep } from './session.js';
import { agoOf, createTally, scoreOf, sizeOf, tallyFrame, tallyRestart } from './tally.js';
import { createTimers, startBeat } from './timers.js';
import { openWire } from './wire.js';
import { verdictOf } from './words.js';

const KEPT = 'scoreboard-uplink-token'; // in this tab's storage, which outlives a reload, and the browser's putting the tab away
const DIAL_MS = 6000;
const AGAIN = { base: 600, ceiling: 2000, floor: 100 };
const TURN_MS = 1000;        // who waits for his turn asks so often,
const BARRED_MS = 30000;     // and who is refused otherwise
const REFUSED = new Set([0x85, 0x86, 0x87, 0x8a]);  // a CONNACK's reasons. Mosquitto 2.0 says 0x87 whatever it is,
const TAKEN = new Set([0x89, 0x97]);                // 2.1 one of these to who is not the first

const settings = readSettings(config, location);
const query = new URLSearchParams(location.search);
const timers = createTimers();
const clientId = `scoreboard-uplink-${randomHex(4)}@${settings.prefix}`;
const encoder = new TextEncoder();

let token = null;
let wire = null;
let server = 'dialing';      // see words.js
let attempt = 0;
let retryAt = Infinity;
let knownAt = -Infinity;     // when it was found out why we are refused
let session = createSession();
let tally = createTally();
let sessionFrames = 0;
let orderAt = -Infinity;
let dialledAt = null;        // the scoreboard
let socket = null;
let address = query.get('scoreboard') || SCOREBOARD;
let confirmed = address;     // an address that a person has allowed; those of this machine and its network need nobody
let lock = null;

if (distanceOf(address) !== 'here' && distanceOf(address) !== 'near')
	confirmed = null;

/* --- the scoreboard --- */

function dialScoreboard() {
	hangUp();
	dialledAt = performance.now();
	let mine;
	try {
		if (confirmed === null)
			throw new Error('not confirmed');
		mine = new WebSocket(confirmed);
	} catch { // a browser may refuse the very address
		dialledAt = null;
		return queueMicrotask(() => socket === null && step({ type: 'closed' }));
	}
	socket = mine;
	mine.binaryType = 'arraybuffer';
	const only = (act) => (event) => mine === socket && act(event);
	mine.addEventListener('open', only(() => { dialledAt = null; step({ type: 'opened' }); }));
	mine.addEventListener('message', only(({ data }) => take(typeof data === 'string' ? encoder.encode(data) : new Uint8Array(data))));
	mine.addEventListener('close', only(() => { socket = null; dialledAt = null; step({ type: 'closed' }); }));
}

function hangUp() {
	socket?.close();
	socket = null;
	dialledAt = null;
}

function take(bytes) {
	if (isRelaying(session)) {
		tallyFrame(tally, bytes, performance.now());
		sessionFrames++;
	}
	step({ type: 'frame', bytes });
}

/* --- the session --- */

const ACTS = {
	say: ({ bytes }) => wire?.say(bytes),
	dial: dialScoreboard,
	'hang-up': hangUp,
	send: ({ text }) => socket?.readyState === WebSocket.OPEN && socket.send(text),
};

function step(event) {
	const before = session.id;
	const effects = sessionStep(session, event, performance.now());
	if (session.id !== before) {
		wire?.drop();
		tallyRestart(tally);
		sessionFrames = 0;
	}
	effects.forEach((effect) => ACTS[effect.do](effect));
	paint();
}

/* --- the server --- */

const who = () => ({ username: String(claimsOf(token).sub ?? ''), password: token });
const isOver = () => Number.isFinite(claimsOf(token).exp) && 1000 * claimsOf(token).exp < Date.now();

function dialServer() {
	retryAt = Infinity;
	const url = settings.servers[attempt % settings.servers.length];
	const mine = openWire({ url, who: who(), clientId, prefix: settings.prefix, dialMs: DIAL_MS, timers, mqtt }, {
		joined() {
			server = 'in';
			attempt = 0;
			step({ type: 'joined' });
		},
		order(text) {
			orderAt = performance.now();
			step({ type: 'order', text });
		},
		choked: (why) => step({ type: 'choked', why }),
		lost: (code) => mine === wire && lostServer(url, code),
	});
	wire = mine;
}

function lostServer(url, code) {
	const was = server;
	wire = null;
	if (TAKEN.has(code))
		server = 'taken';
	else if (!REFUSED.has(code))
		server = 'lost';
	else if (isOver())
		server = 'expired';
	else if (performance.now() - knownAt > BARRED_MS || (was !== 'taken' && was !== 'token'))
		findOut(url);
	const wait = server === 'taken' ? TURN_MS : server === 'lost' || server === 'in' ? backoffDelay(attempt, Math.random(), AGAIN) : BARRED_MS;
	retryAt = performance.now() + wait;
	attempt++;
	step({ type: 'parted' });
}

/* We were refused, and 2.0 does not say why. A place that nobody wants is free: who is let in there has a good link, and another page has ours. */
function findOut(url) {
	knownAt = performance.now();
	server = 'taken';
	const name = randomHex(8);
	const asked = token;
	const probe = mqtt.connect(url, dialOptions({ who: who(), clientId: `scoreboard-uplink-${name}@uplink-check/${name}`, dialMs: DIAL_MS, timers }));
	const found = (state) => {
		probe.end(true);
		if (asked !== token || server !== 'taken' || state === 'taken')
			return;
		server = state;
		retryAt = performance.now() + BARRED_MS;
		paint();
	};
	probe.on('connect', () => found('taken'));
	probe.on('error', (error) => REFUSED.has(error?.code) && found('token'));
}

/* --- in and out --- */

function enter(found) {
	leave();
	token = found;
	try {
		sessionStorage.setItem(KEPT, token);
	} catch {
		// then a reload needs the link again
	}
	server = 'dialing';
	showScreen('desk');
	dialServer();
	paint();
}

function leave() {
	wire?.close();
	wire = null;
	hangUp();
	token = null;
	session = createSession();
	tally = createTally();
	attempt = 0;
	retryAt = Infinity;
	knownAt = -Infinity;
	lock?.release().catch(() => {});
	try {
		sessionStorage.removeItem(KEPT);
	} catch {
		// nothing was kept there either
	}
}

/* The token stands in no address for longer than this, where others could read it off the screen or find it in the history. */
function takeLink() {
	const found = tokenOf(location.hash);
	if (location.hash)
		history.replaceState(null, '', location.pathname + location.search);
	return found;
}

function keptToken() {
	try {
		return tokenOf(`#token=${sessionStorage.getItem(KEPT)}`);
	} catch {
		return null;
	}
}

/* --- an address --- */

function useAddress(event) {
	event.preventDefault();
	const wanted = find('#address').value.trim();
	const distance = distanceOf(wanted);
	setText(find('#address-why'), distance === null ? 'This is no address of a scoreboard; one looks like ws://localhost:8000/WS/' : '');
	if (distance === null)
		return;
	confirmed = distance === 'far' ? null : wanted;
	address = wanted;
	query.set('scoreboard', wanted);
	history.replaceState(null, '', `${location.pathname}?${query}`);
	step({ type: 'choked', why: 'stopped' });
}

function confirmAddress() {
	confirmed = address;
	step({ type: 'choked', why: 'stopped' });
}

/* --- painting --- */

const isFar = () => confirmed === null;

function facts(now) {
	const relaying = isRelaying(session);
	return {
		server, address, relaying, far: isFar(), asked: now - orderAt < session.patience,
		connecting: session.socket === 'connecting' && dialledAt !== null ? now - dialledAt : null, frames: sessionFrames,
	};
}

function paint() {
	if (token === null)
		return;
	const now = performance.now();
	const { level, what, todo } = verdictOf(facts(now));
	find('#verdict').dataset.level = level;
	setText(find('#verdict-what'), what);
	setText(find('#verdict-todo'), todo);
	setText(find('#mark'), { good: '✓', note: '…', warn: '!', bad: '✕' }[level]);
	document.title = `${level === 'good' ? '' : '! '}${what}`;
	find('#far').hidden = !isFar();
	setText(find('#far-what'), `“${address.slice(0, 200)}” is neither this computer nor on its network. Whoever runs it decides what everybody sees.`);
	paintFacts(now);
	guard(level === 'good');
}

function paintFacts(now) {
	const exp = claimsOf(token).exp;
	const score = scoreOf(tally);
	setText(find('#to-scoreboard'), isRelaying(session) ? `connected to ${address}` : 'not connected');
	setText(find('#to-server'), server === 'in' ? `connected as ${who().username}` : 'not connected');
	setText(find('#sent'), `${tally.frames} frames, ${sizeOf(tally.bytes)}${wire?.queued ? `; ${sizeOf(wire.queued)} on their way` : ''}`);
	setText(find('#last'), tally.lastAt === null ? 'none yet' : agoOf(now - tally.lastAt));
	setText(find('#until'), Number.isFinite(exp) ? new Date(1000 * exp).toLocaleString() : 'no end');
	setText(find('#awake'), lock ? 'the screen is kept on' : 'set this computer so that it does not go to sleep');
	setText(find('#score'), score ? score.map(({ name, score: points }) => `${name} ${points}`).join(' : ') : 'nothing yet');
}

/* --- staying awake --- */

let isGuarded = false;

function guard(on) {
	if (on && !lock && !document.hidden)
		lockScreen();
	if (on === isGuarded)
		return;
	isGuarded = on;
	(on ? addEventListener : removeEventListener)('beforeunload', warn);
}

const warn = (event) => event.preventDefault();

function lockScreen() {
	if (!navigator.wakeLock || lockScreen.asked)
		return;
	lockScreen.asked = true;
	navigator.wakeLock.request('screen').then((mine) => {
		lock = mine;
		mine.addEventListener('release', () => { lock = null; });
	}).catch(() => {}).finally(() => { lockScreen.asked = false; });
}

/* --- --- */

let ticked = clock();

function clock() {
	return { local: performance.now(), wall: Date.now() };
}

/* A page that was frozen, or whose computer slept, does not know yet that its connections are dead. */
function wake() {
	wire?.close();
	wire = null;
	server = 'lost';
	retryAt = performance.now();
	step({ type: 'parted' });
}

function tick() {
	const now = clock();
	const woken = isWoken(ticked, now, false);
	ticked = now;
	timers.run();
	if (token === null)
		return;
	if (woken)
		wake();
	if (performance.now() >= retryAt)
		dialServer();
	step({ type: 'tick' });
}

find('#address').value = address;
find('#login').addEventListener('submit', (event) => {
	event.preventDefault();
	const found = tokenOf(find('#link-field').value);
	setText(find('#login-why'), found ? '' : 'This is no link for an uplink: it ends with #token=…');
	find('#link-field').value = '';
	if (found)
		enter(found);
});
find('#address-form').addEventListener('submit', useAddress);
find('#far-yes').addEventListener('click', confirmAddress);
find('#stop').addEventListener('click', () => { leave(); guard(false); document.title = 'Uplink'; showScreen('login'); });
addEventListener('online', () => { retryAt = Math.min(retryAt, performance.now()); });
addEventListener('hashchange', () => { const found = takeLink(); if (found && find('#barred').hidden) enter(found); });
document.addEventListener('visibilitychange', () => paint());

const first = takeLink() ?? keptToken();
if (showLogin(settings)) {
	startBeat(tick);
	if (first)
		enter(first);
}
