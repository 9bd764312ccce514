/* session - the page's end of an uplink (publisher/core/uplink.h has the words and the other end): the publisher orders, we connect to the scoreboard and relay.
 * Knows no sockets: what happened goes in, what is to be done comes out.
 *
 *   effects = sessionStep(session, event, now)
 *
 * events   { type: 'joined' }                  the broker has let us in and hears us
 *          { type: 'parted' }                  that connection has ended
 *          { type: 'order', text }             of the publisher
 *          { type: 'opened' }                  the connection to the scoreboard that was dialled last is open,
 *          { type: 'frame', bytes }            has brought a message,
 *          { type: 'closed' }                  or has ended, or was never there
 *          { type: 'choked', why }             'slow': what we say does not get away; 'refused': the broker does not take it
 *          { type: 'tick' }
 * effects  { do: 'say', bytes }                to the publisher
 *          { do: 'dial' }                      the scoreboard, in place of any other connection to it
 *          { do: 'hang-up' }
 *          { do: 'send', text }                to the scoreboard
 *
 * A new order to open replaces the session; a connection that is just being made is taken over, since a person may be asked meanwhile whether this page may
 * connect at all. */

import { registerOf } from './address.js';

const PART_BYTES = 262144; // of a frame in one message: brokers bound them
const PATIENCE = { usual: 60000, least: 1000, most: 900000 };
const IDLE_MS = 240000;    // a scoreboard hangs up after 300 s without a word; a browser has no pings but this
const PING = '{"action":"Ping"}';
const encoder = new TextEncoder();

export const createSession = () => ({ id: null, number: 0, socket: 'none', patience: PATIENCE.usual, heardAt: -Infinity, trafficAt: 0 });

const EVENTS = {
	joined: (s) => [say({ id: '-', number: 0 }, 'here')],
	parted: (s) => end(s),
	order: onOrder,
	opened: onOpened,
	frame: onFrame,
	closed: onClosed,
	choked: (s, { why }) => lose(s, why),
	tick: onTick,
};

export const sessionStep = (session, event, now) => EVENTS[event.type](session, event, now);
export const isRelaying = ({ id, socket }) => id !== null && socket === 'open';

function say(s, word, body) {
	const head = encoder.encode(`${s.id} ${s.number++} ${word}${body ? '\n' : ''}`);
	const bytes = new Uint8Array(head.length + (body?.length ?? 0));
	bytes.set(head);
	bytes.set(body ?? [], head.length);
	return { do: 'say', bytes };
}

/* --- orders --- */

const ORDERS = { open, send, ping: (s) => (isRelaying(s) ? [say(s, 'pong')] : []) };

function onOrder(s, { text }, now) {
	const [, id, word, body = ''] = /^([0-9a-f]{1,32}) 0 ([a-z]+)(?:\n([^]*))?$/.exec(text) ?? [];
	if (!Object.hasOwn(ORDERS, word ?? '') || (word !== 'open' && id !== s.id))
		return [];
	s.heardAt = now;
	return ORDERS[word](s, { id, body }, now);
}

function open(s, { id, body }, now) {
	const effects = [];
	const ms = /^\d{1,9}$/.test(body) ? Number(body) : PATIENCE.usual;
	Object.assign(s, { id, number: 0, patience: Math.min(PATIENCE.most, Math.max(PATIENCE.least, ms)), trafficAt: now });
	effects.push(say(s, 'trying'));
	if (s.socket !== 'connecting')
		effects.push({ do: 'dial' });
	s.socket = 'connecting';
	return effects;
}

function send(s, { body }, now) {
	const text = s.socket === 'open' ? registerOf(body) : null;
	if (text === null)
		return [];
	s.trafficAt = now;
	return [{ do: 'send', text }];
}

/* --- the scoreboard --- */

function onOpened(s, event, now) {
	if (s.socket !== 'connecting')
		return [];
	s.socket = 'open';
	s.trafficAt = now;
	return s.id === null ? end(s) : [say(s, 'open')];
}

function onFrame(s, { bytes }, now) {
	const effects = [];
	if (!isRelaying(s))
		return effects;
	s.trafficAt = now;
	let at = 0;
	for (; bytes.length - at > PART_BYTES; at += PART_BYTES)
		effects.push(say(s, 'part', bytes.subarray(at, at + PART_BYTES)));
	effects.push(say(s, 'frame', bytes.subarray(at)));
	return effects;
}

function onClosed(s) {
	const why = s.socket === 'open' ? 'closed' : 'unreachable';
	const effects = s.id === null ? [] : [say(s, 'lost', encoder.encode(why))];
	Object.assign(s, { id: null, socket: 'none' });
	return effects;
}

function lose(s, why) {
	const effects = s.id === null ? [] : [say(s, 'lost', encoder.encode(why))];
	return [...effects, ...end(s)];
}

function end(s) {
	const effects = s.socket === 'none' ? [] : [{ do: 'hang-up' }];
	Object.assign(s, { id: null, socket: 'none' });
	return effects;
}

function onTick(s, event, now) {
	if (s.id !== null && now - s.heardAt > s.patience)
		return end(s);
	if (!isRelaying(s) || now - s.trafficAt < IDLE_MS)
		return [];
	s.trafficAt = now;
	return [{ do: 'send', text: PING }];
}
