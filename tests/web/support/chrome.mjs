/* chrome - a real Chromium, headless, with a profile of its own. */
import { chromium } from 'playwright-core';
import { chromiumPath } from './tools.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'];

export const launch = (args = []) => chromium.launch({ executablePath: chromiumPath(), headless: true, args: [...FLAGS, ...args] });

/* Opens a page that fails the test on a console error, a page error, or a request to anywhere but this machine. */
export async function openPage(browser, url, options = {}) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	page.complaints = [];
	page.requests = [];
	page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('request', (request) => page.requests.push(request.url()));
	await page.goto(url);
	return page;
}
