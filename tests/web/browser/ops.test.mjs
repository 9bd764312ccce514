/* The operations page at one broker: who gets in, what it says when something breaks, finding and banning somebody. Real Chromium, broker with the shipped policy, publisher, and a scoreboard that
 * can be broken. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../support/chrome.mjs';
import { addressOf, comeIn, complaintsOfAxe, isIn, logIn, openOps, openTab, rowsOf, says, saysWell, verdictOf } from '../support/ops.mjs';
import { createTruth, readRecording } from '../support/recording.mjs';
import { startScoreboard } from '../support/scoreboard.mjs';
import { startSource } from '../support/source.mjs';
import { PASSWORD, pagesDir, recordingPath, sleep, startBroker, until } from '../support/tools.mjs';

const TABS = ['brokers', 'clients', 'refusals', 'limits', 'rooms'];
const SIZES = [[1024, 768], [800, 1280], [390, 844]];
const CLIENTS = 300;

let broker;
let scoreboard;
let source;
let browser;
before(async () => {
	/* clients come from many addresses of this machine, each of which is to be somebody else's */
	broker = await startBroker({ users: ['publisher', 'operator', 'crew', 'monitor', 'ann'],
		change: ({ users, ...policy }) => ({ ...policy, users: { ...users, ann: 'crew' }, trusted_proxies: [] }) });
	const truth = createTruth();
	readRecording(recordingPath()).filter(({ t }) => t <= 137000).forEach((entry) => truth.apply(entry));
	scoreboard = await startScoreboard(Object.fromEntries(truth.all));
	source = await startSource({ broker, webDir: pagesDir, from: scoreboard.url });
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await source?.stop();
	await scoreboard?.stop();
	await broker?.stop();
});

const address = () => addressOf(source.httpPort, broker.url);
const open = (options) => openOps(browser, address(), options);

/* --- who gets in --- */

test('a_wrong_password_is_told_and_another_try_may_follow', async () => {
	const page = await openPage(browser, address());
	await logIn(page, { password: 'wrong' });
	await page.waitForFunction(() => /does not let you in/.test(document.querySelector('#login-why').textContent));
	assert.ok(await page.isHidden('#desk'));
	await logIn(page);
	await page.waitForSelector('#desk:not([hidden])');
	assert.equal(await page.inputValue('#password'), '', 'the password does not stay in the form');
	await page.click('#logout');
	assert.ok(await page.isVisible('#login'));
	assert.deepEqual(page.complaints.filter((text) => !/WebSocket/.test(text)), []);
	await page.context().close();
});

test('who_logs_in_next_sees_nothing_of_the_one_before', async () => {
	const page = await open();
	await saysWell(page);
	await find(page, '');
	await until(async () => (await rowsOf(page, '#clients')).length > 0, 'clients are found');
	await page.click('#logout');
	assert.doesNotMatch(await page.evaluate(() => document.body.textContent), /127\.0\.0\.1|scoreboard-publisher-/);
	await logIn(page);
	await page.waitForSelector('#desk:not([hidden])');
	await until(async () => await page.textContent('#link') === 'Connected', 'it says that it is connected');
	assert.deepEqual(await rowsOf(page, '#clients'), []);
	await page.context().close();
});

test('that_no_broker_answers_is_told_to_who_logs_in', async () => {
	const page = await openPage(browser, addressOf(source.httpPort, 'ws://127.0.0.1:1/mqtt'));
	await logIn(page);
	await page.waitForFunction(() => /No broker answers/.test(document.querySelector('#login-why').textContent));
	await page.context().close();
});

