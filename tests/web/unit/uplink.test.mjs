/* What the uplink page decides: what a link and an order may say, what a session is, what is shown. Without a broker, a scoreboard and a page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceOf, registerOf, tokenOf } from '../../../web/uplink/address.js';
import { createSession, isRelaying, sessionStep } from '../../../web/uplink/session.js';
import { agoOf, createTally, scoreOf, sizeOf, tallyFrame, tallyRestart } from '../../../web/uplink/tally.js';
import { createTimers } from '../../../web/uplink/timers.js';
import { verdictOf } from '../../../web/uplink/words.js';

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (words) => new TextEncoder().encode(words);

/* --- addresses --- */

test('a_token_stands_behind_the_fragment_and_nowhere_else', () => {
	for (const [link, token] of [
		['https://h/uplink.html#token=a.b.c', 'a.b.c'], ['#x=1&token=a_-9.b.c', 'a_-9.b.c'], [' https://h/?a=b#token=a.b.c ', 'a.b.c'],
		['https://h/?token=a.b.c', null], ['a.b.c', null], ['#token=a.b', null], ['#token=a.b.c.d', null], ['#token=a.b.<c>', null], ['', null], [`#token=${'a'.repeat(8190)}.b.c`, null],
	])
		assert.equal(tokenOf(link), token, link);
});

test('a_scoreboard_is_here_or_near_or_a_person_has_to_say_so', () => {
	for (const [address, distance] of [
		['ws://localhost:8000/WS/', 'here'], ['ws://127.0.0.1:8000/WS/', 'here'], ['ws://127.9.9.9/', 'here'], ['ws://[::1]:8000/', 'here'], ['ws://2130706433/', 'here'],
		['ws://10.1.2.3/', 'near'], ['ws://192.168.1.20:8000/WS/', 'near'], ['ws://172.16.0.1/', 'near'], ['ws://172.31.0.1/', 'near'], ['wss://169.254.1.1/', 'near'],
		['ws://[fd00::1]/', 'near'], ['ws://[fe80::1]/', 'near'], ['ws://laptop:8000/', 'near'], ['ws://laptop.local/', 'near'],
		['ws://172.32.0.1/', 'far'], ['ws://8.8.8.8/', 'far'], ['ws://[2001:db8::1]/', 'far'], ['wss://example.org/', 'far'], ['ws://localhost.example.org/', 'far'],
		['ws://127.0.0.1.example.org/', 'far'], ['ws://10.example.org/', 'far'], ['ws://192.168.example.org/', 'far'],
		['http://localhost/', null], ['javascript:alert(1)', null], ['ws://me:you@localhost/', null], ['ws://localhost/#x', null], ['localhost', null], ['', null],
	])
		assert.equal(distanceOf(address), distance, address);
});

test('nothing_but_a_request_for_values_is_sent_to_a_scoreboard', () => {
	assert.equal(registerOf('{"paths":["a","b"],"action":"Register","key":"x"}'), '{"action":"Register","paths":["a","b"]}');
	for (const bad of ['{"action":"Set","key":"ScoreBoard.CurrentGame.Team(1).Score","value":9}', '{"action":"Register"}', '{"action":"Register","paths":"a"}', '{"action":"Register","paths":[1]}',
		`{"action":"Register","paths":["${'a'.repeat(1001)}"]}`, JSON.stringify({ action: 'Register', paths: Array(2001).fill('a') }), '[]', 'null', '7', '', '{"action":"Ping"}'])
		assert.equal(registerOf(bad), null, bad.slice(0, 80));
});

/* --- the session --- */

function start() {
	const session = createSession();
	const said = [];
	const did = [];
	const step = (event, now = 0) => sessionStep(session, event, now).forEach(({ do: act, bytes: what, text: words }) =>
		(act === 'say' ? said.push(text(what)) : did.push(words === undefined ? act : `${act} ${words}`)));
	const order = (words, now) => step({ type: 'order', text: words }, now);
	return { session, step, order, said: () => said.splice(0), did: () => did.splice(0) };
}
function open(one, now = 0) {
	one.order('ab 0 open\n5000', now);
	one.step({ type: 'opened' }, now);
	one.said();
	one.did();
}

