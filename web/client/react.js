/* react - scoreboard-client as hooks. One connection per set of options, shared by all components that use it.
 *
 *   const board = useScoreboard({ servers: ['wss://live.example.org/mqtt'] });
 *   const score = useKey(board, 'team/1/score');
 */

import { useEffect, useState, useSyncExternalStore } from 'react';
import { connect } from './index.js';
import {
	NO_ROOM, NO_TOURNAMENT, openEvent, openInbox, openPolled, openPresence, openRoom, openTournament, sourceOf,
} from './react-sources.js';

const shared = new Map(); // options as text -> { board, users }
const LINGER_MS = 1000;   // a component that is mounted again at once (strict mode, navigation) keeps its connection

export function useScoreboard(options) {
	const key = JSON.stringify(options);
	const [board, setBoard] = useState(null);
	useEffect(() => {
		const entry = borrow(key, options);
		setBoard(entry.board);
		return () => giveBack(key, entry);
	}, [key]); // the text stands for the options: a new object with the same content is no change
	return board;
}

function borrow(key, options) {
	const entry = shared.get(key) ?? { board: connect(options), users: 0 };
	shared.set(key, entry);
	entry.users++;
	return entry;
}

function giveBack(key, entry) {
	entry.users--;
	setTimeout(() => {
		if (entry.users > 0 || shared.get(key) !== entry)
			return;
		shared.delete(key);
		entry.board.close();
	}, LINGER_MS);
}

const nothing = () => () => {};

/* One value; the component is drawn again only when this one changes. */
export function useKey(board, key, otherwise) {
	const subscribe = board === null ? nothing : changesOf(board, key);
	const read = () => board?.get(key, otherwise) ?? otherwise;
	return useSyncExternalStore(subscribe, read, () => otherwise);
}

const changesOf = (board, key) => (told) => board.on('change', ({ set, del }) => {
	if (set.has(key) || del.includes(key))
		told();
});

export function useStatus(board) {
	return useSyncExternalStore(board === null ? nothing : (told) => board.on('status', told), () => board?.status ?? null, () => null);
}

export function useConnection(board) {
	const [connection, setConnection] = useState(board?.connection ?? null);
	useEffect(() => {
		if (board === null)
			return undefined;
		setConnection(board.connection);
		return board.on('connection', setConnection);
	}, [board]);
	return connection;
}

/* A clock that counts: { time, running, direction }, looked at again when `step` ms have passed, drawn again when it shows something else. `name`: of a game
 * clock ('jam'), or the key of any clock ('match/1/timer'). */
export function useClock(board, name, step = 200) {
	const key = name.includes('/') ? name : `clock/${name}`;
	const [clock, setClock] = useState(null);
	useEffect(() => {
		if (board === null)
			return undefined;
		const read = () => setClock((shown) => unlessSame(shown, board.clockAt(key)));
		read();
		const timer = setInterval(read, step);
		const forget = changesOf(board, key)(read);
		return () => {
			clearInterval(timer);
			forget();
		};
	}, [board, key, step]);
	return clock;
}

const unlessSame = (a, b) => (a?.time === b?.time && a?.running === b?.running && a?.direction === b?.direction ? a : b);

/* --- other people --- */

const LAST = 100;        // messages that are kept to be shown
const NO_MESSAGES = NO_ROOM.messages;

function useSource(board, name, empty, open) {
	const source = sourceOf(board, name, empty, open);
	return useSyncExternalStore(source.subscribe, source.get, () => empty);
}

/* A room, joined while the component is mounted. Components with the same room and `last` share it. */
export function useRoom(board, name, { last = LAST } = {}) {
	return useSource(board, `room ${last} ${name}`, NO_ROOM, openRoom(board, name, last));
}

/* The last messages to us, since the first component asked. */
export function useInbox(board, { last = LAST } = {}) {
	return useSource(board, `inbox ${last}`, NO_MESSAGES, openInbox(board, last));
}

/* What is to be shown to everybody now, or null. */
export function useNotices(board) {
	return useSource(board, 'notice', null, openEvent(board, 'notice', () => board.notice));
}

/* { count, names, since, last } of a room, which is joined for it, or of a topic of presence; null: not known. */
export function usePresence(board, name = 'scoreboard/presence/total') {
	return useSource(board, `presence ${name}`, null, openPresence(board, name));
}

/* --- how it goes --- */

export function useMetrics(board, everyMs = 1000) {
	return useSource(board, `metrics ${everyMs}`, null, openPolled(() => board.metrics, everyMs));
}

/* The outbox's statistics; null: it is not open. Ages in whole seconds, or it would be drawn again all the time. */
export function useOutbox(board, everyMs = 500) {
	return useSource(board, `outbox ${everyMs}`, null, (touch) => openOutbox(board.outbox, everyMs)(touch));
}

const openOutbox = (outbox, everyMs) => openPolled(() => inSeconds(outbox.stats), everyMs);

function inSeconds(stats) {
	if (!stats?.priorities)
		return stats;
	const whole = (row) => ({ ...row, oldest: row.oldest === null ? null : Math.floor(row.oldest / 1000) * 1000 });
	return { ...stats, priorities: Object.fromEntries(Object.entries(stats.priorities).map(([priority, row]) => [priority, whole(row)])) };
}

/* Is the state exact, and being kept so? */
export function useOnline(board) {
	return useSource(board, 'online', false, openEvent(board, 'connection', () => board.connection.live));
}

/* --- a tournament: schema/tournament.json, and the room tournament:<id> --- */

export function useTournament(board, id, { last = LAST } = {}) {
	return useSource(board, `tournament ${last} ${id}`, NO_TOURNAMENT, openTournament(board, id, last));
}
