/* crowd - some of the viewers, in a process of its own on a machine of its own: the library as a page uses it, every second one of the packed feed, and the page's own
 * rule for what it says of the truth (web/board/model.js). Led over its IPC channel by viewers.mjs. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { honesty } from '../../web/board/model.js';
import { connect } from '../../web/client/index.js';
import { ofView } from '../web/support/oracle.mjs';
import { source } from '../web/support/tools.mjs';
import { plainClock } from './eyes.mjs';
import { createTruths, createView, viewForget, viewLook, viewShows } from './judge.mjs';

const mqtt = createRequire(join(source, 'tests/web/package.json'))('mqtt');
const LOOK_MS = 100;
const TELL_MS = 250;
const COUNTED = 'team/1/score'; // see game.mjs

const { servers, prefix, addresses, lagMs } = JSON.parse(process.env.SB_CROWD);
const truths = createTruths();
const viewers = [];
let made = 0;
let gone = { back: 0, torn: 0, reconnects: 0, unreadable: 0, bad: 0, gaps: 0, packed: 0 }; // of viewers that have left
let slept = 0; // how late this process was at most, in this round

const now = () => Date.now();
const hash = (text) => createHash('sha1').update(text).digest('base64');

/* From one address of several, as viewers have them. */
const fromAddress = (localAddress) => ({ connect: (url, options) => mqtt.connect(url, { ...options, wsOptions: { localAddress } }) });

function addViewer() {
	const nth = made++;
	const board = connect({ servers, prefix, encoding: nth % 2 ? 'json' : 'packed', mqtt: async () => fromAddress(addresses[nth % addresses.length]) });
	const viewer = { board, view: createView(), downSince: now(), live: false };
	board.on('change', () => viewShows(viewer.view, { key: hash(ofView(board.state)), n: board.get(COUNTED) }, truths));
	board.on('connection', ({ live }) => {
		if (viewer.live && !live)
			viewer.downSince = now();
		viewer.live = live;
	});
	viewers.push(viewer);
}

function removeViewer(at) {
	const [{ board, view }] = viewers.splice(at, 1);
	gone = total([{ board, view }], gone);
	board.close();
}

/* As web/board/live.js asks it. */
const saysLive = ({ board, live, downSince }) => (at) =>
	honesty({ connection: board.connection, status: board.status, online: true, downMs: live ? 0 : at - downSince, known: board.state.size > 0 }) === null;

function total(some, from) {
	const sum = { ...from };
	for (const { board, view } of some) {
		const { reconnects, unreadable, bad, gaps, packed } = board.metrics;
		const add = { back: view.back, torn: view.torn, reconnects, unreadable, bad, gaps, packed };
		Object.entries(add).forEach(([name, n]) => { sum[name] += n; });
	}
	return sum;
}

const latest = (numbers) => numbers.reduce((most, n) => Math.max(most, n), 0);

function report() {
	const views = viewers.map(({ view }) => view);
	return {
		at: now(), viewers: viewers.length, n: truths.newest?.n ?? 0, slept, ...total(viewers, gone),
		wrong: viewers.filter(({ wrong }) => wrong).length,
		away: viewers.filter(({ live }) => !live).length,
		behind: views.filter(({ truth }) => truth !== truths.newest).length,
		wrongAt: latest(views.map(({ wrongAt }) => wrongAt ?? 0)),
		over: latest(views.map(({ over }) => over)),
		by: Object.fromEntries(servers.map((url) => [url, viewers.filter(({ board, live }) => live && board.connection.endpoint === url).length])),
	};
}

/* Who is wrong, for a person. */
function examples() {
	return viewers.filter(({ wrong }) => wrong).slice(0, 2).map(({ board, view, live, downSince }) => ({
		shows: view.truth?.n, of: truths.newest?.n, live, downMs: live ? 0 : now() - downSince, status: board.status, connection: board.connection, metrics: board.metrics,
	}));
}

const sums = () => [...new Set(viewers.map(({ board: { state } }) =>
	hash(JSON.stringify([...state].map(([key, value]) => [key, plainClock(value)]).sort(([a], [b]) => (a < b ? -1 : 1))))))];

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
	ask: ({ id, what }) => process.send({ id, answer: { report, examples, sums }[what]() }),
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
setInterval(() => process.send({ report: report() }), TELL_MS);
