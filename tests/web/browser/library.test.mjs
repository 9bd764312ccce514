/* The library in a page of somebody else's: the outgoing queue over reloads and lost answers, the React hooks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { createDeduper } from '../../../web/client/outbox.js';
import { serveApp } from '../support/app.mjs';
import { launch, openPage } from '../support/chrome.mjs';
import { startProxy } from '../support/proxy.mjs';
import { startStage } from '../support/stage.mjs';
import { makeToken, startBroker, until } from '../support/tools.mjs';

const RINK = 'scoreboard.test'; // a host that is not this machine, so that its pages over http are no secure context

let stage;
let browser;
let proxy;
let app;
before(async () => {
	stage = await startStage({ door: false });
	stage.seek(20000);
	proxy = await startProxy(stage.broker.wsPort);
	app = await serveApp();
	browser = await launch([`--host-resolver-rules=MAP ${RINK} 127.0.0.1`]);
});
after(async () => {
	await browser?.close();
	app?.stop();
	await proxy?.stop();
	await stage?.stop();
});

const address = (page) => app.address(page);

/* Runs in the page: a connection and an outbox, as an app would make them. */
async function startApp(server) {
	const { connect } = await import('/client/index.js');
	const { createOutbox } = await import('/client/outbox.js');
	window.board = connect({ servers: [server || 'ws://127.0.0.1:1/'], mqtt: () => import('/vendor/mqtt.esm.js') });
	window.outbox = await createOutbox({ publish: window.board.publish });
	window.board.on('connection', ({ live }) => live && window.outbox.flush());
}

