/* People on one broker: the library in Node with MQTT.js, real broker, plugin and publisher, the policy as it is shipped. What a token lets in, what is said and heard, and what comes over
 * lost connections, expired tokens and kept sessions. */
import assert from 'node:assert/strict';
import { connect as connectTcp, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { connect } from '../../../web/client/index.js';
import { startProxy } from '../support/proxy.mjs';
import { startStage } from '../support/stage.mjs';
import { PASSWORD, makeToken, sleep, startBroker, until } from '../support/tools.mjs';

const SECRET = 'a secret of this test, long enough for HS256';

let stage;
before(async () => {
	stage = await startStage({ broker: await startBroker({ tokens: { secret: SECRET }, users: ['publisher', 'operator'] }) });
	stage.seek(20000);
	await sleep(500);
});
after(() => stage?.stop());

const tokenOf = (user, { rooms = [], hosts = [], role, life = 600 } = {}) => {
	const now = Math.floor(Date.now() / 1000);
	return makeToken(SECRET, { sub: user, rooms, hosts, iat: now, exp: now + life, ...(role && { role }) });
};
const asUser = (user, claims) => ({ username: user, password: tokenOf(user, claims) });

function open(t, options) {
	const board = connect({ servers: [stage.broker.url], mqtt: async () => mqtt, ...options });
	board.losses = [];
	board.breaks = 0;
	board.on('lost', ({ reason }) => board.losses.push(reason));
	board.on('connection', ({ live, everLive }) => { board.breaks += !live && everLive ? 1 : 0; });
	t.after(() => board.close());
	return board;
}
const start = (t, user, { claims, ...options } = {}) => open(t, { credentials: asUser(user, claims), ...options });
const live = (board, ms = 8000) => until(() => board.connection.live, `live: ${board.losses}`, { ms });

function listen(room) {
	const heard = [];
	room.on('message', (message) => heard.push(message));
	return heard;
}
const texts = (heard) => heard.map(({ from, data }) => `${from}:${data}`);

/* --- rooms --- */

test('who_is_in_a_room_hears_all_that_is_said_there_in_order_and_once', async (t) => {
	const names = ['ann', 'bob', 'cid'];
	const rooms = await Promise.all(names.map((name) => start(t, name, { claims: { rooms: ['match:42'] } }).join('match:42')));
	const outside = await start(t, 'dan', { claims: { rooms: ['match:1'] } }).join('match:1');
	const heard = [...rooms, outside].map(listen);
	for (let n = 0; n < 10; n++) {
		const answer = await rooms[n % 3].send('say', n);
		assert.deepEqual([answer.state, answer.heard], ['sent', true]);
	}
	const wanted = Array.from({ length: 10 }, (_, n) => `${names[n % 3]}:${n}`);
	await until(() => heard.slice(0, 3).every((list) => list.length >= 10), 'all hear all');
	for (const list of heard.slice(0, 3))
		assert.deepEqual(texts(list), wanted);
	assert.deepEqual(heard[3], []);
	const { id, type, ts, room } = heard[0][0];
	assert.ok(id.length > 10 && type === 'say' && Math.abs(Date.now() - ts) < 60000 && room === 'match:42');
	const { received, duplicates, bad, sent, queued, refused } = rooms[0].stats;
	assert.deepEqual({ received, duplicates, bad, sent, queued, refused }, { received: 10, duplicates: 0, bad: 0, sent: 4, queued: 0, refused: 0 });
});

test('a_private_room_lets_nobody_in_without_its_token_and_the_board_goes_on', async (t) => {
	const board = start(t, 'eve', { claims: { rooms: ['match:42'] } });
	await assert.rejects(board.join('private:jury'), { name: 'Refusal', code: 0x87, reason: 'not allowed' });
	await board.join('match:42');
	assert.equal(board.connection.live, true);
	assert.equal(board.metrics.connects, 1);
});

test('an_open_room_needs_no_token_of_its_own_and_a_host_writes_its_state', async (t) => {
	const host = await start(t, 'ali', { claims: { hosts: ['match:50'] } }).join('match:50');
	const room = await start(t, 'ben').join('match:50');
	const states = [];
	room.on('state', (event) => states.push(event));
	assert.equal((await host.setState('phase', { jam: 3 })).state, 'sent');
	await until(() => states.length > 0, 'the state');
	assert.deepEqual([states, room.state.get('phase')], [[{ key: 'phase', value: { jam: 3 } }], { jam: 3 }]);
	assert.equal((await room.setState('phase', 'mine')).code, 0x87);
	await host.setState('phase', undefined);
	await until(() => room.state.size === 0, 'taken back');
});

test('who_is_there_is_told_in_the_room', async (t) => {
	const room = await start(t, 'ali').join('tournament:51');
	const told = [];
	room.on('presence', (presence) => told.push(presence));
	await until(() => room.presence?.count === 1, 'alone');
	const other = start(t, 'ben');
	await other.join('tournament:51');
	await until(() => room.presence.count === 2, 'two');
	assert.deepEqual([...room.presence.names].sort(), ['ali', 'ben']);
	assert.ok(Math.abs(Date.now() - room.presence.last) < 60000);
	other.close();
	await until(() => room.presence.count === 1, 'alone again');
	assert.ok(told.length >= 2);
});

test('a_room_that_an_operator_closes_ends_with_a_word', async (t) => {
	const board = start(t, 'ali');
	const room = await board.join('match:52');
	const closed = [];
	room.on('closed', (why) => closed.push(why));
	const operator = await mqtt.connectAsync(`mqtt://127.0.0.1:${stage.broker.port}`, { protocolVersion: 5, username: 'operator', password: PASSWORD });
	t.after(() => operator.endAsync());
	const control = (commands) => operator.publishAsync('$CONTROL/scoreboard/v1', JSON.stringify({ commands }), { qos: 1 });
	await control([{ command: 'closeRoom', room: 'match:52', seconds: 60 }]);
	await until(() => closed.length > 0, 'told');
	assert.deepEqual(closed, [{ by: 'operator', seconds: 60 }]);
	await assert.rejects(board.join('match:52'), { name: 'Refusal', code: 0x87 });
	await control([{ command: 'openRoom', room: 'match:52' }]);
	await board.join('match:52');
});

test('a_board_that_is_closed_joins_nothing', async (t) => {
	const board = open(t, { servers: ['ws://127.0.0.1:1/'], credentials: asUser('ali') });
	const joined = Promise.all([assert.rejects(board.join('match:1'), /closed/), assert.rejects(board.subscribe('a/b', () => {}).granted, /closed/)]);
	await sleep(100);
	board.close();
	await joined;
});

test('a_board_that_is_closed_opens_nothing_any_more_and_says_so', async (t) => {
	for (const used of [true, false]) {
		let give;
		const board = open(t, { credentials: () => new Promise((resolve) => { give = resolve; }) });
		await until(() => give, 'asked');
		if (used)
			board.inbox.on('message', () => {});
		await sleep(50);
		board.close();
		give(asUser('ali'));
		assert.equal(await board.outbox.opened, null);
		assert.equal(board.outbox.stats, null);
		await assert.rejects(board.join('match:1'), /closed/);
		await assert.rejects(board.subscribe('a/b', () => {}).granted, /closed/);
		assert.deepEqual(await board.sendTo('ben', 'x'), { state: 'refused', reason: 'closed', code: null });
	}
});

test('a_name_that_is_none_is_refused_at_once', async (t) => {
	const board = open(t, { servers: ['ws://127.0.0.1:1/'] });
	for (const name of ['', '+', '#', 'a/b', 'a\0', 'x'.repeat(65), '\ud800', '\ufffe', undefined])
		await assert.rejects(board.join(name), { name: 'Refusal', code: null, reason: 'not a name' }, JSON.stringify(name));
});

test('nobody_says_anything_where_he_is_not_and_it_is_told', async (t) => {
	const board = start(t, 'fay', { claims: { rooms: ['match:42'] } });
	const room = await board.join('match:42');
	const answer = await room.setState('phase', 'jam');
	assert.deepEqual([answer.state, answer.reason, answer.code], ['refused', 'refused', 0x87]);
	assert.equal(room.stats.refused, 1);
	assert.equal((await room.send('', 1)).reason, 'not a type');
	assert.equal((await room.send('x', 'y'.repeat(70000))).reason, 'too long');
	const nameless = open(t, {});
	await live(nameless);
	assert.deepEqual(await nameless.sendTo('ann', 'x'), { state: 'refused', reason: 'no name', code: null });
});

test('rubbish_is_counted_and_heard_by_nobody', async (t) => {
	const board = start(t, 'gus', { claims: { rooms: ['match:7'] } });
	const room = await board.join('match:7');
	const heard = listen(room);
	for (const payload of ['', 'no', '{"id":"1"}', '[]'])
		await board.publish({ id: crypto.randomUUID(), topic: 'rooms/match:7/say/gus', payload });
	const payload = JSON.stringify({ id: 'same', type: 'say', data: 1, ts: 1 });
	for (let i = 0; i < 3; i++)
		await board.publish({ id: 'same', topic: 'rooms/match:7/say/gus', payload });
	await room.send('say', 'end');
	await until(() => heard.at(-1)?.data === 'end', 'the end');
	assert.deepEqual(texts(heard), ['gus:1', 'gus:end']);
	assert.deepEqual([room.stats.bad, room.stats.duplicates], [4, 2]);
});

test('two_who_join_one_room_on_one_board_share_it_and_leave_one_by_one', async (t) => {
	const board = start(t, 'hal', { claims: { rooms: ['match:8'] } });
	const [one, two] = await Promise.all([board.join('match:8'), board.join('match:8')]);
	const [a, b] = [listen(one), listen(two)];
	await one.send('say', 1);
	await until(() => a.length === 1 && b.length === 1, 'both hear it');
	one.leave();
	one.leave();
	await two.send('say', 2);
	await until(() => b.length === 2, 'the other one still does');
	assert.equal(a.length, 1);
	two.leave();
	const other = await start(t, 'ida', { claims: { rooms: ['match:8'] } }).join('match:8');
	await other.send('say', 3);
	await sleep(300);
	assert.equal(b.length, 2);
	const again = listen(await board.join('match:8'));
	await other.send('say', 4);
	await until(() => again.length === 1, 'joined anew');
});

test('a_room_is_joined_over_lost_connections_and_what_was_taken_back_meanwhile_is_gone', async (t) => {
	const proxy = await startProxy(stage.broker.wsPort);
	t.after(() => proxy.stop());
	const crew = await start(t, 'crewman', { claims: { role: 'crew' } }).join('match:9');
	await crew.setState('phase', 'jam');
	await crew.setState('court', 2);
	const board = start(t, 'jon', { servers: [proxy.url], claims: { rooms: ['match:9'] } });
	const room = await board.join('match:9');
	const heard = listen(room);
	const states = [];
	room.on('state', (event) => states.push(event));
	await until(() => room.state.size === 2, 'what is kept');
	assert.deepEqual([...room.state].sort(), [['court', 2], ['phase', 'jam']]);
	proxy.set('refuse');
	await until(() => !board.connection.live, 'lost');
	await crew.setState('phase', undefined);
	proxy.set('pass');
	await live(board, 20000);
	await crew.send('say', 'there again');
	await until(() => heard.length === 1, 'heard again');
	await until(() => room.state.size === 1, 'what was taken back is gone');
	assert.deepEqual(states.at(-1), { key: 'phase', value: undefined });
	await crew.setState('court', undefined);
});

/* --- queued --- */

test('what_is_said_offline_is_queued_and_goes_later', async (t) => {
	const proxy = await startProxy(stage.broker.wsPort);
	t.after(() => proxy.stop());
	const board = start(t, 'kay', { servers: [proxy.url], claims: { rooms: ['match:10'] } });
	const heard = listen(await start(t, 'lou', { claims: { rooms: ['match:10'] } }).join('match:10'));
	const room = await board.join('match:10');
	proxy.set('refuse');
	await until(() => !board.connection.live, 'lost');
	const answers = [];
	for (const [n, priority] of [[1, 'low'], [2, 'normal'], [3, 'critical']])
		answers.push(await room.send('say', n, { priority }));
	assert.deepEqual(answers.map(({ state, reason }) => [state, reason]), Array(3).fill(['queued', 'offline']));
	assert.equal(room.stats.queued, 3);
	proxy.set('pass');
	const fates = await Promise.all(answers.map(({ done }) => done));
	assert.deepEqual(fates.map(({ state, heard: yes }) => [state, yes]), Array(3).fill(['sent', true]));
	await until(() => heard.length === 3, 'all heard');
	assert.deepEqual(texts(heard), ['kay:3', 'kay:2', 'kay:1'], 'critical first');
	assert.deepEqual([room.stats.queued, room.stats.sent], [0, 3]);
});

test('where_there_is_no_way_to_a_broker_sends_are_queued_joins_wait_and_it_is_told', async (t) => {
	const proxy = await startProxy(stage.broker.wsPort);
	t.after(() => proxy.stop());
	proxy.set('refuse');
	const http = [`http://127.0.0.1:${stage.httpPort}`];
	const board = start(t, 'max', { servers: [proxy.url], http, claims: { rooms: ['match:11'] }, link: { probeMs: 2000 } });
	await until(() => board.connection.live, 'live over HTTP');
	const joined = board.join('match:11');
	const answer = await board.sendTo('max', 'note', 'to myself');
	assert.deepEqual([answer.state, answer.reason], ['queued', 'offline']);
	const { transport, problem, endpoints } = board.connection;
	assert.deepEqual([transport, problem, endpoints.map(({ state }) => state)], ['sse', 'network', ['failed', 'used', 'untried']]);
	assert.equal(await Promise.race([joined, sleep(300).then(() => 'waits')]), 'waits');
	const heard = [];
	board.inbox.on('message', (message) => heard.push(message));
	proxy.set('pass');
	await joined;
	await until(() => heard.length === 1, 'and then it goes');
	assert.deepEqual([board.connection.transport, board.connection.problem, (await answer.done).state], ['mqtt', null, 'sent']);
});

/* --- to users and roles --- */

/* An inbox is subscribed to some time after its board is live: until then nobody hears what `greet()` says to it. */
const isOpen = ({ inbox }, greet) => until(() => greet().then(() => inbox.stats.received > 0), 'the inbox is open', { every: 200 });
const nudges = (heard) => heard.filter(({ type }) => type === 'nudge');

test('a_user_hears_on_all_of_his_devices_and_nobody_else_does', async (t) => {
	const boards = [1, 2, 3].map(() => start(t, 'nia'));
	const other = start(t, 'oto');
	const heard = [...boards, other].map((board) => {
		const list = [];
		board.inbox.on('message', (message) => list.push(message));
		return list;
	});
	await Promise.all([...boards, other].map((board) => live(board)));
	for (const board of boards)
		await isOpen(board, () => other.sendTo('nia', 'hello'));
	const answer = await other.sendTo('nia', 'nudge', { n: 1 });
	assert.deepEqual([answer.state, answer.heard], ['sent', true]);
	await until(() => heard.slice(0, 3).every((list) => nudges(list).length === 1), 'on three devices');
	await sleep(200);
	assert.deepEqual(heard[3], []);
	const [{ from, type, data, to }] = nudges(heard[0]);
	assert.deepEqual({ from, type, data, to }, { from: 'oto', type: 'nudge', data: { n: 1 }, to: { user: 'nia' } });
});

test('that_nobody_hears_is_told', async (t) => {
	const answer = await start(t, 'pia').sendTo('nobody-of-this-name', 'nudge');
	assert.deepEqual([answer.state, answer.heard], ['sent', false]);
	assert.equal((await start(t, 'pia').sendTo('a/b', 'nudge')).reason, 'not a name');
});

test('a_role_hears_what_is_for_it', async (t) => {
	const board = start(t, 'quy', { inbox: { roles: ['app'] } });
	const heard = [];
	board.inbox.on('message', (message) => heard.push(message));
	await live(board);
	const crew = start(t, 'rex', { claims: { role: 'crew' } });
	await isOpen(board, () => crew.sendToRole('app', 'hello'));
	const calls = () => heard.filter(({ type }) => type === 'call');
	assert.equal((await crew.sendToRole('app', 'call', 'all hands')).heard, true);
	await until(() => calls().length === 1, 'heard');
	const [{ from, to }] = calls();
	assert.deepEqual([from, to], ['rex', { role: 'app' }]);
	assert.deepEqual([(await board.sendToRole('app', 'call')).state, calls().length, board.inbox.stats.received], ['refused', 1, heard.length]);
});

test('a_role_that_is_none_is_told_and_the_rest_of_the_inbox_works', async (t) => {
	const board = start(t, 'ali', { inbox: { roles: ['a+', 'app'] } });
	const [heard, refused] = [[], []];
	board.inbox.on('message', ({ data }) => heard.push(data));
	board.inbox.on('refused', ({ reason }) => refused.push(reason));
	await until(() => refused.length > 0, 'refused');
	const crew = start(t, 'dee', { claims: { role: 'crew' } });
	await until(async () => (await crew.sendTo('ali', 'x', 1)).heard && (await crew.sendToRole('app', 'x', 2)).heard, 'heard');
	await until(() => heard.includes(2), 'both');
	assert.deepEqual([refused, heard.includes(1)], [['not a role'], true]);
});

test('a_kept_session_gets_what_came_meanwhile', async (t) => {
	const session = { clientId: 'sue-phone', expiryS: 60 };
	const first = start(t, 'sue', { session });
	first.inbox.on('message', () => {});
	await first.join('match:12'); // an open room; one by token is not kept, for who is away shows none
	await live(first);
	const other = start(t, 'tom');
	await isOpen(first, () => other.sendTo('sue', 'hello'));
	first.close();
	await sleep(300);
	await (await other.join('match:12')).send('say', 'meanwhile');
	for (let n = 0; n < 5; n++)
		assert.equal((await other.sendTo('sue', 'nudge', n)).heard, true, 'the broker keeps it');
	const second = start(t, 'sue', { session });
	await live(second);
	await sleep(500); // an app takes its time to ask
	const heard = [];
	second.inbox.on('message', (message) => heard.push(message));
	await until(() => nudges(heard).length === 5, 'all of it');
	assert.deepEqual(texts(nudges(heard)), [0, 1, 2, 3, 4].map((n) => `tom:${n}`));
	const said = listen(await second.join('match:12'));
	await until(() => said.length > 0, 'what was said in the room');
	assert.deepEqual(texts(said), ['tom:meanwhile']);
});

test('two_with_one_session_do_not_take_it_from_each_other_for_ever', async (t) => {
	const session = { clientId: 'tic-phone', expiryS: 60 };
	const first = start(t, 'tic', { session });
	await live(first);
	const second = start(t, 'tic', { session });
	const both = [first, second];
	const refused = () => both.filter(({ connection }) => connection.problem === 'refused' && connection.phase === 'waiting');
	await until(() => refused().length === 1, 'one of them waits', { ms: 30000 });
	const connects = () => both.map(({ metrics }) => metrics.connects);
	await sleep(2000);
	const before = connects();
	await sleep(5000);
	assert.deepEqual([connects(), refused().length, both.filter(({ connection }) => connection.live).length], [before, 1, 1]);
	assert.ok(Math.max(...before) <= 6, before.join());
});

/* --- tokens --- */

test('a_token_is_renewed_before_it_expires_with_one_reconnect_and_nothing_is_missed', async (t) => {
	const asked = [];
	const board = open(t, { credentials: async (need) => {
		asked.push(need);
		return asUser('uma', { rooms: ['match:13'], life: asked.length === 1 ? 12 : 600 });
	} });
	const heard = listen(await board.join('match:13'));
	const other = await start(t, 'vic', { claims: { rooms: ['match:13'] } }).join('match:13');
	const begun = Date.now();
	let n = 0;
	for (; Date.now() - begun < 12800; n++) {
		await other.send('say', n);
		await sleep(120);
	}
	await until(() => heard.length >= n, `${heard.length} of ${n}`);
	assert.deepEqual(texts(heard), Array.from({ length: n }, (_, i) => `vic:${i}`));
	assert.deepEqual(asked, [{ refused: false, expired: false }, { refused: false, expired: true }]);
	assert.deepEqual([board.metrics.connects, board.breaks, board.losses], [2, 0, []]);
});

test('the_same_with_a_session_that_the_broker_keeps', async (t) => {
	let asked = 0;
	const credentials = async () => { asked++; return asUser('wes', { rooms: ['match:14'], life: asked === 1 ? 12 : 600 }); };
	const board = open(t, { credentials, session: { clientId: 'wes-phone', expiryS: 60 } });
	const heard = listen(await board.join('match:14'));
	const other = await start(t, 'xia', { claims: { rooms: ['match:14'] } }).join('match:14');
	const begun = Date.now();
	let n = 0;
	for (; Date.now() - begun < 10000; n++) {
		await other.send('say', n);
		await sleep(120);
	}
	await until(() => heard.length >= n, `${heard.length} of ${n}`);
	assert.deepEqual(texts(heard), Array.from({ length: n }, (_, i) => `xia:${i}`));
	assert.deepEqual([asked, board.metrics.connects], [2, 2]);
});

test('a_token_that_is_refused_is_asked_for_anew_and_then_waited_with', async (t) => {
	const asked = [];
	let good = false;
	const board = open(t, { credentials: async (need) => {
		asked.push(need);
		return good ? asUser('yan') : { username: 'yan', password: makeToken('another secret that is long enough', { sub: 'yan', n: asked.length }) };
	} });
	await until(() => board.connection.problem === 'token', 'it is told');
	await sleep(6000);
	assert.deepEqual(asked, [{ refused: false, expired: false }, { refused: true, expired: false }]);
	assert.deepEqual([board.metrics.connects, board.connection.phase], [2, 'waiting']);
	assert.ok(board.connection.endpoints[0].retryInMs > 1000 && board.connection.endpoints[0].state === 'refused');
	good = true;
	await live(board, 40000);
	assert.equal(board.connection.problem, null);
});

test('a_token_that_expired_while_we_were_away_is_asked_for_anew', async (t) => {
	let asked = 0;
	const proxy = await startProxy(stage.broker.wsPort);
	t.after(() => proxy.stop());
	const board = open(t, { servers: [proxy.url], credentials: async () => { asked++; return asUser('zoe', { life: 7 }); } });
	await live(board);
	proxy.set('refuse');
	await until(() => !board.connection.live, 'lost');
	await sleep(7500);
	assert.equal(board.connection.problem, 'network');
	proxy.set('pass');
	await live(board, 25000);
	assert.ok(asked >= 2 && board.losses.every((reason) => !/not authorized/i.test(reason)), `${asked} ${board.losses}`);
});

test('an_app_that_has_no_credentials_is_asked_less_and_less_often', async (t) => {
	let asked = 0;
	const board = open(t, { credentials: async () => { asked++; throw new Error('login page'); } });
	await sleep(6000);
	assert.ok(asked >= 2 && asked <= 8, `${asked}`);
	assert.equal(board.connection.problem, 'token');
});

test('a_room_that_the_next_token_has_no_more_ends_with_a_word', async (t) => {
	let rooms = ['private:15', 'private:16'];
	const board = open(t, { credentials: async () => { const own = rooms; rooms = ['private:16']; return asUser('abe', { rooms: own, life: 8 }); } });
	const [lost, kept] = await Promise.all([board.join('private:15'), board.join('private:16')]);
	const closed = [];
	lost.on('closed', (why) => closed.push(why));
	kept.on('closed', () => assert.fail('this one stays'));
	await until(() => closed.length > 0, 'told', { ms: 20000 });
	assert.deepEqual(closed, [{ refused: true, code: 0x87, reason: 'not allowed' }]);
	assert.equal((await kept.send('say', 1)).heard, true);
	await assert.rejects(board.join('private:15'), { code: 0x87 });
});

/* --- any topic, other feeds --- */

test('any_topic_on_the_same_connection_and_what_is_refused_is_told', async (t) => {
	const board = start(t, 'bea');
	const heard = [];
	const [status, crew, wrong] = ['scoreboard/status', 'scoreboard/crew/#', 'a/#/b'].map((filter) =>
		board.subscribe(filter, (text, topic, { retained }) => heard.push([topic, JSON.parse(text).state, retained])));
	await status.granted;
	await assert.rejects(crew.granted, { name: 'Refusal', code: 0x87 });
	await assert.rejects(wrong.granted, TypeError);
	await until(() => heard.length > 0, 'what is retained');
	assert.deepEqual(heard[0], ['scoreboard/status', 'live', true]);
	const all = board.subscribe('scoreboard/#', () => {});
	await all.granted;
	const { deltas } = board.metrics;
	for (let i = 1; i <= 5; i++) {
		stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': 700 + i });
		await sleep(150);
	}
	await until(() => board.get('team/1/score') === 705, 'the feed goes on');
	const { unreadable, gaps, joins } = board.metrics;
	assert.deepEqual([unreadable, gaps, joins, board.metrics.deltas > deltas], [0, 0, 0, true], 'a filter that covers the feed does it no harm');
	all();
	status();
	await sleep(200);
	stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': 800 });
	await until(() => board.get('team/1/score') === 800, 'nor does its end');
	const metrics = board.metrics;
	assert.deepEqual([metrics.connects, metrics.gaps, board.connection.live], [1, 0, true]);
});

test('what_would_cost_the_connection_is_no_filter_and_the_longest_that_is_one_does_not', async (t) => {
	const board = start(t, 'bea', { view: null });
	await live(board);
	for (const filter of ['a\u0001b', 'a/\ufdd0', `${'a/'.repeat(201)}b`])
		await assert.rejects(board.subscribe(filter, () => {}).granted, TypeError);
	await assert.rejects(board.subscribe(`${'a/'.repeat(200)}b`, () => {}).granted, { name: 'Refusal', code: 0x87 });
	assert.deepEqual([board.connection.live, board.metrics.connects], [true, 1]);
});

test('each_filter_of_one_moment_has_its_own_answer', async (t) => {
	const board = start(t, 'bea', { view: null });
	await live(board);
	const [status, number] = ['scoreboard/status', '7'].map((filter) => board.subscribe(filter, () => {}));
	await status.granted;
	await assert.rejects(number.granted, { name: 'Refusal', code: 0x87 });
});

test('who_no_longer_listens_to_the_topic_of_notices_is_told_of_them_all_the_same', async (t) => {
	const board = start(t, 'bea', { view: null });
	const off = board.subscribe('scoreboard/notice', () => {});
	await off.granted;
	off();
	await sleep(200);
	const crew = start(t, 'dee', { view: null, claims: { role: 'crew' } });
	await crew.setNotice({ text: 'Lost: a whistle', seconds: 60 });
	await until(() => board.notice?.text === 'Lost: a whistle', 'the notice');
	await crew.setNotice({ text: '' });
	await until(() => board.notice === null, 'taken back');
});

test('several_feeds_come_over_one_connection_and_over_HTTP_as_well', async (t) => {
	const proxy = await startProxy(stage.broker.wsPort);
	t.after(() => proxy.stop());
	const http = [`http://127.0.0.1:${stage.httpPort}`];
	const board = open(t, { servers: [proxy.url], http, views: [{ view: 'overlay' }], link: { patience: 0, probeMs: 2000 } });
	const overlay = board.feed({ view: 'overlay' });
	const none = board.feed({ prefix: 'track2' });
	await live(board);
	await until(() => overlay.live, 'the other view');
	assert.ok(overlay.state.size > 0 && overlay.state.size !== board.state.size, `${overlay.state.size} ${board.state.size}`);
	assert.equal(none.live, false);
	assert.equal(proxy.connections(), 1);
	stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': 901 });
	await until(() => overlay.get('team/1/score') === 901 && board.get('team/1/score') === 901, 'both follow');
	assert.notEqual(overlay.clock('jam'), undefined);
	proxy.set('refuse');
	await until(() => board.connection.transport === 'sse' && overlay.live, 'over HTTP', { ms: 20000 });
	stage.say({ 'ScoreBoard.CurrentGame.Team(1).Score': 902 });
	await until(() => overlay.get('team/1/score') === 902, 'and it goes on');
	proxy.set('pass');
	await until(() => board.connection.transport === 'mqtt' && overlay.live, 'and back', { ms: 20000 });
	overlay.close();
	board.feed({ view: 'overlay' }).close();
});

test('without_a_view_there_are_still_rooms', async (t) => {
	const board = start(t, 'cem', { view: null, claims: { rooms: ['match:17'] }, prefix: 'no-such-scoreboard' });
	const room = await board.join('match:17');
	assert.equal((await room.send('say', 1)).heard, true);
	assert.deepEqual([board.connection.live, board.state.size, board.metrics.connects], [true, 0, 1]);
	await until(() => board.connection.rttMs !== null, 'measured');
});

test('a_notice_is_kept_for_as_long_as_it_is_to_be', async (t) => {
	const crew = start(t, 'dee', { claims: { role: 'crew' } });
	const begun = Date.now();
	assert.equal((await crew.setNotice({ text: 'Track 2 starts', level: 'urgent', seconds: 5 })).state, 'sent');
	const said = Date.now();
	const kept = async (enough) => {
		const board = open(t, { view: null });
		const got = [];
		await board.subscribe('scoreboard/notice', (text) => got.push(JSON.parse(text)), { qos: 1 }).granted;
		await enough(got);
		board.close();
		return got;
	};
	const [{ text, level, by, until: end }] = await kept((got) => until(() => got.length > 0, 'it is kept'));
	assert.deepEqual([text, level, by], ['Track 2 starts', 'urgent', 'dee']);
	assert.ok(end > begun + 3500 && end < said + 6500);
	await sleep(said + 5500 - Date.now());
	assert.deepEqual(await kept(() => sleep(200)), []);
	for (const bad of [{ text: 'x'.repeat(501) }, { text: 7 }, { text: 'x', level: 'loud' }, { text: 'x', seconds: 0 }, {}])
		assert.equal((await crew.setNotice(bad)).state, 'refused', JSON.stringify(bad).slice(0, 40));
});

test('a_notice_from_a_device_whose_clock_is_wrong_ends_when_it_is_to', async (t) => {
	const crew = start(t, 'dee', { claims: { role: 'crew' } });
	await until(() => crew.synced, 'the publisher says what time it is', { ms: 15000 });
	const right = Date.now;
	Date.now = () => right() - 86400000;
	const answer = crew.setNotice({ text: 'In time', seconds: 60 });
	t.after(() => { Date.now = right; });
	assert.equal((await answer).state, 'sent');
	Date.now = right;
	await until(() => crew.notice?.text === 'In time', 'shown');
	assert.ok(Math.abs(crew.notice.until - Date.now() - 60000) < 5000);
	await crew.setNotice({ text: '' });
});

/* --- a slow way --- */

/* Passes all bytes on, each so many ms later. */
function startSlowProxy(port, way) {
	const sockets = new Set();
	const server = createServer((viewer) => {
		const broker = connectTcp(port, '127.0.0.1');
		for (const [from, to] of [[viewer, broker], [broker, viewer]]) {
			sockets.add(from);
			from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), way.ms));
			from.on('close', () => to.destroy()).on('error', () => to.destroy());
		}
	});
	const stop = () => { sockets.forEach((socket) => socket.destroy()); server.close(); };
	return new Promise((done) => { server.listen(0, '127.0.0.1', () => done({ url: `ws://127.0.0.1:${server.address().port}/mqtt`, stop })); });
}

