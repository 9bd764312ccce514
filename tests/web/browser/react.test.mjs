/* The hooks with the real React (its development build, in strict mode), the real broker with its door, and a tournament's scoreboard. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { connect } from '../../../web/client/index.js';
import { serveApp } from '../support/app.mjs';
import { launch, openPage } from '../support/chrome.mjs';
import { startSource } from '../support/source.mjs';
import { makeToken, sleep, source as tree, startBroker, until, webDir } from '../support/tools.mjs';

const SECRET = 'a secret of this test, long enough for HS256';
const HOST_ROOMS = ['match:42', 'tournament:7'];

let broker;
let scoreboard;
let app;
let browser;
let crew;            // writes as the scoreboard's own people do
before(async () => {
	broker = await startBroker({ tokens: { role: 'app', secret: SECRET }, users: ['publisher', 'crew'] });
	scoreboard = await startSource({ broker, webDir, more: ['--schema', join(tree, 'schema/tournament.json')] });
	scoreboard.push({ frame: { state: {
		'Tournament.Name': 'Open', 'Tournament.Match(1).Stage': 'Final', 'Tournament.Match(1).Phase': 'First half',
		'Tournament.Match(1).Side(Home).Team': 'Herons', 'Tournament.Match(1).Side(Home).Points': 0, 'Tournament.Match(1).Side(Away).Points': 0,
		'Tournament.Match(2).Phase': 'Later', 'Tournament.Match(2).Side(Home).Points': 0,
		'Tournament.Match(1).Timer.Milliseconds': 1000, 'Tournament.Match(1).Timer.Started': true, 'Tournament.Match(1).Timer.CountsDown': false,
	} } });
	crew = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, username: 'crew', password: broker.password });
	app = await serveApp();
	browser = await launch();
});
after(async () => {
	await browser?.close();
	app?.stop();
	await crew?.endAsync(true);
	await scoreboard?.stop();
	await broker?.stop();
});

const credentialsOf = (user, claims = {}) => ({ username: user, password: makeToken(SECRET, { sub: user, rooms: HOST_ROOMS, ...claims }) });

/* Somebody else, in Node. */
function startPeer(t, user) {
	const board = connect({ servers: [broker.url], view: null, credentials: credentialsOf(user), mqtt: () => import('mqtt').then((m) => m.default), encoding: 'json' });
	t.after(() => board.close());
	return board;
}

/* A page with React. draw({ h, hooks, board, show }), in the page, makes the component of the test; show(name, value) is what it shows, shown(page) what
 * that is by now; window.drawn counts. */
async function startPage(t, draw, user = 'ann') {
	const page = await openPage(browser, app.address('react.html'));
	t.after(() => page.context().close());
	await page.evaluate(async ({ server, credentials, text }) => {
		const hooks = await import('/client/react.js');
		const { createElement: h, StrictMode } = window.React;
		const mqttOf = () => import('/vendor/mqtt.esm.js');
		const options = { servers: [server], view: 'hall', credentials, encoding: 'json', mqtt: mqttOf };
		window.shown = {};
		window.drawn = {};
		const show = (name, value) => {
			window.shown[name] = value;
			window.drawn[name] = (window.drawn[name] ?? 0) + 1;
		};
		const Tested = new Function('tools', `return (${text})(tools)`)({ h, hooks, show, React: window.React });
		function App({ on }) {
			const board = hooks.useScoreboard(options);
			return on ? h(Tested, { board }) : null;
		}
		window.root = window.ReactDOM.createRoot(document.querySelector('#root'));
		window.mount = (on) => window.root.render(h(StrictMode, null, h(App, { on })));
		window.mount(true);
	}, { server: broker.url, credentials: credentialsOf(user, { hosts: HOST_ROOMS }), text: String(draw) });
	return page;
}
const shown = (page, name) => page.evaluate((what) => window.shown[what], name);
const drawn = (page, name) => page.evaluate((what) => window.drawn[what] ?? 0, name);
const shows = (page, name, claim, what) => until(async () => claim(await shown(page, name)), what);

