/* schema/asyncapi.yaml by the AsyncAPI project's own parser; its examples are valid; and it has the topics that schema/README.md has, no more and no less. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { Parser, fromFile } = require('@asyncapi/parser');
const Ajv = createRequire(require.resolve('@asyncapi/parser'))('ajv');
const schema = fileURLToPath(new URL('../../schema/', import.meta.url));
const { document, diagnostics } = await fromFile(new Parser(), join(schema, 'asyncapi.yaml')).parse();

test('the_parser_has_nothing_to_say', () => {
	assert.deepEqual(diagnostics.map(({ code, path, message }) => `${path.join('.')}: ${message} (${code})`), []);
});

/* A topic of a table, or one that begins a line, or one of Home Assistant; `<name>` and `…` stand for any levels. */
function documented() {
	const text = readFileSync(join(schema, 'README.md'), 'utf8');
	const tables = text.split(/^\| topic \|/m).slice(1).flatMap((table) => [...table.split('\n\n')[0].matchAll(/^\| `([^`]+)` \|/gm)]);
	const others = [...text.matchAll(/^`(scoreboard\/[^`]+)`,/gm), ...text.matchAll(/`(homeassistant\/[^`]+\/config)`/g)];
	return [...new Set([...tables, ...others].map(([, topic]) => topic.replaceAll('<prefix>', 'scoreboard').replaceAll(/<[^>]+>|…/g, '*')))];
}

const levels = (address) => address.replace('{prefix}', 'scoreboard').replaceAll(/\{[^}]+\}/g, '*').split('/');
/* A channel's parameter may be any level, and at its end several. */
function fits(topic, address) {
	const [asked, there] = [topic.split('/'), levels(address)];
	const open = asked.at(-1) === '*' || there.at(-1) === '*';
	const n = Math.min(asked.length, there.length);
	return (open || asked.length === there.length) && asked.slice(0, n).every((level, i) => level === there[i] || there[i] === '*' || level === '*');
}

test('it_has_the_topics_of_README_md', () => {
	const addresses = document.channels().all().map((channel) => channel.address());
	const leaf = '{prefix}/{path}';
	const topics = documented();
	for (const topic of topics)
		assert.ok(topic === 'scoreboard/*' ? addresses.includes(leaf) : addresses.some((address) => address !== leaf && fits(topic, address)), `${topic} is in README.md, and not in asyncapi.yaml`);
	for (const address of addresses)
		assert.ok(topics.some((topic) => topic !== 'scoreboard/*' && fits(topic, address)) || address === leaf, `${address} is in asyncapi.yaml, and not in README.md`);
	assert.ok(topics.length > 20, topics.join(' '));
});

test('its_examples_are_valid', () => {
	const ajv = new Ajv({ strict: false });
	let n = 0;
	for (const message of document.allMessages().all())
		for (const example of message.examples().all()) {
			n++;
			assert.ok(ajv.validate(message.payload().json(), example.payload()), `${message.name()}: ${JSON.stringify(example.payload())}: ${ajv.errorsText()}`);
		}
	assert.ok(n > 5, String(n));
});
