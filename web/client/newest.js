/* newest - the newest value of a topic wins, in whatever order the tries to send them come: one that was refused for being too fast and is tried again must not
 * overwrite what was written after it. Pure. */

const MOST = 1000;

/* topics: topic -> { ids: id -> its number, sent: the highest number that went } */
export const createNewest = () => ({ topics: new Map(), next: 0 });

/* This value was written now; those not noted are taken to have been written when they are sent first. */
export function newestNote(newest, { topic, id }) {
	const known = newest.topics.get(topic) ?? { ids: new Map(), sent: -1 };
	if (!known.ids.has(id))
		known.ids.set(id, newest.next++);
	forget(known.ids);
	newest.topics.delete(topic); // the one that was touched last is forgotten last
	newest.topics.set(topic, known);
	forget(newest.topics);
	return known;
}

/* Is it to be sent? */
export function newestSends(newest, message) {
	const known = newestNote(newest, message);
	const number = known.ids.get(message.id);
	if (number < known.sent)
		return false;
	known.sent = number;
	return true;
}

function forget(map) {
	if (map.size > MOST)
		map.delete(map.keys().next().value);
}
