/* examples/tournament as a reader gets it: built from the packed library in a folder of its own, with its own server, at the real door with the
 * policy as it is shipped. Two fans and a referee. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { playTournament } from '../../../examples/tournament/scoreboard.mjs';
import { launch, openPage } from '../support/chrome.mjs';
import { startProxy } from '../support/proxy.mjs';
import { startSource } from '../support/source.mjs';
import { freePort, makeToken, portOpen, run, scratch, sleep, source as tree, startBroker, stop, until } from '../support/tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SECRET = 'a secret of this test, long enough for HS256';
const PASSPHRASE = 'whistle';
const HOSTILE = '<img src=x onerror="window.pwned=1"><b>Bold</b> \u202eRTL & "Co"';

let folder;
let broker;
let scoreboard;
let server;
let browser;
let frames = null; // of the made-up tournament, those that were not said yet
before(async () => {
	folder = scratch();
	buildApp();
	broker = await startBroker({ tokens: { secret: SECRET } });
	scoreboard = await startSource({ broker, webDir: join(folder, 'app/dist'), more: ['--schema', join(tree, 'schema/tournament.json')] });
	server = await startServer();
	browser = await launch();
	playTo('First half');
}, { timeout: 120000 });
after(async () => {
	await browser?.close();
	await server?.stop();
	await scoreboard?.stop();
	await broker?.stop();
});

/* As README.md of the example says, but for a folder of ours. */
function buildApp() {
	const app = join(folder, 'app');
	const skip = /\/(node_modules|dist|scoreboard-client\.tgz)$/;
	cpSync(join(tree, 'examples/tournament'), app, { recursive: true, filter: (path) => !skip.test(path) });
	const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' });
	const name = npm(join(tree, 'web/client'), 'pack', '--ignore-scripts', '--silent', '--pack-destination', app).trim().split('\n').at(-1);
	renameSync(join(app, name), join(app, 'scoreboard-client.tgz'));
	npm(app, 'ci', '--prefer-offline', '--silent');
	npm(app, 'run', 'build');
}

async function startServer({ url = broker.url, more = [] } = {}) {
	const file = (name, text) => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	const port = await freePort();
	const child = run('node', [join(folder, 'app/server.mjs'), '--port', String(port), '--broker', url, '--policy', join(tree, 'conf/policy.json'),
		'--key', file('token.key', SECRET), '--passphrase-file', file('passphrase', PASSPHRASE), ...more]);
	await until(() => portOpen(port), `the app's server: ${child.said}`);
	return { url: `http://127.0.0.1:${port}/`, stop: () => stop(child) };
}

function say(state) {
	scoreboard.push({ frame: { state } });
}
/* The made-up tournament, up to the frame that says so of a match. */
function playTo(phase) {
	let seed = 7;
	frames ??= playTournament(() => (seed = seed * 16807 % 2147483647) / 2147483647);
	while (frames.length > 0) {
		const { state } = frames.shift();
		say(state);
		if (Object.values(state).includes(phase))
			return;
	}
}

/* --- what people do --- */

/* `at`: another server than the one of all. */
async function comeIn(name, { referee = false, at = server, ...options } = {}) {
	const page = await openPage(browser, at.url, options);
	await page.getByLabel('Your name').fill(name);
	if (referee) {
		await page.getByLabel('I am a referee').check();
		await page.getByLabel('The referees’ passphrase').fill(PASSPHRASE);
	}
	await page.getByRole('button', { name: 'Come in' }).click();
	await page.getByText('Live', { exact: true }).waitFor();
	return page;
}

const region = (page, name) => page.getByRole('region', { name });
const watch = (page, match) => page.getByRole('article', { name: match }).getByRole('button', { name: 'Watch' }).click();
async function speak(page, room, text, button = 'Say') {
	await region(page, room).getByRole('textbox').fill(text);
	await region(page, room).getByRole('button', { name: button }).click();
}
const shows = (locator, what, ms = 15000) => until(async () => (await locator.allTextContents()).some((text) => what.test(text)), `shown: ${what}`, { ms });
const lines = (page, room) => region(page, room).getByRole('log').getByRole('listitem').allTextContents();

/* What Chromium says itself when a broker is gone, which is no fault of the page. */
const COMPLAINT = /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/mqtt' failed/;
async function leave(...pages) {
	for (const page of pages) {
		assert.deepEqual(page.complaints.filter((text) => !COMPLAINT.test(text)), []);
		const elsewhere = page.requests.filter((url) => !/^(http:\/\/127\.0\.0\.1:|data:)/.test(url));
		assert.deepEqual(elsewhere, [], 'nothing comes from elsewhere');
		await page.context().close();
	}
}

