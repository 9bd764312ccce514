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

/* The topics of README.md: those of tables, those that begin a line, and those of Home Assistant: { topic, retained }, the latter where a column says it.
 * `*` stands for one level, `#` for one or more. */
function documented() {
	const text = readFileSync(join(schema, 'README.md'), 'utf8');
	const tables = text.split(/^\| topic \|/m).slice(1).map((table) => table.split('\n\n')[0]);
	const rows = tables.flatMap((table) => [...table.matchAll(/^\| `([^`]+)` \|([^|]*)\|/gm)].map(([, topic, next]) => [topic, /^ retained /.test(table) ? next.trim() : '']));
	const others = [...text.matchAll(/^`(scoreboard\/[^`]+)`,( (?:not )?retained)?/gm), ...text.matchAll(/`(homeassistant\/[^`]+\/config)`/g)];
	return [...rows, ...others.map(([, topic, kept]) => [topic, { ' retained': 'yes', ' not retained': 'no' }[kept] ?? ''])].map(([topic, kept]) => ({
		topic: topic.replaceAll('<prefix>', 'scoreboard').replaceAll(/<(?:levels|topic)>|…/g, '#').replaceAll(/<[^>]+>/g, '*'),
		retained: { yes: true, no: false }[kept.split(',')[0]],
	}));
}

const levels = (address) => address.replace('{prefix}', 'scoreboard').replaceAll(/\{(?:path|group)\}/g, '#').replaceAll(/\{[^}]+\}/g, '*').split('/');
function fits(topic, address) {
	const [asked, there] = [topic.split('/'), levels(address)];
	const [short, long] = asked.length <= there.length ? [asked, there] : [there, asked];
	return (short.length === long.length || short.at(-1) === '#') && short.every((level, i) => level === long[i] || [level, long[i]].some((one) => one === '*' || one === '#'));
}

const LEAF = '{prefix}/{path}'; // would fit all
const isOpen = (topic) => topic.endsWith('#');
const isOpenChannel = (address) => levels(address).at(-1) === '#';
/* An open channel does not stand for a topic that README.md names. */
const isOf = (topic, address) => (topic === 'scoreboard/#' ? address === LEAF : address !== LEAF && fits(topic, address) && (isOpen(topic) || !isOpenChannel(address)));
/* Nor does an open topic for a channel of a name of its own. */
const says = (topic, address) => isOf(topic, address) && isOpen(topic) === isOpenChannel(address);

test('it_has_the_topics_of_README_md', () => {
	const addresses = document.channels().all().map((channel) => channel.address());
	const topics = documented().map(({ topic }) => topic);
	for (const topic of topics)
		assert.ok(addresses.some((address) => isOf(topic, address)), `${topic} is in README.md, and not in asyncapi.yaml`);
	for (const address of addresses)
		assert.ok(topics.some((topic) => says(topic, address)), `${address} is in asyncapi.yaml, and not in README.md`);
	assert.ok(topics.length > 20, topics.join(' '));
});

test('it_retains_what_README_md_says_is_retained', () => {
	const rows = documented().filter(({ retained }) => retained !== undefined);
	let compared = 0;
	for (const operation of document.operations().all())
		for (const address of operation.channels().all().map((channel) => channel.address()))
			for (const { topic, retained } of rows.filter((row) => says(row.topic, address))) {
				compared++;
				assert.equal(operation.json('bindings').mqtt.retain, retained, `${operation.id()}: ${topic}`);
			}
	assert.ok(compared > 15, String(compared));
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
