/* react - scoreboard-client as hooks. One connection per set of options, shared by all components that use it.
 *
 *   const board = useScoreboard({ servers: ['wss://live.example.org/mqtt'] });
 *   const score = useKey(board, 'team/1/score');
 */

import { useEffect, useState, useSyncExternalStore } from 'react';
import { connect } from './index.js';

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

/* A clock that counts: { time, running, direction }, drawn again when `step` ms have passed. */
export function useClock(board, name, step = 200) {
	const [clock, setClock] = useState(null);
	useEffect(() => {
		if (board === null)
			return undefined;
		const read = () => setClock(board.clock(name));
		read();
		const timer = setInterval(read, step);
		const forget = changesOf(board, `clock/${name}`)(read);
		return () => {
			clearInterval(timer);
			forget();
		};
	}, [board, name, step]);
	return clock;
}
