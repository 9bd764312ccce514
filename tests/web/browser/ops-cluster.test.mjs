/* The operations page at a hub and two edges: one page knows all of them, whichever it is connected to; what breaks has its sentence; who is sent away or banned is so everywhere. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { launch } from '../support/chrome.mjs';
import { on21, startCluster } from '../support/cluster.mjs';
import { addressOf, comeIn, isIn, openOps, openTab, rowsOf, says, saysWell } from '../support/ops.mjs';
import { createTruth, readRecording } from '../support/recording.mjs';
import { startScoreboard } from '../support/scoreboard.mjs';
import { startSource } from '../support/source.mjs';
import { PASSWORD, pagesDir, recordingPath, sleep, until } from '../support/tools.mjs';

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
	source = await startSource({ broker: cluster, webDir: pagesDir, from: scoreboard.url });
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

async function find(text, test, what) {
	await openTab(page, 'clients');
	await page.fill('#find', text);
	await page.click('#search button');
	await until(async () => (await rowsOf(page, '#clients')).some(test), `${what} is found`)
		.catch(async (error) => { throw new Error(`${error.message}; it says: ${await page.textContent('#found')} ${await page.textContent('#done')}`); });
}

const places = () => [cluster.hub, ...cluster.edges].map(({ name, port }, i) => ({ name, port, address: `127.0.7.${i + 1}`, username: 'ann', clientId: `ann-new-${i}` }));
/* Why this client is not let in, in the words of MQTT.js; null: it is. */
const whyRefused = (client) => comeIn(client).then((one) => one.endAsync(true).then(() => null), ({ message }) => message);
/* Of each broker; Mosquitto 2.0 says the same whatever the reason is. */
const whyRefusedAt = async (all) => Object.fromEntries(await Promise.all(all.map(async (place) => [place.name, await whyRefused(place)])));
const BANNED = 'Connection refused: ' + (on21 ? 'Banned' : 'Not authorized');
const saysDone = (text) => until(async () => await page.textContent('#done') === text, `the page says: ${text}`)
	.catch(async (error) => { throw new Error(`${error.message}; it says: ${await page.textContent('#done')}`); });
const bansOf = async () => (await rowsOf(page, '#bans')).map(([who, why, where]) => [who, where]);

test('one_of_300_at_three_brokers_is_found_by_its_address_and_sent_away', async () => {
	const fans = await Promise.all(Array.from({ length: CLIENTS }, (_, i) =>
		comeIn({ port: cluster.edges[i % 2].port, clientId: `fan-${i}`, address: `127.0.${1 + (i >> 7)}.${1 + (i & 127)}` })));
	await openTab(page, 'brokers');
	await until(async () => await page.textContent('#viewers-now') === String(CLIENTS), 'all are counted');
	const expected = [['hub', 'hub', '0'], ['edge1', 'edge', '150'], ['edge2', 'edge', '150']];
	await until(async () => isDeepStrictEqual((await rowsOf(page, '#brokers')).map(([name, part, viewers]) => [name.slice(2), part, viewers]), expected),
		'each broker has its own'); // they are asked every other second
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
	await find('ann-1', ([id]) => id === 'ann-1', 'ann');
	await page.click('#clients button[data-user=ann]');
	await page.click('#confirm-yes');
	await until(() => devices.every((one) => !isIn(one)), 'all of her devices are sent away');
	await saysDone('The user ann is banned.');
	await until(async () => (await bansOf()).join() === 'user ann,all', 'the ban is listed, as one of all brokers');
	assert.deepEqual(await whyRefusedAt(places()), { hub: BANNED, edge1: BANNED, edge2: BANNED });
	await openTab(page, 'refusals');
	await until(async () => new Set((await rowsOf(page, '#refusals')).filter((row) => /Banned/.test(row[2])).map((row) => row[1])).size === 3, 'all three brokers tell of it', { ms: 15000 });
	await openTab(page, 'clients');
	await page.click('#bans button[data-user=ann]');
	await until(async () => (await bansOf()).length === 0, 'it is lifted');
	assert.deepEqual(await whyRefusedAt(places()), { hub: null, edge1: null, edge2: null });
	assert.equal(await page.textContent('#done'), 'The ban of ann is lifted.');
});

/* The hub lets edges ask for what its policy says, and for so much and no more: beyond that it answers an edge that it will not, and the other edges are not asked. */
test('a_ban_that_the_hub_was_not_asked_to_lift_is_not_said_to_be_lifted', async () => {
	const own = await edgeOfPage();
	const other = await otherThanPage();
	const desk = await comeIn({ port: own.port, username: 'operator', clientId: 'another-desk' });
	await openTab(page, 'clients');
	desk.publish('$CONTROL/scoreboard/v1', JSON.stringify({ commands: [{ command: 'ban', user: 'ann', seconds: 600 }] }), { qos: 1 });
	await until(async () => (await bansOf()).join() === 'user ann,all', 'the ban is listed');
	const policy = readFileSync(cluster.policy, 'utf8');
	const reload = (text) => { writeFileSync(cluster.policy, text); cluster.hub.child.kill('SIGHUP'); };
	reload(policy.replace(/"asks":\[.*?\]/, '"asks":["getStats"]'));
	const refused = new RegExp(`hub \\(this hub's policy does not let edges ask for it \\("asks"\\)\\), ${other.name} \\(no answer\\)`);
	try {
		await until(async () => refused.test(await page.textContent('#bans-lack')), 'the hub refuses');
		await page.click('#search button');
		await until(async () => refused.test(await page.textContent('#found')), 'a search says who was not asked');
		await page.click('#bans button[data-user=ann]');
		await until(async () => /^The ban of ann is not lifted everywhere; /.test(await page.textContent('#done')), 'the page says so');
		assert.match(await page.textContent('#done'), refused);
		await sleep(2500); // another answer of this edge alone
		assert.deepEqual(await bansOf(), [['user ann', `${other.name}, hub`]]);
		assert.deepEqual(await whyRefusedAt(places()), { hub: BANNED, [other.name]: BANNED, [own.name]: null });
	} finally {
		reload(policy);
		await desk.endAsync(true);
	}
	await until(async () => await page.textContent('#bans-lack') === '', 'the hub answers again');
	await page.click('#bans button[data-user=ann]');
	await saysDone('The ban of ann is lifted.');
	await until(async () => (await bansOf()).length === 0, 'it is lifted');
	assert.deepEqual(await whyRefusedAt(places()), { hub: null, edge1: null, edge2: null });
	await saysWell(page);
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

/* The broker's own count of what it has dropped is known where somebody has subscribed to it: the publisher, and HAProxy with its question whether an edge is live. */
test('delay_and_what_was_dropped_are_shown_of_each_broker', async () => {
	await openTab(page, 'brokers');
	await until(async () => {
		scoreboard.say({ 'ScoreBoard.CurrentGame.Clock(Period).Number': 1 + (Date.now() % 9) });
		await sleep(500);
		return (await rowsOf(page, '#brokers')).every(([, , , , , delay, dropped]) => /^[\d.]+ m?s$/.test(delay) && /^\d+$/.test(dropped));
	}, 'all of them', { ms: 30000 });
	const delays = (await rowsOf(page, '#brokers')).map(([, , , , , delay]) => delay);
	console.log(`# delays ${delays}`);
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
	source = await startSource({ broker: cluster, webDir: pagesDir, httpPort: source.httpPort, from: scoreboard.url });
	await saysWell(page, HEALED_MS);
	assert.deepEqual(page.complaints.filter((text) => !/WebSocket/.test(text)), []);
});
