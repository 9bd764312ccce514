/* The teams' logos: the real publisher fetches them from a scoreboard's web server, whatever that sends, and real pages show them, or initials. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../support/chrome.mjs';
import { logo, png } from '../support/pictures.mjs';
import { startScoreboard } from '../support/scoreboard.mjs';
import { startSource } from '../support/source.mjs';
import { startBroker, until, webDir } from '../support/tools.mjs';

const TEAM = (n, leaf) => `ScoreBoard.CurrentGame.Team(${n}).${leaf}`;
const RED = logo([200, 20, 40]);
const BLUE = logo([20, 60, 200]);
const nameOf = (bytes, ending = 'png') => `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.${ending}`;
const send = (bytes, type = 'image/png') => (request, answer) => answer.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
const wait = { ms: 30000 };

let broker, scoreboard, publisher, browser;
let asked = []; // of the scoreboard's web server
const stops = [];

before(async () => {
	broker = await startBroker({ door: false });
	scoreboard = await startScoreboard({ [TEAM(1, 'Name')]: 'Rocky River', [TEAM(2, 'Name')]: 'Harbour Bruisers', [TEAM(1, 'Score')]: 7, [TEAM(2, 'Score')]: 8 });
	publisher = await startSource({ broker, webDir, from: scoreboard.url });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await publisher?.stop();
	await scoreboard?.stop();
	await broker?.stop();
	stops.forEach((stop) => stop());
});

const at = (path) => `http://127.0.0.1:${publisher.httpPort}/${path}`;
const put = (path, answer) => scoreboard.files.set(path, (request, response) => { asked.push(request); answer(request, response); });
const say = (one, two) => scoreboard.say({ ...(one !== undefined && { [TEAM(1, 'Logo')]: one }), ...(two !== undefined && { [TEAM(2, 'Logo')]: two }) });
const named = async (n) => (await (await fetch(at('scoreboard/spectator.json'))).json()).state[`file/team/${n}/logo`];
const metrics = async () => new Map((await (await fetch(at('metrics'))).text()).split('\n').filter((line) => line.startsWith('scoreboard_publisher_pictures'))
	.map((line) => line.slice('scoreboard_publisher_pictures_'.length).split(' ')).map(([name, value]) => [name, Number(value)]));
const failures = async (reason) => (await metrics()).get(`failed_total{reason="${reason}"}`);
const open = async (page = '', more = '') => {
	const opened = await openPage(browser, at(`${page}?server=${encodeURIComponent(broker.url)}${more}`));
	await opened.waitForFunction(() => window.scoreboard?.connection.live, undefined, { timeout: 30000 });
	return opened;
};
/* Runs in a page: what stands in the place of each logo: the width of a picture, initials, or nothing. */
const readLogos = () => [...document.querySelectorAll('.logo')].map((e) => (e.hidden ? null : e.querySelector('img')?.naturalWidth ?? e.textContent));
const shows = (page, wanted) => until(async () => JSON.stringify(await page.evaluate(readLogos)) === JSON.stringify(wanted), `the page shows ${JSON.stringify(wanted)}`, wait);

test('a_logo_is_fetched_once_served_by_its_content_and_shown', async () => {
	const [board, overlay] = [await open(), await open('overlay.html')];
	await shows(board, [null, null]); // there is no room for what nobody has
	put('/images/teamlogo/Rocky%20%26%20Roll%20100%25.png', send(RED));
	say('/images/teamlogo/Rocky & Roll 100%.png');
	await until(async () => (await named(1)) === nameOf(RED), 'the feed has its name', wait);
	for (const page of [board, overlay])
		await shows(page, [96, 'HB']);
	assert.equal(asked.length, 1);
	assert.equal(asked[0].headers.origin, undefined);

	const answer = await fetch(at(`scoreboard/file/${nameOf(RED)}`));
	assert.equal(answer.status, 200);
	assert.deepEqual(Buffer.from(await answer.arrayBuffer()), RED);
	const headers = Object.fromEntries(answer.headers);
	assert.equal(headers['content-type'], 'image/png');
	assert.equal(headers['x-content-type-options'], 'nosniff');
	assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
	assert.equal(headers['content-security-policy'], "default-src 'none'");
	const head = await fetch(at(`scoreboard/file/${nameOf(RED)}`), { method: 'HEAD' });
	assert.equal(head.headers.get('content-length'), String(RED.length));
	assert.equal((await head.arrayBuffer()).byteLength, 0);
	for (const path of [`scoreboard/file/${nameOf(BLUE)}`, 'scoreboard/file/', `scoreboard/file/../file/${nameOf(RED)}x`, `other/file/${nameOf(RED)}`])
		assert.equal((await fetch(at(path))).status, 404, path);

	for (const page of [board, overlay]) {
		assert.deepEqual(page.complaints, []);
		assert.ok(page.requests.every((url) => /^(http|ws|blob):(\/\/|http:\/\/)127\.0\.0\.1[:/]/.test(url)), page.requests.join('\n'));
		await page.close();
	}
});

