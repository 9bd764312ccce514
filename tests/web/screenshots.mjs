/* screenshots - takes the pictures of docs/images anew: node tests/web/screenshots.mjs [FOLDER]. Real Chromium, broker
 * and publisher, at one moment of the recorded game; then the overlay as its control page directs it; the last one after the broker was stopped. Smaller afterwards
 * with: pngquant --ext .png --force docs/images/*.png */
import { join } from 'node:path';
import { launch, openPage } from './support/chrome.mjs';
import { logIn } from './support/ops.mjs';
import { startStage } from './support/stage.mjs';
import { sleep, source } from './support/tools.mjs';

const MOMENT = 135200;
const VIDEO = 'linear-gradient(160deg, #5b6b7a, #2c3440 60%, #151a21)'; // what an overlay may lie over
const screen = (width, height, colorScheme = 'dark', deviceScaleFactor = 1) => ({ viewport: { width, height }, colorScheme, deviceScaleFactor });

/* name, page, screen, and for overlays the part of the picture to keep */
const SHOTS = [
	['board-laptop', '', screen(1366, 768)],
	['board-light', '', screen(1366, 768, 'light')],
	['board-phone', '', screen(390, 844, 'dark', 1.5)],
	['board-phone-light', '', screen(390, 844, 'light', 1.5)],
	['board-tv', '', screen(1920, 1080)],
	['overlay-lower', 'overlay.html?style=lower', screen(1920, 1080), { x: 0, y: 840, width: 1920, height: 240 }],
	['overlay-bug', 'overlay.html?style=bug', screen(1920, 1080), { x: 0, y: 0, width: 960, height: 320 }],
	['overlay-strip', 'overlay.html?style=strip', screen(1920, 1080), { x: 0, y: 0, width: 1920, height: 120 }],
];

const folder = process.argv[2] ?? join(source, 'docs/images');
const stage = await startStage({ users: ['publisher', 'crew'] });
const browser = await launch();
stage.seek(MOMENT - 3000);
const pages = [];
for (const [name, page, options, clip] of SHOTS) {
	const address = stage.address(page.split('?')[0]) + (page.includes('?') ? `&${page.split('?')[1]}` : '');
	const opened = await openPage(browser, address, options);
	await opened.waitForFunction(() => window.scoreboard?.connection.live);
	if (clip)
		await opened.evaluate((video) => { document.documentElement.style.background = video; }, VIDEO);
	pages.push({ name, page: opened, clip });
}
await stage.play(3000);
await sleep(1500);
for (const { name, page, clip } of pages)
	await page.screenshot({ path: join(folder, `${name}.png`), clip });

const control = await openPage(browser, stage.address('overlay-control.html'), screen(1024, 768));
await logIn(control, { user: 'crew' });
await control.waitForSelector('#controls:not([disabled])');
await control.fill('#title', 'Anna Conda');
await control.fill('#line', 'Rocky River Roller Derby · number 0');
await control.click('#lower-form button');
await control.fill('#sponsor', 'Acme Skates');
await control.click('#sponsor-form button');
await control.click('[data-panel="roster"]');
await sleep(1500);
await control.evaluate(() => window.scrollTo(0, 0));
await control.screenshot({ path: join(folder, 'overlay-control.png') });

await stage.broker.stop();
await sleep(3500);
await pages.find(({ name }) => name === 'board-phone').page.screenshot({ path: join(folder, 'board-phone-lost.png') });
await browser.close();
await stage.stop();
process.exit(0);
