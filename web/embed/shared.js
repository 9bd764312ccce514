/* shared - connections that several elements of a page have in common: those that show the same game of the same servers. */

import { connect } from '../client/index.js';
import * as mqtt from '../vendor/mqtt.esm.js';
import * as fflate from '../vendor/fflate.js';

const held = new Map(); // what was asked for, as JSON -> { board, users }

/* { board, release() }. Throws a TypeError when there is no address. */
export function borrow({ servers, http, prefix, view }) {
	const key = JSON.stringify([servers, http, prefix, view]);
	const one = held.get(key) ?? { board: connect({ servers, http, prefix, view, hiddenMs: 60000, mqtt: async () => mqtt, fflate: async () => fflate }), users: 0 };
	held.set(key, one);
	one.users++;
	let released = false;
	const release = () => {
		if (!released && --one.users === 0) {
			held.delete(key);
			one.board.close();
		}
		released = true;
	};
	return { board: one.board, release };
}
