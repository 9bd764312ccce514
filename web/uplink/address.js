/* address - what a link, a field and an order may say: which of it is taken, and which is not. Pure. */

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const TOKEN_MOST = 8192; // characters, as the door takes them
const PATHS_MOST = 2000;
const PATH_MOST = 1000;

export const SCOREBOARD = 'ws://localhost:8000/WS/';

/* The token in the fragment of a link, or of the text of one; null: there is none that could be one. */
export function tokenOf(link) {
	const [, fragment = ''] = /#(.*)$/.exec(String(link).trim()) ?? [];
	const token = new URLSearchParams(fragment).get('token') ?? '';
	return TOKEN.test(token) && token.length <= TOKEN_MOST ? token : null;
}

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;
const PRIVATE = /^(10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|169\.254(\.\d+){2}|\[f[cd][0-9a-f:]*\]|\[fe[89ab][0-9a-f:]*\]|[^.:[\]]+|.+\.local)$/;

/* How far a scoreboard's address leads: 'here' is this machine, 'near' its network, 'far' anywhere else, which a person has to confirm; null: it is none. */
export function distanceOf(address) {
	let url;
	try {
		url = new URL(address);
	} catch {
		return null;
	}
	if (!/^wss?:$/.test(url.protocol) || url.username || url.password || url.hash)
		return null;
	return LOOPBACK.test(url.hostname) ? 'here' : PRIVATE.test(url.hostname) ? 'near' : 'far';
}

/* What may be sent to a scoreboard of all that the server asks for: a request for values, written anew. A scoreboard takes commands from any client, so a
 * server that is not what it should be must not reach it with one. Null: it is no such request. */
export function registerOf(text) {
	let request;
	try {
		request = JSON.parse(text);
	} catch {
		return null;
	}
	const { action, paths } = request ?? {};
	const areFine = Array.isArray(paths) && paths.length <= PATHS_MOST && paths.every((path) => typeof path === 'string' && path.length <= PATH_MOST);
	return action === 'Register' && areFine ? JSON.stringify({ action, paths }) : null;
}