test('two_fans_see_the_scores_move_and_each_other_and_hear_each_other', async () => {
	const [ann, bob] = [await comeIn('ann'), await comeIn('bob')];
	const semi = ann.getByRole('article', { name: /Semi-final: Harbour Herons/ });
	await shows(semi.getByRole('row', { name: /Harbour Herons/ }), /Harbour Herons0/);
	say({ 'Tournament.Match(1).Side(Home).Points': 41 });
	await shows(semi.getByRole('row', { name: /Harbour Herons/ }), /41/);
	await shows(region(ann, 'Activity'), /Harbour Herons have 41 points/);
	await shows(region(ann, 'Everybody').getByRole('list', { name: 'Who is here' }), /ann \(you\).*bob/);

	await watch(ann, /Harbour Herons/);
	await watch(bob, /Harbour Herons/);
	const room = /Harbour Herons – Mill Lane Foxes/;
	await shows(region(ann, room).getByRole('list', { name: 'Who is here' }), /bob/);
	await shows(region(bob, room), /2 here/);
	await shows(semi, /2 watching/);
	await shows(ann.getByRole('article', { name: /Northgate Owls/ }), /0 watching/);

	await speak(ann, room, HOSTILE);
	await shows(region(bob, room).getByRole('listitem'), /ann: <img src=x onerror/);
	assert.equal(await bob.evaluate(() => window.pwned), undefined);
	assert.equal((await lines(ann, room)).length, 1, 'who speaks hears it once');
	assert.deepEqual((await lines(ann, 'Everybody')), [], 'and only the room hears it');
	await region(bob, room).getByRole('button', { name: /^Cheer Harbour Herons/ }).click();
	await shows(region(ann, room).getByRole('button'), /Cheer Harbour Herons \(1\)/);
	await region(bob, room).getByRole('button', { name: 'ann' }).click();
	await shows(ann.getByRole('status'), /bob waves at you/);

	await leave(bob);
	await shows(region(ann, room), /1 here/);
	await shows(region(ann, 'Activity'), /bob has left/);
	await leave(ann);
});

test('the_referees_room_is_for_referees_and_fans_do_not_even_see_that_it_is_there', async () => {
	const [fan, ref] = [await comeIn('cleo'), await comeIn('ref', { referee: true })];
	await shows(region(ref, 'Referees only'), /1 here/);
	await speak(ref, 'Referees only', 'A yellow card on court 2');
	await shows(region(ref, 'Referees only').getByRole('listitem'), /ref: A yellow card/);
	await speak(ref, 'Everybody', 'Be kind', 'Pin');
	await shows(region(fan, 'Everybody'), /Pinned by a referee: Be kind/);
	assert.equal(await region(fan, 'Everybody').getByRole('button', { name: 'Pin' }).count(), 0);
	assert.equal(await region(fan, 'Referees only').count(), 0);
	assert.doesNotMatch(await fan.content(), /yellow card|private:/);

	const { username, password } = await fan.evaluate(() => fetch('/api/token', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
		.then((answer) => answer.json()));
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, username, password });
	const heard = [];
	client.on('message', (topic) => heard.push(topic));
	for (const filter of ['rooms/private:referees/#', 'rooms/private:referees/say/+', 'rooms/+/presence', 'rooms/#', '#', 'users/ref/#'])
		await assert.rejects(client.subscribeAsync(filter), undefined, filter);
	for (const [topic, payload] of [['rooms/private:referees/say/cleo', '{}'], ['rooms/tournament:harbour-cup/state/pin', '{"text":"mine"}'],
		['rooms/tournament:harbour-cup/say/ref', '{}'], ['scoreboard/notice', '{"id":"1","text":"mine","level":"info"}']])
		await assert.rejects(client.publishAsync(topic, payload, { qos: 1 }), undefined, topic);
	await client.subscribeAsync('scoreboard/presence/#');
	await until(() => heard.includes('scoreboard/presence/total'), 'presence is told');
	await sleep(1500);
	assert.deepEqual(heard.filter((topic) => /private|referees/.test(topic)), []);
	await client.endAsync();
	await leave(fan, ref);
});

