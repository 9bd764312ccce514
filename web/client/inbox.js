/* inbox - messages to us: users/<us>/from/<from>, and roles/<role>/from/<from>. A message in, an event out: { from, type, data, id, ts, to }, or null for
 * what comes twice or is none. Pure. */

import { createDeduper } from './outbox-queue.js';
import { isUserName, readEnvelope } from './envelope.js';

const ADDRESSEE = { users: 'user', roles: 'role' };

export const createInbox = () => ({ isNew: createDeduper(), stats: { received: 0, duplicates: 0, bad: 0 } });

export function inboxTake(inbox, topic, text) {
	const [first, to, word, from, ...more] = topic.split('/');
	const envelope = word === 'from' && more.length === 0 && isUserName(from) ? readEnvelope(text) : null;
	if (envelope === null || !Object.hasOwn(ADDRESSEE, first)) {
		inbox.stats.bad++;
		return null;
	}
	if (!inbox.isNew(`${topic}/${envelope.id}`)) {
		inbox.stats.duplicates++;
		return null;
	}
	inbox.stats.received++;
	return { from, ...envelope, to: { [ADDRESSEE[first]]: to } };
}
