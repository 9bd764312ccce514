/* The outbox in a real browser with the real broker: tabs that share it, tabs and browsers that die, a broker that is away, a door that is strict. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { serveApp } from '../support/app.mjs';
import { launch, openPage, startChrome } from '../support/chrome.mjs';
import { startProxy } from '../support/proxy.mjs';
import { startStage } from '../support/stage.mjs';
import { makeToken, scratch, sleep, startBroker, until } from '../support/tools.mjs';

const PRIORITIES = ['critical', 'high', 'normal', 'low'];

let stage;
let browser;
let proxy;
let app;
before(async () => {
	stage = await startStage({ broker: await startBroker({ door: false, persistent: true }) });
	stage.seek(20000);
	proxy = await startProxy(stage.broker.wsPort);
	app = await serveApp();
	browser = await launch();
});
after(async () => {
	await browser?.close();
	app?.stop();
	await proxy?.stop();
	await stage?.stop();
});

/* Runs in the page: a connection and an outbox, as an app would make them. say(text, priority) keeps a message; `fates` has what became of them. */
async function startApp({ server, name, credentials }) {
	const { connect } = await import('/client/index.js');
	const { createOutbox } = await import('/client/outbox.js');
	window.board = connect({ servers: [server], credentials, mqtt: () => import('/vendor/mqtt.esm.js') });
	window.outbox = await createOutbox({ publish: window.board.publish, name });
	window.board.on('connection', ({ live }) => live && window.outbox.flush());
	window.fates = {};
	window.say = async (topic, text, priority) => {
		const { ok, id, stored, done } = await window.outbox.send(topic, text, { priority });
		done?.then((fate) => { window.fates[text] = fate; });
		return { ok, id, stored };
	};
}

async function openTab(page, options) {
	await page.goto(app.address('empty.html'));
	await page.evaluate(startApp, { server: proxy.url, ...options });
	return page;
}

/* Tabs of one browser, two unless told; the first one sends. */
async function openTabs(t, name, ...servers) {
	const context = await browser.newContext();
	t.after(() => context.close());
	const tabs = [];
	for (const server of servers.length > 0 ? servers : [proxy.url, proxy.url])
		tabs.push(await openTab(await context.newPage(), { server, name }));
	assert.deepEqual(await Promise.all(tabs.map(sends)), tabs.map((_, i) => i === 0));
	return tabs;
}

const sends = (page) => page.evaluate(() => window.outbox.sends);
const stats = (page) => page.evaluate(() => window.outbox.stats);
const fates = (page) => page.evaluate(() => window.fates);
const live = (page) => until(() => page.evaluate(() => window.board.connection.live), 'live');
const say = (page, topic, texts) => page.evaluate(([to, all]) => Promise.all(all.map(([text, priority]) => window.say(to, text, priority))), [topic, texts]);

/* The broker is away until the function is called that this returns. */
async function leave(t) {
	let back = null;
	await stage.broker.stop();
	t.after(() => back ?? stage.broker.start());
	return () => { back ??= stage.broker.start(); return back; };
}

/* Somebody who misses nothing, also while the broker is away. */
async function listen(t, topic) {
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`, {
		protocolVersion: 5, clean: false, clientId: `listener-${topic.replaceAll('/', '-')}`, reconnectPeriod: 200, properties: { sessionExpiryInterval: 3600 },
	});
	const got = [];
	client.on('error', () => {});
	client.on('message', (_, payload, packet) => got.push({ text: String(payload), id: packet.properties?.userProperties?.id }));
	await client.subscribeAsync(`${topic}/#`, { qos: 1 });
	t.after(() => client.endAsync(true));
	return {
		got,
		/* The texts, each id once, in the order in which they came first. */
		texts: () => got.filter(({ id }, i) => got.findIndex((other) => other.id === id) === i).map(({ text }) => text),
	};
}

const byPriority = (texts) => PRIORITIES.flatMap((priority) => texts.filter((text) => text[1] === priority).map(([text]) => text));

