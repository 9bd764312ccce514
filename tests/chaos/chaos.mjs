/* chaos - everything that a big event runs, and parts of it break: first one at a time, then two. Each round prints what broke and how long it took until all was
 * right; the end sums up, and fails with a sentence for each promise that was not kept.
 *
 * SB_CLUSTER_ROUNDS   so many rounds, the first half with one part gone, the others with two (3)
 * SB_VIEWERS          so many viewers (200)
 * SB_SEED             the same faults again (1; by chance where SB_CLUSTER_ROUNDS is given)
 * SB_FAULTS           only these, again and again: "hub1 frozen", "proxy1 killed, pub1 frozen"
 * SB_PATIENCE         so many times as long may everything take, on a busy machine (1) */
import { openEyes, treesDiffer } from './eyes.mjs';
import { KINDS, breakAll, createDeck, drawFaults, drawGoneMs, faultsText, healAll, readFaults } from './faults.mjs';
import { startGame } from './game.mjs';
import { LAG_MS, median } from './judge.mjs';
import { EQUAL_MS, OVER_MS, RIGHT_MS, onlyPagesNotice } from './limits.mjs';
import { RINK, layCables } from './net.mjs';
import { startParts } from './parts.mjs';
import { startViewers } from './viewers.mjs';
import { seeded } from '../web/support/chance.mjs';
import { sleep, until } from '../web/support/tools.mjs';

const ROUNDS = Number(process.env.SB_CLUSTER_ROUNDS ?? 3);
const VIEWERS = Number(process.env.SB_VIEWERS ?? 200);
const SEED = Number(process.env.SB_SEED ?? (process.env.SB_CLUSTER_ROUNDS ? Date.now() % 100000 : 1)); // ./test breaks the same things each time
const PATIENCE = Number(process.env.SB_PATIENCE ?? 1);

const FRAME_MS = 1000;       // the game's board changes once in three seconds
const LOOK_ON_MS = 45000;    // so long is looked on for what took too long, to tell how long
const SETTLE_MS = 45000;     // until nothing is left of a fault
const ONE_MS = 5000;         // until all boards are the same, value by value, once all show the last word
const CHANGE = 0.15;         // of the viewers leave after each round, and others come
const JOIN_MS = 60000;
const FOLLOWS = 2;           // frames that may be on their way to a publisher
const lagMs = LAG_MS * PATIENCE;

const random = seeded(SEED);
const failures = [];
const rounds = [];
const fail = (text) => { failures.push(text); console.log(`#   NOT SO: ${text}`); };
const s = (ms) => (ms === null ? '   -  ' : `${(ms / 1000).toFixed(1).padStart(4)} s`);

let parts, game, viewers, eyes, nextFault;

async function begin() {
	layCables();
	game = await startGame((truth) => viewers?.truth(truth));
	parts = await startParts(game.url);
	viewers = startViewers({ servers: parts.proxies.map(({ url }) => url), lagMs, n_processes: VIEWERS > 300 ? 2 : 1 });
	eyes = openEyes(parts);
	nextFault = createDeck(parts.all, random);
	await until(async () => await treesDiffer(parts) === '', 'all trees are equal at first', { ms: SETTLE_MS, every: 300 })
		.catch(async (error) => { throw new Error(`${error.message}: ${await treesDiffer(parts)}`); });
	game.step();
	game.goOn(FRAME_MS);
	await viewers.join(VIEWERS).catch(explain);
}

async function explain(error) {
	console.log(JSON.stringify(await viewers.look()), JSON.stringify(await viewers.examples(), null, 1).slice(0, 4000));
	parts.all.forEach(({ name, child }) => console.log(`# ${name}: ${child.said.slice(-600)}`));
	throw error;
}

const isRight = (report) => report !== null && report.viewers === VIEWERS && report.wrong === 0;
const allRight = async () => { const report = await viewers.look(); return isRight(report) && report.away === 0; };

/* Milliseconds from `from` until the board was last wrong; null: it is wrong yet. */
const wrongFor = (report, from) => (report.wrong > 0 ? null : Math.max(0, report.wrongAt - from));

