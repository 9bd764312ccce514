/* The login of examples/tournament, asked as anybody could ask it: the real server, no browser, no broker. And its scoreboard. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MATCHES, playTournament } from '../../../examples/tournament/scoreboard.mjs';
import { createRates, rateKey, ratesTake } from '../../../examples/tournament/server/rates.mjs';
import { createSessions, sessionsAdd, sessionsEnd, sessionsFind } from '../../../examples/tournament/server/sessions.mjs';
import { freePort, portOpen, run, scratch, source, stop, until } from '../support/tools.mjs';

const KEY = 'a key of this test, which is long enough';
const PASSPHRASE = 'the-passphrase-of-this-test';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function startServer(more = []) {
	const folder = scratch();
	const file = (name, text) => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	mkdirSync(join(folder, 'dist/assets'), { recursive: true });
	file('dist/index.html', '<!doctype html><title>app</title>');
	file('dist/assets/app-1a2b.js', 'export {};');
	file('secret.txt', 'nobody is to see this');
	const port = await freePort();
	const child = run('node', [join(source, 'examples/tournament/server.mjs'), '--port', String(port), '--key', file('token.key', `${KEY}\n`),
		'--policy', join(source, 'conf/policy.json'), '--passphrase-file', file('passphrase', `${PASSPHRASE}\n`), '--dist', join(folder, 'dist'), ...more]);
	await until(() => portOpen(port), `the server: ${child.said}`);
	const url = `http://127.0.0.1:${port}`;
	const post = async (path, body, headers = {}) => {
		const answer = await fetch(url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body),
			headers: { 'content-type': 'application/json', ...headers } });
		return { status: answer.status, cookie: answer.headers.get('set-cookie'), ...await answer.json() };
	};
	return { url, port, post, stop: () => stop(child), said: () => child.said };
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const nameIn = ({ cookie }) => cookie.split(';')[0];

test('who_logs_in_gets_a_token_of_ten_minutes_and_no_rights_but_a_fan_s', async () => {
	const login = await server.post('/api/login', { name: ' ann ' });
	assert.deepEqual(login.user, { name: 'ann', referee: false, hosts: [] });
	assert.match(login.cookie, /^tournament_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/api; Max-Age=\d+$/);
	const { username, password } = await server.post('/api/token', {}, { cookie: nameIn(login) });
	assert.equal(username, 'ann');
	const [head, body, signature] = password.split('.');
	assert.equal(signature, createHmac('sha256', KEY).update(`${head}.${body}`).digest('base64url'));
	const { iat, exp, ...claims } = claimsOf(password);
	assert.deepEqual(claims, { sub: 'ann', role: 'app', rooms: [], hosts: [] });
	assert.equal(exp - iat, 600);
	assert.ok(Math.abs(iat - Date.now() / 1000) < 5);
	await server.post('/api/logout', {}, { cookie: nameIn(login) });
	assert.equal((await server.post('/api/token', {}, { cookie: nameIn(login) })).status, 401);
});

test('only_the_passphrase_makes_a_referee', async () => {
	for (const passphrase of [undefined, '', 'guess', `${PASSPHRASE}x`, { length: 1 }, 7])
		assert.equal((await server.post('/api/login', { name: 'ref', referee: true, passphrase })).status, 403);
	const plain = await server.post('/api/login', { name: 'ref', referee: 'yes', passphrase: PASSPHRASE });
	assert.equal(plain.user.referee, false, 'yes is not true');
	const login = await server.post('/api/login', { name: 'ref', referee: true, passphrase: PASSPHRASE }, { cookie: nameIn(plain) });
	const { password } = await server.post('/api/token', {}, { cookie: nameIn(login) });
	const { role, rooms, hosts } = claimsOf(password);
	assert.deepEqual({ role, rooms, hosts }, { role: 'app', rooms: ['private:referees'], hosts: ['tournament:harbour-cup', 'private:referees'] });
	assert.equal((await server.post('/api/token', {}, { cookie: nameIn(plain) })).status, 401, 'the login before ended with this one');
});

test('names_that_are_the_policy_s_or_no_names_are_refused', async () => {
	const names = ['publisher', 'Operator', 'ＢＲＩＤＧＥ', 'crew', 'monitor', '', ' ', 'a/b', 'a+', '#', '$SYS', 'a\u0000b', 'a\u202eb', 'a b', '.a', 'x'.repeat(25),
		'аnn', '😀', '<b>', 'a\nb', 7, null, ['ann'], { toString: 'ann' }];
	for (const name of names)
		assert.equal((await server.post('/api/login', { name })).status, 400, JSON.stringify(name));
	for (const name of ['Zoë', 'Νίκη', 'ゆき子', 'o-k_1.x', '7'])
		assert.equal((await server.post('/api/login', { name })).status, 200, name);
	assert.equal((await server.post('/api/login', { name: 'zoË' })).status, 409, 'somebody else\'s');
});

test('requests_that_no_page_of_ours_makes_are_refused', async () => {
	const status = async (path, body, headers) => (await server.post(path, body, headers)).status;
	assert.equal(await status('/api/login', { name: 'x'.repeat(2000) }), 413);
	assert.equal(await status('/api/login', '{"name":'), 400);
	assert.equal(await status('/api/login', 'null'), 400);
	assert.equal(await status('/api/login', { name: 'eve' }, { origin: 'http://evil.example' }), 403);
	assert.equal(await status('/api/login', { name: 'eve' }, { origin: 'null' }), 403);
	assert.equal(await status('/api/login', { name: 'eve' }, { 'content-type': 'text/plain' }), 403);
	assert.equal(await status('/api/token', {}), 401);
	assert.equal(await status('/api/token', {}, { cookie: `tournament_session=${'A'.repeat(43)}` }), 401);
	assert.equal(await status('/api/nothing', {}), 405);
	assert.equal((await fetch(`${server.url}/`, { method: 'DELETE' })).status, 405);
});

/* As no browser writes it. */
const raw = (text) => new Promise((done) => {
	let said = '';
	const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
	socket.on('data', (piece) => { said += piece; }).on('close', () => done(said)).on('error', () => done(said));
	setTimeout(() => socket.destroy(), 2000).unref();
});

