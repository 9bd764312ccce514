/* A page that came through HAProxy, while parts of the cluster die: it is live and right again within 10 s, admits what it
 * must, and never shows an empty board or an older score than before. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import mqtt from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { createPacked, takePacked } from '../../../web/client/packed.js';
import { launch, openPage } from '../support/chrome.mjs';
import { control, on21, startCluster } from '../support/cluster.mjs';
import { bannerSays, becomes, noBanner, sameAsPublisher } from '../support/look.mjs';
import { fflate } from '../support/packed.mjs';
import { startStage } from '../support/stage.mjs';
import { sleep, until } from '../support/tools.mjs';

const HEAL_MS = 10000;
const FROZEN_MS = 10000; // within this the page is to say so, which is printed;
const SAID_MS = 15000;   // and within this it has to
const SCORE_EVERY_MS = 150;
const WATCH_MS = 1500;

let stage;
let cluster;
let browser;
let page;
let scoring;     // a jam that never ends: the score rises all the time
let score = 100;
before(async () => {
	cluster = await startCluster();
	stage = await startStage({ broker: cluster });
	stage.seek(20000);
	scoring = setInterval(() => stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': ++score }), SCORE_EVERY_MS);
	browser = await launch();
	await bothUp();
});
after(async () => {
	clearInterval(scoring);
	await browser?.close();
	await stage?.stop(); // and the cluster
});

beforeEach(async () => {
	page = await watchedPage();
});
afterEach(async () => {
	const { empty, backwards, shown } = await page.evaluate(() => window.watch);
	const wire = page.wire;
	await page.context().close();
	assert.ok(shown >= 5, `${shown} scores were shown`);
	assert.equal(empty, 0, 'the board was never empty');
	assert.equal(backwards, 0, 'no older score was shown after a newer one');
	assert.ok(wire.deltas >= 5, `${wire.deltas} deltas came`);
	assert.deepEqual(wire.backwards, [], 'the sequence never went back');
});

/* Notes all that it shows from its first score on, and the sequence of the deltas that it is sent, over all its connections. */
async function watchedPage() {
	const opened = await openPage(browser, 'about:blank');
	opened.wire = { deltas: 0, seq: -1, backwards: [] };
	opened.on('websocket', (socket) => followWire(opened.wire, socket));
	await opened.goto(stage.address());
	await becomes(opened, (c) => c.live && c.transport === 'mqtt', 'live at first');
	await opened.waitForFunction(() => Number(document.querySelector('.score')?.textContent) > 100);
	await opened.evaluate(watchBoard);
	await sleep(WATCH_MS);
	return opened;
}

const PACKED = new Map([['z', 'delta'], ['z/base', 'snapshot'], ['z/recent', 'recent']]);

/* What one connection brings: MQTT's packets, names by their alias, and the texts of the packed feed. */
function followWire(wire, socket) {
	const parser = mqttPacket.parser({ protocolVersion: 5 });
	const packed = createPacked(fflate.Inflate);
	const names = new Map();
	parser.on('packet', ({ cmd, topic, payload, properties }) => {
		if (topic && properties?.topicAlias)
			names.set(properties.topicAlias, topic);
		const level = cmd === 'publish' && /\/feed\/spectator\/(.*)/.exec(topic || names.get(properties?.topicAlias))?.[1];
		if (level === 'delta')
			noteDelta(wire, payload);
		else if (PACKED.has(level))
			takePacked(packed, PACKED.get(level), payload).texts.forEach(([kind, text]) => kind === 'delta' && noteDelta(wire, text));
	});
	socket.on('framereceived', ({ payload }) => parser.parse(Buffer.from(payload)));
}

function noteDelta(wire, text) {
	const { seq } = JSON.parse(Buffer.from(text).toString());
	if (seq < wire.seq)
		wire.backwards.push([wire.seq, seq]);
	wire.deltas++;
	wire.seq = seq;
}

/* Runs in the page. */
function watchBoard() {
	window.watch = { shown: 0, empty: 0, backwards: 0, last: 0, notes: new Set() };
	const { watch } = window;
	const look = () => {
		const text = document.querySelector('.score')?.textContent ?? '';
		const element = document.querySelector('#banner');
		watch.empty += text === '' || window.scoreboard.state.size === 0 ? 1 : 0;
		watch.backwards += Number(text) < watch.last ? 1 : 0;
		watch.shown += Number(text) > watch.last ? 1 : 0;
		watch.last = Number(text);
		if (!element.hidden)
			watch.notes.add(element.textContent);
	};
	new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}
const notes = () => page.evaluate(() => [...window.watch.notes]);