/* A host of a room may write its state, which looks like a status where somebody takes that for the prefix. */
test('a_prefix_that_the_address_has_brought_is_named', async () => {
	const page = await openOps(browser, `${address()}&prefix=rooms/a/state`);
	await until(async () => /looks at rooms\/a\/state\//.test(await page.textContent('#who')), 'the prefix is named');
	await page.context().close();
});

for (const user of ['crew', 'monitor'])
	test(`the_login_of_another_role_gets_nothing: ${user}`, async () => {
		const page = await openPage(browser, address());
		await logIn(page, { user });
		await page.waitForFunction(() => /is for operators/.test(document.querySelector('#login-why').textContent));
		assert.ok(await page.isHidden('#desk'));
		await page.context().close();
	});

/* Whatever the page does: nobody else is answered, by the broker itself. */
test('over_MQTT_nobody_but_an_operator_is_answered', async () => {
	const commands = ['getStats', 'listClients', 'listRefusals', 'getHistory', 'listBans', 'getLimits', 'listRooms'].map((command) => ({ command, correlationData: command }));
	for (const username of [undefined, 'crew', 'monitor', 'operator']) {
		const client = await comeIn({ port: broker.port, username });
		const heard = [];
		client.on('message', (topic, payload) => heard.push([topic, String(payload)]));
		await client.subscribeAsync(['$CONTROL/#', '$CONTROL/scoreboard/v1/response', '#']).catch(() => {}); // refused
		for (const half of [commands.slice(0, 4), commands.slice(4)]) {
			const taken = client.publishAsync('$CONTROL/scoreboard/v1', JSON.stringify({ commands: half }), { qos: 1 });
			await (username === 'operator' ? taken : assert.rejects(taken, { code: 0x87 }));
		}
		const answers = () => heard.filter(([topic]) => topic.startsWith('$CONTROL/')).flatMap(([, text]) => JSON.parse(text).responses);
		if (username === 'operator')
			await until(() => answers().length >= commands.length, 'all are answered');
		else
			await sleep(1000);
		assert.deepEqual(answers().filter(({ data }) => data).map(({ command }) => command), username === 'operator' ? commands.map(({ command }) => command) : [], username);
		await client.endAsync(true);
	}
});

test('an_address_that_names_another_server_is_none_to_log_in_at', async () => {
	const page = await openPage(browser, addressOf(source.httpPort, 'wss://evil.example/mqtt', broker.url));
	await page.waitForSelector('#barred:not([hidden])');
	assert.match(await page.textContent('#barred-why'), /evil\.example/);
	assert.ok(await page.isHidden('#login'));
	assert.deepEqual(await complaintsOfAxe(await page), []);
	await page.context().close();
});

/* --- how it is --- */

test('an_operator_sees_the_event_live', async () => {
	const viewers = await Promise.all([1, 2, 3].map((n) => comeIn({ port: broker.port, clientId: `fan-${n}` })));
	const page = await open();
	await saysWell(page);
	assert.match(await verdictOf(page), /Live since \d\d:\d\d/);
	await until(async () => await page.textContent('#viewers-now') === '3', 'three viewers');
	const [row] = await rowsOf(page, '#brokers');
	assert.deepEqual(row.slice(1, 4), ['broker', '3', row[3]]);
	assert.match(row[3], /^\d+ of [\d,]+$/);
	await until(async () => { const [[, , , , load, , , files]] = await rowsOf(page, '#brokers'); return /^\d+ %/.test(load) && /^\d+ of [\d,]+$/.test(files); }, 'load and files');
	await until(async () => /Publisher.*leads/.test(await page.textContent('#parts')), 'the publisher is named');
	assert.deepEqual(new Set(page.requests.map((url) => new URL(url).hostname)), new Set(['127.0.0.1']));
	assert.deepEqual(page.complaints, []);
	await Promise.all(viewers.map((viewer) => viewer.endAsync(true)));
	await until(async () => await page.textContent('#viewers-now') === '0', 'nobody watches');
	await page.context().close();
});

test('what_breaks_has_its_sentence_within_ten_seconds', async () => {
	const page = await open();
	await saysWell(page);
	const times = [];
	await scoreboard.stop();
	times.push(await says(page, /The scoreboard is not heard/, { level: 'bad' }));
	assert.match(await page.textContent('#parts'), /Scoreboard/);
	await scoreboard.start();
	await saysWell(page, 20000);
	await source.kill();
	times.push(await says(page, /publisher has gone/, { level: 'bad' }));
	source = await startSource({ broker, webDir: pagesDir, httpPort: source.httpPort, from: scoreboard.url });
	await saysWell(page, 20000);
	await broker.kill();
	times.push(await says(page, /lost its broker/, { level: 'bad' }));
	await broker.start();
	await saysWell(page, 30000);
	broker.child.kill('SIGSTOP');
	try {
		times.push(await says(page, /lost its broker/, { level: 'bad' }));
	} finally {
		broker.child.kill('SIGCONT');
	}
	await saysWell(page, 30000);
	assert.ok(times.filter((ms) => ms > 10000).length <= 1, `after ${times.join(', ')} ms`); // one, when this machine stood still
	await page.context().close();
});

/* --- people --- */

const find = async (page, text) => {
	await openTab(page, 'clients');
	await page.fill('#find', text);
	await page.click('#search button');
};
const foundIds = async (page) => (await rowsOf(page, '#clients')).map(([id]) => id);
const done = (page) => page.textContent('#done');
const isRefused = (client) => comeIn(client).then((one) => one.endAsync(true).then(() => false), () => true);

test('one_of_300_is_found_by_its_address_and_sent_away', async () => {
	const fans = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => comeIn({ port: broker.port, clientId: `fan-${i}`, address: `127.0.${1 + (i >> 8)}.${1 + (i & 127)}` })));
	const page = await open();
	await find(page, '127.0.2.5');
	await until(async () => (await foundIds(page)).length === 1, 'one is found');
	const [[id, user, where, role]] = await rowsOf(page, '#clients');
	assert.deepEqual([id, user, where, role], ['fan-260', '–', '127.0.2.5', 'viewer']);
	await page.click('#clients button[data-do=kick]');
	await until(() => !isIn(fans[260]), 'it is sent away');
	await until(async () => /fan-260 was sent away/.test(await done(page)), 'the page says so');
	await find(page, 'FAN-2');
	await until(async () => (await foundIds(page)).length === 100, 'more than are shown');
	assert.match(await page.textContent('#found'), /The first 100 of 110 clients/);
	await page.selectOption('#role', 'publisher');
	await find(page, '');
	await until(async () => (await foundIds(page)).length === 1, 'one publisher');
	assert.match(broker.child.said, /command=kick/);
	assert.doesNotMatch(broker.child.said, /command=(get|list)/, 'that a page looks is no line of the log');
	await Promise.all(fans.map((fan) => fan.endAsync(true)));
	await page.context().close();
});

