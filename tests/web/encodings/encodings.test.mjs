/* Which encoding of the feed a viewer follows, with the real broker: packed where it is, JSON where it is not, and never neither. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import mqtt from 'mqtt';
import { connect } from '../../../web/client/index.js';
import { createPacker } from '../support/packed.mjs';
import { startProxy } from '../support/proxy.mjs';
import { startStage } from '../support/stage.mjs';
import { mosquittoPath, sleep, startBroker, until } from '../support/tools.mjs';

const asText = (entries) => JSON.stringify([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

async function startHall(t, options) {
	const stage = await startStage(options);
	t.after(() => stage.stop());
	stage.seek(20000);
	await until(async () => (await fetch(`http://127.0.0.1:${stage.httpPort}/readyz`)).ok, 'the publisher is ready'); // who comes earlier hears JSON, too
	return stage;
}

function startViewer(t, server, options = {}) {
	const board = connect({ servers: [server], mqtt: async () => mqtt, ...options });
	board.losses = [];
	board.on('lost', ({ reason }) => board.losses.push(reason));
	t.after(() => board.close());
	return board;
}

const live = (board, ms = 8000) => until(() => board.connection.live, `live: ${board.losses}`, { ms });

/* The viewer has the publisher's whole view, and what comes next. */
async function follows(board, stage, ms = 8000) {
	await until(async () => {
		const { state } = await (await fetch(`http://127.0.0.1:${stage.httpPort}/scoreboard/spectator.json`)).json();
		return board.state.size > 0 && asText(board.state) === asText(Object.entries(state));
	}, 'the view is the publisher\'s', { ms });
}

const ofFeed = ({ deltas, snapshots, recents }) => deltas + snapshots + recents;

/* How many of the next messages of the feed came packed, and how many did not. */
async function nextDeltas(board, stage) {
	const before = board.metrics;
	for (let i = 0; i < 3; i++) {
		stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': 500 + Math.floor(Math.random() * 1e6) });
		await sleep(150);
	}
	await follows(board, stage);
	const packed = board.metrics.packed - before.packed;
	return { packed, plain: ofFeed(board.metrics) - ofFeed(before) - packed };
}
const allPacked = async (board, stage) => {
	const { packed, plain } = await nextDeltas(board, stage);
	assert.ok(packed > 0 && plain === 0, `${packed} packed, ${plain} as JSON`);
};
const allPlain = async (board, stage) => {
	const { packed, plain } = await nextDeltas(board, stage);
	assert.ok(packed === 0 && plain > 0, `${packed} packed, ${plain} as JSON`);
};

test('the_packed_feed_is_followed_where_it_is', async (t) => {
	const stage = await startHall(t);
	const board = startViewer(t, stage.broker.url);
	await live(board);
	await allPacked(board, stage);
	const { snapshots, recents, joins, unreadable } = board.metrics;
	assert.deepEqual({ snapshots, recents, joins, unreadable }, { snapshots: 1, recents: 1, joins: 0, unreadable: 0 }, 'two packets, and no more');
});

test('a_publisher_of_JSON_only_is_followed_at_once', async (t) => {
	const stage = await startHall(t, { more: ['--encodings', 'json'] });
	await sleep(1500); // it is live
	const times = []; // one, unless this machine stands still
	let board;
	do {
		const begun = performance.now();
		board = startViewer(t, stage.broker.url);
		await live(board);
		times.push(Math.round(performance.now() - begun));
	} while (times.at(-1) >= 1900 && times.length < 4);
	console.log(`# live in JSON after ${times.join(', ')} ms`);
	assert.ok(times.at(-1) < 1900, 'it was not time that decided');
	await allPlain(board, stage);
});

for (const [claim, options] of Object.entries({
	'who wants JSON': { encoding: 'json' },
	'who has no fflate': { fflate: () => Promise.reject(new Error('404')) },
	'whose fflate is something else': { fflate: async () => ({}) },
}))
	test(`JSON is followed by: ${claim}`, async (t) => {
		const stage = await startHall(t);
		const board = startViewer(t, stage.broker.url, options);
		await live(board);
		await allPlain(board, stage);
		assert.deepEqual(board.losses, []);
	});

test('a_policy_that_does_not_grant_the_packed_feed_leaves_JSON', async (t) => {
	const change = (policy) => {
		policy.roles.viewer.subscribe = ['scoreboard/status', 'scoreboard/feed/+/delta', 'scoreboard/feed/+/snapshot', 'scoreboard/feed/+/recent'];
		return policy;
	};
	const stage = await startHall(t, { change });
	const board = startViewer(t, stage.broker.url);
	await live(board);
	await allPlain(board, stage);
	assert.deepEqual(board.losses, []);
});

