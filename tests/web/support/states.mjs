/* states - shows pages any state of a game at once: a web server of the pages whose events are what the test says. No broker and no publisher, whose clocks
 * are the real ones; what those two make of a game is tested elsewhere. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { freePort, webDir } from './tools.mjs';

const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const STEP = 'test-step'; // a key of ours: which state the page has

/* `change(path, text)`: another text for a file. `files`: [{ path, type, bytes }] that there are as well. */
export async function startStates({ change = (path, text) => text, files = [] } = {}) {
	const streams = new Set();
	let state = new Map();
	let seq = 0;
	let status = { state: 'live', since: 0, reason: '' };
	let isCut = false;

	const write = (stream, type, message) => stream.write(`event: ${type}\nid: e:${seq}\ndata: ${JSON.stringify({ epoch: 'e', seq, ts: Date.now(), ...message })}\n\n`);
	const tellStatus = (stream) => stream.write(`event: status\ndata: ${JSON.stringify(status)}\n\n`);
	const serveEvents = (answer) => {
		if (isCut)
			return answer.destroy();
		answer.writeHead(200, { 'content-type': 'text/event-stream', 'x-scoreboard-prefix': 'scoreboard' });
		write(answer, 'snapshot', { state: Object.fromEntries(state) });
		tellStatus(answer);
		streams.add(answer);
		return answer.on('close', () => streams.delete(answer));
	};
	const serveFile = (path, answer) => {
		const file = join(webDir, path.endsWith('/') ? `${path}index.html` : path);
		if (!existsSync(file) || !statSync(file).isFile())
			return answer.writeHead(404).end();
		answer.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
		return answer.end(/\.(js|html)$/.test(file) ? change(path, readFileSync(file, 'utf8')) : readFileSync(file));
	};
	const server = createServer((request, answer) => {
		const path = normalize(new URL(request.url, 'http://x').pathname);
		const own = files.find((file) => file.path === path);
		if (own)
			return answer.writeHead(200, { 'content-type': own.type }).end(own.bytes);
		if (isCut && path.startsWith('/scoreboard/'))
			return answer.destroy();
		return /\/(spectator|overlay)\/events$/.test(path) ? serveEvents(answer) : serveFile(path, answer);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const nobody = await freePort(); // no broker listens there, so that the pages turn to the events
	return {
		address: (page = '') => `http://127.0.0.1:${server.address().port}/${page}${page.includes('?') ? '&' : '?'}server=ws://127.0.0.1:${nobody}/`,
		/* The whole state from now on, a Map; what has changed goes to the pages. */
		tell(wanted) {
			seq++;
			const next = new Map(wanted.size > 0 ? [...wanted, [STEP, seq]] : []); // no game is no key at all
			const set = [...next].filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(state.get(key)));
			const del = [...state.keys()].filter((key) => !next.has(key));
			state = next;
			streams.forEach((stream) => write(stream, 'delta', { set: Object.fromEntries(set), del }));
		},
		/* Says that nothing has changed, which is to be heard every few seconds. */
		beat: () => streams.forEach((stream) => write(stream, 'delta', {})),
		status(next) {
			status = next;
			streams.forEach(tellStatus);
		},
		/* No page gets the game any more, until it is so again. */
		cut(wanted) {
			isCut = wanted;
			if (isCut)
				streams.forEach((stream) => stream.destroy());
		},
		/* Waits until the page has drawn what was told last, clocks included, and gives what `read` returns there. */
		drawn: (page, read, argument) => page.evaluate(`(async () => {
			const frame = () => new Promise((done) => requestAnimationFrame(done));
			while (window.scoreboard?.get('${STEP}') !== ${state.get(STEP)})
				await frame();
			await frame();
			return (${read})(${JSON.stringify(argument)});
		})()`),
		async stop() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		},
	};
}
