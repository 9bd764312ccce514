/* rooms - what happens in one room, out of the messages below rooms/<room>/. Pure: a message in, events out. Counts what comes twice and what is none; throws
 * at nothing.
 *
 *   say/<user>     an envelope   -> { name: 'message', event: { from, type, data, id, ts, room } }
 *   state/<key>    any JSON      -> { name: 'state', event: { key, value } }; an empty payload: value is undefined, the key is gone
 *   presence       who is there  -> { name: 'presence', event }, or { name: 'closed', event: { by, seconds } }
 *
 * The sender is the topic's last level: the broker has seen to it that nobody writes another's. */

import { createDeduper } from './outbox-queue.js';
import { isUserName, readEnvelope, readJson } from './envelope.js';

const MAX_KEYS = 1000;   // a broker with conf/policy.json keeps 50
const MAX_NAMES = 1000;

export function createRoom(name) {
	return {
		name,
		state: new Map(),
		presence: null,
		isNew: createDeduper(),
		unseen: null,         // the keys that were there before we joined again, and have not been told since
		stats: { received: 0, duplicates: 0, bad: 0 },
	};
}

const NOTHING = [];

export function roomTake(room, topic, text) {
	const levels = topic.split('/').slice(2);
	const take = levels.length <= 2 && Object.hasOwn(KINDS, levels[0]) ? KINDS[levels[0]] : bad;
	return take(room, levels[1], text);
}

const KINDS = { say: takeSay, state: takeState, presence: takePresence };

function bad(room) {
	room.stats.bad++;
	return NOTHING;
}

function takeSay(room, from, text) {
	const envelope = isUserName(from) ? readEnvelope(text) : null;
	if (envelope === null)
		return bad(room);
	if (!room.isNew(`${from}/${envelope.id}`)) { // two may use one id, by chance or not
		room.stats.duplicates++;
		return NOTHING;
	}
	room.stats.received++;
	return [{ name: 'message', event: { from, ...envelope, room: room.name } }];
}

function takeState(room, key, text) {
	if (!isUserName(key))
		return bad(room);
	room.unseen?.delete(key);
	if (text === '')
		return dropKey(room, key);
	const value = readJson(text);
	if (value === undefined || (room.state.size >= MAX_KEYS && !room.state.has(key)))
		return bad(room);
	const same = room.state.has(key) && JSON.stringify(room.state.get(key)) === JSON.stringify(value);
	room.state.set(key, value);
	return same ? NOTHING : [{ name: 'state', event: { key, value } }];
}

const dropKey = (room, key) => (room.state.delete(key) ? [{ name: 'state', event: { key, value: undefined } }] : NOTHING);

function takePresence(room, level, text) {
	if (level !== undefined)
		return bad(room);
	const value = text === '' ? { count: 0, names: [], since: null, last: null } : readJson(text);
	if (value?.closed === true)
		return [{ name: 'closed', event: readClosed(value) }];
	const presence = readPresence(value);
	if (presence === null)
		return bad(room);
	const same = JSON.stringify(presence) === JSON.stringify(room.presence);
	room.presence = presence;
	return same ? NOTHING : [{ name: 'presence', event: presence }];
}

const readClosed = ({ by, seconds }) => ({ by: typeof by === 'string' ? by : '', seconds: Number.isFinite(seconds) ? seconds : 0 });
const timeOf = (value) => (Number.isFinite(value) ? value : null);

function readPresence(value) {
	const { count, names = [], since, last } = value ?? {};
	const named = Array.isArray(names) && names.length <= MAX_NAMES && names.every((name) => typeof name === 'string');
	return Number.isSafeInteger(count) && count >= 0 && named ? { count, names, since: timeOf(since), last: timeOf(last) } : null;
}

/* The broker is asked for the room again: what it still keeps it tells again now, and what it does not was taken back meanwhile. */
export function roomRejoined(room) {
	room.unseen = new Set(room.state.keys());
}

/* It has told all: gives the events for what is gone. */
export function roomSwept(room) {
	const gone = [...room.unseen ?? []];
	room.unseen = null;
	return gone.flatMap((key) => dropKey(room, key));
}
