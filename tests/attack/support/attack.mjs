/* attack - one row of the table: starts what is attacked, sees how it is when all is quiet, has the attack run at its worst, sees how it
 * is then, and judges. What is wrong is a list of sentences, empty when nothing is. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startProbe, statusNow } from './probe.mjs';
import { startRink } from './rink.mjs';
import { sleep } from './wire.mjs';

export const FULL = process.env.SB_ATTACK_FULL === '1';
const PATIENCE = Number(process.env.SB_PATIENCE ?? 1);
const QUIET_MS = FULL ? 10000 : 4000;
const ATTACK_MS = FULL ? 20000 : 4000;

/* What holds under every attack. */
const LATE_TIMES = 2;              // deltas: as late as when all is quiet, times this
const LATE_MS = 250 * PATIENCE;    // but that much is never too late: two cores carry all of it
const LOGIN_MS = 2000 * PATIENCE;
const MEMORY_MB = 64;              // docs/security.md
const DELTAS_SHARE = 0.5;          // of those that come when all is quiet; the game has livelier parts

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

/* Starts a load: { ready, report(): ends it }. */
function startLoad(load, options) {
	const child = fork(worker, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--max-old-space-size=4000'] });
	let [ready, reported] = [null, null];
	const begun = new Promise((done) => { ready = done; });
	const ended = new Promise((done) => { reported = done; });
	const said = ({ ready: what, report, failed }) => {
		if (failed)
			console.error(failed);
		if (what)
			ready(what);
		if (report || failed)
			reported(report ?? { failed });
	};
	child.on('message', said).on('exit', () => { ready(null); reported({ failed: 'the load ended by itself' }); });
	child.send({ load, options });
	return {
		ready: begun,
		async report() {
			child.send('stop', () => {});
			const late = setTimeout(() => child.kill('SIGKILL'), 8000);
			const report = await ended;
			clearTimeout(late);
			return report;
		},
	};
}

/* ---- quiet: once for each kind of rink ---- */

const quietOf = new Map();

async function watch(probe, forMs) {
	probe.begin();
	await sleep(forMs);
	return probe.figures();
}

async function measureQuiet(kind) {
	if (!quietOf.has(kind)) {
		const rink = await startRink(kind, {});
		const probe = await startProbe(rink);
		await sleep(2000);
		quietOf.set(kind, await watch(probe, QUIET_MS));
		probe.stop();
		await rink.stop();
	}
	return quietOf.get(kind);
}

/* ---- the judge ---- */

function judge(row, quiet, seen) {
	const wrong = [];
	const claim = (good, text) => good || wrong.push(text);
	const allowed = Math.max(LATE_TIMES * quiet.late, LATE_MS);
	claim(row.statusChanges || seen.status.every((state) => state === 'live'), `a viewer was told ${seen.status.join(', ')}`);
	claim(seen.statusNow === 'live', `who came afterwards: ${seen.statusNow}`);
	claim(seen.cuts === 0, `honest clients lost their connection ${seen.cuts} times`);
	claim(seen.deltas >= DELTAS_SHARE * quiet.deltas, `${seen.deltas.toFixed(1)} deltas a second, ${quiet.deltas.toFixed(1)} when all is quiet`);
	claim(seen.late <= allowed, `${seen.late.toFixed(0)} ms late, ${allowed.toFixed(0)} are allowed`);
	claim(seen.publisher <= LOGIN_MS, `the publisher got in after ${seen.publisher.toFixed(0)} ms`);
	claim(seen.operator <= LOGIN_MS, `an operator got in after ${seen.operator.toFixed(0)} ms`);
	claim(seen.memory <= (row.memoryMb ?? MEMORY_MB), `${seen.memory.toFixed(0)} MB more memory`);
	claim(!seen.report.failed, `the attack did not run: ${seen.report.failed}`);
	return wrong;
}

/* ---- the table ---- */

const rows = [];
const ms = (value) => (value === Infinity ? 'no' : Number.isNaN(value) ? '-' : value.toFixed(0));
const HEAD = ['attack', 'set-up', 'quiet p99', 'p99', 'of deltas', 'of probes', 'deltas/s', 'status', 'publisher ms', 'operator ms', 'MB', 'publisher CPU', 'verdict', 'what the attacker got'];

function note(row, quiet, seen, wrong) {
	rows.push([row.name, `${row.rink}${row.trusted ? ', proxy' : ''}`, ms(quiet.late), ms(seen.late), ms(seen.delta), ms(seen.probe), seen.deltas.toFixed(1),
		[...new Set([...seen.status, seen.statusNow])].join('+'), ms(seen.publisher), ms(seen.operator), seen.memory.toFixed(0), `${(100 * seen.publisherCpu).toFixed(0)} %`,
		wrong.length ? 'FAILS' : 'holds', JSON.stringify(seen.report)]);
	console.log(`# ${HEAD.map((name, i) => `${name}: ${rows.at(-1)[i]}`).join('; ')}`);
	for (const text of wrong)
		console.log(`#     ${text}`);
}

export function printTable() {
	const widths = HEAD.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
	const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
	console.log([HEAD, widths.map((n) => '-'.repeat(n)), ...rows].map(line).join('\n'));
}

/* ---- a row ---- */

const grown = (now, before) => Math.max(...now.map((mb, i) => mb - before[i]));

/* row: name, rink, trusted, load, options(rink): what and where; setting: of startRink(); ms: how long.
 * before(rink), during(rink): what else there is, before the probe begins and when the attack is about to. meanwhile(rink), judge(report, seen):
 * what else is wrong. calmFirst: the load is a crowd, no attack: it is there first, and quiet is how it is with it. statusChanges: as the row itself wants it. */
async function runOnce(row) {
	let quiet = row.calmFirst ? null : await measureQuiet(row.rink);
	const rink = await startRink(row.rink, { trusted: row.trusted, ...row.setting });
	let [probe, load] = [null, null];
	try {
		const facts = await row.before?.(rink);
		probe = await startProbe(rink);
		await sleep(1000);
		load = startLoad(row.load, row.options(rink, facts));
		if (row.calmFirst) {
			await load.ready;
			quiet = await watch(probe, QUIET_MS);
		}
		probe.begin();
		const calm = rink.memory();
		const used = rink.publisherSeconds();
		await row.during?.(rink);
		await load.ready;
		await sleep(row.ms ?? ATTACK_MS);
		const seen = { ...probe.figures(), statusNow: await statusNow(rink), memory: grown(rink.peaks(), calm) };
		seen.publisherCpu = (rink.publisherSeconds() - used) / seen.seconds;
		const extra = await row.meanwhile?.(rink) ?? [];
		seen.report = await load.report();
		const wrong = [...judge(row, quiet, seen), ...extra, ...(row.judge?.(seen.report, seen) ?? [])];
		note(row, quiet, seen, wrong);
		return wrong;
	} finally {
		probe?.stop();
		await load?.report();
		await rink.stop();
	}
}

/* What harms, harms each time; what only a busy machine did, it hardly does twice. SB_ATTACK_ONCE=1: the first time counts. */
export async function runAttack(row) {
	const wrong = await runOnce(row);
	if (!wrong.length || process.env.SB_ATTACK_ONCE === '1')
		return wrong;
	quietOf.delete(row.rink); // the machine may be another by now
	return runOnce(row);
}