test('tabs_share_one_queue_and_the_next_one_sends_when_the_first_is_closed', async (t) => {
	const receiver = await listen(t, 'shared');
	const back = await leave(t);
	const [first, second] = await openTabs(t, 'shared');
	const ofFirst = [...PRIORITIES].reverse().map((priority, i) => [`first-${i}`, priority]);
	const ofSecond = [...PRIORITIES].reverse().map((priority, i) => [`second-${i}`, priority]);
	const kept = [...await say(first, 'shared/x', ofFirst), ...await say(second, 'shared/x', ofSecond)];
	assert.ok(kept.every(({ ok, stored }) => ok && stored), JSON.stringify(kept));
	for (const tab of [first, second])
		await until(async () => (await stats(tab)).size === 8, 'each tab sees all eight');
	const { priorities, waiting } = await stats(second);
	assert.deepEqual(waiting, { critical: 2, high: 2, normal: 2, low: 2 });
	assert.ok(PRIORITIES.every((priority) => priorities[priority].oldest > 0 && priorities[priority].oldest < 60000), JSON.stringify(priorities));
	const [sender, other] = await sends(first) ? [first, second] : [second, first]; // without a connection each tries once
	const counted = async () => (await stats(other)).added; // more than 8 when the sending changed tabs before the store had all of them
	await until(async () => await counted() >= 8, 'each is counted');
	const added = await counted();
	await sender.close();
	await until(() => sends(other), 'the other tab sends');
	assert.equal((await stats(other)).size, 8, 'nothing is lost with a tab');
	assert.equal((await stats(other)).added, added, 'and the numbers go on');
	await back();
	await until(() => receiver.texts().length === 8, 'all arrive', { ms: 30000 });
	assert.deepEqual(receiver.texts(), byPriority([...ofFirst, ...ofSecond]));
	assert.equal(receiver.got.length, 8, 'each once');
	await until(async () => Object.keys(await fates(other)).length === 4, 'and its sender knows');
	assert.ok(Object.values(await fates(other)).every(({ ok }) => ok));
});

/* Runs in the page: an outbox whose broker never answers, in a tab whose last word as the one that sends comes late. */
async function startSilent(name) {
	const { createOutbox } = await import('/client/outbox.js');
	const post = BroadcastChannel.prototype.postMessage;
	BroadcastChannel.prototype.postMessage = function late(data) {
		setTimeout(() => post.call(this, data), data.type === 'last' ? 500 : 0);
	};
	window.outbox = await createOutbox({ publish: () => new Promise(() => {}), name });
}

/* Runs in the page: keeps a message, and has another tab send before anybody is told of it. */
async function keepAndHandOver(name) {
	await window.outbox.send('late/x', 'x');
	new BroadcastChannel(`${name}#1`).postMessage({ type: 'take', from: 'the test' });
}

test('what_a_tab_counts_late_reaches_every_tab', async (t) => {
	const context = await browser.newContext();
	t.after(() => context.close());
	const tabs = [await context.newPage(), await context.newPage()];
	for (const tab of tabs) {
		await tab.goto(app.address('empty.html'));
		await tab.evaluate(startSilent, 'late');
	}
	await tabs[0].evaluate(keepAndHandOver, 'late');
	await until(() => sends(tabs[1]), 'the other tab sends');
	for (const tab of tabs)
		await until(async () => (await stats(tab)).added === 1, 'it counts the message');
});

test('a_tab_that_does_not_send_is_told_what_became_of_its_messages', async (t) => {
	const receiver = await listen(t, 'told');
	const [first, second] = await openTabs(t, 'told');
	await live(first);
	await say(second, 'told/x', [['a', 'low'], ['b', 'high']]);
	await until(async () => Object.keys(await fates(second)).length === 2, 'told');
	assert.deepEqual(await fates(second), { a: { ok: true, code: 0 }, b: { ok: true, code: 0 } });
	await until(async () => (await stats(second)).sent === 2 && (await stats(first)).sent === 2, 'both count');
	const [{ id }] = await say(second, 'told/x', [['c', 'low']]);
	await until(async () => (await stats(first)).sent === 3, 'it is gone');
	assert.deepEqual(await first.evaluate((same) => window.outbox.send('told/x', 'again', { id: same }), id).then(({ ok }) => ok), true, 'gone, so no duplicate');
	assert.equal((await second.evaluate(() => window.outbox.send('told/+', 'x'))).ok, false);
	await until(async () => (await stats(first)).refused === 1, 'counted where it is sent from');
	await until(() => receiver.got.length === 4, 'all arrived');
});

test('when_the_sending_tab_crashes_in_the_middle_nothing_is_lost', async (t) => {
	const receiver = await listen(t, 'crash');
	const [first, second] = await openTabs(t, 'crash');
	await live(first);
	await live(second);
	proxy.muffle(true); // what is sent arrives, the acknowledgement does not
	await say(second, 'crash/x', [['a', 'low'], ['b', 'critical']]);
	await until(() => receiver.got.length === 2, 'the first copies arrive');
	await say(second, 'crash/x', [['c', 'normal']]);
	first.goto('chrome://crash').catch(() => {});
	proxy.muffle(false);
	proxy.cut();
	await until(() => sends(second), 'the second tab sends');
	await until(async () => Object.keys(await fates(second)).length === 3, 'all are told', { ms: 30000 });
	assert.deepEqual([...receiver.texts()].sort(), ['a', 'b', 'c']);
	assert.ok(receiver.got.length <= 6, `an id twice at most: ${receiver.got.length}`);
	assert.equal((await stats(second)).size, 0);
});

