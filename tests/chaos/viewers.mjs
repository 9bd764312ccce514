/* viewers - all viewers of one track, in as many processes as they need, and what is known of them together. */
import { fileURLToPath } from 'node:url';
import { stop } from '../web/support/tools.mjs';
import { createMachine } from './net.mjs';

const ADDRESSES = 40; // of each process's machine: no address has more connections than HAProxy lets one have
const PROGRAM = fileURLToPath(new URL('crowd.mjs', import.meta.url));

const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);
const most = (numbers) => Math.max(0, ...numbers);
const SUMMED = ['viewers', 'wrong', 'away', 'behind', 'back', 'torn', 'reconnects', 'unreadable', 'bad', 'gaps', 'packed'];

function startCrowd(machine, settings) {
	const child = machine.run(process.execPath, [PROGRAM], {
		stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
		env: { ...process.env, SB_CROWD: JSON.stringify({ ...settings, addresses: machine.addresses }) },
	});
	const waiting = new Map();
	const crowd = { child, report: null, order: (order, more = {}) => child.connected && child.send({ order, ...more }, () => {}) };
	let asked = 0;
	child.on('message', ({ report, id, answer }) => {
		if (report)
			crowd.report = report;
		else
			waiting.get(id)(answer);
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
		...Object.fromEntries(SUMMED.map((name) => [name, sum(reports.map((report) => report[name]))])),
		at: Math.min(...reports.map(({ at }) => at)),
		n: Math.min(...reports.map(({ n }) => n)),
		wrongAt: most(reports.map(({ wrongAt }) => wrongAt)),
		over: most(reports.map(({ over }) => over)),
		slept: most(reports.map(({ slept }) => slept)),
		by: servers.map((url) => sum(reports.map(({ by }) => by[url]))),
	});
	return {
		crowds,
		truth: (truth) => all('truth', truth),
		round: () => all('round'),
		add: (count) => crowds.forEach((crowd, i) => crowd.order('add', { count: share(count, i) })),
		change: (count, random) => crowds.forEach((crowd, i) => {
			const mine = share(count, i);
			crowd.order('change', { count: mine, chance: Array.from({ length: mine }, random) });
		}),
		/* What was told last, at most a quarter of a second ago unless a process is busy. */
		get last() { return crowds.every(({ report }) => report) ? together(crowds.map(({ report }) => report)) : null; },
		look: async () => together(await Promise.all(crowds.map((crowd) => crowd.ask('report')))),
		examples: async () => (await Promise.all(crowds.map((crowd) => crowd.ask('examples')))).flat().slice(0, 2),
		/* How many different boards there are, value by value. */
		boards: async () => new Set((await Promise.all(crowds.map((crowd) => crowd.ask('sums')))).flat()),
		stop: () => Promise.all(crowds.map(({ child }) => stop(child))),
	};
}
