/* soak - two tracks side by side, each with a scoreboard, two publishers, two hubs, two edges and two HAProxys of its own (a policy has one prefix, and one place for who
 * publishes); the recorded game again and again, many times as fast; viewers who come and go; each minute a fault, now at one track, now at the other. At each minute's end the
 * scoreboards rest, and all boards must show the last word and all trees be equal. The first hub, edge, HAProxy and publisher of a track are frozen and cut off
 * as the others are, but never ended, so that their memory is followed from the first minute to the last; it must be flat. */
import { parseArgs } from 'node:util';
import { openEyes, treesDiffer } from './eyes.mjs';
import { ENDING, breakAll, drawFaults, drawGoneMs, faultsText, healAll } from './faults.mjs';
import { startGame } from './game.mjs';
import { cpuOf, flatKbPerMinute, memoryOf, perMinute, slope } from './memory.mjs';
import { layCables } from './net.mjs';
import { startParts } from './parts.mjs';
import { startViewers } from './viewers.mjs';
import { seeded } from '../web/support/chance.mjs';
import { sleep, until } from '../web/support/tools.mjs';

const { values: options } = parseArgs({ options: {
	minutes: { type: 'string', default: '60' }, viewers: { type: 'string', default: '2000' }, speed: { type: 'string', default: '10' },
	seed: { type: 'string', default: String(Date.now() % 100000) }, help: { type: 'boolean' },
} });
if (options.help) {
	console.log('tests/chaos/run.sh soak [--minutes 60] [--viewers 2000] [--speed 10] [--seed N]\n' +
		'Two tracks, a fault a minute; memory by process and its slope. 0: all promises were kept, and memory is flat (told from 20 minutes on); 1: not.');
	process.exit(0);
}
const [MINUTES, VIEWERS, SPEED, SEED] = [options.minutes, options.viewers, options.speed, options.seed].map(Number);
const TRACKS = 2;
const MINUTE_MS = 60000;
const FAULT_AT_MS = 5000;
const SETTLED_MS = 60000;    // so long a minute is waited for until all boards and trees are right
const ONE_MS = 10000;        // and, when all show the last word, until all show the same: one may be on its way to another edge just then
const SAMPLE_MS = 10000;
const TURN_MS = 2000;        // so often some viewers leave and others come
const TURN = 0.002;          // this share
const LAG_MS = 1000;
const WARM_SHARE = 0.2;      // of the run is not counted, since memory fills at first
const JUDGED_MINUTES = 20;   // a shorter run tells no slope

const random = seeded(SEED);
const failures = [];
const fail = (text) => { failures.push(text); console.log(`#   NOT SO: ${text}`); };
const tracks = [];
const followed = new Map();  // name -> { kind, part, pid, samples }
const begun = Date.now();
const minute = () => (Date.now() - begun) / MINUTE_MS;

async function startTrack(nth) {
	const track = { name: `track ${nth}` };
	track.game = await startGame((truth) => track.viewers?.truth(truth), { sparse: true });
	track.parts = await startParts(track.game.url, { nth, n_edges: 2 });
	track.viewers = startViewers({ servers: track.parts.proxies.map(({ url }) => url), lagMs: LAG_MS, n_processes: 1, packedEvery: 20, wholeEvery: 20,
		net: `10.77.${100 + nth}`, letter: `t${nth}` });
	track.eyes = openEyes(track.parts);
	tracks.push(track);
	await until(async () => await treesDiffer(track.parts) === '', `${track.name}: all trees are equal at first`, { ms: SETTLED_MS, every: 300 });
	track.game.say();
	await track.viewers.join(VIEWERS / TRACKS);
	await boardsAreRight(track);
	track.parts.all.forEach((part) => followed.set(part.name, { kind: part.kind, part, samples: [] }));
	track.viewers.crowds.forEach(({ child }, i) => followed.set(`t${nth}crowd${i + 1}`, { kind: 'viewers (Node)', part: { child }, samples: [] }));
}

