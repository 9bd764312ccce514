/* bundle - scoreboard-client as one file, for pages that have no build of their own: client/dist/scoreboard-client.js, with the terms of what is in it, and its integrity for <script integrity>. It is ASCII, for pages that declare no charset.
 * `npm pack` in client/ runs it; it needs what vendor.mjs makes. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const client = join(web, 'client');
const dist = join(client, 'dist');
const NAME = 'scoreboard-client.js';

const { version } = JSON.parse(await readFile(join(client, 'package.json'), 'utf8'));
const texts = (...names) => Promise.all(names.map((name) => readFile(join(web, name), 'utf8')));

/* Whole at any moment, for who packs at the same time. */
async function put(name, content) {
	const made = join(client, `.${name}.${process.pid}`);
	await writeFile(made, content);
	await rename(made, join(dist, name));
}

const { outputFiles: [{ contents }] } = await build({
	entryPoints: ['scripts/global/entry.js'], outfile: join(dist, NAME), write: false, absWorkingDir: web, external: ['mqtt', 'fflate'],
	bundle: true, minify: true, format: 'iife', globalName: 'ScoreboardClient', target: 'es2022', legalComments: 'none',
	banner: { js: `/*! scoreboard-client ${version}, with MQTT.js and fflate: LICENSES.txt beside this file has the terms of all of them. */` },
});
const [ours, ...others] = await texts('client/LICENSE', 'vendor/mqtt.LICENSE.md', 'vendor/fflate.LICENSE');
const integrity = `sha384-${createHash('sha384').update(contents).digest('base64')}`;
await mkdir(dist, { recursive: true });
await put(NAME, contents);
await put('LICENSES.txt', [`scoreboard-client ${version}: MIT\n\n${ours}`, ...others].join('\n----\n\n'));
await put('integrity.json', `${JSON.stringify({ [NAME]: integrity }, null, '\t')}\n`);
