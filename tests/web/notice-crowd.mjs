/* notice-crowd - a notice to a crowd, measured: LOADGEN=build/bench/bench/loadgen/scoreboard-loadgen node tests/web/notice-crowd.mjs [VIEWERS]. Real broker with
 * the shipped policy, real publisher; the crowd is the load generator's, which joins as pages do; one page in Chromium tells when it is shown and
 * gone. Needs two open files for each viewer's connection. No test: it takes time and a quiet machine. */
import { spawn } from 'node:child_process';
import mqtt from 'mqtt';
import { launch, openPage } from './support/chrome.mjs';
import { startStage } from './support/stage.mjs';
import { PASSWORD, startBroker, sleep, until } from './support/tools.mjs';

const N = Number(process.argv[2] ?? 10000);
const broker = await startBroker({ users: ['publisher', 'operator'] });
const stage = await startStage({ broker }); stage.seek(20000);
const op = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, username: 'operator', password: PASSWORD });
const sys = {}; op.on('message', (t, p) => { sys[t] = String(p); });
await op.subscribeAsync(['$SYS/broker/publish/messages/sent', '$SYS/broker/scoreboard/connections/+', '$SYS/broker/clients/connected']);
const load = spawn(process.env.LOADGEN, ['--url', `ws://127.0.0.1:${broker.wsPort}/mqtt`, '--publish', '0', '--viewers', String(N), '--packed', '--as-page', '--seconds', '90', '--settle', '1000', '--quiet'], { stdio: 'inherit' });
const browser = await launch(); const page = await openPage(browser, stage.address());
await page.waitForFunction(() => window.scoreboard?.connection.live || document.querySelector('.score')?.textContent);
await until(() => Number(sys['$SYS/broker/clients/connected']) >= N, 'all in', { ms: 120000, every: 500 });
await sleep(12000);
for (let round = 1; round <= 2; round++) {
	const before = Number(sys['$SYS/broker/publish/messages/sent']);
	const text = `Notice ${round} for everybody`;
	const seen = page.waitForFunction((t) => document.body.innerText.includes(t), text, { polling: 'raf', timeout: 20000 }).then(() => Date.now());
	const at = Date.now();
	await op.publishAsync('scoreboard/notice', JSON.stringify({ id: `n${round}`, text, level: 'info', until: Date.now() + 8000 }), { qos: 1, retain: true, properties: { messageExpiryInterval: 8 } });
	const shown = (await seen) - at;
	await until(() => page.evaluate((t) => !document.body.innerText.includes(t), text), 'gone', { ms: 15000 });
	const gone = Date.now() - at;
	await sleep(11000);
	console.log(`round ${round}: viewers ${sys['$SYS/broker/clients/connected']}, shown after ${shown} ms, gone after ${gone} ms (until 8000), messages sent meanwhile ${Number(sys['$SYS/broker/publish/messages/sent']) - before}`);
}
load.kill('SIGTERM'); await browser.close(); await op.endAsync(true); await stage.stop(); process.exit(0);
