/* held - listeners by event name, as emitter.js has them; but what nobody listens to yet is held for the first who does, since whoever has just joined
 * a room is about to. Bounded: the oldest goes first. */

import { createEmitter } from './emitter.js';

const MOST = 500;

/* `names`: the events that are held. */
export function createHolder(names) {
	const emitter = createEmitter();
	const held = new Map(names.map((name) => [name, []])); // those that nobody has listened to yet
	return {
		/* Returns the function that ends it. */
		on(name, listener) {
			const off = emitter.on(name, listener);
			const events = held.get(name) ?? [];
			held.delete(name);
			events.forEach((event) => emitter.emit(name, event));
			return off;
		},
		emit(name, event) {
			const events = held.get(name);
			if (!events)
				return emitter.emit(name, event);
			events.push(event);
			if (events.length > MOST)
				events.shift();
		},
	};
}