test('it_says_that_it_is_here_and_waits_for_an_order', () => {
	const one = start();
	one.step({ type: 'joined' });
	assert.deepEqual([one.said(), one.did()], [['- 0 here'], []]);
	one.order('ab 0 open\n5000');
	assert.deepEqual([one.said(), one.did()], [['ab 0 trying'], ['dial']]);
	one.step({ type: 'opened' });
	assert.deepEqual([one.said(), one.did()], [['ab 1 open'], []]);
	one.step({ type: 'frame', bytes: bytes('{"a":"é"}') });
	assert.deepEqual(one.said(), ['ab 2 frame\n{"a":"é"}']);
	one.order('ab 0 ping');
	assert.deepEqual(one.said(), ['ab 3 pong']);
	one.order('ab 0 send\n{"action":"Register","paths":["x"]}');
	assert.deepEqual([one.said(), one.did()], [[], ['send {"action":"Register","paths":["x"]}']]);
});

test('what_is_no_order_or_of_another_session_does_nothing', () => {
	const one = start();
	open(one);
	for (const bad of ['', 'ab 0', 'ab 0 dance', 'cd 0 ping', 'cd 0 send\n{"action":"Register","paths":[]}', 'ab 0 send\n{"action":"Set","key":"x","value":1}', 'ab 1 ping', 'ab 0 ping ping', 'ab 0 toString',
		'ab 0 constructor', 'AB 0 open', '<b> 0 open'])
		one.order(bad);
	assert.deepEqual([one.said(), one.did()], [[], []]);
	assert.ok(isRelaying(one.session));
});

test('a_large_frame_goes_in_parts_and_is_the_same_when_put_together', () => {
	const one = start();
	open(one);
	const frame = Uint8Array.from({ length: 600000 }, (_, i) => (i * 7) % 251);
	const effects = sessionStep(one.session, { type: 'frame', bytes: frame }, 0).map(({ bytes: all }) => ({ head: text(all.subarray(0, all.indexOf(10))), body: all.subarray(all.indexOf(10) + 1) }));
	assert.deepEqual(effects.map(({ head }) => head), ['ab 2 part', 'ab 3 part', 'ab 4 frame']);
	assert.deepEqual(Buffer.concat(effects.map(({ body }) => body)), Buffer.from(frame));
	assert.ok(effects.every(({ body }) => body.length <= 262144));
});

test('a_new_order_to_open_takes_over_what_is_being_dialled_and_replaces_what_is_open', () => {
	const one = start();
	one.order('ab 0 open\n5000');
	one.order('cd 0 open\n5000');
	assert.deepEqual([one.said(), one.did()], [['ab 0 trying', 'cd 0 trying'], ['dial']]);
	one.step({ type: 'opened' });
	assert.deepEqual(one.said(), ['cd 1 open']);
	one.order('ef 0 open\n5000');
	assert.deepEqual([one.said(), one.did()], [['ef 0 trying'], ['dial']]);
	one.step({ type: 'frame', bytes: bytes('{}') });
	assert.deepEqual(one.said(), [], 'not open yet');
});

test('each_end_has_its_word', () => {
	const one = start();
	one.order('ab 0 open\n5000');
	one.step({ type: 'closed' });
	assert.deepEqual([one.said(), one.did()], [['ab 0 trying', 'ab 1 lost\nunreachable'], ['dial']]);
	open(one);
	one.step({ type: 'closed' });
	assert.deepEqual([one.said(), one.did()], [['ab 2 lost\nclosed'], []]);
	for (const why of ['slow', 'refused', 'stopped']) {
		open(one);
		one.step({ type: 'choked', why });
		assert.deepEqual([one.said(), one.did()], [[`ab 2 lost\n${why}`], ['hang-up']]);
		one.step({ type: 'choked', why });
		assert.deepEqual([one.said(), one.did()], [[], []], 'once');
	}
	open(one);
	one.step({ type: 'parted' });
	assert.deepEqual([one.said(), one.did()], [[], ['hang-up']]);
	one.step({ type: 'frame', bytes: bytes('{}') });
	one.order('ab 0 ping');
	assert.deepEqual(one.said(), []);
});

