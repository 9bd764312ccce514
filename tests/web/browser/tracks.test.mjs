/* Two tracks at one broker, in a real Chromium: by whatever transport, prefix and path a page comes, it shows the game that it was asked for, or says
 * why it shows none. The broker lets everybody read everything, so that nothing but prefixes keeps the games apart. */
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from '../support/chrome.mjs';
import { startGate } from '../support/gate.mjs';
import { startSource } from '../support/source.mjs';
import { pagesDir, startBroker, until } from '../support/tools.mjs';

const TRACKS = ['scoreboard/track1', 'scoreboard/track2'];
const ASKED = [...TRACKS, 'scoreboard/track3', null]; // null: the address has none, so it is that of the publisher that serves the page
const OWN = TRACKS[0];
const NOWHERE = { server: 'ws://127.0.0.1:1/mqtt', http: 'http://127.0.0.1:1' };
const PAGES = ['', 'overlay.html'];

let broker;
let publishers;
let browser;
const ways = new Map(); // name -> { http, shows: the track that is there, null: whichever is asked for; mute: its answers do not name it }
const stops = [];

before(async () => {
	broker = await startBroker({ door: false });
	publishers = await Promise.all(TRACKS.map((prefix) => startSource({ broker, webDir: pagesDir, prefix })));
	publishers.forEach((publisher, i) => publisher.push({ frame: { state: {
		'ScoreBoard.CurrentGame.Team(1).Name': `Team of ${TRACKS[i]}`, 'ScoreBoard.CurrentGame.Team(1).Score': 71 + i,
	} } }));
	for (const [i, { httpPort }] of publishers.entries())
		ways.set(`${TRACKS[i]}'s server`, { port: httpPort, shows: TRACKS[i] });
	ways.set('a proxy that leads every path to track1', { port: await startLiar(publishers[0].httpPort, TRACKS[0]), shows: TRACKS[0] });
	ways.set('the same, which drops headers', { port: await startLiar(publishers[0].httpPort, TRACKS[0], true), shows: TRACKS[0], mute: true });
	for (const way of ways.values()) {
		const gate = await startGate(way.port);
		gate.block('/events');
		way.polls = gate.port;
		stops.push(gate.stop);
	}
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await Promise.all(stops.map((stop) => stop()));
	await Promise.all((publishers ?? []).map((publisher) => publisher.stop()));
	await broker?.stop();
});

/* Answers every path of a view with that of one track. */
async function startLiar(targetPort, prefix, mute = false) {
	const server = createServer((query, answer) => {
		const path = `/${prefix}/${query.url.split('/').slice(query.url.endsWith('/events') ? -2 : -1).join('/')}`;
		const onward = request({ port: targetPort, host: '127.0.0.1', path }, (back) => {
			if (mute)
				delete back.headers['x-scoreboard-prefix'];
			answer.writeHead(back.statusCode, back.headers);
			back.pipe(answer);
		});
		answer.on('close', () => onward.destroy());
		onward.on('error', () => answer.destroy());
		onward.end();
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	stops.push(() => { server.closeAllConnections(); server.close(); });
	return server.address().port;
}

/* Runs in the page before its own scripts: which of the teams were in the document, for however short a time. */
function noteTeams() {
	window.seen = new Set();
	new MutationObserver((changes) => {
		for (const node of changes.flatMap(({ target, addedNodes }) => (target.nodeType === Node.TEXT_NODE ? [target] : [...addedNodes])))
			for (const [team] of node.textContent.matchAll(/Team of scoreboard\/track\d/g))
				window.seen.add(team);
	}).observe(document, { subtree: true, childList: true, characterData: true });
}

async function open(name, prefix, { server = NOWHERE.server, http = NOWHERE.http }) {
	const context = await browser.newContext();
	await context.addInitScript(noteTeams);
	const page = await context.newPage();
	const query = new URLSearchParams({ server, http, ...(prefix !== null && { prefix }) });
	await page.goto(`http://127.0.0.1:${publishers[0].httpPort}/${name}?${query}`);
	return page;
}

const look = (page) => page.evaluate(() => {
	const { connection, state, metrics } = window.scoreboard;
	const banner = document.querySelector('#banner');
	return { live: connection.live, transport: connection.transport, refusals: connection.refusals, score: state.get('team/1/score') ?? null,
		seen: [...window.seen], banner: banner.hidden ? '' : banner.textContent, heard: metrics.messages };
});

/* `shows`: the track whose game is to be there, null: none. `why`: what the banner then says; null: it need not. */
async function check(name, prefix, { transport, shows, why, ...address }) {
	const page = await open(name, prefix, address);
	await page.waitForFunction(() => window.scoreboard);
	if (shows) {
		await until(async () => (await look(page)).seen.length > 0, `${prefix} is shown`, { ms: 20000 });
		const { live, transport: used, score, seen } = await look(page);
		assert.deepEqual({ live, used, score, seen }, { live: true, used: transport, score: 71 + TRACKS.indexOf(shows), seen: [`Team of ${shows}`] });
	} else {
		if (why)
			await until(async () => why.test((await look(page)).banner), `${prefix}: the banner says ${why}`, { ms: 20000 });
		else
			await page.waitForTimeout(3000);
		const { live, score, seen, heard } = await look(page);
		assert.deepEqual({ live, score, seen, heard }, { live: false, score: null, seen: [], heard: 0 });
	}
	await page.context().close();
}

/* By a broker nothing of another prefix can come, as topics begin with it; and one that has nothing of ours is not live. */
const casesOf = (prefix = OWN) => [
	['from the broker', { transport: 'mqtt', server: broker.url, shows: TRACKS.includes(prefix) ? prefix : null, why: null }],
	...[...ways].flatMap(([way, { port, polls, shows, mute }]) => [['sse', port], ['poll', polls]].map(([transport, at]) =>
		[`${transport}, ${way}`, { transport, http: `http://127.0.0.1:${at}`, shows: prefix === shows && !mute ? shows : null,
			why: mute ? /does not say which scoreboard/ : /another scoreboard: “scoreboard\/track/ }])),
];

for (const [i, prefix] of ASKED.entries())
	test(`a_page_of_${prefix ?? 'no prefix'}_never_shows_another_tracks_game`, async () => {
		const outcomes = await Promise.allSettled(casesOf(prefix ?? undefined).map(([what, wanted], k) =>
			check(PAGES[(i + k) % PAGES.length], prefix, wanted).catch((error) => { throw new Error(`${what}: ${error.message}`); })));
		assert.deepEqual(outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message), []);
	});