test('a_room_is_joined_heard_spoken_in_and_left', async (t) => {
	const bob = await startPeer(t, 'bob').join('match:42');
	const heard = [];
	bob.on('message', (message) => heard.push(message));
	const page = await startPage(t, ({ hooks, show }) => function Tested({ board }) {
		const view = hooks.useRoom(board, 'match:42', { last: 10 });
		window.view = view;
		const { status, messages, members, state, stats } = view;
		show('room', { status, texts: messages.map(({ from, data }) => `${from} ${data.n}`), members, state: [...state], stats });
		return null;
	});
	await shows(page, 'room', (room) => room?.status === 'joined', 'joined');
	const before = await drawn(page, 'room');
	await Promise.all(Array.from({ length: 30 }, (_, n) => bob.send('cheer', { n })));
	await shows(page, 'room', ({ texts }) => texts.at(-1) === 'bob 29', 'the last one');
	const { texts, stats } = await shown(page, 'room');
	assert.deepEqual(texts, Array.from({ length: 10 }, (_, i) => `bob ${20 + i}`));
	assert.equal(stats.received, 30);
	const more = await drawn(page, 'room') - before;
	assert.ok(more <= 20, `${more} drawings (each twice in strict mode) for 30 messages`);
	assert.equal((await page.evaluate(() => window.view.send('cheer', { n: 'hello' }))).state, 'sent');
	await until(() => heard.some(({ from, data }) => from === 'ann' && data.n === 'hello'), 'bob hears ann');
	assert.equal((await page.evaluate(() => window.view.setState('phase', 'jam'))).state, 'sent');
	await shows(page, 'room', ({ state }) => JSON.stringify(state) === '[["phase","jam"]]', 'the state');
	await until(() => bob.state.get('phase') === 'jam', 'for bob, too');
	await shows(page, 'room', ({ members }) => [...members].sort().join() === 'ann,bob', 'who is there');
	await page.evaluate(() => window.mount(false));
	await until(() => bob.presence?.names.join() === 'bob', 'unmounting leaves');
	const last = await drawn(page, 'room');
	await bob.send('cheer', { n: 'nobody' });
	await sleep(100);
	assert.equal(await drawn(page, 'room'), last);
	assert.deepEqual(page.complaints, []);
});

test('a_room_that_is_not_ours_says_so', async (t) => {
	const page = await startPage(t, ({ hooks, show }) => function Tested({ board }) {
		const { status, refusal, send } = hooks.useRoom(board, 'private:jury');
		window.send = send;
		show('room', { status, refusal });
		return null;
	});
	await shows(page, 'room', (room) => room?.status === 'refused', 'refused');
	assert.equal((await shown(page, 'room')).refusal.code, 0x87);
	const { state, code } = await page.evaluate(() => window.send('cheer', 1));
	assert.deepEqual({ state, code }, { state: 'refused', code: 0x87 });
});

test('another_room_is_another_room_and_the_same_one_is_shared', async (t) => {
	const page = await startPage(t, ({ h, hooks, show, React }) => {
		function Room({ board, name, as }) {
			const { status, room } = hooks.useRoom(board, name);
			show(as, { status, name: room?.name });
			return null;
		}
		return function Tested({ board }) {
			const [name, setName] = React.useState('match:42');
			window.go = setName;
			return [h(Room, { key: 1, board, name, as: 'one' }), h(Room, { key: 2, board, name: 'match:42', as: 'two' })];
		};
	});
	for (const name of ['match:42', 'tournament:7', 'match:42']) {
		await page.evaluate((to) => window.go(to), name);
		await shows(page, 'one', (room) => room?.status === 'joined' && room.name === name, name);
		assert.deepEqual(await shown(page, 'two'), { status: 'joined', name: 'match:42' });
	}
});