/* Looks on for `goneMs`, and longer with one part gone and boards wrong yet. */
async function watchBroken(from, goneMs, single) {
	for (;;) {
		await sleep(100);
		const report = await viewers.look();
		const passed = Date.now() - from;
		if (passed >= goneMs && (!single || report.wrong === 0 || passed > LOOK_ON_MS))
			return report;
	}
}

/* The scoreboard is silent: nothing is on its way that would make trees differ. */
async function watchHeal(from) {
	let apart;
	do {
		apart = await treesDiffer(parts);
		if (apart === '')
			return { ms: Date.now() - from, apart };
		await sleep(50);
	} while (Date.now() - from < LOOK_ON_MS);
	return { ms: null, apart };
}

const isSplit = () => { const [one, other] = eyes.leaders; return one && other && one !== other; };

async function settle(what) {
	const servers = async () => (await Promise.all(parts.proxies.map((proxy) => proxy.servers().catch(() => [])))).flat();
	const led = () => eyes.leaders.every(Boolean);
	/* A standby that was cut off takes up to 25 s to notice that its connection to the scoreboard is dead, and is none until then. */
	const follows = async ({ http }) => (await fetch(`${http}/scoreboard/spectator.json`).then((answer) => answer.json()).catch(() => null))?.state?.['team/1/score'] >= game.n - FOLLOWS;
	const ready = async () => (await Promise.all(parts.publishers.map(follows))).every(Boolean);
	let left = '';
	const isSettled = async () => {
		left = !led() ? 'a hub has no publisher' : !(await ready()) ? 'a publisher does not follow the scoreboard' : (await servers()).filter(({ up }) => up).length < 2 * parts.edges.length
			? 'an edge is not up at a HAProxy' : !(await allRight()) ? 'a viewer is wrong' : '';
		return left === '';
	};
	const begun = Date.now();
	await until(isSettled, `nothing is left of it: ${what}`, { ms: SETTLE_MS, every: 200 }).catch(async (error) => explain(new Error(`${error.message}: ${left}`)));
	return Date.now() - begun;
}

/* With the scoreboard silent all must come to show its last word. */
async function boardsAreOne(what) {
	await until(async () => { const report = await viewers.look(); return report.behind === 0 && report.away === 0 && report.wrong === 0; }, `every board shows the last word, ${what}`,
		{ ms: SETTLE_MS, every: 100 }).catch(explain);
	await until(async () => (await viewers.boards()).size === 1, 'one board', { ms: ONE_MS, every: 300 })
		.catch(async () => fail(`${what}: there are ${(await viewers.boards()).size} different boards`));
}

function checkAlways(what, before, report) {
	for (const [name, text] of [['back', 'went back to an earlier state'], ['torn', 'showed what the scoreboard never said']])
		if (report[name] > before[name])
			fail(`${what}: boards ${text} ${report[name] - before[name]} times`);
	eyes.take().forEach((sentence) => fail(`${what}: ${sentence}`));
	parts.all.filter((part) => part.died()).forEach((part) => fail(`${what}: ${part.name} ended by itself (${part.endedBy}): ${part.child.said.slice(-300)}`));
}

/* What our own processes were late by, on a busy machine, is not the system's. */
function checkOne(what, { right, over, late }) {
	if (right === null || right > RIGHT_MS * PATIENCE + late)
		fail(`${what}: boards were wrong for ${right === null ? `more than ${s(LOOK_ON_MS)}` : s(right)} with one part gone, and may be for ${s(RIGHT_MS)}`);
	if (over > OVER_MS * PATIENCE + late)
		fail(`${what}: a page said Live for ${s(over)} over what was old, and may for ${s(OVER_MS)}`);
}