/* The page shows a score that was said after now, and has the whole view. Says how long that took. */
async function liveAgain(what) {
	const begun = Date.now();
	const newer = score;
	await until(() => page.evaluate((s) => window.scoreboard.connection.live && Number(document.querySelector('.score').textContent) > s, newer),
		`${what}: live again`, { ms: HEAL_MS });
	const ms = Date.now() - begun;
	await sameAsPublisher(page);
	await noBanner(page);
	const said = await notes();
	console.log(`# ${what}: live again after ${ms} ms; said: ${said.join(' | ') || 'nothing'}`);
	assert.equal(await page.evaluate(() => window.scoreboard.metrics.fallbacks), 0, 'it never left the cluster');
	await sleep(WATCH_MS);
}

const bothUp = () => until(async () => (await cluster.servers()).every(({ up }) => up), 'HAProxy sees both edges', { ms: HEAL_MS });

async function servingEdge() {
	const busy = await until(async () => {
		const all = await cluster.servers();
		return all.reduce((sum, { viewers }) => sum + viewers, 0) === 1 && all.find(({ viewers }) => viewers === 1);
	}, 'one edge has the page');
	return cluster.edges.find(({ name }) => name === busy.name);
}

/* What a broker retains, as one text, as any display would find it. */
async function retainedBy(broker) {
	const client = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, reconnectPeriod: 0 });
	const tree = new Map();
	client.on('message', (topic, payload, { retain }) => retain && tree.set(topic, String(payload)));
	await client.subscribeAsync('scoreboard/#');
	await sleep(300);
	await client.endAsync(true);
	const own = (topic) => topic.startsWith('scoreboard/presence/');
	return JSON.stringify([...tree].filter(([topic]) => !own(topic)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function edgesEqualTheHub() {
	clearInterval(scoring); // or no two of them could be read in one state
	await until(async () => {
		const [hub, ...edges] = await Promise.all([cluster.hub, ...cluster.edges].map(retainedBy));
		return hub.length > 1000 && edges.every((edge) => edge === hub);
	}, 'both edges hold what the hub holds', { ms: HEAL_MS });
	scoring = setInterval(() => stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': ++score }), SCORE_EVERY_MS);
}

/* With the PROXY protocol; else all viewers come from HAProxy's. */
test('an_edge_knows_the_viewers_own_address', { skip: on21 ? false : 'needs Mosquitto 2.1' }, async () => {
	const viewer = mqtt.connect(cluster.url, { protocolVersion: 5, reconnectPeriod: 0, wsOptions: { localAddress: '127.0.0.77' } });
	await once(viewer, 'connect');
	const clients = cluster.edges.map((edge) => control(edge, 'clients')).join('');
	assert.match(clients, new RegExp(`${viewer.options.clientId} .* websockets +127\\.0\\.0\\.77 `));
	await viewer.endAsync(true);
});

async function killServingEdge() {
	const edge = await servingEdge();
	await edge.kill();
	await liveAgain(`${edge.name} killed`);
	assert.notEqual(await servingEdge(), edge);
	for (const text of await notes())
		assert.match(text, /reconnecting/);

	await edge.start();
	await bothUp();
	await edgesEqualTheHub();
	return edge;
}

test('the_edge_that_serves_a_page_is_killed_and_then_the_other', async () => {
	const first = await killServingEdge();
	const newcomer = await watchedPage();
	await sameAsPublisher(newcomer);
	assert.deepEqual((await cluster.servers()).map(({ viewers }) => viewers), [1, 1], 'a newcomer is led to the one that came back');
	await newcomer.context().close();

	const second = await killServingEdge();
	assert.notEqual(first, second);
});

for (const downMs of [0, 2000])
	test(`haproxy_is_killed_and_is_back_after_${downMs}_ms`, async () => {
		await cluster.haproxy.kill();
		await sleep(downMs);
		await cluster.haproxy.start();
		await liveAgain('HAProxy killed');
		for (const text of await notes())
			assert.match(text, /reconnecting/);
		await bothUp();
	});

test('a_hub_that_hangs_makes_the_page_say_stale_and_live_again_afterwards', async () => {
	const begun = Date.now();
	cluster.hub.child.kill('SIGSTOP');
	try {
		await bannerSays(page, /No word from the scoreboard/, SAID_MS);
		console.log(`# said after ${Date.now() - begun} ms`);
		await sleep(FROZEN_MS - (Date.now() - begun));
	} finally {
		cluster.hub.child.kill('SIGCONT');
	}
	await liveAgain('hub frozen');
	const { reconnects } = await page.evaluate(() => window.scoreboard.metrics);
	assert.equal(reconnects, 0, 'the page stayed where it was');
	await edgesEqualTheHub();
});
