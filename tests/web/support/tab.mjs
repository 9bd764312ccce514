/* tab - a tab of a real Chromium, spoken to by its DevTools protocol alone: a library that drives a browser makes each page believe that it is in front. */
import WebSocket from 'ws';
import { chromiumPath, run, scratch, stop, until } from './tools.mjs';
import { FLAGS } from './chrome.mjs';

export async function startTabs() {
	const child = run(chromiumPath(), [...FLAGS, '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${scratch()}`, 'about:blank']);
	const port = await until(() => /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(child.said)?.[1], `a browser: ${child.said}`, { ms: 20000 });
	const ask = (path, method = 'GET') => fetch(`http://127.0.0.1:${port}/json/${path}`, { method });
	const open = async (url) => {
		const { id, webSocketDebuggerUrl } = await (await ask(`new?${encodeURIComponent(url)}`, 'PUT')).json();
		const socket = new WebSocket(webSocketDebuggerUrl);
		await new Promise((done, fail) => socket.on('open', done).on('error', fail));
		const waiting = new Map();
		let n = 0;
		socket.on('message', (text) => { const { id: of, result } = JSON.parse(text); waiting.get(of)?.(result); });
		return {
			evaluate: (expression) => new Promise((done) => {
				waiting.set(++n, ({ result }) => done(result.value));
				socket.send(JSON.stringify({ id: n, method: 'Runtime.evaluate', params: { expression, returnByValue: true } }));
			}),
			toFront: () => ask(`activate/${id}`),
		};
	};
	return { open, stop: () => stop(child) };
}
