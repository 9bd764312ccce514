/* People in rooms, each with a browser of his own, over a hub and two edges as they are shipped: who hears what, who learns what, and whether
 * anybody can speak in the name of another. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { serveApp } from '../support/app.mjs';
import { launch, openPage } from '../support/chrome.mjs';
import { control, startCluster } from '../support/cluster.mjs';
import { startStage } from '../support/stage.mjs';
import { TOKEN_SECRET, makeToken, sleep, until } from '../support/tools.mjs';

const MATCH = 'match:42';
const OTHER = 'match:43';
const JURY = 'private:jury';
const SAID = 20;
const FORGED = 500;

let cluster;
let stage;
let app;
let browser;
before(async () => {
	cluster = await startCluster({ direct: true });
	stage = await startStage({ broker: cluster });
	stage.seek(20000);
	app = await serveApp();
	browser = await launch();
});
after(async () => {
	await browser?.close();
	app?.stop();
	await stage?.stop(); // and the cluster
});

const tokenOf = (user, rooms = [], hosts = []) => makeToken(TOKEN_SECRET, { sub: user, rooms, hosts });
const at = (edge) => `ws://127.0.0.1:${cluster.edges[edge].wsPort}/mqtt`;

/* Runs in the page: a connection, as an app would make it, and all that comes. */
async function enter({ server, user, token, rooms }) {
	const { connect } = await import('/client/index.js');
	const module = (name) => import(`/vendor/${name}.js`);
	const board = connect({ servers: [server], credentials: { username: user, password: token }, mqtt: () => module('mqtt.esm'), fflate: () => module('fflate') });
	Object.assign(window, { board, rooms: {}, heard: {}, seen: {}, inbox: [] });
	board.inbox.on('message', (message) => window.inbox.push(message));
	for (const name of rooms) {
		const room = await board.join(name);
		window.rooms[name] = room;
		window.heard[name] = [];
		room.on('message', ({ from, data }) => window.heard[name].push(`${from}:${data}`));
		room.on('presence', (presence) => { window.seen[name] = presence; });
		window.seen[name] = room.presence;
	}
	await new Promise((done) => { const look = setInterval(() => board.connection.live && (clearInterval(look), done()), 20); });
}

async function come(user, edge, rooms, { hosts } = {}) {
	const page = await openPage(browser, app.address('empty.html'));
	const late = sleep(20000).then(() => { throw new Error(`${user} does not come in`); });
	late.catch(() => {});
	await Promise.race([page.evaluate(enter, { server: at(edge), user, token: tokenOf(user, rooms, hosts), rooms }), late]);
	page.user = user;
	return page;
}
const leave = (...pages) => Promise.all(pages.map((page) => {
	assert.deepEqual(page.complaints, [], `${page.user}'s console`);
	return page.context().close();
}));
const heardBy = (page, room) => page.evaluate((name) => window.heard[name], room);
const say = (page, room, data) => page.evaluate(([name, what]) => window.rooms[name].send('say', what), [room, data]);

