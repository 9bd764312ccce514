/* Everything is upgraded with viewers on, in the order and by the commands of docs/scaling.md, "Rolling upgrade": HAProxy, publisher, hub, edges.
 * No viewer's page says "reconnecting" more than once, and each shows what is true at the end. SB_UPGRADE_VIEWERS: how many. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { connect } from '../../../web/client/index.js';
import { startCluster } from '../support/cluster.mjs';
import { ofTruth, ofView } from '../support/oracle.mjs';
import { startStage } from '../support/stage.mjs';
import { sleep, until } from '../support/tools.mjs';

const VIEWERS = Number(process.env.SB_UPGRADE_VIEWERS ?? 100);
const SCORE_EVERY_MS = 250;
const HEAL_MS = 10000;
const SETTLE_MS = 2000;
const SHOW_AFTER_MS = 1500; // web/board/honesty.js: a connection that is back sooner is not worth a banner

let cluster;
let stage;
let scoring;
let score = 100;
const viewers = [];

before(async () => {
	cluster = await startCluster();
	stage = await startStage({ broker: cluster });
	stage.seek(20000);
	scoring = setInterval(() => stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': ++score }), SCORE_EVERY_MS);
	await up(cluster.edges);
	for (let i = 0; i < VIEWERS; i++)
		viewers.push(startViewer(i));
	await allLive('at first');
});
after(async () => {
	clearInterval(scoring);
	viewers.forEach(({ board }) => board.close());
	await stage?.stop(); // and the cluster
});

/* A viewer, and what its page would have said of the connection. */
function startViewer(i) {
	const board = connect({ servers: [cluster.url], encoding: i % 2 ? 'json' : 'packed', mqtt: async () => mqtt });
	const viewer = { board, downSince: null, longest: 0, said: 0, backwards: 0, last: 0 };
	board.on('connection', ({ live, everLive }) => {
		if (everLive && !live)
			viewer.downSince ??= Date.now();
		else if (live)
			noteBack(viewer);
	});
	board.on('change', () => {
		const now = Number(board.get('team/1/score'));
		viewer.backwards += now < viewer.last ? 1 : 0;
		viewer.last = now;
	});
	return viewer;
}

function noteBack(viewer) {
	const ms = viewer.downSince === null ? 0 : Date.now() - viewer.downSince;
	viewer.downSince = null;
	viewer.longest = Math.max(viewer.longest, ms);
	viewer.said += ms >= SHOW_AFTER_MS ? 1 : 0;
}

const reconnects = () => viewers.map(({ board }) => board.metrics.reconnects);
const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

/* Each shows a score that was said after now. */
async function allLive(what) {
	const begun = Date.now();
	const newer = score;
	const behind = () => viewers.filter(({ board }) => !board.connection.live || Number(board.get('team/1/score')) <= newer);
	await until(() => behind().length === 0, `${what}: all live`, { ms: HEAL_MS })
		.catch((error) => { throw new Error(`${error.message}: ${behind().length} are not: ${JSON.stringify(behind()[0].board.connection)}`); });
	console.log(`# ${what}: all live after ${Date.now() - begun} ms; ${sum(reconnects())} connections were lost so far, ` +
		`the longest for ${Math.max(...viewers.map(({ longest }) => longest))} ms`);
}

const up = (edges) => until(async () => {
	const servers = await cluster.servers();
	return edges.every(({ name }) => servers.find((server) => server.name === name)?.up);
}, `HAProxy sees ${edges.map(({ name }) => name).join(', ')}`, { ms: HEAL_MS });

/* What docs/scaling.md gives to `ha`. */
const setState = (edge, state) => cluster.haproxy.ask(`set server live/${edge.name} state ${state}; set server any/${edge.name} state ${state}`);

async function restartEdge(edge, into) {
	const before = reconnects();
	await edge.restart();
	await allLive(`${edge.name} restarted`);
	const cut = sum(reconnects()) - sum(before);
	assert.ok(cut > 0, `${edge.name} had viewers`);
	await setState(edge, 'ready');
	await up([edge, into]);
	await sleep(SETTLE_MS);
}

test('a_reload_of_haproxy_with_one_more_edge_cuts_nobody', async () => {
	const spare = await cluster.addEdge();
	await cluster.haproxy.reload(cluster.edges);
	await up([spare]);
	await allLive('HAProxy reloaded');
	assert.equal(sum(reconnects()), 0);
});

test('a_publisher_that_is_restarted_cuts_nobody', async () => {
	await stage.restartSource();
	await allLive('publisher restarted');
	assert.equal(sum(reconnects()), 0);
	assert.equal(viewers.every(({ board }) => board.metrics.epochs > 0), true, 'it is another publisher');
});

test('a_hub_that_is_restarted_cuts_nobody', async () => {
	await cluster.hub.restart();
	await allLive('hub restarted');
	assert.equal(sum(reconnects()), 0);
});

test('edges_that_are_restarted_one_after_the_other_cut_everybody_once', async () => {
	const [first, second, spare] = cluster.edges;
	for (const edge of [first, second])
		await setState(edge, 'drain'); // whoever has to move is led to one that stays
	await restartEdge(first, spare);
	await restartEdge(second, first);
	assert.ok(reconnects().every((n) => n === 1), `each had to move once: ${reconnects()}`);
});

test('nobody_was_told_more_than_once_and_all_have_the_truth', async () => {
	clearInterval(scoring);
	await until(() => viewers.every(({ board }) => ofView(board.state) === ofTruth(stage.truth)), 'all show the scoreboard\'s state', { ms: HEAL_MS });
	const said = viewers.map((viewer) => viewer.said);
	console.log(`# ${VIEWERS} viewers: ${said.filter((n) => n === 1).length} pages said "reconnecting" once, ${said.filter((n) => n === 0).length} never`);
	assert.ok(Math.max(...said) <= 1, `${Math.max(...said)} times`);
	assert.equal(sum(viewers.map(({ backwards }) => backwards)), 0, 'no score was older than the one before');
});
