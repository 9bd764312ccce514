/* pictures - draws docs/images/states anew: every state of a game at the sizes of a phone, a tablet, a laptop, a TV and an overlay, one sheet for each state, and the
 * page docs/pictures.md that shows them: node tests/web/pictures.mjs [STATE...]. Real Chromium, the pages as they are; states of the recordings and invented ones
 * (support/games.mjs). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './support/chrome.mjs';
import { GAMES, LOGOS } from './support/games.mjs';
import { startStates } from './support/states.mjs';
import { sleep, source } from './support/tools.mjs';

const OVERLAY = { width: 1920, height: 1080 };
/* name, page, screen, where on the sheet, and for overlays the part of the screen to keep */
const SCREENS = [
	{ name: 'phone, 390 x 844', page: '', size: { width: 390, height: 844 }, at: [0, 0, 260] },
	{ name: 'small phone, light, 320 x 640', page: '?theme=light', size: { width: 320, height: 640 }, at: [0, 600, 260] },
	{ name: 'tablet, 820 x 1180', page: '', size: { width: 820, height: 1180 }, at: [272, 0, 410] },
	{ name: 'phone on its side, 844 x 390', page: '', size: { width: 844, height: 390 }, at: [272, 628, 410] },
	{ name: 'laptop, 1366 x 768', page: '', size: { width: 1366, height: 768 }, at: [694, 0, 620] },
	{ name: 'TV, 1920 x 1080', page: '', size: { width: 1920, height: 1080 }, at: [694, 386, 620] },
	{ name: 'overlay, lower third', page: 'overlay.html?style=lower', size: OVERLAY, clip: { x: 240, y: 880, width: 1440, height: 200 }, at: [694, 772, 620] },
	{ name: 'bug', page: 'overlay.html?style=bug', size: OVERLAY, clip: { x: 0, y: 0, width: 620, height: 280 }, at: [272, 856, 410] },
	{ name: 'strip', page: 'overlay.html?style=strip', size: OVERLAY, clip: { x: 0, y: 0, width: 1920, height: 110 }, at: [694, 896, 620] },
];
const SHEET = { width: 1314, height: 1140 };
const VIDEO = 'linear-gradient(160deg, #5b6b7a, #2c3440 60%, #151a21)'; // what an overlay may lie over
const SPONSORS = "sponsors: [{ name: 'Acme Skates' }, { name: 'Old Tram Depot' }, { name: 'Rocky River Brewing' }],";
const SETTLED_MS = 2500; // the glow of new points is over
const LOST_MS = 4000; // after which pages say that they have lost their servers

const folder = join(source, 'docs/images/states');
const fileOf = (name) => `${name.replace(/\W+/g, '-')}.webp`;
const wanted = process.argv.slice(2);
const names = Object.keys(GAMES).filter((name) => wanted.length === 0 || wanted.includes(name));

const states = await startStates({
	change: (path, text) => (path === '/config.js' ? text.replace('sponsors: [],', SPONSORS) : text),
	files: LOGOS.map(({ name, bytes }) => ({ path: `/scoreboard/file/${name}`, type: 'image/png', bytes })),
});
const browser = await launch();

async function openScreens() {
	return Promise.all(SCREENS.map(async (screen) => {
		const context = await browser.newContext({ viewport: screen.size, reducedMotion: 'reduce', colorScheme: 'dark', locale: 'en-GB', timezoneId: 'Europe/London' });
		const page = await context.newPage();
		await page.goto(states.address(screen.page));
		if (screen.clip)
			await page.evaluate((video) => { document.documentElement.style.background = video; }, VIDEO);
		await page.waitForFunction(() => window.scoreboard?.connection.live, undefined, { timeout: 60000 });
		return { ...screen, page };
	}));
}

/* Draws the pictures onto one, and gives it as WebP. */
async function sheet(shots) {
	const page = await browser.newPage();
	const url = await page.evaluate(async ([size, list]) => {
		const canvas = Object.assign(document.createElement('canvas'), size);
		const context = canvas.getContext('2d');
		context.fillStyle = '#3a3f4a';
		context.fillRect(0, 0, size.width, size.height);
		context.imageSmoothingQuality = 'high';
		context.font = '12px sans-serif';
		for (const { name, at: [x, y, width], data } of list) {
			const image = await createImageBitmap(await (await fetch(data)).blob());
			context.drawImage(image, x, y + 18, width, width * image.height / image.width);
			context.fillStyle = '#e8ebf0';
			context.fillText(name, x + 4, y + 13);
		}
		return canvas.toDataURL('image/webp', 0.8);
	}, [SHEET, shots]);
	await page.close();
	return Buffer.from(url.split(',')[1], 'base64');
}

async function draw(name, screens) {
	const { state, status = { state: 'live', since: 0, reason: '' }, cut = false } = GAMES[name];
	states.status(status);
	states.tell(state());
	await sleep(SETTLED_MS);
	if (cut) {
		states.cut(true);
		await sleep(LOST_MS);
	}
	const shots = [];
	for (const { page, clip, ...screen } of screens)
		shots.push({ ...screen, data: `data:image/png;base64,${(await page.screenshot({ clip })).toString('base64')}` });
	writeFileSync(join(folder, fileOf(name)), await sheet(shots));
	states.cut(false);
}

mkdirSync(folder, { recursive: true });
setInterval(states.beat, 2000);
const screens = await openScreens();
for (const name of names) {
	await draw(name, screens);
	console.log(name);
}
if (wanted.length === 0)
	writeFileSync(join(source, 'docs/pictures.md'), [
		'# What each state looks like',
		'',
		'Board and overlay at the sizes of a phone, a tablet, a laptop, a TV and a stream, by `node tests/web/pictures.mjs`, which draws them anew: the pages as they are, with states of the recorded',
		'games and invented ones (`tests/web/support/games.mjs`). Look at them after a change of the pages.',
		...names.flatMap((name) => ['', `## ${name[0].toUpperCase()}${name.slice(1)}`, '', `![${name}](images/states/${fileOf(name)})`]),
		'',
	].join('\n'));
await browser.close();
await states.stop();
process.exit(0);
