/* venue - the page for the venue: the address as a QR code, for a projector or on paper; beside it, for the crew, whether all is well, and where to go. */

import config from '../board/told.js';
import { find, make, render, setData, setText } from '../board/dom.js';
import { loadMqtt, openSocket } from '../board/early.js';
import { showSource } from '../board/dom.js';
import { startWords } from '../board/live.js';
import { readSettings } from '../board/settings.js';
import { connect } from '../client/index.js';
import { Follow } from './follow.js';
import { drawQr } from './qr.js';
import { lightsOf } from './lights.js';

const settings = readSettings(config, location);
const words = startWords(settings);
const { say } = words;
const localNow = () => performance.timeOrigin + performance.now();
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const SHORT = /^https?:\/\/|\/$/g; // what nobody types

/* --- the address --- */

/* Where people are to go: as the publisher or config.js say, else where this page is. */
const [address] = [...settings.addresses, new URL('.', location.href).href];

function showAddress() {
	find('#qr').replaceChildren(drawQr(address));
	setText(find('#address'), address.startsWith('https:') ? address.replace(SHORT, '') : address.replace(/\/$/, ''));
	find('#address').setAttribute('href', address);
	find('#only-here').toggleAttribute('hidden', !LOOPBACK.test(new URL(address).hostname));
	if (settings.title && settings.tracks.length < 2) // it is that of one track
		setText(find('#venue-title'), settings.title);
}

/* --- where the crew goes --- */

function linksOf(tracks) {
	const many = tracks.length > 1;
	const to = (page, query, text) => make('li', {}, make('a', { href: `${page}${query === '' ? '' : `?${query}`}`, text }));
	const overlays = tracks.map(({ prefix, title }) => {
		const own = prefix === settings.prefix ? '' : `&prefix=${encodeURIComponent(prefix)}`;
		return to('overlay.html', `style=lower${own}`, many ? say('venue.overlay-of', { track: title }) : say('venue.overlay'));
	});
	const controls = tracks.map(({ prefix, title }) => {
		const own = prefix === settings.prefix ? '' : `prefix=${encodeURIComponent(prefix)}`;
		return to('overlay-control.html', own, many ? say('venue.control-of', { track: title }) : say('venue.control'));
	});
	return [...overlays, ...controls, to('ops.html', '', say('venue.ops'))];
}

/* --- is all well? --- */

function light({ what, level, text }) {
	return make('li', { 'data-level': level }, make('i', { 'aria-hidden': 'true' }), make('b', { text: what }), make('span', { text }));
}

function look() {
	const { tracks } = follow;
	const lights = lightsOf({ linked: board.connection.live, trying: !board.connection.everLive, now: localNow(),
		tracks: tracks.map(({ title, view, feed }) => ({ title, status: view.status, live: feed.live, heardAt: view.heardAt })) }, words);
	render(find('#lights'), lights, (list) => list.map(light));
	setData(document.body, 'well', lights.every(({ level }) => level === 'good') ? 'yes' : null);
	render(find('#links'), tracks.map(({ prefix, title }) => ({ prefix, title })), linksOf);
}

showAddress();
showSource(settings.foreign, words);
const { servers, http, prefix } = settings;
const board = connect({ servers, prefix, view: null, hiddenMs: Infinity, openSocket, mqtt: loadMqtt });
const known = settings.tracks.length > 0 ? settings.tracks : [{ prefix, title: settings.title || say('venue.scoreboard') }];
const follow = new Follow(board, { prefix, known, http, now: localNow }, { listed: () => queueMicrotask(look), changed: () => {} });
board.on('connection', look);
setInterval(look, 1000);
look();
window.scoreboard = board; // for a browser's console, and for the tests