test('a_slow_way_that_lives_is_left_for_a_better_one_without_a_break', async (t) => {
	const ways = [{ ms: 0 }, { ms: 0 }];
	const proxies = await Promise.all(ways.map((way) => startSlowProxy(stage.broker.wsPort, way)));
	t.after(() => proxies.forEach((proxy) => proxy.stop()));
	const board = start(t, 'eli', { servers: proxies.map(({ url }) => url), claims: { rooms: ['match:18'] },
		link: { measureMs: 400, measureAgainMs: 200, leaveSpreadMs: 300 } });
	const heard = listen(await board.join('match:18'));
	await live(board);
	const used = proxies.findIndex(({ url }) => url === board.connection.endpoint);
	ways[used].ms = 900;
	const other = await start(t, 'fox', { claims: { rooms: ['match:18'] } }).join('match:18');
	let n = 0;
	for (const begun = Date.now(); board.connection.endpoint === proxies[used].url && Date.now() - begun < 20000; n++) {
		await other.send('say', n);
		await sleep(200);
	}
	assert.equal(board.connection.endpoint, proxies[1 - used].url);
	await until(() => board.connection.rttMs < 500, 'the way is short');
	await other.send('say', n++);
	await until(() => heard.length >= n, `${heard.length} of ${n}`);
	assert.equal(new Set(texts(heard)).size, n, 'each, and each once');
	assert.deepEqual([heard.length, board.breaks], [n, 0]);
});
