/* Fidelity for viewers: 200 independent clients, every second one of the packed feed, join at random moments of the recorded game and are cut off at random.
 * Whatever a client shows is the scoreboard's state after some whole frame (nothing torn); at quiet moments all of
 * them equal the publisher's view, key by key. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { connect } from '../../../web/client/index.js';
import { seeded } from '../support/chance.mjs';
import { ofTruth, ofView } from '../support/oracle.mjs';
import { startProxy } from '../support/proxy.mjs';
import { startStage } from '../support/stage.mjs';
import { sleep, until } from '../support/tools.mjs';

const CLIENTS = Number(process.env.SB_CROWD ?? 200);
const SPEED = 12;
const LEGS = 10;               // quiet moments
const LEG_MS = 49000;          // of the game
const seed = Number(process.env.SB_SEED ?? Date.now() % 100000);

let stage;
let proxy;
const viewers = [];
before(async () => {
	stage = await startStage();
	proxy = await startProxy(stage.broker.wsPort);
});
after(async () => {
	viewers.forEach((board) => board.close()); // else they would go on trying
	await proxy?.stop();
	await stage?.stop();
});

function startViewer(whole, torn) {
	const encoding = viewers.length % 2 ? 'json' : 'packed';
	const board = Object.assign(connect({ servers: [proxy.url], encoding, mqtt: async () => mqtt }), { encoding });
	board.on('change', () => {
		const shown = ofView(board.state);
		if (!whole.has(shown))
			torn.push(shown);
	});
	return board;
}

test(`${CLIENTS} clients with random joins and cuts are never torn and equal the view when all is quiet (seed ${seed})`, async () => {
	const random = seeded(seed);
	const whole = new Set();    // states after each whole frame
	const torn = [];
	const note = () => whole.add(ofTruth(stage.truth));
	note();
	let cuts = 0;
	stage.seek(3000);
	note();
	await sleep(1500);
	for (let leg = 0; leg < LEGS; leg++) {
		const trouble = setInterval(() => {
			if (viewers.length < CLIENTS && random() < 0.9)
				for (let i = 0; i < Math.ceil(CLIENTS / (LEGS * 12)); i++)
					viewers.push(startViewer(whole, torn));
			if (random() < 0.5 && viewers.length > 0)
				cuts += proxy.cutSome(random, 0.05);
		}, 200);
		await stage.play(LEG_MS, { speed: SPEED, each: note });
		clearInterval(trouble);
		if (leg === LEGS - 2)
			while (viewers.length < CLIENTS)
				viewers.push(startViewer(whole, torn));
		await quiet(viewers, leg);
	}
	report(viewers, whole, cuts);
	assert.equal(torn.length, 0, `shown, but never the scoreboard's state: ${torn[0]}`);
	assert.equal(viewers.length, CLIENTS);
	assert.ok(cuts > CLIENTS / 4, `${cuts} cuts`);
	for (const { encoding, metrics } of viewers)
		assert.ok(encoding === 'packed' ? metrics.packed >= 2 : metrics.packed === 0, `${encoding}: ${JSON.stringify(metrics)}`);
});

const asText = (entries) => JSON.stringify([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

async function quiet(viewers, leg) {
	let wrong = [];
	await until(async () => {
		const { state } = await (await fetch(`http://127.0.0.1:${stage.httpPort}/scoreboard/spectator.json`)).json();
		const truth = asText(Object.entries(state));
		wrong = viewers.filter((board) => !board.connection.live || asText(board.state) !== truth);
		return wrong.length === 0;
	}, `all ${viewers.length} clients equal the view, leg ${leg}`, { ms: 30000, every: 300 })
		.catch((error) => { throw new Error(`${error.message}: ${wrong.length} differ, first: ${JSON.stringify(wrong[0]?.connection)}`); });
	for (const board of viewers)
		assert.equal(ofView(board.state), ofTruth(stage.truth), 'the view is the scoreboard\'s state');
}

function report(viewers, whole, cuts) {
	console.log(`# ${viewers.length} clients, ${cuts} cuts, ${whole.size} states`);
	for (const encoding of ['packed', 'json']) {
		const some = viewers.filter((board) => board.encoding === encoding);
		const sum = (name) => some.reduce((total, board) => total + board.metrics[name], 0);
		console.log(`# ${encoding}: ` + ['connects', 'joins', 'snapshots', 'deltas', 'gaps', 'epochs', 'unreadable', 'bytes']
			.map((name) => `${name} ${sum(name)}`).join(', '));
	}
}
