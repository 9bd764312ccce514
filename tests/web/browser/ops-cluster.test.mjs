/* The operations page at a hub and two edges: one page knows all of them, whichever it is connected to; what breaks has its sentence; who is sent away or banned is so everywhere. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../support/chrome.mjs';
import { startCluster } from '../support/cluster.mjs';
import { addressOf, comeIn, isIn, openOps, openTab, rowsOf, says, saysWell } from '../support/ops.mjs';
import { createTruth, readRecording } from '../support/recording.mjs';
import { startScoreboard } from '../support/scoreboard.mjs';
import { startSource } from '../support/source.mjs';
import { PASSWORD, recordingPath, until, webDir } from '../support/tools.mjs';

const CLIENTS = 300;
const HEALED_MS = 30000;

let cluster;
let scoreboard;
let source;
let browser;
let page;
before(async () => {
	const prepare = ({ policy }) => {
		const { users, ...rest } = JSON.parse(readFileSync(policy, 'utf8'));
		writeFileSync(policy, JSON.stringify({ ...rest, users: { ...users, ann: 'app' }, trusted_proxies: [] }));
		execFileSync('mosquitto_passwd', ['-b', join(dirname(policy), 'passwd'), 'ann', PASSWORD]);
	};
	cluster = await startCluster({ direct: true, prepare });
	const truth = createTruth();
	readRecording(recordingPath()).filter(({ t }) => t <= 137000).forEach((entry) => truth.apply(entry));
	scoreboard = await startScoreboard(Object.fromEntries(truth.all));
	source = await startSource({ broker: cluster, webDir, from: scoreboard.url });
	browser = await launch();
	page = await openOps(browser, addressOf(source.httpPort, ...cluster.edges.map(({ wsPort }) => `ws://127.0.0.1:${wsPort}/mqtt`)));
	await saysWell(page, HEALED_MS);
});
after(async () => {
	await browser?.close();
	await source?.stop();
	await scoreboard?.stop();
	await cluster?.stop();
});

const edgeOfPage = async () => {
	const who = await page.textContent('#who');
	return cluster.edges.find(({ wsPort }) => who.endsWith(`:${wsPort}`));
};
const otherThanPage = async () => {
	const own = await edgeOfPage();
	return cluster.edges.find((edge) => edge !== own);
};

/* Presses the button again when a broker was too busy to answer in time. */
async function find(text, test, what) {
	await openTab(page, 'clients');
	await page.fill('#find', text);
	await until(async () => {
		await page.click('#search button');
		return until(async () => (await rowsOf(page, '#clients')).some(test), what, { ms: 3000 }).catch(() => null);
	}, `${what} is found`, { ms: 15000 });
}
const isRefused = (client) => comeIn(client).then((one) => one.endAsync(true).then(() => false), () => true);

test('one_of_300_at_three_brokers_is_found_by_its_address_and_sent_away', async () => {
	const fans = await Promise.all(Array.from({ length: CLIENTS }, (_, i) =>
		comeIn({ port: cluster.edges[i % 2].port, clientId: `fan-${i}`, address: `127.0.${1 + (i >> 7)}.${1 + (i & 127)}` })));
	await openTab(page, 'brokers');
	await until(async () => await page.textContent('#viewers-now') === String(CLIENTS), 'all are counted');
	assert.deepEqual((await rowsOf(page, '#brokers')).map(([name, part, viewers]) => [name.slice(2), part, viewers]), [['hub', 'hub', '0'], ['edge1', 'edge', '150'], ['edge2', 'edge', '150']]);
	for (const i of [6, 7]) { // one at each edge
		await find(`127.0.1.${1 + i}`, ([id, , address, , broker]) => id === `fan-${i}` && address === `127.0.1.${1 + i}` && broker === `edge${1 + i % 2}`, `fan-${i}`);
		await page.click(`#clients button[data-do=kick][data-client="fan-${i}"]`);
		await until(() => !isIn(fans[i]), 'it is sent away');
	}
	assert.equal(fans.filter(isIn).length, CLIENTS - 2);
	await Promise.all(fans.map((fan) => fan.endAsync(true)));
});