async function round(nth, count) {
	const goneMs = drawGoneMs(random);
	const faults = process.env.SB_FAULTS ? readFaults(process.env.SB_FAULTS, parts.all) : count === 1 ? [nextFault()] : drawFaults(parts.all, count, random);
	const single = faults.length === 1;
	const what = `round ${nth}, ${faultsText(faults)}`;
	const before = await viewers.look();
	viewers.round();
	const from = Date.now();
	await breakAll(faults);
	const gone = await watchBroken(from, goneMs, single);
	game.rest();
	const healed = Date.now();
	healAll(faults);
	const { ms: equal, apart } = await watchHeal(healed);
	await boardsAreOne(what);
	const after = await viewers.look();
	const result = { faults, single, gone: healed - from, right: wrongFor(gone, from), over: after.over, equal, healed: wrongFor(after, healed), late: Math.max(gone.slept, after.slept) };
	rounds.push(result);
	const wait = performance.now();
	game.goOn(FRAME_MS);
	console.log(`${String(nth).padStart(4)}  ${faultsText(faults).padEnd(34)} gone ${s(result.gone)}  right after ${s(result.right)}  ` +
		`Live over old ${s(result.over)}  after healing trees equal ${s(equal)}, boards right ${s(result.healed)}  at HAProxy ${gone.by.join('+')}, we were late by ${result.late} ms${isSplit() ? ', the hubs have different leaders' : ''}`);
	if (equal === null || equal > EQUAL_MS * PATIENCE + result.late)
		fail(`${what}: trees were equal ${equal === null ? `not within ${s(LOOK_ON_MS)}: ${apart}` : `only ${s(equal)}`} after healing, and must be within ${s(EQUAL_MS)}`);
	if (single)
		checkOne(what, result);
	await settle(what);
	if (process.env.SB_LOGS)
		parts.all.forEach(({ name, child }) => console.log(`## ${name}:\n${child.said.slice(-2500)}`));
	checkAlways(what, before, await viewers.look());
	if (performance.now() - wait > 20000)
		console.log(`#   it took ${s(performance.now() - wait)} until nothing was left of it`);
	viewers.change(Math.round(VIEWERS * CHANGE), random);
	await until(allRight, 'those who have come are right', { ms: JOIN_MS, every: 100 }).catch(explain);
}

function sumUp() {
	const tell = (title, some) => {
		if (some.length === 0)
			return;
		const row = (name) => {
			const numbers = some.map((result) => result[name]).map((ms) => ms ?? Infinity);
			return `median ${s(median(numbers))}, worst ${s(Math.max(...numbers))}`;
		};
		console.log(`# ${String(some.length).padStart(3)} rounds with ${title.padEnd(26)}: ${title === 'two' ? '' : `right after ${row('right')}; `}Live over old ${row('over')}; after healing trees equal ${row('equal')}, boards right ${row('healed')}`);
	};
	tell('one', rounds.filter(({ single }) => single));
	const ones = rounds.filter(({ single }) => single);
	tell('one that others notice', ones.filter(({ faults: [fault] }) => !onlyPagesNotice(fault)));
	tell('one that only pages notice', ones.filter(({ faults: [fault] }) => onlyPagesNotice(fault)));
	for (const kind of KINDS)
		tell(`one ${kind}`, ones.filter(({ faults: [fault] }) => fault.kind === kind));
	tell('two', rounds.filter(({ single }) => !single));
}

async function end() {
	game?.rest();
	eyes?.close();
	await viewers?.stop();
	await parts?.stop();
	await game?.stop();
}

async function main() {
	console.log(`# ${ROUNDS} rounds, ${VIEWERS} viewers, SB_SEED=${SEED}; network ${RINK}`);
	const begun = Date.now();
	await begin();
	console.log(`# all is right at first after ${s(Date.now() - begun)}`);
	const ones = Math.ceil(ROUNDS / 2);
	for (let nth = 1; nth <= ROUNDS; nth++)
		await round(nth, nth <= ones ? 1 : 2);
	sumUp();
	const last = await viewers.totals();
	console.log(`# ${last.reconnects} reconnects, ${last.gaps} gaps, ${last.unreadable} unreadable, ${last.bad} bad; ${last.packed} packed messages; ` +
		`hubs asked ${eyes.asked.join(' and ')} times who publishes`);
	console.log(`# connections that viewers lost: ${await viewers.losses()}`);
}

main().catch((error) => fail(error.stack)).then(end).then(() => {
	console.log(failures.length ? `# ${failures.length} promises were not kept in ${rounds.length} rounds, SB_SEED=${SEED}:` : `# all promises were kept in ${rounds.length} rounds`);
	failures.forEach((text) => console.log(`#   ${text}`));
	process.exit(failures.length ? 1 : 0);
});