test('a_publisher_of_whom_nothing_is_heard_has_gone', () => {
	const one = start();
	open(one, 1000);
	one.step({ type: 'tick' }, 6000);
	assert.deepEqual(one.did(), []);
	one.order('ab 0 ping', 6000);
	one.step({ type: 'tick' }, 11000);
	assert.deepEqual(one.did(), []);
	one.step({ type: 'tick' }, 11001);
	assert.deepEqual(one.did(), ['hang-up']);
	assert.ok(!isRelaying(one.session));
});

test('a_silent_scoreboard_is_pinged_before_it_hangs_up', () => {
	const one = start();
	open(one);
	one.order('ab 0 open\n900000');
	one.step({ type: 'opened' });
	one.did();
	one.step({ type: 'tick' }, 239999);
	assert.deepEqual(one.did(), []);
	one.step({ type: 'tick' }, 240000);
	assert.deepEqual(one.did(), ['send {"action":"Ping"}']);
	one.step({ type: 'tick' }, 241000);
	assert.deepEqual(one.did(), []);
});

/* --- what is shown --- */

test('the_score_is_told_as_it_goes_out_and_no_text_is_too_long', () => {
	const tally = createTally();
	const team = (n, leaf) => `ScoreBoard.CurrentGame.Team(${n}).${leaf}`;
	const take = (words, now) => tallyFrame(tally, bytes(words), now);
	assert.equal(scoreOf(tally), null);
	for (const odd of ['', 'x', '7', 'null', '[]', '{"state":7}', '{"state":null}', '{"state":{"__proto__":1}}'])
		take(odd, 1);
	assert.equal(scoreOf(tally), null);
	take(JSON.stringify({ state: { [team(1, 'Name')]: '😀'.repeat(100), [team(1, 'Score')]: 12, [team(2, 'Score')]: { a: 1 }, other: 1 } }), 5);
	assert.deepEqual(scoreOf(tally), [{ name: '😀'.repeat(60), score: '12' }, { name: 'Team 2', score: '[object Object]' }]);
	assert.deepEqual([tally.frames, tally.lastAt, Object.keys(tally.game).length], [9, 5, 3]);
	tallyRestart(tally);
	assert.equal(scoreOf(tally), null);
	assert.deepEqual([sizeOf(999), sizeOf(1500), sizeOf(2500000)], ['999 B', '2 kB', '2.5 MB']);
	assert.deepEqual([agoOf(-5), agoOf(59400), agoOf(61000), agoOf(7200000)], ['0 s ago', '59 s ago', '1 min ago', '2 h ago']);
});

test('the_page_says_what_is_so', () => {
	const base = { server: 'in', asked: true, address: 'ws://localhost:8000/WS/', far: false, relaying: true, connecting: null, frames: 1 };
	for (const [facts, level, what] of [
		[{}, 'good', /^Relaying/], [{ frames: 0 }, 'note', /^Connected, waiting/], [{ relaying: false }, 'bad', /does not answer/], [{ relaying: false, connecting: 10 }, 'note', /^Connecting to the scoreboard/],
		[{ asked: false, relaying: false }, 'warn', /does not ask/], [{ far: true, asked: false }, 'warn', /confirmed/], [{ server: 'lost' }, 'bad', /No connection/],
		[{ server: 'taken' }, 'note', /Another page/], [{ server: 'expired' }, 'bad', /expired/], [{ server: 'token' }, 'bad', /does not take/], [{ server: 'dialing' }, 'note', /Connecting to the server/],
	]) {
		const said = verdictOf({ ...base, ...facts });
		assert.equal(said.level, level, JSON.stringify(facts));
		assert.match(said.what, what);
	}
	assert.match(verdictOf({ ...base, relaying: false, connecting: 4000 }).todo, /allow it/);
	assert.match(verdictOf({ ...base, relaying: false }).todo, /ws:\/\/localhost:8000/);
});

test('timers_run_when_they_are_due_and_not_after_they_were_cleared', async () => {
	const timers = createTimers();
	let n = 0;
	const id = timers.set(() => n++, 20);
	timers.run();
	assert.equal(n, 0);
	await new Promise((done) => setTimeout(done, 60));
	timers.run();
	timers.run();
	assert.equal(n, 1, 'what was missed is not made up for');
	timers.clear(id);
	await new Promise((done) => setTimeout(done, 30));
	timers.run();
	assert.equal(n, 1);
});
