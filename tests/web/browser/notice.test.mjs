/* What the crew tells everybody, on the pages, with the real broker behind the shipped policy, and the real publisher: soon shown, put away,
 * over in time, taken back, there again after the broker has forgotten it; and whatever somebody writes there, the page bears it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { launch, openPage } from '../support/chrome.mjs';
import { startStage } from '../support/stage.mjs';
import { PASSWORD, sleep, startBroker, until } from '../support/tools.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LONG = `${'A very long notice that goes on and on, '.repeat(10)}${'x'.repeat(100)}`;

/* Until the shipped policy lets operators write notices. */
const letOperators = (policy) => {
	policy.roles.operator.publish = [...new Set([...policy.roles.operator.publish, 'scoreboard/notice', 'scoreboard/show/+'])];
	return policy;
};

let stage;
let browser;
before(async () => {
	const broker = await startBroker({ users: ['publisher', 'operator'], change: letOperators });
	stage = await startStage({ broker });
	stage.seek(137000);
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await stage?.stop();
});

/* As an operator; MQTT 5 if there is an expiry. */
async function publish(payload, expiryS) {
	const client = mqtt.connect(`mqtt://127.0.0.1:${stage.broker.port}`, { protocolVersion: 5, username: 'operator', password: PASSWORD, reconnectPeriod: 0 });
	const text = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload : JSON.stringify(payload);
	await new Promise((done, failed) => {
		client.on('error', failed);
		const properties = expiryS ? { messageExpiryInterval: expiryS } : {};
		client.publish('scoreboard/notice', text, { qos: 1, retain: true, properties }, (error) => (error ? failed(error) : done()));
	});
	await client.endAsync();
}

const open = async (name = '', options = {}) => {
	const page = await openPage(browser, stage.address(name), options);
	await page.waitForFunction(() => window.scoreboard?.connection.live);
	return page;
};
const shown = (page) => page.evaluate(() => {
	const box = document.querySelector('#notice');
	return box.hasAttribute('data-empty') ? null : document.querySelector('#notice-text').textContent;
});
const shows = (page, wanted, ms = 3000) => until(async () => await shown(page) === wanted, `the page shows ${wanted}`, { ms });