/* Each board shows the last word, and all have the same values. */
async function boardsAreRight(track) {
	const { viewers } = track;
	await until(async () => { const report = await viewers.look(); return report.behind === 0 && report.away === 0; }, 'all boards show the last word',
		{ ms: SETTLED_MS, every: 200 }).catch(async () => {
		const { behind, away } = await viewers.look();
		throw new Error(`${behind} boards do not show the last word, ${away} are not connected: ${JSON.stringify(await viewers.examples()).slice(0, 600)}`);
	});
	await until(async () => (await viewers.boards()).size === 1, 'all boards are the same, value by value', { ms: ONE_MS, every: 500 });
}

function sample() {
	for (const one of followed.values()) {
		const { pid } = one.part.child;
		if (pid !== one.pid)
			Object.assign(one, { pid, samples: [] }); // another process: what the one before took is not this one's
		const memory = memoryOf(pid);
		if (memory)
			one.samples.push({ minute: minute(), ...memory });
	}
}

const mayEnd = (part) => !part.name.endsWith('1');

/* At first each track loses the second of everything once, for long: what the first one needs then it keeps, and that is no growth. */
const AT_FIRST = ['edge2', 'proxy2', 'hub2', 'pub2'];
const FIRST_GONE_MS = 20000;

function drawFault(track, nth) {
	const name = AT_FIRST[Math.floor((nth - 1) / TRACKS)];
	if (name)
		return { faults: [{ part: track.parts.all.find((part) => part.name.endsWith(name)), kind: 'killed' }], goneMs: FIRST_GONE_MS };
	let faults;
	do
		faults = drawFaults(track.parts.all, 1, random);
	while (faults.some(({ part, kind }) => ENDING.includes(kind) && !mayEnd(part)));
	return { faults, goneMs: drawGoneMs(random) };
}

async function breakOne(track, nth) {
	const { faults, goneMs } = drawFault(track, nth);
	await sleep(FAULT_AT_MS);
	await breakAll(faults);
	await sleep(goneMs);
	healAll(faults);
	return `${track.name}: ${faultsText(faults)} for ${(goneMs / 1000).toFixed(0)} s`;
}

async function endOfMinute(track, what) {
	const { game, viewers, parts, eyes } = track;
	track.rests = true; // nobody comes or goes
	game.rest();
	game.say();
	viewers.round();
	const from = Date.now();
	try {
		await boardsAreRight(track);
		await until(async () => await treesDiffer(parts) === '', 'all trees are equal', { ms: SETTLED_MS, every: 200 })
			.catch(async ({ message }) => { throw new Error(`${message}: ${await treesDiffer(parts)}`); });
	} catch ({ message }) {
		fail(`${what}, ${track.name}: ${message}`);
	}
	const report = await viewers.look();
	const was = track.was ?? { back: 0, torn: 0 };
	for (const [name, text] of [['back', 'went back'], ['torn', 'showed what was never said']])
		if (report[name] > was[name])
			fail(`${what}, ${track.name}: boards ${text} ${report[name] - was[name]} times`);
	track.was = report;
	eyes.take().forEach((sentence) => fail(`${what}, ${track.name}: ${sentence}`));
	parts.all.filter((part) => part.died()).forEach((part) => fail(`${what}: ${part.name} ended by itself (${part.endedBy}): ${part.child.said.slice(-300)}`));
	return { rightMs: Date.now() - from, report, totals: await viewers.totals() };
}

const pids = () => [process.pid, ...[...followed.values()].map(({ part }) => part.child.pid)];
const kbOf = (kind, name) => [...followed.values()].filter((one) => one.kind === kind).reduce((sum, { samples }) => sum + (samples.at(-1)?.[name] ?? 0), 0);
const mb = (kb) => `${(kb / 1024).toFixed(0)} MB`;

