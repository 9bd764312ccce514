/* app - the web server of somebody else's app: some pages of its own, with React, and the library below /client. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { webDir } from './tools.mjs';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const TYPES = { '.js': 'text/javascript', '.html': 'text/html' };
const REACT_MODULE = 'const R = window.React; export default R;'
	+ ' export const { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, createElement, StrictMode } = R;';
const UMD = (name, kind) => readFileSync(join(modules, `${name}/umd/${name}.${kind}.js`), 'utf8');
const HEAD = '<!doctype html><title>app</title><link rel="icon" href="data:,">';
const PAGES = {
	'/empty.html': () => `${HEAD}<p>app</p>`,
	'/react.html': () => `${HEAD}<script type="importmap">{"imports":{"react":"/react.js"}}</script><script src="/umd/react.js"></script>`
		+ '<script src="/umd/react-dom.js"></script><div id="root"></div>',
	'/react.js': () => REACT_MODULE,
	/* The development build: its strict mode mounts everything twice, and it warns. */
	'/umd/react.js': () => UMD('react', 'development'),
	'/umd/react-dom.js': () => UMD('react-dom', 'development'),
};

export async function serveApp() {
	const server = createServer((request, answer) => {
		const path = normalize(new URL(request.url, 'http://x').pathname);
		const body = PAGES[path]?.() ?? (/^\/(client|vendor)\//.test(path) ? readFileSync(join(webDir, path)) : null);
		answer.writeHead(body === null ? 404 : 200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' });
		answer.end(body ?? '');
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		address: (page) => `http://127.0.0.1:${server.address().port}/${page}`,
		stop: () => { server.closeAllConnections(); server.close(); },
	};
}
