/* crowd - some of the viewers, in a process of its own on a machine of its own: the library as a page uses it, some of the packed feed (in so many pages unpacking is what takes most), and the page's own
 * rule for what it says of the truth (web/board/honesty.js). Led over its IPC channel by viewers.mjs. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { honesty } from '../../web/board/honesty.js';
import { connect } from '../../web/client/index.js';
import { ofView } from '../web/support/oracle.mjs';
import { source } from '../web/support/tools.mjs';
import { stateText } from './eyes.mjs';
import { createTruths, createView, viewForget, viewLook, viewShows } from './judge.mjs';

const mqtt = createRequire(join(source, 'tests/web/package.json'))('mqtt');
const LOOK_MS = 100;
const COUNTED = 'team/1/score'; // see game.mjs

const { servers, addresses, lagMs, packedEvery, wholeEvery } = JSON.parse(process.env.SB_CROWD);
const truths = createTruths();
const viewers = [];
let made = 0;
let gone = { reconnects: 0, unreadable: 0, bad: 0, gaps: 0, packed: 0 }; // counted by viewers that have left
let faults = { back: 0, torn: 0 };                                         // of the same
const losses = {}; // why connections were lost, and how many
let slept = 0; // how late this process was at most, in this round

const now = () => Date.now();
const hash = (text) => createHash('sha1').update(text).digest('base64');

/* From one address of several, as viewers have them. */
const fromAddress = (localAddress) => ({ connect: (url, options) => mqtt.connect(url, { ...options, wsOptions: { localAddress } }) });

function addViewer() {
	const nth = made++;
	const board = connect({ servers, encoding: nth % packedEvery ? 'json' : 'packed', mqtt: async () => fromAddress(addresses[nth % addresses.length]) });
	const viewer = { board, view: createView(), downSince: now(), live: false, at: null };
	board.on('change', () => {
		const n = board.get(COUNTED);
		/* To read a whole state takes longer than all else: of each, some viewers do, and the others read its number. */
		viewShows(viewer.view, { key: (n + nth) % wholeEvery === 0 ? hash(ofView(board.state)) : null, n }, truths);
	});
	board.on('connection', ({ live, endpoint }) => {
		if (viewer.live && !live)
			viewer.downSince = now();
		Object.assign(viewer, { live, at: endpoint });
	});
	board.on('lost', ({ reason }) => { losses[reason] = (losses[reason] ?? 0) + 1; });
	viewers.push(viewer);
}

function removeViewer(at) {
	const [{ board, view }] = viewers.splice(at, 1);
	gone = total([{ board }], gone);
	faults = { back: faults.back + view.back, torn: faults.torn + view.torn };
	board.close();
}

/* As web/board/live.js asks it. */
const saysLive = ({ board, live, downSince }) => (at) =>
	honesty({ connection: board.connection, status: board.status, online: true, downMs: live ? 0 : at - downSince, known: board.state.size > 0 }) === null;

function total(some, from) {
	const sum = { ...from };
	for (const { board } of some) {
		const { metrics } = board;
		Object.keys(from).forEach((name) => { sum[name] += metrics[name]; });
	}
	return sum;
}

/* What takes longer to find out than what report() says. */
const totals = () => total(viewers, gone);

const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);
const latest = (numbers) => numbers.reduce((most, n) => Math.max(most, n), 0);

function report() {
	const views = viewers.map(({ view }) => view);
	return {
		at: now(), viewers: viewers.length, n: truths.newest?.n ?? 0, slept,
		back: faults.back + sum(views.map(({ back }) => back)), torn: faults.torn + sum(views.map(({ torn }) => torn)),
		wrong: viewers.filter(({ wrong }) => wrong).length,
		away: viewers.filter(({ live }) => !live).length,
		behind: views.filter(({ truth }) => truth !== truths.newest).length,
		wrongAt: latest(views.map(({ wrongAt }) => wrongAt ?? 0)),
		over: latest(views.map(({ over }) => over)),
		by: Object.fromEntries(servers.map((url) => [url, viewers.filter(({ live, at }) => live && at === url).length])),
	};
}

/* Who is wrong, for a person. */
function examples() {
	return viewers.filter(({ wrong }) => wrong).slice(0, 2).map(({ board, view, live, downSince }) => ({
		shows: view.truth?.n, of: truths.newest?.n, live, downMs: live ? 0 : now() - downSince, status: board.status, connection: board.connection, metrics: board.metrics,
	}));
}

const LOT = 20;

/* Each different board, some viewers' at a time: whoever stands still for long takes it for a sleep of the machine, and connects anew. */
async function sums() {
	const found = new Set();
	for (let i = 0; i < viewers.length; i += LOT) {
		for (const { board } of viewers.slice(i, i + LOT))
			found.add(hash(stateText(board.state)));
		await new Promise(setImmediate);
	}
	return [...found];
}

const ORDERS = {
	truth: ({ key, n, at }) => truths.say(key, n, at),
	add: ({ count }) => { for (let i = 0; i < count; i++) addViewer(); },
	/* Some leave, as many come. */
	change: ({ count, chance }) => {
		for (let i = 0; i < count && viewers.length > 0; i++)
			removeViewer(Math.floor(chance[i] * viewers.length));
		for (let i = 0; i < count; i++)
			addViewer();
	},
	round: () => {
		slept = 0;
		viewers.forEach(({ view }) => viewForget(view));
	},
	ask: async ({ id, what }) => process.send({ id, answer: await { report, totals, examples, sums, lost: () => losses }[what]() }),
	end: () => process.exit(0),
};
process.on('message', ({ order, ...rest }) => ORDERS[order](rest));
process.on('disconnect', () => process.exit(0));

let looked = now();
setInterval(() => {
	const at = now();
	slept = Math.max(slept, at - looked - LOOK_MS);
	looked = at;
	for (const viewer of viewers)
		viewer.wrong = !viewLook(viewer.view, { truths, now: at, lagMs, says: saysLive(viewer) });
}, LOOK_MS);
