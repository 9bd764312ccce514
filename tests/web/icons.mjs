/* icons - draws web/icons/ from web/icon.svg: node tests/web/icons.mjs. The maskable one has its ground to the edges, and the star in the middle that no mask cuts. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './support/chrome.mjs';
import { webDir } from './support/tools.mjs';

const svg = readFileSync(join(webDir, 'icon.svg'), 'utf8');
const ICONS = [['icon-192', 192, svg], ['icon-512', 512, svg],
	['maskable-512', 512, svg.replace('rx="14" ', '').replace('<path ', '<path transform="translate(32 32) scale(.75) translate(-32 -32)" ')]];

mkdirSync(join(webDir, 'icons'), { recursive: true });
const browser = await launch();
for (const [name, size, picture] of ICONS) {
	const page = await browser.newPage({ viewport: { width: size, height: size } });
	await page.setContent(`<body style="margin:0;background:transparent">${picture.replace('<svg ', `<svg style="display:block" width="${size}" height="${size}" `)}`);
	await page.screenshot({ path: join(webDir, 'icons', `${name}.png`), omitBackground: true });
	await page.close();
}
await browser.close();