/* A client without the library, that asks for whatever it likes. */
async function knock(user, edge, options = {}) {
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${cluster.edges[edge].port}`,
		{ protocolVersion: 5, reconnectPeriod: 0, ...(user && { username: user, password: tokenOf(user) }), ...options });
	client.got = [];
	client.on('message', (topic, payload) => client.got.push(`${topic} ${payload}`));
	client.on('error', () => {});
	return client;
}

test('three_people_in_two_rooms_at_two_edges_hear_each_other_in_order_and_once', async () => {
	const ann = await come('ann', 0, [MATCH, OTHER]);
	const bob = await come('bob', 1, [MATCH]);
	const cid = await come('cid', 1, [OTHER]);
	for (let n = 0; n < SAID; n++) {
		await say(ann, MATCH, n);
		await say(cid, OTHER, n);
	}
	const of = (user) => Array.from({ length: SAID }, (_, n) => `${user}:${n}`);
	const inOrder = async (page, room, wanted) => {
		await until(async () => (await heardBy(page, room)).length >= wanted.length, `${page.user} hears all of ${room}`);
		assert.deepEqual(await heardBy(page, room), wanted, `${page.user} in ${room}`);
	};
	await inOrder(bob, MATCH, of('ann'));
	await inOrder(ann, MATCH, of('ann'));
	await inOrder(ann, OTHER, of('cid'));
	await inOrder(cid, OTHER, of('cid'));
	await say(bob, MATCH, 'thanks');
	await until(async () => (await heardBy(ann, MATCH)).at(-1) === 'bob:thanks', 'ann hears bob');
	await sleep(500);
	assert.equal((await heardBy(ann, MATCH)).length, SAID + 1, 'nothing came twice');
	await leave(ann, bob, cid);
});

test('everybody_in_a_room_is_told_who_is_there_wherever_he_is', async () => {
	const ann = await come('ann', 0, [MATCH]);
	const bob = await come('bob', 1, [MATCH]);
	const says = (page, names) => until(() => page.evaluate(([room, wanted]) => [...window.seen[room]?.names ?? []].sort().join() === wanted, [MATCH, names]),
		`${page.user} is told ${names}`);
	await says(ann, 'ann,bob');
	await says(bob, 'ann,bob');
	await leave(bob);
	await says(ann, 'ann');
	await leave(ann);
});

test('of_a_private_room_nobody_outside_learns_so_much_as_its_name', async () => {
	const ann = await come('ann', 0, [JURY], { hosts: [JURY] });
	const bob = await come('bob', 1, [JURY]);
	const strangers = [await knock('dan', 0), await knock('dan', 1), await knock(null, 0), await knock(null, 1)];
	const wanted = ['scoreboard/#', 'rooms/#', 'rooms/+/#', 'rooms/+/presence', 'rooms/+/say/+', `rooms/${JURY}/#`, `rooms/${JURY}/presence`, '+/+/presence',
		'#', '$SYS/#', 'scoreboard/presence/#', 'scoreboard/crew/#', 'cluster/#', `$share/g/rooms/${JURY}/#`, 'users/#', 'roles/#', '+/#'];
	for (const client of strangers)
		for (const filter of wanted)
			await client.subscribeAsync(filter, { qos: 1 }).catch(() => {});
	await ann.evaluate((room) => window.rooms[room].setState('verdict', 'guilty'), JURY);
	for (let n = 0; n < 5; n++)
		await say(n % 2 ? ann : bob, JURY, `secret-${n}`);
	await until(async () => (await heardBy(bob, JURY)).length === 5, 'the jury hears itself');
	await until(() => bob.evaluate((room) => window.rooms[room].state.get('verdict') === 'guilty', JURY), 'and has its state');
	await sleep(2500); // presence is told within this
	for (const client of strangers) {
		assert.ok(client.got.length > 0, 'a stranger is sent the board');
		assert.deepEqual(client.got.filter((text) => /private:jury|secret|guilty/.test(text)).map((text) => text.slice(0, 200)), []);
		await client.endAsync(true);
	}
	const page = await come('dan', 0, []);
	const refusal = await page.evaluate((room) => window.board.join(room).then(() => null, ({ name, code }) => ({ name, code })), JURY);
	assert.equal(refusal.name, 'Refusal');
	assert.ok(refusal.code >= 0x80);
	await leave(ann, bob, page);
});