test('a_notice_is_shown_within_a_second_and_announced', async () => {
	const page = await open();
	await publish('');
	const begun = Date.now();
	await publish({ id: '1', text: 'Track 2 starts at 18:30', level: 'info', by: 'ann' });
	await shows(page, 'Track 2 starts at 18:30', 1000);
	console.log(`# published to shown, ms: ${Date.now() - begun}`);
	assert.equal(await page.getAttribute('#notice-say', 'role'), 'status');
	assert.equal(await page.textContent('#notice-by'), 'ann');
	await publish({ id: '2', text: 'Leave the hall', level: 'urgent' });
	await shows(page, 'Leave the hall');
	assert.equal(await page.getAttribute('#notice-say', 'role'), 'alert');
	assert.ok(await page.isVisible('#notice-text'));
	await publish('');
	await shows(page, null);
	assert.ok(!await page.isVisible('#notice-close'));
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test('who_puts_it_away_does_not_see_it_again_but_the_next_one', async () => {
	const page = await open();
	await publish({ id: '3', text: 'Three' });
	await shows(page, 'Three');
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await shows(page, null);
	await page.reload();
	await page.waitForFunction(() => window.scoreboard?.notice?.id === '3');
	assert.equal(await shown(page), null);
	const other = await open();
	await shows(other, 'Three');
	await publish({ id: '4', text: 'Four' });
	await shows(page, 'Four');
	await publish('');
	await page.context().close();
	await other.context().close();
});

test('it_goes_by_itself', async () => {
	const page = await open();
	await publish({ id: '5', text: 'Until then', until: Date.now() + 2000 });
	await shows(page, 'Until then');
	await shows(page, null, 4000);
	await publish({ id: '6', text: 'Counted by the broker' }, 2);
	await shows(page, 'Counted by the broker');
	await shows(page, null, 4500);
	const late = await open();
	assert.equal(await shown(late), null);
	await late.context().close();
	await page.context().close();
});

test('a_broker_that_forgets_it_has_it_again', async () => {
	const page = await open();
	await publish({ id: '7', text: 'Still true' }, 60);
	await shows(page, 'Still true');
	await stage.broker.kill();
	await stage.broker.start();
	await page.waitForFunction(() => window.scoreboard.connection.live, null, { timeout: 30000 });
	await shows(page, 'Still true', 10000);
	const newcomer = await open();
	await shows(newcomer, 'Still true', 10000);
	await publish('');
	await shows(page, null);
	await newcomer.context().close();
	await page.context().close();
});

test('over_HTTP_it_comes_and_goes_too', async () => {
	await publish({ id: '8', text: 'Over HTTP' });
	const page = await openPage(browser, stage.address('', 'ws://127.0.0.1:9/mqtt'));
	await page.waitForFunction(() => window.scoreboard?.connection.transport === 'sse', null, { timeout: 30000 });
	await shows(page, 'Over HTTP');
	await publish({ id: '9', text: 'Another', until: Date.now() + 1500 });
	await shows(page, 'Another');
	await shows(page, null, 4000);
	await page.context().close();
});

test('a_hostile_notice_is_text_or_nothing', async () => {
	const page = await open();
	const html = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
	const rows = [
		['not JSON', null], ['{"text":', null], [Buffer.from([0, 255, 254, 123]), null], ['[]', null], ['"text"', null], [{}, null], [{ text: 7 }, null],
		[{ text: html, level: html, id: html, by: html }, html],
		[{ text: '\u202eRTL \u05e9\u05dc\u05d5\u05dd' }, '\u202eRTL \u05e9\u05dc\u05d5\u05dd'],
		[{ text: 'a\u0000b' }, 'a b'], [{ text: 'past', until: 1 }, null], [{ text: 'for ever', until: 253402300799000 }, 'for ever'],
		[{ text: '__proto__', __proto__: { level: 'x' }, id: '__proto__', level: 'constructor' }, '__proto__'],
		[{ text: 'x'.repeat(60000) }, null],
	];
	for (const [i, [payload, wanted]] of rows.entries()) {
		await publish({ id: `before ${i}`, text: `before ${i}` });
		await shows(page, `before ${i}`);
		await publish(payload);
		await shows(page, wanted);
	}
	await publish(JSON.stringify({ text: 'x'.repeat(1 << 20) })).catch(() => {}); // the policy may refuse it
	await sleep(300);
	assert.equal(await page.evaluate(() => window.pwned), undefined);
	assert.ok(await page.evaluate(() => window.scoreboard.connection.live));
	assert.deepEqual(page.complaints, []);
	await publish('');
	await page.context().close();
});

for (const colorScheme of ['dark', 'light'])
	test(`a_long_notice_fits_a_small_phone_and_axe_finds_nothing: ${colorScheme}`, async () => {
		const page = await open('', { colorScheme, viewport: { width: 320, height: 568 } });
		for (const [i, level] of ['info', 'warning', 'urgent'].entries()) {
			await publish({ id: `${colorScheme} ${i}`, text: `${LONG.slice(0, 490)}\n${level}`, level, by: 'x'.repeat(100) });
			await until(async () => (await shown(page))?.endsWith(level), level);
			const size = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector('#notice').getBoundingClientRect().right]);
			assert.ok(size[0] <= 320 && size[1] <= 320, `320 px: ${size}`);
			await page.evaluate(axe);
			const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] })
				.then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html.slice(0, 100)).join('; ')}`)));
			assert.deepEqual(found, []);
		}
		await publish('');
		await page.context().close();
	});

test('an_overlay_shows_it_only_when_it_was_asked_to', async () => {
	await publish({ id: '20', text: LONG.slice(0, 300) });
	for (const style of ['lower', 'bug', 'strip']) {
		const [plain, asked] = [await open('overlay.html'), await openPage(browser, `${stage.address('overlay.html')}&notice=1&style=${style}`)];
		await shows(asked, LONG.slice(0, 300), 10000);
		assert.equal(await shown(plain), null);
		const box = await asked.locator('#notice').boundingBox();
		const score = await asked.locator('#overlay').boundingBox();
		assert.ok(box.y + box.height <= score.y || box.y >= score.y + score.height, `${style}: away from the score`);
		assert.deepEqual([...plain.complaints, ...asked.complaints], []);
		await plain.context().close();
		await asked.context().close();
	}
	await publish('');
});
