/* words - what the page says of itself: the sentence at its top. Pure.
 *
 * `facts`: { server: 'dialing' | 'in' | 'lost' | 'taken' | 'expired' | 'token', asked: has the publisher given an order lately, address, far: it has to be confirmed,
 * relaying, connecting: for so many ms, or null, frames: of this session } */

const SERVER = {
	dialing: ['note', 'Connecting to the server', ''],
	lost: ['bad', 'No connection to the server', 'This page goes on trying. Is this computer on the internet?'],
	taken: ['note', 'Another page relays this scoreboard', 'This one waits, and takes over when that one is closed.'],
	expired: ['bad', 'This link has expired', 'Ask the operator for a new one, which scoreboard-ctl uplink makes.'],
	token: ['bad', 'The server does not take this link', 'It may be for another server, or its key is another one by now. Ask the operator for a new one.'],
};
const LONG_MS = 3000;

export function verdictOf(facts) {
	const [level, what, todo] = facts.server === 'in' ? whenIn(facts) : SERVER[facts.server];
	return { level, what, todo };
}

function whenIn({ asked, address, far, relaying, connecting, frames }) {
	if (far)
		return ['warn', 'The scoreboard’s address has to be confirmed', ''];
	if (!asked)
		return ['warn', 'The server does not ask for the scoreboard', 'Its publisher has to run with --source relay+mqtt://… for this prefix.'];
	if (connecting !== null)
		return ['note', 'Connecting to the scoreboard', connecting < LONG_MS ? '' : 'If the browser asks whether this page may reach devices of the local network, allow it.'];
	if (!relaying)
		return ['bad', 'The scoreboard does not answer', `Does it run at ${address}? If it does, this browser may not let the page reach it: use Chrome or Edge on the scoreboard’s own computer.`];
	return frames > 0 ? ['good', 'Relaying the scoreboard', 'Leave this tab open, and the computer awake.'] : ['note', 'Connected, waiting for the first values', ''];
}