test('messages_to_us_notices_and_how_it_goes', async (t) => {
	const peer = startPeer(t, 'bob');
	const page = await startPage(t, ({ hooks, show }) => function Tested({ board }) {
		window.board = board;
		show('online', hooks.useOnline(board));
		show('inbox', hooks.useInbox(board).map(({ from, type, data, to }) => ({ from, type, data, to })));
		show('notice', hooks.useNotices(board));
		show('total', hooks.usePresence(board));
		show('there', hooks.usePresence(board, 'match:42'));
		show('metrics', hooks.useMetrics(board, 100));
		show('outbox', hooks.useOutbox(board, 100));
		return null;
	});
	await shows(page, 'online', (online) => online === true, 'online');
	await shows(page, 'total', (total) => total?.count >= 3, 'who is at the broker');
	await shows(page, 'there', (there) => there?.names.join() === 'ann', 'who is in the room');
	assert.equal((await peer.sendTo('ann', 'nudge', { n: 1 })).heard, true);
	await shows(page, 'inbox', (inbox) => inbox?.length === 1, 'a message to us');
	assert.deepEqual(await shown(page, 'inbox'), [{ from: 'bob', type: 'nudge', data: { n: 1 }, to: { user: 'ann' } }]);
	await crew.publishAsync('scoreboard/notice', JSON.stringify({ id: 'n', text: 'Doors close at ten', level: 'info' }), { qos: 1, retain: true });
	await shows(page, 'notice', (notice) => notice?.text === 'Doors close at ten', 'the notice');
	await crew.publishAsync('scoreboard/notice', '', { qos: 1, retain: true });
	await shows(page, 'notice', (notice) => notice === null, 'taken back');
	const answer = await page.evaluate(() => window.board.sendTo('bob', 'nudge', {}, { priority: 'low' }));
	assert.equal(answer.state, 'sent');
	await shows(page, 'outbox', (stats) => stats?.priorities.low.sent === 1, 'counted');
	await shows(page, 'metrics', (metrics) => metrics?.messages > 0, 'metrics');
	await sleep(300);
	const before = await drawn(page, 'online');
	await sleep(1500);
	const more = await drawn(page, 'online') - before;
	assert.ok(more <= 8, `${more} drawings in 1.5 s in which little happens`);
	await page.evaluate(() => window.board.close());
	await shows(page, 'online', (online) => online === false, 'offline');
	assert.deepEqual(page.complaints, []);
});

test('a_tournament', async (t) => {
	const bob = await startPeer(t, 'bob').join('tournament:7');
	const heard = [];
	bob.on('message', (message) => heard.push(message));
	const page = await startPage(t, ({ h, hooks, show, React }) => {
		const Match = React.memo(({ match }) => { show(`match ${match.id}`, match.sides); return null; });
		return function Tested({ board }) {
			const { name, scores, matches, participants, activity, broadcast, status } = hooks.useTournament(board, 7);
			window.broadcast = broadcast;
			const clock = hooks.useClock(board, 'match/1/timer', 50);
			show('tournament', { name, scores, participants, status, activity: activity.map(({ at, id, ts, ...rest }) => rest), clock });
			return matches.map((match) => h(Match, { key: match.id, match }));
		};
	});
	await shows(page, 'tournament', (now) => now?.name === 'Open' && now.status === 'joined', 'joined, and the scoreboard');
	assert.deepEqual((await shown(page, 'tournament')).scores, { 1: { home: 0, away: 0 }, 2: { home: 0 } });
	await shows(page, 'tournament', ({ participants }) => [...participants].sort().join() === 'ann,bob', 'who takes part');
	await shows(page, 'tournament', ({ clock }) => clock?.running && clock.time > 1200, 'the timer counts');
	const others = await drawn(page, 'match 2');
	scoreboard.push({ frame: { state: { 'Tournament.Match(1).Side(Home).Points': 2 } } });
	scoreboard.push({ frame: { state: { 'Tournament.Match(1).Phase': 'Second half' } } });
	await shows(page, 'tournament', ({ scores }) => scores[1].home === 2, 'points');
	await shows(page, 'match 1', (sides) => sides[0].points === 2 && sides[0].name === 'Herons', 'in its match');
	assert.equal((await page.evaluate(() => window.broadcast('hello', 'all'))).state, 'sent');
	await until(() => heard.some(({ type, data }) => type === 'hello' && data === 'all'), 'bob hears it');
	await bob.leave();
	await shows(page, 'tournament', ({ participants }) => participants.join() === 'ann', 'bob is gone');
	await shows(page, 'tournament', ({ activity }) => activity.some(({ kind }) => kind === 'went'), 'and that is told');
	const { activity } = await shown(page, 'tournament');
	const has = (entry) => activity.some((one) => Object.entries(entry).every(([key, value]) => one[key] === value));
	assert.ok(has({ kind: 'points', match: '1', side: 'home', points: 2 }), JSON.stringify(activity));
	assert.ok(has({ kind: 'phase', match: '1', phase: 'Second half' }) && has({ kind: 'said', from: 'ann', type: 'hello' }) && has({ kind: 'went', name: 'bob' }));
	assert.equal(await drawn(page, 'match 2'), others, 'the other match is not drawn again');
	assert.deepEqual(page.complaints, []);
});