for (const more of [[], ['--encodings', 'packed'], ['--encodings', 'json']])
	test(`viewers may be there before their publisher: ${more[1] ?? 'both'}`, async (t) => {
		const broker = await startBroker();
		const early = [startViewer(t, broker.url), startViewer(t, broker.url)];
		await sleep(6500); // they listen for JSON, too
		const late = startViewer(t, broker.url);
		await sleep(500);
		const stage = await startHall(t, { broker, more });
		for (const board of [...early, late]) {
			await live(board, 20000);
			await follows(board, stage);
			await (more[1] === 'json' ? allPlain : allPacked)(board, stage);
		}
	});

test('a_publisher_that_is_told_to_change_is_followed_both_ways', async (t) => {
	const stage = await startHall(t);
	const board = startViewer(t, stage.broker.url);
	await live(board);
	await allPacked(board, stage);
	await stage.restartSource(['--encodings', 'json']);
	await follows(board, stage, 30000);
	await allPlain(board, stage);
	await stage.restartSource([]);
	await follows(board, stage, 30000);
	await allPacked(board, stage);
	assert.deepEqual(board.losses, [], 'all on one connection');
});

test('a_lost_change_of_the_dictionary_is_asked_for', async (t) => {
	const { publish, packer, broker } = await startForger(t);
	await publish('z/base', packer.base('{"epoch":"e","seq":1,"ts":1,"state":{"a":1}}'), true);
	await publish('z/recent', packer.text('{"epoch":"e","base":1,"seq":1,"ts":1}'), true);
	const board = startViewer(t, broker.url);
	await live(board);
	packer.kept('{"epoch":"e","seq":2,"ts":2,"set":{"a":2}}'); // nobody gets it
	await publish('z/base', packer.base('{"epoch":"e","seq":2,"ts":2,"state":{"a":2}}'), true);
	await publish('z/recent', packer.text('{"epoch":"e","base":2,"seq":3,"ts":3,"set":{"a":3}}'), true);
	await publish('z', packer.text('{"epoch":"e","seq":3,"ts":3,"set":{"a":3}}'));
	await until(() => board.get('a') === 3, 'it has been asked for', { ms: 4000 });
	const { unreadable, joins } = board.metrics;
	assert.deepEqual({ unreadable, joins }, { unreadable: 1, joins: 1 });
});

/* Publishes what it likes to a broker without a policy. */
async function startForger(t) {
	const broker = await startBroker({ door: false });
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
	t.after(() => client.endAsync(true).then(() => broker.stop()));
	const publish = (level, payload, retain = false) => client.publishAsync(`scoreboard/feed/spectator/${level}`, payload, { qos: 1, retain });
	const publishStatus = (payload) => client.publishAsync('scoreboard/status', payload, { qos: 1, retain: true });
	return { broker, publish, publishStatus, packer: createPacker() };
}

const RUBBISH = [Buffer.from([1]), Buffer.from('no packed message at all'), Buffer.from([9, 0, 0, 0, 0, 3, 0]), Buffer.from([1, 1, 2, 3, 4, 3, 0])];

test('rubbish_without_end_costs_few_joins_and_what_is_good_is_shown', async (t) => {
	const { publish, packer, broker } = await startForger(t);
	await publish('z/base', packer.base('{"epoch":"e","seq":1,"ts":1,"state":{"a":1}}'), true);
	const board = startViewer(t, broker.url);
	await live(board);
	const begun = Date.now();
	let sent = 0;
	while (Date.now() - begun < 12000) {
		await publish('z', RUBBISH[sent++ % RUBBISH.length]);
		await sleep(20);
	}
	await publish('z', packer.text('{"epoch":"e","seq":2,"ts":2,"set":{"a":2}}'));
	await until(() => board.get('a') === 2, 'the good delta', { ms: 30000 });
	const { unreadable, joins, connects } = board.metrics;
	console.log(`# ${sent} messages of rubbish in 12 s: ${unreadable} counted, ${joins} joins`);
	assert.ok(unreadable > 0.9 * sent && joins >= 1 && joins <= 12 && connects === 1, JSON.stringify({ sent, unreadable, joins, connects }));
});