test('another_logo_replaces_it_and_one_that_is_gone_leaves_initials', async () => {
	const board = await open();
	await shows(board, [96, 'HB']);
	const other = logo([1, 2, 3], 64);
	put('/b.png', send(BLUE));
	put('/c.png', send(other));
	say('/c.png', '/b.png');
	await shows(board, [64, 96]);
	assert.equal(await named(1), nameOf(other));
	scoreboard.say({ [TEAM(2, 'Logo')]: '' });
	await shows(board, [64, 'HB']);
	assert.equal(await named(2), undefined);
	/* a picture that browsers can't show, though it begins as one */
	const broken = Buffer.concat([RED.subarray(0, 40), Buffer.from('<script>alert(1)</script>')]);
	put('/broken.png', send(broken));
	say(undefined, '/broken.png');
	const fetched = () => board.requests.findIndex((url) => url.endsWith(nameOf(broken)));
	await until(() => fetched() >= 0 && board.requests.slice(fetched()).some((url) => url.startsWith('blob:')), 'the page tries to show it', wait);
	await shows(board, [64, 'HB']);
	scoreboard.say({ [TEAM(1, 'Logo')]: null, [TEAM(2, 'Logo')]: null });
	await shows(board, [null, null]);
	assert.deepEqual(board.complaints, []);
	await board.close();
});

const elsewhere = () => new Promise((done) => {
	let n = 0;
	const server = createServer((request, answer) => { n++; send(RED)(request, answer); }).listen(0, '127.0.0.1', () => done({ port: server.address().port, get asked() { return n; } }));
	stops.push(() => server.close());
});

/* An answer in chunks, whatever they are. */
const raw = (chunks) => ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`);

test('what_is_no_plain_picture_is_refused_and_counted_and_all_else_goes_on', async () => {
	const other = await elsewhere();
	const large = Buffer.concat([RED, Buffer.alloc(524288)]);
	const rows = [
		['too_large', send(large)],
		['too_large', (request, answer) => { answer.writeHead(200); answer.write(large); answer.end(large); }], // in chunks, whose sum nobody tells
		['too_large', raw(`10\r\n${'x'.repeat(16)}\r\n0000fffffff0\r\n`)], // a chunk of a size that some take for negative
		['no_picture', send(Buffer.from('just text'), 'image/png')],
		['no_picture', send(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'), 'image/svg+xml')],
		['no_picture', send(Buffer.from('<!doctype html><script>alert(1)</script>'), 'text/html')],
		['no_picture', send(png(4096, 1, () => [0, 0, 0, 0]).fill(0xff, 16, 24))], // says that it is 4 billion pixels wide
		['no_picture', send(Buffer.alloc(0))],
		['redirect', (request, answer) => answer.writeHead(302, { location: `http://127.0.0.1:${other.port}/a.png` }).end()],
		['redirect', (request, answer) => answer.writeHead(301, { location: '/c.png' }).end()],
		['status', (request, answer) => answer.writeHead(404).end(RED)],
		['status', (request, answer) => answer.writeHead(500).end()],
		['unreached', (request, answer) => { answer.writeHead(200, { 'content-length': RED.length }); answer.write(RED.subarray(0, 50), () => answer.destroy()); }],
		['unreached', (request) => request.socket.destroy()],
	];
	const board = await open();
	for (const [i, [reason, answer]] of rows.entries()) {
		const before = await failures(reason);
		put(`/${i}.png`, answer);
		say(`/${i}.png`);
		await until(async () => (await failures(reason)) > before, `row ${i} is refused: ${reason}`, wait);
		assert.equal(await named(1), undefined, reason);
	}
	assert.equal(other.asked, 0);
	await shows(board, ['RR', 'HB']);
	assert.equal((await fetch(at('readyz'))).status, 200);
	assert.equal((await (await fetch(at('health.json'))).json()).ok, true);
	await board.close();
});

