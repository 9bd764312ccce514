/* app - a page of somebody else's that uses the library: its own small web server, with the library below /client. */
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { webDir } from './tools.mjs';

const TYPES = { '.js': 'text/javascript', '.html': 'text/html' };
const EMPTY = '<!doctype html><title>app</title><link rel="icon" href="data:,"><p>app</p>';

/* `pages`: path -> what gives its text. */
export async function serveApp(pages = {}) {
	const all = { '/empty.html': () => EMPTY, ...pages };
	const server = createServer((request, answer) => {
		const path = normalize(new URL(request.url, 'http://x').pathname);
		const body = all[path]?.() ?? (/^\/(client|vendor)\//.test(path) ? readFileSync(join(webDir, path)) : null);
		answer.writeHead(body === null ? 404 : 200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' });
		answer.end(body ?? '');
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		address: (page) => `http://127.0.0.1:${server.address().port}/${page}`,
		close: () => { server.closeAllConnections(); server.close(); },
	};
}
