/* scoreboard - a scoreboard that speaks CRG's WebSocket protocol as far as the publisher needs it: it answers Register with all that it has, says what changes, and answers pings. It can fall
 * silent, hang up, and come back at the same port. */
import { WebSocketServer } from 'ws';
import { freePort } from './tools.mjs';

/* `host`, `port`: where it listens; without `port` at one that is free. */
export async function startScoreboard(state, { host = '127.0.0.1', port } = {}) {
	port ??= await freePort();
	const known = { ...state };
	let server = null;
	let silent = false;

	const send = (socket, values) => !silent && socket.send(JSON.stringify({ state: values }));
	const greet = (socket) => {
		socket.on('message', (text) => {
			const { action } = JSON.parse(text);
			if (action === 'Register')
				send(socket, known);
			else if (action === 'Ping' && !silent)
				socket.send('{"Pong":""}');
		});
		socket.on('error', () => {});
		send(socket, { 'WS.Client.Id': 'c1' });
	};
	const scoreboard = {
		url: `ws://${host}:${port}/WS/`,
		say(values) {
			Object.assign(known, values);
			server?.clients.forEach((socket) => send(socket, values));
		},
		/* Connections stay, and nothing comes over them. */
		set silent(value) { silent = value; },
		start: () => new Promise((done) => { server = new WebSocketServer({ host, port, autoPong: true }, done).on('connection', greet); }),
		stop: () => new Promise((done) => {
			server?.clients.forEach((socket) => socket.terminate());
			server?.close(done);
			server = null;
		}),
	};
	await scoreboard.start();
	return scoreboard;
}