test('a_user_is_banned_seen_to_be_refused_and_let_in_again', async () => {
	const place = { port: broker.port, address: '127.0.7.7', username: 'ann' };
	const ann = await comeIn({ ...place, clientId: 'anns-phone' });
	const page = await open();
	await find(page, 'ann');
	await page.click('#clients button[data-user=ann]');
	await page.click('#confirm-no');
	assert.ok(isIn(ann), 'who cancels has done nothing');
	await page.click('#clients button[data-user=ann]');
	assert.match(await page.textContent('#confirm-what'), /Ban the user ann\?/);
	await page.click('#confirm-yes');
	await until(() => !isIn(ann), 'she is sent away');
	await until(async () => (await rowsOf(page, '#bans')).some(([who]) => who === 'user ann'), 'the ban is listed');
	assert.ok(await isRefused({ ...place, clientId: 'anns-phone' }));
	await openTab(page, 'refusals');
	await until(async () => (await rowsOf(page, '#refusals')).some((row) => /Banned/.test(row[1]) && /^ann/.test(row[2]) && row.includes('127.0.7.7')), 'her refusal is shown');
	await openTab(page, 'clients');
	await page.click('#bans button[data-user=ann]');
	await until(async () => (await rowsOf(page, '#bans')).length === 0, 'it is lifted');
	assert.ok(!await isRefused({ ...place, clientId: 'anns-phone' }));
	await page.context().close();
});

test('an_address_is_banned_from_the_list_of_refusals', async () => {
	const place = { port: broker.port, address: '127.0.8.8', clientId: 'guess' };
	assert.ok(await isRefused({ ...place, username: 'nobody' }));
	const page = await open();
	await openTab(page, 'refusals');
	await page.waitForSelector('#refusals button[data-address="127.0.8.8"]');
	await page.click('#refusals button[data-address="127.0.8.8"]');
	await page.selectOption('#confirm-for', '600');
	await page.click('#confirm-yes');
	await until(async () => (await rowsOf(page, '#bans')).some(([who, , left]) => who === 'address 127.0.8.8' && left === '10 min'), 'the ban is listed');
	assert.ok(await isRefused(place));
	await page.click('#bans button[data-address="127.0.8.8"]');
	await until(async () => !await isRefused(place), 'it is lifted');
	await page.context().close();
});

/* --- the page itself --- */

