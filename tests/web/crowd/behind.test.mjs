/* A viewer whose broker is gone comes to one that is behind, as an edge is that has just found its hub again. No board goes back while that one can still catch up. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { connect } from '../../../web/client/index.js';
import { startProxy } from '../support/proxy.mjs';
import { startStage } from '../support/stage.mjs';
import { sleep, startBroker, until } from '../support/tools.mjs';

const SCORE = 'team/1/score';
const FEED = 'scoreboard/feed/spectator';

let stage;
let proxy;
let edge;    // a broker that has only what the test brings,
let way;     // and the proxy before it
before(async () => {
	stage = await startStage();
	proxy = await startProxy(stage.broker.wsPort);
	edge = await startBroker({ door: false });
	way = await startProxy(edge.wsPort);
});
after(async () => {
	await way?.stop();
	await edge?.stop();
	await proxy?.stop();
	await stage?.stop();
});

const score = (n) => stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': n });

/* Runs `act` with a client of a broker. */
async function at(t, { port }, act) {
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
	t.after(() => client.endAsync(true));
	return act(client);
}

/* What a broker retains of the feed, of which the score is `n`. */
const feedOf = (t, broker, n) => at(t, broker, async (client) => {
	const topics = new Map();
	client.on('message', (topic, payload) => topics.set(topic, payload));
	await client.subscribeAsync(`${FEED}/#`);
	await until(() => ['snapshot', 'recent'].every((level) => topics.has(`${FEED}/${level}`)) && scoreIn(topics) === n, `the feed with ${n}`);
	return topics;
});

const scoreIn = (topics) => {
	const { state } = JSON.parse(topics.get(`${FEED}/snapshot`));
	return { ...state, ...JSON.parse(topics.get(`${FEED}/recent`)).set }[SCORE];
};

const bring = (t, topics) => at(t, edge, async (client) => {
	for (const [topic, payload] of topics)
		await client.publishAsync(topic, payload, { retain: true, qos: 1 });
});

/* What an edge says that has no word from its hub. */
const STALE = ['scoreboard/status', JSON.stringify({ state: 'stale', since: 1, reason: 'cut off from the hub' })];

/* A viewer that knew 2 and finds the edge with 1; `scores`: all that it has shown. */
async function comeBehind(t) {
	way.set('refuse');
	proxy.set('pass');
	score(1);
	const viewer = connect({ servers: [proxy.url, way.url], encoding: 'json', mqtt: async () => mqtt });
	t.after(() => viewer.close());
	const scores = [];
	const live = [];
	viewer.on('change', () => scores.push(viewer.get(SCORE)));
	viewer.on('connection', ({ live: is, endpoint }) => is && live.push(endpoint));
	await until(() => viewer.get(SCORE) === 1, 'the viewer sees 1');
	const old = await feedOf(t, stage.broker, 1);
	await bring(t, [...old, STALE]);
	score(2);
	await until(() => viewer.get(SCORE) === 2, 'the viewer sees 2');
	scores.length = live.length = 0;
	way.set('pass');
	proxy.set('refuse');
	await until(() => viewer.connection.endpoint === way.url, 'the viewer is at the edge');
	await sleep(1500); // it has read all that is there
	return { viewer, scores, live };
}

test('a_board_waits_for_a_broker_that_is_behind_and_does_not_go_back', async (t) => {
	const { viewer, scores, live } = await comeBehind(t);
	assert.deepEqual([viewer.get(SCORE), scores, live], [2, [], []]);
	await bring(t, await feedOf(t, stage.broker, 2));
	await until(() => live.includes(way.url), 'live when the edge has caught up', { ms: 4000 });
	assert.ok(!scores.includes(1), JSON.stringify(scores));
});

test('a_broker_that_stays_behind_is_better_than_none', async (t) => {
	const { viewer, live } = await comeBehind(t);
	assert.deepEqual(live, []);
	await until(() => live.includes(way.url), 'it is taken as it is', { ms: 20000 });
	assert.equal(viewer.get(SCORE), 1);
	assert.equal(viewer.status.state, 'stale', 'and so is what it says of that');
});