async function oneMinute(nth) {
	const end = Date.now() + MINUTE_MS;
	const cpu = cpuOf(pids());
	const at = performance.now();
	tracks.forEach((track) => {
		track.rests = false;
		track.game.play(SPEED);
	});
	const told = await breakOne(tracks[nth % TRACKS], nth);
	await sleep(Math.max(0, end - Date.now()));
	const cores = (cpuOf(pids()) - cpu) / ((performance.now() - at) / 1000);
	const ends = await Promise.all(tracks.map((track) => endOfMinute(track, `minute ${nth}`)));
	console.log(`${String(nth).padStart(4)}  ${told.padEnd(44)}  right and equal after ${ends.map(({ rightMs }) => (rightMs / 1000).toFixed(1)).join(' and ')} s  ` +
		`${ends.reduce((sum, { totals }) => sum + totals.reconnects, 0)} reconnects  ${cores.toFixed(2)} cores  late by ${Math.max(...ends.map(({ report }) => report.slept))} ms  ` +
		['hub', 'edge', 'proxy', 'publisher'].map((kind) => `${kind} ${mb(kbOf(kind, 'pss'))}`).join(', '));
}

function table() {
	const from = MINUTES * WARM_SHARE;
	const counted = (samples) => samples.filter((one) => one.minute >= from);
	console.log('# process         kind              minutes     RSS     PSS   RSS kB/min   PSS kB/min   flat up to');
	for (const [name, { kind, samples }] of followed) {
		const some = counted(samples);
		if (some.length < 3)
			continue;
		const [rss, pss] = ['rss', 'pss'].map((what) => slope(perMinute(some, what)));
		const last = some.at(-1);
		const most = flatKbPerMinute(last.pss);
		const whole = some[0].minute - from < 1;
		console.log(`# ${name.padEnd(14)}  ${kind.padEnd(14)}  ${(last.minute - some[0].minute).toFixed(1).padStart(9)}  ${mb(last.rss).padStart(6)}  ${mb(last.pss).padStart(6)}  ` +
			`${rss.toFixed(1).padStart(11)}  ${pss.toFixed(1).padStart(11)}  ${most.toFixed(1).padStart(11)}`);
		if (whole && MINUTES >= JUDGED_MINUTES && pss > most && !kind.startsWith('viewers'))
			fail(`the memory of ${name} grows by ${pss.toFixed(1)} kB a minute, and ${most.toFixed(1)} would be flat`);
	}
}

async function main() {
	console.log(`# ${MINUTES} minutes, ${TRACKS} tracks, ${VIEWERS} viewers, the game at speed ${SPEED}, --seed ${SEED}`);
	layCables();
	for (let nth = 0; nth < TRACKS; nth++)
		await startTrack(nth);
	console.log(`# all is right at first after ${((Date.now() - begun) / 1000).toFixed(0)} s`);
	const timers = [
		setInterval(sample, SAMPLE_MS),
		setInterval(() => tracks.filter(({ rests }) => !rests).forEach(({ viewers }) => viewers.change(Math.round((VIEWERS / TRACKS) * TURN), random)), TURN_MS),
	];
	for (let nth = 1; nth <= MINUTES; nth++)
		await oneMinute(nth);
	timers.forEach(clearInterval);
	table();
	const reports = await Promise.all(tracks.map(async ({ viewers }) => ({ ...await viewers.look(), ...await viewers.totals() })));
	const sum = (name) => reports.reduce((all, report) => all + report[name], 0);
	console.log(`# ${sum('reconnects')} reconnects, ${sum('gaps')} gaps, ${sum('torn')} torn, ${sum('back')} back, ${sum('bad')} bad; ${tracks.map(({ game }) => game.n).join(' and ')} states`);
	for (const { name, viewers } of tracks)
		console.log(`# connections that viewers of ${name} lost: ${await viewers.losses()}`);
}

async function end() {
	for (const { game, eyes, viewers, parts } of tracks) {
		game.rest();
		eyes.close();
		await viewers.stop();
		await parts.stop();
		await game.stop();
	}
}

main().catch((error) => fail(error.stack)).then(end).then(() => {
	console.log(failures.length ? `# not kept, --seed ${SEED}:` : '# all promises were kept');
	failures.forEach((text) => console.log(`#   ${text}`));
	process.exit(failures.length ? 1 : 0);
});