test('nobody_can_speak_in_the_name_of_another', async () => {
	const ann = await come('ann', 0, [MATCH]);
	const bob = await come('bob', 1, [MATCH]);
	const ways = [
		{ topic: `rooms/${MATCH}/say/ann` },
		{ topic: `rooms/${MATCH}/say/ann`, retain: true },
		{ topic: 'users/bob/from/ann' },
		{ topic: 'users/bob/from/ann', retain: true },
		{ topic: `$share/g/rooms/${MATCH}/say/ann` },
		{ topic: `rooms/${MATCH}/say/ann/mallory` },
		{ topic: `rooms/${MATCH}/say/mallory/ann` },
		{ topic: `rooms/${MATCH}/say` },
		{ topic: `rooms/${MATCH}/presence`, retain: true },
		{ topic: `rooms/${MATCH}/state/phase`, retain: true },
		{ topic: 'roles/app/from/ann' },
		{ topic: 'roles/app/from/mallory' },
		{ topic: 'scoreboard/notice', retain: true },
		{ topic: 'cluster/ask' },
		{ topic: `scoreboard/presence/room/${MATCH}`, retain: true },
	];
	const forged = JSON.stringify({ id: 'forged', type: 'say', data: 'forged', ts: 1, from: 'ann', user: 'ann', names: ['forged'] });
	const wills = ['rooms/match:42/say/ann', 'users/bob/from/ann', 'rooms/match:42/presence', 'scoreboard/notice'];
	let tried = 0;
	for (let round = 0; tried < FORGED; round++) {
		const topic = wills[round % wills.length];
		const mallory = await knock('mallory', round % 2, { will: { topic, payload: forged, qos: 1, retain: round % 3 === 0 } });
		for (let n = 0; n < 30; n++, tried++) {
			const { topic: to, retain = false } = ways[tried % ways.length];
			await mallory.publishAsync(to, forged, { qos: n % 2, retain }).catch(() => {});
		}
		mallory.stream.destroy(); // so that the will is due
		tried++;
	}
	/* what he says as himself is heard as his, whatever the payload claims */
	const mallory = await knock('mallory', 0);
	await mallory.publishAsync(`rooms/${MATCH}/say/mallory`, forged, { qos: 1 });
	await until(async () => (await heardBy(bob, MATCH)).length > 0, 'bob hears mallory');
	await say(ann, MATCH, 'mine');
	await until(async () => (await heardBy(bob, MATCH)).includes('ann:mine'), 'bob hears ann');
	assert.ok(tried >= FORGED);
	assert.deepEqual(await heardBy(bob, MATCH), ['mallory:forged', 'ann:mine']);
	assert.deepEqual(await heardBy(ann, MATCH), ['mallory:forged', 'ann:mine']);
	assert.deepEqual(await bob.evaluate(() => window.inbox), []);
	assert.doesNotMatch(await bob.evaluate((room) => JSON.stringify([window.seen[room], [...window.rooms[room].state]]), MATCH), /forged/);
	await mallory.endAsync();
	await leave(ann, bob);
});

test('who_has_three_tabs_gets_a_direct_message_in_all_of_them', async () => {
	const ann = await come('ann', 0, []);
	const tabs = [await come('bob', 0, []), await come('bob', 1, []), await come('bob', 1, [])];
	const nudges = (tab) => tab.evaluate(() => window.inbox.filter(({ type }) => type === 'nudge'));
	for (const tab of tabs) // an inbox is subscribed to some time after the board is live
		await until(() => ann.evaluate(() => window.board.sendTo('bob', 'hello')).then(() => tab.evaluate(() => window.inbox.length > 0)), 'the inbox is open', { every: 200 });
	const answer = await ann.evaluate(() => window.board.sendTo('bob', 'nudge', { n: 1 }));
	assert.equal(answer.state, 'sent');
	for (const tab of tabs) {
		await until(async () => (await nudges(tab)).length === 1, 'each tab is told');
		const [{ from, data }] = await nudges(tab);
		assert.deepEqual({ from, data }, { from: 'ann', data: { n: 1 } });
	}
	await sleep(500);
	for (const tab of tabs)
		assert.equal((await nudges(tab)).length, 1, 'once each');
	assert.deepEqual(await ann.evaluate(() => window.inbox), []);
	await leave(ann, ...tabs);
});

test('a_room_that_an_operator_closes_is_left_and_cannot_be_entered', async () => {
	const ann = await come('ann', 0, [OTHER]);
	const bob = await come('bob', 1, [OTHER]);
	await bob.evaluate((room) => window.rooms[room].on('closed', (why) => { window.ended = why; }), OTHER);
	control(cluster.hub, '-u', 'operator', 'close', OTHER, '--for', '1m');
	await until(() => bob.evaluate(() => window.ended), 'bob is told');
	assert.equal((await say(ann, OTHER, 'still here?').catch(() => ({ state: 'refused' }))).state, 'refused');
	const late = await come('cid', 0, []);
	assert.ok(await late.evaluate((room) => window.board.join(room).then(() => 0, ({ code }) => code), OTHER) >= 0x80);
	control(cluster.hub, '-u', 'operator', 'open', OTHER);
	await until(() => late.evaluate((room) => window.board.join(room).then(() => true, () => false), OTHER), 'it is open again');
	await leave(ann, bob, late);
});