test('only_the_app_s_files_are_served_and_under_a_strict_policy', async () => {
	const page = await fetch(`${server.url}/`);
	const rules = page.headers.get('content-security-policy');
	assert.match(rules, /default-src 'none'; script-src 'self'; style-src 'self';/);
	assert.match(rules, /connect-src 'self' ws:\/\/127\.0\.0\.1:9001;/);
	assert.doesNotMatch(rules, /unsafe|\*/);
	assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
	assert.match((await fetch(`${server.url}/assets/app-1a2b.js`)).headers.get('cache-control'), /immutable/);
	for (const path of ['/../secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '//secret.txt', '/__proto__', '/server.mjs', 'http://x/'])
		assert.match(await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 404 /, path);
	assert.match(await raw('GET / HTTP/1.1\r\nHost: a; script-src *\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /);
	assert.match(await raw('POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'), /^HTTP\/1\.1 413 /);
});

/* Its own server: it will not be asked by anybody else any more. */
test('who_guesses_or_asks_too_often_is_made_to_wait', async (t) => {
	const own = await startServer();
	t.after(() => own.stop());
	const guesses = [];
	for (let i = 0; i < 12; i++)
		guesses.push((await own.post('/api/login', { name: 'ref', referee: true, passphrase: `guess ${i}` })).status);
	assert.deepEqual(new Set(guesses.slice(0, 10)), new Set([403]));
	assert.equal(guesses[11], 429);
	assert.equal((await own.post('/api/login', { name: 'ref', referee: true, passphrase: PASSPHRASE })).status, 429, 'the right one as well, for a while');
	const login = await own.post('/api/login', { name: 'ann' });
	assert.equal(login.status, 200, 'a fan is not held up by that');
	const asks = [];
	for (let i = 0; i < 30; i++)
		asks.push((await own.post('/api/token', {}, { cookie: nameIn(login) })).status);
	assert.ok(asks.includes(429) && asks[0] === 200);
	const logins = [];
	for (let i = 0; i < 230; i++)
		logins.push((await own.post('/api/login', {})).status);
	assert.ok(logins.includes(429));
	assert.equal(own.said().match(/Error/), null, own.said());
});

test('rates_forget_the_longest_silent_and_take_a_network_for_one_address', () => {
	const rates = createRates({ perS: 1, burst: 2, most: 2 });
	assert.deepEqual([0, 0, 0, 1000].map((now) => ratesTake(rates, 'a', now)), [true, true, false, true]);
	ratesTake(rates, 'b', 1000);
	ratesTake(rates, 'c', 1000);
	assert.deepEqual([...rates.buckets.keys()], ['b', 'c']);
	assert.equal(rateKey('::ffff:192.0.2.7'), '192.0.2.7');
	assert.equal(rateKey('2001:db8:0:1::7'), rateKey('2001:db8:0:1:2:3:4:5'));
	assert.notEqual(rateKey('2001:db8:0:1::7'), rateKey('2001:db8:0:2::7'));
});

test('sessions_end_when_silent_too_long_or_too_old_and_an_address_has_only_so_many', () => {
	const sessions = createSessions({ most: 3, perAddress: 2 });
	const add = (name, address, now) => sessionsAdd(sessions, { id: name, name, referee: false, address }, now);
	assert.equal(add('ann', 'a', 0), null);
	assert.equal(add('Ann', 'a', 0), 'taken');
	assert.equal(add('bob', 'a', 0), null);
	assert.equal(add('cid', 'a', 0), 'full');
	assert.equal(add('cid', 'b', 0), null);
	assert.equal(add('dan', 'c', 0), 'full');
	sessionsEnd(sessions, 'bob');
	assert.equal(add('dan', 'a', 0), null);
	const HOUR = 3600000;
	for (let hour = 0.9; hour < 12; hour += 0.9)
		assert.notEqual(sessionsFind(sessions, 'ann', hour * HOUR), null);
	assert.equal(sessionsFind(sessions, 'cid', HOUR), null);
	assert.equal(sessionsFind(sessions, 'ann', 12.1 * HOUR), null);
	assert.deepEqual([sessions.byId.size, sessions.byName.size, sessions.byAddress.size], [0, 0, 0]);
});

test('the_scoreboard_plays_a_whole_tournament_and_takes_back_what_the_next_does_not_begin_with', () => {
	let seed = 7;
	const frames = playTournament(() => (seed = seed * 16807 % 2147483647) / 2147483647);
	const state = new Map();
	const apply = (frame) => Object.entries(frame.state).forEach(([path, value]) => (value === null ? state.delete(path) : state.set(path, value)));
	assert.ok(frames.every(({ at }, i) => i === 0 || at >= frames[i - 1].at));
	frames.slice(0, -1).forEach(apply);
	for (let n = 1; n <= MATCHES; n++) {
		const of = (leaf) => state.get(`Tournament.Match(${n}).${leaf}`);
		assert.equal(of('Phase'), 'Over');
		assert.equal(of('Timer.Started'), false);
		const won = of('Side(Home).Points') > of('Side(Away).Points') ? 'Home' : 'Away';
		assert.notEqual(of('Side(Home).Points'), of('Side(Away).Points'));
		assert.equal(of('Winner'), of(`Side(${won}).Team`));
	}
	const places = [1, 2, 3, 4].map((n) => state.get(`Tournament.Standing(${n})`));
	assert.equal(new Set(places).size, 4);
	assert.equal(places[0], state.get('Tournament.Match(4).Winner'));
	apply(frames.at(-1));
	apply(frames[0]);
	assert.deepEqual([...state.keys()].sort(), Object.keys(frames[0].state).sort());
});