test('a_tab_without_a_connection_leaves_the_sending_to_one_that_has_it', async (t) => {
	const receiver = await listen(t, 'relief');
	const [first, second] = await openTabs(t, 'relief', 'ws://127.0.0.1:1/', proxy.url);
	await live(second);
	await say(first, 'relief/x', [['of the first', 'low']]);
	await until(() => sends(second), 'the second tab sends');
	await say(second, 'relief/x', [['of the second', 'low']]);
	await until(() => receiver.got.length === 2, 'both arrive');
	await until(async () => Object.keys(await fates(first)).length === 1, 'the first tab is told');
	assert.equal(await sends(first), false);
});

test('a_tab_that_hangs_is_relieved', async (t) => {
	const receiver = await listen(t, 'hangs');
	const [first, second, third] = await openTabs(t, 'hangs', proxy.url, proxy.url, proxy.url);
	await live(second);
	const debug = await first.context().newCDPSession(first);
	await debug.send('Debugger.enable');
	await debug.send('Debugger.pause');
	first.evaluate(() => 1).catch(() => {});
	const kept = [say(second, 'hangs/x', [['a', 'low']])];
	await sleep(2000);
	kept.push(say(third, 'hangs/x', [['b', 'low']]));
	await Promise.all(kept); // within some seconds, although the tab that sends does not answer
	await until(() => receiver.got.length === 2, 'both arrive');
	assert.deepEqual([await sends(second), await sends(third)], [true, false], 'who waited longest sends, and the other one hands over to it');
	await debug.send('Debugger.resume');
	await debug.send('Debugger.disable');
	await until(async () => !await sends(first), 'who wakes up knows that another one sends');
	await say(first, 'hangs/x', [['c', 'low']]);
	await until(() => receiver.got.length === 3, 'and hands over its messages');
	assert.deepEqual(receiver.texts(), ['a', 'b', 'c']);
});

test('what_was_kept_survives_the_killed_browser_and_leaves_critical_first', async (t) => {
	const receiver = await listen(t, 'killed');
	const profile = scratch();
	const back = await leave(t);
	const chrome = await startChrome(profile);
	const page = await openTab(await chrome.newPage(), { server: stage.broker.url });
	const texts = Array.from({ length: 200 }, (_, i) => [String(i), PRIORITIES[(i * 7) % 4]]);
	const kept = await say(page, 'killed/x', texts);
	await chrome.kill();
	assert.equal(kept.filter(({ ok, stored }) => ok && stored).length, 200);
	const again = await startChrome(profile);
	t.after(again.kill);
	const blank = await again.newPage();
	let frames = 0;
	blank.on('websocket', (socket) => socket.on('framesent', () => { frames++; }));
	const next = await openTab(blank, { server: stage.broker.url });
	assert.deepEqual([(await stats(next)).restored, (await stats(next)).size], [200, 200]);
	await back();
	await until(() => receiver.texts().length === 200, 'all arrive', { ms: 60000 });
	await until(async () => (await stats(next)).size === 0, 'all are acknowledged');
	assert.deepEqual(receiver.texts(), byPriority(texts));
	assert.equal(receiver.got.length, 200, 'each once');
	const { retries } = await stats(next);
	assert.ok(retries < 30, `${retries} retries`);
	assert.ok(frames > 0 && frames < 45, `${frames} frames: what goes at a time is one`);
	t.diagnostic(`${frames} frames, ${retries} retries`);
});

/* The rights of an app as they are shipped: 40 at once, then 10 a second; Mosquitto 2.0 says "not authorized" to the rest. */
test('a_door_that_is_strict_gets_them_at_its_pace_and_none_is_lost', async (t) => {
	const secret = 'a secret of this test, long enough for HS256';
	const held = await startStage({ broker: await startBroker({ tokens: { role: 'app', secret } }) });
	t.after(() => held.stop());
	held.seek(20000);
	const page = await openPage(browser, app.address('empty.html'));
	t.after(() => page.context().close());
	const token = makeToken(secret, { sub: 'fan', rooms: ['7'] });
	await page.evaluate(startApp, { server: held.broker.url, credentials: { username: 'fan', password: token } });
	await live(page);
	await say(page, 'rooms/7/say/fan', Array.from({ length: 100 }, (_, i) => [String(i), PRIORITIES[i % 4]]));
	await until(async () => (await stats(page)).size === 0, 'all are sent', { ms: 60000 });
	const { sent, rejected, priorities } = await stats(page);
	assert.deepEqual([sent, rejected, ...PRIORITIES.map((priority) => priorities[priority].sent)], [100, 0, 25, 25, 25, 25]);
	const started = Date.now();
	await say(page, 'rooms/8/say/fan', [['not mine', 'critical']]);
	await until(async () => (await fates(page))['not mine'], 'refused', { ms: 60000 });
	assert.deepEqual((await fates(page))['not mine'], { ok: false, reason: 'refused', code: 0x87 });
	t.diagnostic(`refused after ${Date.now() - started} ms`);
});