test('a_path_that_leads_away_is_not_asked_for', async () => {
	const before = await failures('bad_path');
	asked = [];
	const paths = ['/../../config/autosave.json', '/images/../../x.png', '//evil.example/x.png', 'http://evil.example/x.png', 'x.png', '/a?b=/c.png', '/a#b', '/.hidden', '/a\\b', `/${'x'.repeat(300)}`, '/a\nHost: b'];
	for (const path of paths)
		say(path);
	await until(async () => (await failures('bad_path')) === before + paths.length, 'all are refused', wait);
	put('/c.png', send(RED));
	say('/c.png');
	await until(async () => (await named(1)) === nameOf(RED), 'a plain one is taken', wait);
	assert.deepEqual(asked.map(({ url }) => url), ['/c.png']);
});

test('a_slow_one_is_given_up_and_holds_nothing_up', async () => {
	const board = await open();
	const before = await failures('timeout');
	put('/drip.png', (request, answer) => {
		answer.writeHead(200, { 'content-length': 200000 });
		const timer = setInterval(() => answer.write('x'), 100);
		answer.on('close', () => clearInterval(timer));
	});
	say('/drip.png');
	await until(() => asked.some(({ url }) => url === '/drip.png'), 'it is asked for', wait);
	scoreboard.say({ [TEAM(1, 'Score')]: 42 });
	await until(() => board.evaluate(() => document.querySelector('#team-1 .score').textContent === '42'), 'the score goes on');
	await until(async () => (await failures('timeout')) === before + 1, 'it is given up', wait);
	await shows(board, ['RR', 'HB']);
	await board.close();
});

test('changes_without_end_cost_one_request_a_second', async () => {
	asked = [];
	const begun = Date.now();
	put('/last.png', send(BLUE));
	for (let i = 0; i < 1000; i++) {
		put(`/n${i}.png`, send(RED));
		say(`/n${i}.png`);
	}
	say('/last.png');
	await until(async () => (await named(1)) === nameOf(BLUE), 'the last one is there', wait);
	assert.ok(asked.length <= 3 + (Date.now() - begun) / 1000, `${asked.length} requests`);
	assert.ok((await metrics()).get('bytes') < 16 * 524288);
});

test('it_stays_when_the_scoreboard_is_gone_and_another_publisher_has_it_under_the_same_name', async () => {
	const second = await startSource({ broker, webDir, from: scoreboard.url, prefix: 'scoreboard', more: ['--standby', 'warm'] });
	const follower = await startSource({ broker, webDir, from: `mqtt://127.0.0.1:${broker.port}` });
	const path = `scoreboard/file/${nameOf(BLUE)}`;
	await until(async () => (await fetch(`http://127.0.0.1:${second.httpPort}/${path}`)).status === 200, 'the one that stands by has it', wait);
	await scoreboard.stop();
	await until(async () => (await fetch(at('readyz'))).status !== 200, 'the scoreboard is missed', wait);
	assert.equal((await fetch(at(path))).status, 200);
	/* a page finds it at whichever server has it; one that follows a broker knows the name and has no picture */
	await until(async () => (await fetch(`http://127.0.0.1:${follower.httpPort}/scoreboard/spectator.json`)).status === 200, 'the follower has the view', wait);
	const servers = `&http=${encodeURIComponent(`http://127.0.0.1:${follower.httpPort}`)}`;
	const without = await open('', servers);
	await shows(without, ['RR', 'HB']);
	const both = await open('', `${servers}&http=${encodeURIComponent(at(''))}`);
	await shows(both, [96, 'HB']);
	await Promise.all([second.stop(), follower.stop(), without.close(), both.close()]);
});