test('a_notice_is_shown_to_all_and_taken_back', async () => {
	const [fan, other] = [await comeIn('dora'), await comeIn('emil')];
	const crew = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, username: 'desk', password: makeToken(SECRET, { sub: 'desk', role: 'crew' }) });
	const notice = (text) => crew.publishAsync('scoreboard/notice', text && JSON.stringify({ id: text, text, level: 'urgent', by: 'desk' }), { qos: 1, retain: true });
	await notice('Court 2 is wet');
	await shows(fan.getByRole('alert'), /Court 2 is wet/);
	await shows(other.getByRole('alert'), /Court 2 is wet/);
	await other.getByRole('button', { name: 'Dismiss' }).click();
	await until(async () => await other.getByText('Court 2 is wet').count() === 0, 'put away');
	assert.equal(await fan.getByText('Court 2 is wet').count(), 1, 'by him alone');
	await notice('');
	await until(async () => await fan.getByText('Court 2 is wet').count() === 0, 'taken back');
	await crew.endAsync();
	await leave(fan, other);
});

/* Who is away when something is said has not heard it: so greta is back before fritz, whose way to the broker is a proxy's. */
test('what_is_said_without_a_network_waits_over_a_reload_and_is_heard_after', async (t) => {
	const proxy = await startProxy(broker.wsPort);
	const behind = await startServer({ url: proxy.url });
	t.after(async () => {
		await Promise.all([behind.stop(), proxy.stop()]);
		if (!await portOpen(broker.port)) // it failed in the middle
			await broker.start();
	});
	const [fritz, greta] = [await comeIn('fritz', { at: behind }), await comeIn('greta')];
	await shows(region(fritz, 'Everybody'), /2 here/);
	await broker.stop();
	proxy.set('refuse');
	for (const page of [fritz, greta])
		await shows(page.getByRole('status'), /No network/);
	await speak(fritz, 'Everybody', 'written in a tunnel');
	await shows(region(fritz, 'Everybody').getByRole('listitem'), /written in a tunnel \(waits\)/);
	await fritz.reload();
	await shows(fritz.getByRole('status'), /1 of your messages wait/);
	await speak(fritz, 'Everybody', 'and another one');
	await shows(fritz.getByRole('status'), /2 of your messages wait/);
	await broker.start();
	await shows(region(greta, 'Everybody').getByRole('list', { name: 'Who is here' }), /^greta \(you\)$/, 30000);
	proxy.set('pass');
	await until(async () => (await lines(greta, 'Everybody')).length === 2, 'both are heard', { ms: 30000 });
	assert.deepEqual((await lines(greta, 'Everybody')).map((text) => text.replace(/^.*fritz: /, '')), ['written in a tunnel', 'and another one']);
	for (const page of [fritz, greta])
		await until(async () => await page.getByText(/No network|\(waits\)/).count() === 0, 'all is as before');
	await shows(region(fritz, 'Everybody'), /2 here/);
	await leave(fritz, greta);
});

test('a_token_is_renewed_without_a_gap_and_a_reload_keeps_the_login', async (t) => {
	const brief = await startServer({ more: ['--token-s', '15'] });
	t.after(() => brief.stop());
	const page = await comeIn('hugo', { at: brief });
	await page.evaluate(() => {
		window.gaps = 0;
		new MutationObserver(() => { window.gaps += document.querySelector('.dot').dataset.live === 'true' ? 0 : 1; })
			.observe(document.querySelector('.dot'), { attributes: true });
	});
	await sleep(20000);
	assert.equal(await page.evaluate(() => window.gaps), 0);
	assert.ok(page.requests.filter((url) => url.endsWith('/api/token')).length >= 2, 'it was renewed');
	await page.reload();
	await page.getByText('Live', { exact: true }).waitFor();
	await page.getByRole('button', { name: 'Leave' }).click();
	await page.getByLabel('Your name').waitFor();
	await leave(page);
});

test('it_is_accessible_on_a_phone_and_on_a_laptop', async () => {
	for (const [width, height, colorScheme] of [[320, 640, 'dark'], [1280, 800, 'light']]) {
		const page = await openPage(browser, server.url, { viewport: { width, height }, colorScheme });
		await page.getByLabel('I am a referee').check();
		await checkAccess(page, width);
		await page.getByLabel('Your name').fill(`ida${width}`);
		await page.getByLabel('The referees’ passphrase').fill(PASSPHRASE);
		await page.getByRole('button', { name: 'Come in' }).click();
		await watch(page, /Harbour Herons/);
		await speak(page, 'Referees only', 'a word');
		await page.getByText('Connection and queue').click();
		await shows(region(page, 'Referees only').getByRole('listitem'), /a word/);
		await checkAccess(page, width);
		await leave(page);
	}
});

async function checkAccess(page, width) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run());
	assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ').slice(0, 300)}`), [], `at ${width} px`);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `no wider than ${width} px`);
}
