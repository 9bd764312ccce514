/* viewers - all viewers of one track, in as many processes as they need, and what is known of them together. */
import { fileURLToPath } from 'node:url';
import { stop, until } from '../web/support/tools.mjs';
import { createMachine } from './net.mjs';

const ADDRESSES = 40; // of each process's machine: no address has more connections than HAProxy lets one have
const LOT = 50;
const JOIN_MS = 60000;
const PROGRAM = fileURLToPath(new URL('crowd.mjs', import.meta.url));

const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);
const most = (numbers) => Math.max(0, ...numbers);
const SUMMED = ['viewers', 'wrong', 'away', 'behind', 'back', 'torn'];
const sumOf = (names, reports) => Object.fromEntries(names.map((name) => [name, sum(reports.map((report) => report[name]))]));

function startCrowd(machine, settings) {
	const child = machine.run(process.execPath, [PROGRAM], {
		stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
		env: { ...process.env, SB_CROWD: JSON.stringify({ ...settings, addresses: machine.addresses }) },
	});
	const waiting = new Map();
	const crowd = { child, order: (order, more = {}) => child.connected && child.send({ order, ...more }, () => {}) };
	let asked = 0;
	child.on('message', ({ id, answer }) => {
		waiting.get(id)(answer);
		waiting.delete(id);
	});
	crowd.ask = (what) => new Promise((done) => {
		waiting.set(++asked, done);
		crowd.order('ask', { id: asked, what });
	});
	return crowd;
}

/* `net`: the first three numbers of their machines' addresses. */
export function startViewers({ servers, prefix = 'scoreboard', lagMs, n_processes = 2, net = '10.77.100', letter = '' }) {
	const crowds = Array.from({ length: n_processes }, (_, i) => {
		const addresses = Array.from({ length: ADDRESSES }, (_, k) => `${net}.${1 + i * ADDRESSES + k}`);
		return startCrowd(createMachine(`${letter}crowd${i + 1}`, ...addresses), { servers, prefix, lagMs });
	});
	const share = (count, i) => Math.floor((count + i) / n_processes);
	const all = (order, more) => crowds.forEach((crowd) => crowd.order(order, more));
	const together = (reports) => ({
		...sumOf(SUMMED, reports),
		at: Math.min(...reports.map(({ at }) => at)),
		n: Math.min(...reports.map(({ n }) => n)),
		wrongAt: most(reports.map(({ wrongAt }) => wrongAt)),
		over: most(reports.map(({ over }) => over)),
		slept: most(reports.map(({ slept }) => slept)),
		by: servers.map((url) => sum(reports.map(({ by }) => by[url]))),
	});
	const look = async () => together(await Promise.all(crowds.map((crowd) => crowd.ask('report'))));
	const add = (count) => crowds.forEach((crowd, i) => crowd.order('add', { count: share(count, i) }));
	return {
		crowds, look,
		/* Some after the others, each lot when the one before is in and right: that is as fast as this machine can. */
		async join(count) {
			for (let left = count; left > 0; left -= LOT) {
				add(Math.min(LOT, left));
				await until(async () => { const report = await look(); return report.away === 0 && report.wrong === 0; }, 'those who have come are right',
					{ ms: JOIN_MS, every: 100 });
			}
		},
		truth: (truth) => all('truth', truth),
		round: () => all('round'),
		change: (count, random) => crowds.forEach((crowd, i) => {
			const mine = share(count, i);
			crowd.order('change', { count: mine, chance: Array.from({ length: mine }, random) });
		}),
		/* What their libraries have counted. */
		async totals() {
			const all = await Promise.all(crowds.map((crowd) => crowd.ask('totals')));
			return sumOf(Object.keys(all[0]), all);
		},
		examples: async () => (await Promise.all(crowds.map((crowd) => crowd.ask('examples')))).flat().slice(0, 2),
		/* How many different boards there are, value by value. */
		boards: async () => new Set((await Promise.all(crowds.map((crowd) => crowd.ask('sums')))).flat()),
		stop: () => Promise.all(crowds.map(({ child }) => stop(child))),
	};
}
