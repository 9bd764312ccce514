/* ops - the operations page as an operator meets it, and those whom he looks after. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect as connectTcp } from 'node:net';
import mqtt from 'mqtt';
import { openPage } from './chrome.mjs';
import { PASSWORD, until } from './tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TOLD_MS = 15000; // the page says what is wrong within 10 s, where this machine does not stand still

export const addressOf = (httpPort, ...servers) =>
	`http://127.0.0.1:${httpPort}/ops.html?${servers.map((url) => `server=${encodeURIComponent(url)}`).join('&')}`;

export async function logIn(page, { user = 'operator', password = PASSWORD } = {}) {
	await page.fill('#user', user);
	await page.fill('#password', password);
	await page.click('#enter');
}

export async function openOps(browser, address, options = {}) {
	const page = await openPage(browser, address, options);
	await logIn(page);
	await page.waitForSelector('#desk:not([hidden])');
	return page;
}

export const verdictOf = (page) => page.evaluate(() => ['what', 'todo', 'since'].map((part) => document.querySelector(`#verdict-${part}`).textContent).join(' | '));
const levelOf = (page) => page.getAttribute('#verdict', 'data-level');

/* Printed and returned: after how many ms. */
export async function says(page, pattern, { level, ms = TOLD_MS } = {}) {
	const begun = Date.now();
	let last = '';
	await until(async () => { last = await verdictOf(page); return pattern.test(last); }, `the page says ${pattern}`, { ms }).catch((error) => { throw new Error(`${error.message}; it says: ${last}`); });
	const took = Date.now() - begun;
	console.log(`# said after ${took} ms: ${last}`);
	if (level)
		assert.equal(await levelOf(page), level);
	return took;
}
export const saysWell = (page, ms = TOLD_MS) => says(page, /All is well/, { level: 'good', ms });

export const openTab = (page, name) => page.click(`#tab-${name}`);

/* The rows of a table, each as the texts of its cells. */
export const rowsOf = (page, selector) => page.evaluate((where) => [...document.querySelectorAll(`${where} tbody tr`)].map((row) => [...row.children].map((cell) => cell.textContent.trim())), selector);

/* A client from an address of its own, over MQTT. */
export async function comeIn({ port, address = '127.0.0.1', clientId, username, password = username && PASSWORD }) {
	const client = new mqtt.MqttClient(() => connectTcp({ port, host: '127.0.0.1', localAddress: address }),
		{ protocolVersion: 5, clientId, username, password, reconnectPeriod: 0, connectTimeout: 5000, keepalive: 60 });
	await new Promise((done, failed) => { client.once('connect', done); client.once('error', failed); client.once('close', () => failed(new Error('closed'))); });
	client.on('error', () => {});
	return client;
}
export const isIn = (client) => client.connected;

export async function complaintsOfAxe(page) {
	await page.evaluate(axe);
	return page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] })
		.then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 140)).join(' ; ')}`)));
}
