/* Everything over TLS, by the two ways that there are: nginx as scoreboard-setup makes it, and HAProxy before edges. Chromium has an authority of this test in its
 * profile and no check switched off; what stays connected while a certificate is renewed is 500 viewers in a process of their own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import mqtt from 'mqtt';
import { openPage } from '../support/chrome.mjs';
import { startCluster } from '../support/cluster.mjs';
import { NAME, checkProtocol, createAuthority, launchStrict, shown, startCertbot } from '../support/https.mjs';
import { becomes } from '../support/look.mjs';
import { startHttps } from '../support/nginx.mjs';
import { startStage } from '../support/stage.mjs';
import { freePort, run, scratch, sleep, source, until } from '../support/tools.mjs';

const CROWD = 500;
const SETTLED_MS = 1000; // a page has loaded what it loads by itself
const STREAMS = 500; // of an address: limit_conn of nginx.conf, sc1_conn_cur of haproxy.cfg
const SILENCE_MS = 30000; // timeout client of haproxy.cfg
const SCORE = 'ScoreBoard.CurrentGame.Team(1).Score';
const PAGES = ['', 'venue.html', 'tracks.html', 'overlay.html?style=lower', 'overlay-control.html', 'ops.html', 'uplink.html', 'games.html', 'game.html'];
const options = () => ['--history', join(scratch(), 'games.db'), '--address', `https://${NAME}/`]; // of the publisher

const authority = createAuthority();
const stranger = createAuthority('somebody else');
const trusting = ({ tlsPort, plainPort }, ca = authority.ca) => launchStrict({ ca, ports: { 443: tlsPort, 80: plainPort } });
const address = (page = '') => `https://${NAME}/${page}`;

/* --- the two ways, each as { front, stage, certbot, get(): certbot's first certificate is in use } --- */

async function byNginx() {
	const stage = await startStage({ more: options() });
	stage.seek(137000);
	const front = await startHttps(stage, NAME, authority.issue());
	const certbot = await startCertbot(authority, front.plainPort);
	/* As scoreboard-setup does it. */
	const get = async () => {
		await certbot.get('--webroot', '-w', front.webroot, '--deploy-hook', `kill -HUP ${front.child.pid}`);
		front.use(certbot.live);
	};
	return { stage, front, certbot, get, stop: async () => { await certbot.stop(); await front.stop(); await stage.stop(); } };
}

async function byHaproxy() {
	const file = join(scratch(), 'scoreboard.pem');
	const { chain, key } = authority.issue();
	writeFileSync(file, readFileSync(chain) + readFileSync(key), { mode: 0o600 });
	const pages = await freePort();
	const cluster = await startCluster({ tls: { certificate: file, pages } });
	const stage = await startStage({ broker: cluster, httpPort: pages, more: options() });
	stage.seek(137000);
	await until(async () => (await cluster.servers()).every(({ up }) => up), 'HAProxy sees both edges');
	const front = cluster.haproxy;
	const certbot = await startCertbot(authority, front.plainPort, { SCOREBOARD_CERTIFICATE: file, SCOREBOARD_HAPROXY_SOCKET: front.socket });
	/* As docs/scaling.md has it. */
	const get = () => certbot.get('--standalone', '--http-01-port', String(front.certbotPort), '--deploy-hook', join(source, 'conf/cluster/certificate'));
	return { stage, front, certbot, get, stop: async () => { await certbot.stop(); await stage.stop(); } };
}

