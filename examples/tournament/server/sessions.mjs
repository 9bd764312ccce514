/* sessions - who is logged in. They live in memory and are gone when the server ends. A name belongs to one session at a time, and an address
 * has only so many. Pure: time is an argument, in ms; the id, which nobody can guess, is drawn by the caller. */
import { sameName } from './names.mjs';

const IDLE_MS = 60 * 60 * 1000;        // without asking for a token; longer than any token lives
const LONGEST_MS = 12 * 60 * 60 * 1000;

export function createSessions({ most = 10000, perAddress = 300 } = {}) {
	return { most, perAddress, byId: new Map(), byName: new Map(), byAddress: new Map() };
}

/* Null when it was begun; or why not: 'taken', 'full'. */
export function sessionsAdd(sessions, { id, name, referee, address }, now) {
	sweep(sessions, now);
	if (sessions.byName.has(sameName(name)))
		return 'taken';
	const here = sessions.byAddress.get(address) ?? 0;
	if (sessions.byId.size >= sessions.most || here >= sessions.perAddress)
		return 'full';
	const session = { id, name, referee, address, begun: now, seen: now };
	sessions.byId.set(id, session);
	sessions.byName.set(sameName(name), session);
	sessions.byAddress.set(address, here + 1);
	return null;
}

/* The session with this id, and this is a sign of life; null when there is none, or no more. */
export function sessionsFind(sessions, id, now) {
	sweep(sessions, now);
	const session = sessions.byId.get(id);
	if (!session)
		return null;
	if (now - session.begun > LONGEST_MS) {
		sessionsEnd(sessions, id);
		return null;
	}
	session.seen = now;
	sessions.byId.delete(id);
	sessions.byId.set(id, session); // the longest silent are in front
	return session;
}

export function sessionsEnd(sessions, id) {
	const session = sessions.byId.get(id);
	if (!session)
		return;
	const here = sessions.byAddress.get(session.address) - 1;
	sessions.byId.delete(id);
	sessions.byName.delete(sameName(session.name));
	if (here > 0)
		sessions.byAddress.set(session.address, here);
	else
		sessions.byAddress.delete(session.address);
}

/* Ends those that were silent for too long. */
function sweep(sessions, now) {
	for (const session of sessions.byId.values()) {
		if (now - session.seen <= IDLE_MS)
			break;
		sessionsEnd(sessions, session.id);
	}
}