test('what_clients_call_themselves_is_text', async () => {
	const name = '<img src=x onerror="window.pwned=1">\u202e"\'&';
	const client = await comeIn({ port: broker.port, clientId: name, address: '127.0.9.9' });
	client.publish('scoreboard/<script>window.pwned=1</script>', '1', { qos: 1 }, () => {});
	await isRefused({ port: broker.port, clientId: name, username: name, address: '127.0.9.10' });
	const page = await open();
	await find(page, '127.0.9.9');
	await until(async () => (await foundIds(page))[0] === name, 'it is shown');
	await page.click('#clients button[data-do=kick]');
	await until(() => !isIn(client), 'it is sent away');
	await openTab(page, 'refusals');
	await until(async () => (await rowsOf(page, '#refusals')).some((row) => row.some((cell) => cell === name + name)), 'the refusal is shown');
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

for (const colorScheme of ['dark', 'light'])
	test(`axe_finds_nothing_and_all_fits: ${colorScheme}`, async () => {
		const fan = await comeIn({ port: broker.port, clientId: 'fan-with-a-long-name-'.repeat(4), address: '127.0.3.3' });
		await isRefused({ port: broker.port, username: 'nobody', address: '127.0.3.4' });
		for (const [width, height] of SIZES) {
			const page = await openPage(browser, address(), { colorScheme, viewport: { width, height }, bypassCSP: true });
			assert.deepEqual(await complaintsOfAxe(page), [], 'log in');
			await logIn(page);
			await page.waitForSelector('#desk:not([hidden])');
			await saysWell(page);
			for (const tab of TABS) {
				await openTab(page, tab);
				await page.waitForSelector(`#panel-${tab} :is(table, .none)`);
				assert.deepEqual(await complaintsOfAxe(page), [], `${tab} ${width}`);
				const wide = await page.evaluate(() => document.documentElement.scrollWidth);
				assert.ok(wide <= width, `${tab}: ${wide} of ${width}`);
			}
			await page.context().close();
		}
		await fan.endAsync(true);
	});

test('it_is_worked_by_keyboard', async () => {
	const fan = await comeIn({ port: broker.port, clientId: 'keys', address: '127.0.4.4' });
	const page = await open();
	await page.focus('#tab-brokers');
	await page.keyboard.press('ArrowRight');
	assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-clients');
	await page.focus('#find');
	await page.keyboard.type('keys');
	await page.keyboard.press('Enter');
	await until(async () => (await foundIds(page)).join() === 'keys', 'it is found');
	await page.focus('#clients button[data-do=ban]');
	await page.keyboard.press('Enter');
	await page.keyboard.press('Escape');
	assert.ok(isIn(fan), 'Escape is no');
	assert.equal(await page.evaluate(() => document.activeElement.dataset.do), 'ban', 'the focus is where it was');
	await page.focus('#clients button[data-do=kick]');
	await page.keyboard.press('Enter');
	await until(() => !isIn(fan), 'it is sent away');
	await page.context().close();
});

/* --- several tracks --- */

test('which_track_is_in_trouble_is_told', async (t) => {
	const hall = await startBroker({ users: ['publisher', 'operator'] });
	const tracks = await Promise.all(['Main hall', 'Court 2'].map((title, i) => startSource({ broker: hall, webDir: pagesDir, prefix: `scoreboard/track${i + 1}`, more: ['--title', title] })));
	t.after(async () => {
		await Promise.all(tracks.map((track) => track.stop()));
		await hall.stop();
	});
	tracks.forEach(({ push }) => push({ frame: { state: { 'ScoreBoard.CurrentGame.Team(1).Score': 7 } } }));
	const page = await openOps(browser, addressOf(tracks[0].httpPort, hall.url));
	await says(page, /viewers see 2 tracks live/, { level: 'good' });
	const parts = () => page.evaluate(() => [...document.querySelectorAll('#parts li')].map(({ textContent }) => textContent));
	assert.deepEqual((await parts()).filter((text) => text.includes('Track')).map((text) => /“.*”/.exec(text)[0]), ['“Court 2”', '“Main hall”']);
	await tracks[1].stop();
	await says(page, /^Track “Court 2”: The publisher has gone/, { level: 'bad' });
	assert.deepEqual((await parts()).filter((text) => text.includes('Track')).map((text) => /live/.test(text)), [false, true]);
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});