test('a_base_that_can_t_be_read_leaves_JSON', async (t) => {
	const { publish, packer, broker } = await startForger(t);
	await publish('z/base', Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 7]), true);
	await publish('snapshot', '{"epoch":"e","seq":1,"ts":1,"state":{"a":1}}', true);
	await publish('recent', '{"epoch":"e","base":1,"seq":1,"ts":1}', true);
	const board = startViewer(t, broker.url);
	await live(board);
	assert.equal(board.get('a'), 1);
	await publish('z/base', packer.base('{"epoch":"e","seq":2,"ts":2,"state":{"a":2}}'), true);
	await publish('z', packer.text('{"epoch":"e","seq":3,"ts":3,"set":{"a":3}}'));
	await until(() => board.get('a') === 3, 'packed, as soon as there is a base');
	await publish('delta', '{"epoch":"e","seq":4,"ts":4,"set":{"a":4}}');
	await sleep(300);
	assert.equal(board.get('a'), 3, 'JSON was left');
	const { unreadable, joins } = board.metrics;
	assert.deepEqual({ unreadable, joins }, { unreadable: 1, joins: 0 });
});

/* Somebody published both once; who publishes now knows JSON only, or packs what nobody can read. */
for (const [claim, noise] of Object.entries({ 'nothing packed': null, 'what can not be read': Buffer.from([1, 1, 2, 3, 4, 3, 0]) }))
	test(`a base that nobody renews gives way to a publisher that says ${claim}`, async (t) => {
		const { broker, publish, publishStatus } = await startForger(t);
		await publish('z/base', createPacker().base('{"epoch":"old","seq":7,"ts":1,"state":{"a":0}}'), true);
		await publish('snapshot', '{"epoch":"e","seq":1,"ts":1,"state":{"a":1}}', true);
		await publish('recent', '{"epoch":"e","base":1,"seq":1,"ts":1}', true);
		await publishStatus('{"state":"live"}');
		const board = startViewer(t, broker.url);
		await live(board);
		assert.equal(board.get('a'), 0);
		let a = 1;
		const say = async () => {
			a++;
			await publish('recent', `{"epoch":"e","base":1,"seq":${a},"ts":1,"set":{"a":${a}}}`, true);
			await publish('delta', `{"epoch":"e","seq":${a},"ts":1,"set":{"a":${a}}}`);
			if (noise)
				await publish('z', noise);
		};
		for (const begun = Date.now(); board.get('a') !== a && Date.now() - begun < 30000; await sleep(100))
			await say();
		assert.equal(board.get('a'), a, 'JSON is followed');
		await sleep(1500);
		const { joins, connects } = board.metrics;
		for (let i = 0; i < 20; i++)
			await say();
		await until(() => board.get('a') === a, 'and goes on');
		assert.ok(connects === 1 && joins <= 4 && board.metrics.joins === joins, `${joins} joins, then ${board.metrics.joins - joins}`);
		const packer = createPacker();
		await publish('z/base', packer.base(`{"epoch":"e","seq":${a},"ts":2,"state":{"a":${a}}}`), true);
		await publish('z', packer.text(`{"epoch":"e","seq":${a + 1},"ts":2,"set":{"a":-1}}`));
		await until(() => board.get('a') === -1, 'packed again, since somebody publishes it');
	});

/* --- MQTT 5's topic aliases: Mosquitto has them from 2.1 on, where a client takes them --- */

const hasAliases = () => /version 2\.([1-9]|\d\d)/.test(execFileSync('sh', ['-c', `"${mosquittoPath()}" -h || true`]).toString());

/* What a viewer's broker sends for ten deltas, bytes of WebSocket and all. */
async function bytesOfDeltas(t, stage, options) {
	const proxy = await startProxy(stage.broker.wsPort);
	t.after(() => proxy.stop());
	const board = startViewer(t, proxy.url, options);
	await live(board);
	await sleep(1500);
	const { deltas, bytes } = board.metrics;
	const before = proxy.passed.bytes;
	for (let i = 0; i < 10; i++) {
		stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': 5000 + i });
		await sleep(150);
	}
	await follows(board, stage);
	const told = board.metrics;
	return { wire: (proxy.passed.bytes - before) / (told.deltas - deltas), mqtt: (told.bytes - bytes) / (told.deltas - deltas) };
}

test('deltas_come_without_their_topic_s_name_where_the_broker_can', async (t) => {
	const stage = await startHall(t);
	const withAlias = await bytesOfDeltas(t, stage);
	const without = await bytesOfDeltas(t, stage, { mqtt: async () => ({ connect: (url, options) => mqtt.connect(url, { ...options, properties: {} }) }) });
	console.log(`# ${mosquittoPath()}: a delta takes ${withAlias.wire} bytes, ${without.wire} with its name`);
	if (hasAliases())
		assert.ok(without.wire - withAlias.wire > 20, 'the name is gone');
	else
		assert.ok(Math.abs(without.wire - withAlias.wire) < 10);
});