async function listen(topic) {
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`, { protocolVersion: 5 });
	const got = [];
	client.on('message', (_, payload, packet) => got.push({ text: String(payload), id: packet.properties?.userProperties?.id }));
	await client.subscribeAsync(topic, { qos: 1 });
	return { got, close: () => client.endAsync() };
}

test('a_page_over_plain_http_from_the_rinks_network_can_send', async () => {
	const receiver = await listen('room/1/#');
	const page = await openPage(browser, address('empty.html').replace('127.0.0.1', RINK));
	assert.equal(await page.evaluate(() => isSecureContext), false);
	await page.evaluate(startApp, proxy.url);
	const { ok, outcome } = await page.evaluate(async () => {
		const { ok, done } = await window.outbox.send('room/1/say', 'hello');
		return { ok, outcome: await done };
	});
	assert.equal(ok, true);
	assert.equal(outcome.ok, true);
	await until(() => receiver.got.length > 0, 'received');
	const { reason } = await page.evaluate(() => window.board.setNotice({ text: 'Track 2 starts at 18:30' }));
	assert.equal(reason, 'no name', 'which is asked for last');
	await page.close();
	await receiver.close();
});

test('messages_written_offline_survive_a_reload_and_leave_by_priority', async () => {
	const receiver = await listen('room/1/#');
	const page = await openPage(browser, address('empty.html'));
	await page.evaluate(startApp, '');
	const kept = await page.evaluate(async () => {
		for (const [text, priority] of [['a', 'low'], ['b', 'normal'], ['c', 'critical'], ['d', 'high'], ['e', 'critical']])
			await window.outbox.send('room/1/say', text, { priority });
		return { persistent: window.outbox.persistent, ...window.outbox.stats };
	});
	assert.equal(kept.persistent, true);
	assert.equal(kept.size, 5);
	assert.deepEqual(receiver.got, []);
	await page.reload();
	await page.evaluate(startApp, proxy.url);
	await until(() => page.evaluate(() => window.outbox.stats.size === 0), 'all sent');
	await until(() => receiver.got.length >= 5, 'all received');
	assert.deepEqual(receiver.got.map(({ text }) => text), ['c', 'e', 'd', 'b', 'a']);
	assert.equal(new Set(receiver.got.map(({ id }) => id)).size, 5);
	const { restored, sent } = await page.evaluate(() => window.outbox.stats);
	assert.deepEqual({ restored, sent }, { restored: 5, sent: 5 });
	await page.reload();
	await page.evaluate(startApp, proxy.url);
	assert.equal(await page.evaluate(() => window.outbox.stats.restored), 0, 'what was sent is forgotten');
	await receiver.close();
	await page.context().close();
});

test('an_answer_that_is_lost_makes_a_second_copy_and_the_receiver_drops_it', async () => {
	const receiver = await listen('room/2/#');
	const page = await openPage(browser, address('empty.html'));
	await page.evaluate(startApp, proxy.url);
	await until(() => page.evaluate(() => window.board.connection.live), 'live');
	proxy.muffle(true); // the viewer's bytes pass, the broker's answers do not
	await page.evaluate(() => window.outbox.send('room/2/say', 'once', { id: 'm-1' }));
	await until(() => receiver.got.length === 1, 'the first copy arrived');
	proxy.muffle(false);
	proxy.cut();
	await until(() => page.evaluate(() => window.outbox.stats.sent === 1), 'acknowledged in the end', { ms: 30000 });
	await until(() => receiver.got.length === 2, 'the second copy arrived');
	const isNew = createDeduper();
	assert.deepEqual(receiver.got.filter(({ id }) => isNew(id)).map(({ text }) => text), ['once']);
	await receiver.close();
	await page.context().close();
});

/* The address and rights of README.md's example, at the real door with the policy as it is shipped. */
test('what_the_broker_refused_is_not_said_to_be_sent', async (t) => {
	const secret = 'a secret of this test, long enough for HS256';
	const broker = await startBroker({ tokens: { role: 'app', secret } });
	const held = await startStage({ broker });
	t.after(() => held.stop());
	held.seek(20000);
	const token = makeToken(secret, { sub: 'fan', rooms: ['7'] });
	const page = await openPage(browser, address('empty.html'));
	const sent = await page.evaluate(async ({ url, password }) => {
		const { connect } = await import('/client/index.js');
		const { createOutbox } = await import('/client/outbox.js');
		const mqtt = () => import('/vendor/mqtt.esm.js');
		const say = async (name, credentials, topic) => {
			const board = connect({ servers: [url], credentials, mqtt });
			while (!board.connection.live)
				await new Promise((resolve) => board.on('connection', resolve));
			const outbox = await createOutbox({ publish: board.publish, name });
			const { ok, done } = await outbox.send(topic, '{"n":1}', { priority: 'low' });
			const answer = await board.publish({ id: crypto.randomUUID(), topic, payload: '{"n":2}' }).catch(({ message, code }) => ({ message, code }));
			const { sent, rejected } = outbox.stats;
			board.close();
			return { ok, done: await Promise.race([done, new Promise((r) => setTimeout(r, 5000, 'never told'))]), answer, sent, rejected };
		};
		const app = { username: 'fan', password };
		return { own: await say('a', app, 'rooms/7/say/fan'), other: await say('b', app, 'rooms/8/say/fan'), nameless: await say('c', {}, 'rooms/7/say/fan') };
	}, { url: broker.url, password: token });
	const taken = ({ ok, code }) => ({ ok, taken: code < 0x80 });
	assert.deepEqual({ ...sent.own, done: taken(sent.own.done), answer: sent.own.answer < 0x80 },
		{ ok: true, done: { ok: true, taken: true }, answer: true, sent: 1, rejected: 0 });
	for (const [who, topic] of [['other', 'rooms/8/say/fan'], ['nameless', 'rooms/7/say/fan']])
		assert.deepEqual(sent[who], { ok: true, done: { ok: false, reason: 'refused', code: 0x87 }, sent: 0, rejected: 1,
			answer: { message: `The broker refused a message to ${topic} (0x87).`, code: 0x87 } });
	await page.context().close();
});

test('react_components_follow_the_board', async () => {
	const page = await openPage(browser, address('react.html'));
	await page.evaluate(async (server) => {
		const { useScoreboard, useKey, useClock, useConnection } = await import('/client/react.js');
		const h = window.React.createElement;
		const options = { servers: [server], mqtt: () => import('/vendor/mqtt.esm.js') };
		window.renders = 0;
		function Score({ board, team }) {
			window.renders++;
			return h('b', { id: `s${team}` }, String(useKey(board, `team/${team}/score`, '?')));
		}
		function App() {
			const board = useScoreboard({ ...options });
			const clock = useClock(board, 'jam');
			return h('div', null, h(Score, { board, team: 1 }), h(Score, { board, team: 2 }),
				h('i', null, clock ? String(Math.ceil(clock.time / 1000)) : ''), h('u', null, useConnection(board)?.phase ?? ''));
		}
		window.root = window.ReactDOM.createRoot(document.querySelector('#root'));
		window.root.render(h(window.React.StrictMode, null, h(App)));
	}, proxy.url);
	const shows = (n) => page.evaluate((id) => document.querySelector(id)?.textContent, `#s${n}`);
	await until(async () => await shows(1) === String(stage.truth.get('Team(1).Score')), 'the score');
	assert.equal(await page.evaluate(() => document.querySelector('u').textContent), 'live');
	stage.seek(29000);
	await until(async () => await shows(2) === String(stage.truth.get('Team(2).Score')), 'the new score');
	await until(() => page.evaluate(() => /^\d+$/.test(document.querySelector('i').textContent)), 'the jam clock');
	const before = proxy.connections();
	await page.evaluate(() => window.root.unmount());
	await until(() => proxy.connections() === before - 1, 'the connection is given back');
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});