/* Client ids are unique at one broker. Who takes an id that somebody has at another one is not to have that one sent away with him. */
test('only_the_one_that_was_chosen_is_sent_away', async () => {
	const twins = await Promise.all(cluster.edges.map(({ port }, i) => comeIn({ port, clientId: 'twin', address: `127.0.7.${30 + i}` })));
	await find('twin', ([id, , , , broker]) => id === 'twin' && broker === 'edge2', 'the second twin');
	assert.equal((await rowsOf(page, '#clients')).length, 2);
	await page.click('#clients button[data-do=kick][data-broker=edge2]');
	await until(() => !isIn(twins[1]), 'it is sent away');
	await until(async () => (await rowsOf(page, '#clients')).length === 1, 'the other one is still in the list');
	assert.ok(isIn(twins[0]));
	await twins[0].endAsync(true);
});

test('a_user_is_banned_at_all_brokers_and_let_in_again', async () => {
	const devices = await Promise.all(cluster.edges.map(({ port }, i) => comeIn({ port, clientId: `ann-${i}`, address: `127.0.7.${10 + i}`, username: 'ann' })));
	const places = [cluster.hub, ...cluster.edges].map(({ port }, i) => ({ port, address: `127.0.7.${i + 1}`, username: 'ann', clientId: `ann-new-${i}` }));
	await find('ann-1', ([id]) => id === 'ann-1', 'ann');
	await page.click('#clients button[data-user=ann]');
	await page.click('#confirm-yes');
	await until(() => devices.every((one) => !isIn(one)), 'all of her devices are sent away');
	await until(async () => (await rowsOf(page, '#bans')).some(([who]) => who === 'user ann'), 'the ban is listed');
	await until(async () => await page.textContent('#done') === 'The user ann is banned.', 'the page says so');
	for (const place of places)
		assert.ok(await isRefused(place));
	await openTab(page, 'refusals');
	await until(async () => new Set((await rowsOf(page, '#refusals')).filter((row) => /Banned/.test(row[2])).map((row) => row[1])).size === 3, 'all three brokers tell of it', { ms: 15000 });
	await openTab(page, 'clients');
	await page.click('#bans button[data-user=ann]');
	await until(async () => (await rowsOf(page, '#bans')).length === 0, 'it is lifted');
	for (const place of places)
		assert.ok(!await isRefused(place));
});

/* By whose word others act: an edge may not send away at other brokers who has a reserved seat (docs/security.md). The page says where it was not done. */
test('whom_another_broker_keeps_is_told_of', async () => {
	const other = await otherThanPage();
	const crew = await comeIn({ port: other.port, clientId: 'crew-tablet', address: '127.0.7.20', username: 'crew' });
	await find('crew-tablet', ([id]) => id === 'crew-tablet', 'the tablet');
	await page.click('#clients button[data-do=kick]');
	await until(async () => /reserved seat/.test(await page.textContent('#done')), 'the page says why not');
	assert.ok(isIn(crew));
	await crew.endAsync(true);
});

test('an_edge_that_is_killed_is_named_whichever_it_is', async () => {
	const other = await otherThanPage();
	await other.kill();
	await says(page, new RegExp(`“${other.name}” does not answer`), { level: 'warn' });
	await other.start();
	await saysWell(page, HEALED_MS);
	const own = await edgeOfPage();
	await own.kill();
	await says(page, new RegExp(`“${own.name}” does not answer|lost its broker`));
	await says(page, new RegExp(`“${own.name}” does not answer`), { ms: 20000 });
	await own.start();
	await saysWell(page, HEALED_MS);
});

test('a_hub_that_is_killed_or_hangs_is_named', async () => {
	await cluster.hub.kill();
	await says(page, /The hub “hub” does not answer/, { level: 'bad' });
	await cluster.hub.start();
	await saysWell(page, HEALED_MS);
	cluster.hub.child.kill('SIGSTOP');
	try {
		await says(page, /The hub “hub” does not answer/, { level: 'bad' });
	} finally {
		cluster.hub.child.kill('SIGCONT');
	}
	await saysWell(page, HEALED_MS);
});

test('a_scoreboard_or_publisher_that_is_gone_is_named', async () => {
	await scoreboard.stop();
	await says(page, /The scoreboard is not heard/, { level: 'bad' });
	await scoreboard.start();
	await saysWell(page, HEALED_MS);
	await source.kill();
	await says(page, /publisher has gone|hub has no publisher/, { level: 'bad' });
	source = await startSource({ broker: cluster, webDir, httpPort: source.httpPort, from: scoreboard.url });
	await saysWell(page, HEALED_MS);
	assert.deepEqual(page.complaints.filter((text) => !/WebSocket/.test(text)), []);
});
