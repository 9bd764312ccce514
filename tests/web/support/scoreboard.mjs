/* scoreboard - a scoreboard that speaks CRG's WebSocket protocol as far as the publisher needs it: it answers Register with all that it has, says what changes, and answers pings. It can fall
 * silent, hang up, and come back at the same port. Who has no cookie gets one. Beside that it is a web server, as CRG is: `files` has who answers a path. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { freePort } from './tools.mjs';

/* `host`, `port`: where it listens; without `port` at one that is free. */
export async function startScoreboard(state, { host = '127.0.0.1', port } = {}) {
	port ??= await freePort();
	const known = { ...state };
	const files = new Map(); // path as it is in the request -> (request, answer) => ...
	let server = null;
	let web = null;
	let silent = false;
	let devices = 0;

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
	const know = (headers, request) => request.headers.cookie || headers.push(`Set-Cookie: CRG_SCOREBOARD=device-${++devices}; Path=/; Max-Age=1296000`);
	const serve = (request, answer) => (files.get(request.url) ?? (() => answer.writeHead(404).end()))(request, answer);
	const scoreboard = {
		files,
		url: `ws://${host}:${port}/WS/`,
		say(values) {
			Object.assign(known, values);
			server?.clients.forEach((socket) => send(socket, values));
		},
		/* Connections stay, and nothing comes over them. */
		set silent(value) { silent = value; },
		start: () => new Promise((done) => {
			web = createServer(serve);
			server = new WebSocketServer({ server: web, autoPong: true }).on('connection', greet).on('headers', know);
			web.listen(port, host, done);
		}),
		stop: () => new Promise((done) => {
			server?.clients.forEach((socket) => socket.terminate());
			server?.close();
			web?.closeAllConnections();
			web ? web.close(done) : done();
			server = web = null;
		}),
	};
	await scoreboard.start();
	return scoreboard;
}
