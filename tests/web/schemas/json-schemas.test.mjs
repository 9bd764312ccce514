/* The JSON Schemas of schema/ hold for what the programs read and write: every mapping file is valid; every mapping
 * that the loader refuses for its shape is refused by the schema, too; and all that a real run says on its feed and
 * status is valid. feed_dump is the publisher's own core, playing the recorded game. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';

const SOURCE = process.env.SB_SOURCE_DIR;
const FEED_DUMP = join(process.env.SB_BUILD_DIR, 'tests', 'feed_dump');
const read = (name) => JSON.parse(readFileSync(join(SOURCE, 'schema', name), 'utf8'));

/* All of a schema, or one of its $defs. */
function validator(name, part) {
	const { anyOf, ...rest } = read(name);
	const schema = part ? { ...rest, $ref: `#/$defs/${part}` } : read(name);
	const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);
	return (value) => (validate(value) ? '' : JSON.stringify(validate.errors.slice(0, 3)));
}

const loads = (mapping) => spawnSync(FEED_DUMP, ['--load'], { input: JSON.stringify(mapping) }).status === 0;

const REG = { live: ['A'] };
const BAD_MAPPINGS = [
	{},
	{"register": []},
	{"register": {"alive": []}},
	{"register": {"live": ["A("]}},
	{"register": {"live": ["A..B"]}},
	{"register": {"live": [7]}},
	{register: REG, "rulez": []},
	{register: REG, "words": ["jam"]},
	{register: REG, "words": ["A/b"]},
	{register: REG, "words": ["Semi-Final"]},
	{register: REG, "words": [""]},
	{register: REG, "words": ["Jam", "Jam"]},
	{register: REG, "rules": [{}]},
	{register: REG, "rules": [{"paths": []}]},
	{register: REG, "rules": [{"paths": ["A.**(x)"]}]},
	{register: REG, "rules": [{"paths": ["A"], "class": "huge"}]},
	{register: REG, "rules": [{"paths": ["A"], "visibility": "secret"}]},
	{register: REG, "rules": [{"paths": ["A"], "qos": 2}]},
	{register: REG, "rules": [{"paths": ["A"], "interval_ms": -1}]},
	{register: REG, "rules": [{"paths": ["A", "B"], "topic": "x"}]},
	{register: REG, "rules": [{"paths": ["A.*"], "topic": "x"}]},
	{register: REG, "rules": [{"paths": ["A(x*)"], "topic": "x/{1}"}]},
	{register: REG, "rules": [{"paths": ["A"], "topic": ""}]},
	{register: REG, "rules": [{"paths": ["A"], "topic": "a//b"}]},
	{register: REG, "rules": [{"paths": ["A"], "topic": "a/+"}]},
	{register: REG, "rules": [{"paths": ["A"], "topic": "%/a"}]},
	{register: REG, "rules": [{"paths": ["A"], "topic": "x{1}"}]},
	{register: REG, "roots": [{"path": "A"}]},
	{register: REG, "roots": [{"topic": "a"}]},
	{register: REG, "roots": [{"path": "A", "topic": "{rest}/x"}]},
	{register: REG, "default": {"paths": []}},
	{register: REG, "views": {"a/b": ""}},
	{register: REG, "views": {"a.b": ""}},
	{register: REG, "views": Object.fromEntries([...Array(9).keys()].map((i) => [`v${i}`, '']))},
	{register: REG, "clocks": [{"path": "A", "time": "T", "running": "R"}]},
	{register: REG, "clocks": [{"path": "A", "time": "", "running": "R", "direction": "D"}]},
];
const GOOD_MAPPINGS = [
	{register: REG},
	{"register": {}, "rules": [], "roots": [], "words": [], "views": {}, "clocks": []},
	{register: REG, "rules": [{"paths": ["**.*Secret*(*).**"], "visibility": "drop"}]},
	{register: REG, "rules": [{"paths": ["A(*).B(*)"], "topic": "x/{2}/{1}"}]},
	{register: REG, "roots": [{"path": "A", "topic": ""}, {"path": "A(b.c)", "topic": "x"}]},
];
const BAD_FEED = {
	"delta": [{"epoch": "e", "seq": 0, "ts": 1}, {"epoch": "e", "seq": 1}, {"epoch": "e", "seq": 1, "ts": 1, "state": {}},
			  {"epoch": "e", "seq": 1, "ts": 1, "set": {"a": null}}, {"epoch": "e", "seq": 1, "ts": 1, "set": {"a/+": 1}},
			  {"epoch": "e", "seq": 1, "ts": 1, "set": {"a": {"time": 1}}}, {"epoch": "", "seq": 1, "ts": 1}],
	"snapshot": [{"epoch": "e", "seq": 1, "ts": 1}, {"epoch": "e", "seq": 1, "ts": 1, "state": {}, "set": {}}],
	"recent": [{"epoch": "e", "seq": 1, "ts": 1, "set": {}}, {"epoch": "e", "seq": 2, "base": 1, "ts": 1, "del": "a"}],
};
const BAD_STATUS = [{}, {"state": "live"}, {"state": "up", "since": 1, "reason": ""}, {"state": "live", "since": null, "reason": ""}];

const mapping = validator('mapping.schema.json');

for (const name of ['crg.json', 'tournament.json'])
	test(`${name} is valid`, () => assert.equal(mapping(read(name)), ''));

test('schema and loader take the same mappings', () => {
	for (const good of GOOD_MAPPINGS) {
		assert.equal(mapping(good), '', `the schema takes ${JSON.stringify(good)}`);
		assert.ok(loads(good), `the loader takes ${JSON.stringify(good)}`);
	}
});

test('schema and loader refuse the same mappings', () => {
	for (const bad of BAD_MAPPINGS) {
		assert.notEqual(mapping(bad), '', `the schema refuses ${JSON.stringify(bad)}`);
		assert.ok(!loads(bad), `the loader refuses ${JSON.stringify(bad)}`);
	}
});

test('a payload of another shape is refused', () => {
	const status = validator('status.schema.json');
	for (const [part, list] of Object.entries(BAD_FEED)) {
		const valid = validator('feed.schema.json', part);
		for (const bad of list) assert.notEqual(valid(bad), '', `${part}: ${JSON.stringify(bad)}`);
	}
	for (const bad of BAD_STATUS) assert.notEqual(status(bad), '', JSON.stringify(bad));
});

test('all that a run of the recorded game says is valid', () => {
	const valid = { status: validator('status.schema.json') };
	for (const part of Object.keys(BAD_FEED)) valid[part] = validator('feed.schema.json', part);
	const whole = validator('feed.schema.json');
	const seen = {};
	const run = spawnSync(FEED_DUMP, [], { cwd: SOURCE, maxBuffer: 1 << 28, encoding: 'utf8' });
	assert.equal(run.status, 0, run.stderr);
	for (const line of run.stdout.trimEnd().split('\n')) {
		const tab = line.indexOf('\t');
		const what = line.slice(0, tab), payload = JSON.parse(line.slice(tab + 1));
		seen[what] = (seen[what] ?? 0) + 1;
		assert.equal(valid[what](payload), '', `${what}: ${line.slice(0, 200)}`);
		if (what !== 'status') assert.equal(whole(payload), '');
	}
	for (const what of Object.keys(valid)) assert.ok(seen[what] > 1, `the run has a ${what}`);
});