/* Both at once: they wait much. */
describe('over TLS', { concurrency: 2 }, () => Object.entries({ nginx: byNginx, haproxy: byHaproxy }).forEach(([way, begin]) => describe(way, { concurrency: 1 }, () => {
	let at;
	let browser;
	test('it_starts', async () => {
		at = await begin();
		browser = await trusting(at.front);
		at.quiet = way === 'haproxy' ? beQuiet(at.front) : null;
		at.quiet?.catch(() => {}); // the last test awaits it
	});
	after(async () => {
		await browser?.close();
		await at?.stop();
	});

	test('versions_and_ciphers_are_those_of_today', () => {
		checkProtocol(at.front.tlsPort, authority.ca, { 'h2,http/1.1': 'h2', 'http/1.1': 'http/1.1' });
		checkProtocol(at.front.mqttsPort, authority.ca);
	});

	test('the_board_comes_by_https_and_its_score_by_wss', async () => {
		const sockets = [];
		const page = await openPage(browser, 'about:blank');
		page.on('websocket', (socket) => sockets.push(socket));
		await page.addInitScript(noteViolations);
		const answer = await page.goto(address());
		await becomes(page, (c) => c.live && c.transport === 'mqtt', 'live');
		assert.equal(await page.evaluate(() => window.scoreboard.connection.endpoint), `wss://${NAME}/mqtt`);
		assert.deepEqual(sockets.map((socket) => socket.url()), [`wss://${NAME}/mqtt`]);
		assert.equal((await answer.securityDetails()).issuer, 'the authority of a test');
		assert.match((await answer.securityDetails()).protocol, /^TLS 1\.3/);
		assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2');
		await sees(page, 321);
		await allIsWell(page);
		await page.context().close();
	});

	test('no_page_has_anything_that_is_not_secure', async () => {
		await Promise.all(PAGES.map(async (name) => {
			const page = await openPage(browser, 'about:blank');
			await page.addInitScript(noteViolations);
			const answer = await page.goto(address(name));
			await sleep(SETTLED_MS);
			assert.equal(answer.status(), 200, name);
			assert.equal(await page.evaluate(() => window.isSecureContext && 'wakeLock' in navigator), true, name);
			await allIsWell(page, name);
			await page.context().close();
		}));
	});

	test('the_board_can_be_installed_and_keep_the_screen_on', async () => {
		const page = await openPage(browser, address());
		const manifest = await page.evaluate(() => fetch(document.querySelector('link[rel=manifest]').href).then((r) => r.json()));
		assert.ok(manifest.icons.length > 0 && manifest.start_url !== undefined);
		assert.equal(await page.evaluate(() => navigator.wakeLock.request('screen').then((lock) => lock.type)), 'screen');
		await page.context().close();
	});

	test('http_leads_to_https_and_is_not_asked_again', async () => {
		const page = await openPage(browser, `http://${NAME}/venue.html?x=1`);
		assert.equal(page.url(), address('venue.html?x=1'));
		const answers = [];
		page.on('response', (response) => answers.push(response));
		await page.goto(`http://${NAME}/venue.html?x=2`);
		assert.equal(page.url(), address('venue.html?x=2'));
		const first = answers.find((response) => response.url().startsWith('http:'));
		assert.equal(first.status(), 307, 'the browser itself leads there: HSTS');
		await page.context().close();
	});

	test('where_websockets_are_blocked_it_takes_events_and_then_polls', async () => {
		const blocked = address(`?server=${encodeURIComponent(`wss://${NAME}:9/mqtt`)}`);
		for (const [transport, prepare] of [['sse', () => {}], ['poll', (page) => page.route('**/events*', (route) => route.abort())]]) {
			const page = await openPage(browser, blocked, { prepare });
			await becomes(page, (c) => c.live && c.transport === transport, transport, 60000);
			await sees(page, transport === 'sse' ? 324 : 325);
			assert.deepEqual(page.requests.filter((url) => !url.startsWith(address())), []);
			await page.context().close();
		}
	});

	const ask = (path, ...words) => spawnSync('curl', ['-sm', '8', '--interface', '127.0.0.77', '--cacert', authority.ca, '--resolve', `${NAME}:${at.front.tlsPort}:127.0.0.1`, '-o', '/dev/null',
		'-w', '%{http_code}', ...words, `https://${NAME}:${at.front.tlsPort}/${path}`], { encoding: 'utf8' }).stdout;
	test('what_is_not_for_the_public_is_refused', () => {
		for (const path of ['metrics', 'readyz', 'healthz', 'health.json', '%6detrics', 'health%2ejson'])
			assert.equal(ask(path), '403', path);
		assert.equal(ask('scoreboard/spectator.json'), '200');
	});

	test('pages_of_others_get_no_websocket_but_what_is_for_everybody', () => {
		const upgrade = ['-m', '3', '--http1.1', '-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket', '-H', 'Sec-WebSocket-Version: 13', '-H', 'Sec-WebSocket-Key: c2NvcmVib2FyZC1zZXR1cA==', '-H', 'Sec-WebSocket-Protocol: mqtt'];
		const from = (site) => ['-H', `Origin: https://${site}`];
		assert.equal(ask('mqtt', ...upgrade, ...from(NAME)), '101');
		assert.equal(ask('mqtt', ...upgrade, ...from('evil.example')), way === 'nginx' ? '403' : '000');
		assert.equal(ask('scoreboard/spectator.json', ...from('evil.example')), '200');
	});

	const secure = (port, localAddress) => connectTls({ host: '127.0.0.1', port, localAddress, ca: readFileSync(authority.ca), servername: NAME, ALPNProtocols: ['h2'] });
	const sessions = []; // which would keep this process here
	const dial = ({ from, settings } = {}) => {
		const session = connectHttp2(address(), { settings, createConnection: () => secure(at.front.tlsPort, from) });
		sessions.push(session);
		return session;
	};
	afterEach(() => sessions.splice(0).forEach((session) => session.destroy()));
	const statusOf = (session, path) => new Promise((done, fail) => session.request({ ':path': path }).on('response', (head) => done(head[':status'])).on('error', fail));

	/* HTTP/2 has many requests in a connection: they count one by one. */
	test('one_address_cannot_take_all_streams', async () => {
		const greedy = Array.from({ length: STREAMS / 50 + 1 }, () => dial());
		const stream = (session) => statusOf(session, '/scoreboard/spectator/events');
		const codes = [];
		for (const session of greedy)
			codes.push(...await Promise.all(Array.from({ length: 50 }, () => stream(session))));
		const taken = codes.filter((code) => code === 200).length;
		assert.ok(taken <= STREAMS && taken > STREAMS - 10, `${taken} were taken`); // of a page that has just gone there may be one
		assert.deepEqual([...new Set(codes)], [200, way === 'nginx' ? 503 : 429]);
		const other = dial({ from: '127.0.0.77' });
		assert.equal(await stream(other), 200);
	});

	/* Who takes no answers keeps what they were to be sent of: the history has few seats, and all come to it from here. */
	test('one_address_cannot_take_all_seats_of_the_history', async () => {
		const get = (session) => statusOf(session, '/scoreboard/games.json');
		const greedy = dial({ settings: { initialWindowSize: 1 } }); // with 0 nginx holds back the heads, too
		const codes = await Promise.all(Array.from({ length: 30 }, () => get(greedy)));
		assert.equal(codes.filter((code) => code !== 503).length, 8, codes.join(' '));
		const other = dial({ from: '127.0.0.77' });
		assert.notEqual(await get(other), 503);
	});

	test('a_certificate_of_another_authority_is_refused', async () => {
		const other = await trusting(at.front, stranger.ca);
		const page = await (await other.newContext()).newPage();
		await assert.rejects(page.goto(address()), /ERR_CERT_AUTHORITY_INVALID/);
		await other.close();
	});

	test('a_display_gets_the_score_by_mqtt_over_tls', () => {
		const ask = (...words) => spawnSync('mosquitto_sub', ['-h', 'localhost', '-p', String(at.front.mqttsPort), '-t', 'scoreboard/team/1/score', '-C', '1', '-W', '5', ...words], { encoding: 'utf8' });
		at.stage.say({ [SCORE]: 322 });
		const good = ask('--cafile', authority.ca, '--insecure'); // the name in it is not localhost
		assert.match(good.stdout, /^32[12]\n$/, good.stderr);
		for (const words of [['--cafile', authority.ca], ['--cafile', stranger.ca, '--insecure']]) {
			const { stdout, stderr } = ask(...words);
			assert.equal(stdout, '');
			assert.match(stderr, /certificate verify failed|TLS|Protocol error/); // the last is all that Mosquitto 2.0.21 says of another name
		}
	});

	test(`certbot_gets_a_certificate_and_${CROWD}_viewers_stay_while_it_renews_it`, async () => {
		const { front, certbot } = at;
		const seen = () => [front.tlsPort, front.mqttsPort].map((port) => shown(port, certbot.ca()));
		const first = shown(front.tlsPort, authority.ca);
		await at.get();
		await until(() => seen().every((now) => now && now !== first), 'certbot\'s certificate is shown at both ports');
		const before = seen()[0];
		const trustful = await trusting(front, certbot.ca());
		const page = await openPage(trustful, address());
		await becomes(page, (c) => c.live && c.transport === 'mqtt', 'live');
		const crowd = await comeIn(front, certbot.ca());
		await certbot.renew();
		await until(() => seen().every((now) => now && now !== before), 'the renewed one is shown at both ports');
		await sees(page, 323);
		assert.equal(await page.evaluate(() => window.scoreboard.metrics.reconnects), 0);
		assert.match(await crowd.end(323), new RegExp(`^${CROWD} were in all the time, and saw 323$`, 'm'));
		await trustful.close();
	});

	test('who_says_nothing_is_sent_away_and_who_is_quiet_stays', { skip: way === 'nginx' && 'its times are nginx\'s own' }, async () => {
		const { begun, silent, viewers } = await at.quiet;
		await until(() => silent.every((socket) => socket.closed), 'the silent ones are sent away', { ms: 90000 });
		await sleep(Math.max(0, begun + SILENCE_MS + 2000 - Date.now()));
		assert.deepEqual(viewers.map(({ connected }) => connected), [true, true]);
		viewers.forEach((viewer) => viewer.end(true));
	});

	async function comeIn({ tlsPort }, ca) {
		const child = run(process.execPath, [join(source, 'tests/install/crowd.mjs'), `wss://127.0.0.1:${tlsPort}/mqtt`, NAME, String(CROWD)],
			{ env: { ...process.env, NODE_EXTRA_CA_CERTS: ca } });
		await until(() => child.said.includes(`${CROWD} are in`), `a crowd: ${child.said}`, { ms: 90000 });
		return {
			async end(score) {
				at.stage.say({ [SCORE]: score });
				await until(() => child.said.includes(`all have ${score}`), 'the crowd has the score').catch(() => {});
				child.stdin.end();
				await child.ended;
				return child.said;
			},
		};
	}

	async function sees(page, score) {
		at.stage.say({ [SCORE]: score });
		await page.waitForFunction((text) => document.querySelector('.score').textContent === text, String(score));
	}
})));

/* Connections that say nothing, before TLS and after; and two viewers with a long keepalive, who have subscribed to nothing. */
async function beQuiet({ tlsPort, mqttsPort }) {
	const ca = readFileSync(authority.ca);
	const silent = [tlsPort, mqttsPort].flatMap((port) => [connect(port, '127.0.0.1'), connectTls({ host: '127.0.0.1', port, ca, servername: NAME, ALPNProtocols: port === tlsPort ? ['h2'] : undefined })]);
	silent.forEach((socket) => socket.on('error', () => {}).resume());
	const viewers = [`wss://127.0.0.1:${tlsPort}/mqtt`, `mqtts://127.0.0.1:${mqttsPort}`].map((url) =>
		mqtt.connect(url, { ca, servername: NAME, wsOptions: { ca, servername: NAME }, keepalive: 600, reconnectPeriod: 0, protocolVersion: 5 }));
	await until(() => viewers.every(({ connected }) => connected), 'two quiet viewers');
	return { begun: Date.now(), silent, viewers };
}

/* Runs in the page before its own scripts. */
function noteViolations() {
	window.violations = [];
	addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => window.violations.push(`${violatedDirective} ${blockedURI}`));
}

async function allIsWell(page, name = '') {
	assert.deepEqual(page.complaints, [], name);
	assert.deepEqual(await page.evaluate(() => window.violations), [], name);
	assert.deepEqual(page.requests.filter((url) => !/^(https:|blob:https:|data:|about:)/.test(url)), [], name);
}
