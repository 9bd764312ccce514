/* vendor - copies what the pages need from node_modules to vendor/, so that they are served locally and work in a
 * rink without internet. A missing font is no error: the pages then use the system's. */
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const font = (name) => [`@fontsource/barlow-condensed/files/barlow-condensed-${name}-normal.woff2`, `${name}.woff2`];
const FILES = [
	['mqtt/dist/mqtt.esm.js', 'mqtt.esm.js'],
	['mqtt/LICENSE.md', 'mqtt.LICENSE.md'],
	['fflate/umd/index.js', 'fflate.js'], // a third of the ES module, which is not minified
	['fflate/LICENSE', 'fflate.LICENSE'],
	['qrcode-generator/dist/qrcode.mjs', 'qrcode.js'], // its licence stands in it; not every server knows what .mjs is
	font('latin-500'), font('latin-600'), font('latin-700'),
	font('latin-ext-500'), font('latin-ext-600'), font('latin-ext-700'),
	['@fontsource/barlow-condensed/LICENSE', 'barlow-condensed.LICENSE'],
];

await mkdir(join(web, 'vendor'), { recursive: true });
for (const [from, to] of FILES) {
	const source = join(web, 'node_modules', from);
	if (await stat(source).catch(() => null))
		await copyFile(source, join(web, 'vendor', to));
	else
		console.warn(`vendor: ${from} is not installed, left out`);
}
