/* chrome - a real Chromium, headless, with a profile of its own. */
import { chromium } from 'playwright-core';
import { chromiumPath, run, stop, until } from './tools.mjs';

export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'];

export const launch = (args = []) => chromium.launch({ executablePath: chromiumPath(), headless: true, args: [...FLAGS, ...args] });

/* One with a profile that stays, to be killed as the system kills it, and started again. */
export async function startChrome(profile) {
	const child = run(chromiumPath(), [...FLAGS, '--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank']);
	const address = await until(() => /DevTools listening on (ws:\S+)/.exec(child.said)?.[1], `a browser: ${child.said}`, { ms: 20000 });
	const browser = await chromium.connectOverCDP(address);
	const [context] = browser.contexts();
	return {
		newPage: () => context.newPage(),
		kill: () => stop(child, 'SIGKILL'),
	};
}

/* Opens a page that fails the test on a console error, a page error, or a request to anywhere but this machine. `prepare(page)`: before it is opened. */
export async function openPage(browser, url, { prepare, ...options } = {}) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	await prepare?.(page);
	page.complaints = [];
	page.requests = [];
	page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('request', (request) => page.requests.push(request.url()));
	await page.goto(url);
	return page;
}

/* Runs in the page: does the element show what the library says the jam clock is (or was, a frame ago)? */
export function shownClock(selector) {
	const text = document.querySelector(selector).textContent;
	const { time, direction } = window.scoreboard.clock('jam');
	const write = (ms) => {
		const seconds = direction === 'down' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000);
		return seconds < 60 ? String(seconds) : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
	};
	return [-80, 0, 80].some((ms) => write(Math.max(0, time + ms)) === text);
}
