/* The JSON Schemas of schema/ hold for what the programs read and write: every mapping file is valid; every mapping
 * that the loader refuses for its shape is refused by the schema, too; all that a real run says on its feed and
 * status is valid; and what is valid as a notice the library reads as it stands. feed_dump is the publisher's own core, playing the recorded game. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { readShow } from '../../../web/board/show.js';
import { readNotice } from '../../../web/client/notice.js';

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
	{register: REG, "rules": [{"paths": ["A"], "file": 1}]},
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
	{register: REG, "texts": []},
	{register: REG, "texts": {"a": {}}},
	{register: REG, "texts": {"a/b": {"cases": [{"text": "x"}]}}},
	{register: REG, "texts": {"a": {"cases": []}}},
	{register: REG, "texts": {"a": {"cases": [{}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": 7}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x".repeat(129)}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "{x"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x}"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "{}"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "{x{y}"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "{x/+}"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "{crew/x}"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x", "when": {"crew/x": 1}}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x", "when": {"x": [1]}}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x", "when": {"x": {"key": "crew/x"}}}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x", "when": {"x": {"is": "y"}}}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x", "when": Object.fromEntries([...Array(9).keys()].map((i) => [`k${i}`, 1]))}]}}},
	{register: REG, "texts": {"a": {"cases": Array(33).fill({"text": "x"})}}},
	{register: REG, "texts": {"a": {"views": [], "cases": [{"text": "x"}]}}},
	{register: REG, "texts": Object.fromEntries([...Array(17).keys()].map((i) => [`t${i}`, {"cases": [{"text": "x"}]}]))},
	{register: REG, "history": []},
	{register: REG, "views": {"v": ""}, "history": {"view": "v"}},
	{register: REG, "views": {"v": ""}, "history": {"view": "v", "game": "g", "title": "t", "over": "o", "series": [],
		"chapter": {"name": "n", "during": "d", "number": ["k"]}}},
];
const GOOD_MAPPINGS = [
	{register: REG},
	{"register": {}, "rules": [], "roots": [], "words": [], "views": {}, "clocks": []},
	{register: REG, "rules": [{"paths": ["**.*Secret*(*).**"], "visibility": "drop"}]},
	{register: REG, "rules": [{"paths": ["A(*).B(*)"], "topic": "x/{2}/{1}"}]},
	{register: REG, "roots": [{"path": "A", "topic": ""}, {"path": "A(b.c)", "topic": "x"}]},
	{register: REG, "texts": {}},
	{register: REG, "texts": {"a": {"class": "high", "qos": 0, "interval_ms": 1000, "cases": [
		{"when": {"x": 1, "y/z": "s", "a": true, "b": null, "c": {"key": "d"}}, "text": "{x}:{y/z}"}, {"text": ""}, {"text": "plain"}]}}},
	{register: REG, "texts": {"a": {"cases": [{"text": "x".repeat(128)}]}}},
];
const BAD_FEED = {
	"delta": [{"epoch": "e", "seq": 0, "ts": 1}, {"epoch": "e", "seq": 1}, {"epoch": "e", "seq": 1, "ts": 1, "state": {}},
			  {"epoch": "e", "seq": 1, "ts": 1, "set": {"a": null}}, {"epoch": "e", "seq": 1, "ts": 1, "set": {"a/+": 1}},
			  {"epoch": "e", "seq": 1, "ts": 1, "set": {"a": {"time": 1}}}, {"epoch": "", "seq": 1, "ts": 1}],
	"snapshot": [{"epoch": "e", "seq": 1, "ts": 1}, {"epoch": "e", "seq": 1, "ts": 1, "state": {}, "set": {}}],
	"recent": [{"epoch": "e", "seq": 1, "ts": 1, "set": {}}, {"epoch": "e", "seq": 2, "base": 1, "ts": 1, "del": "a"}],
};
const BAD_STATUS = [{}, {"state": "live"}, {"state": "up", "since": 1, "reason": ""}, {"state": "live", "since": null, "reason": ""}];

const BAD_NOTICES = [
	{}, {"id": "1", "text": "Hi"}, {"id": "1", "text": "", "level": "info"}, {"id": "1", "text": " \n", "level": "info"},
	{"id": "1", "text": "x".repeat(501), "level": "info"}, {"id": "", "text": "Hi", "level": "info"}, {"id": "1", "text": "Hi", "level": "loud"},
	{"id": "1", "text": "Hi", "level": "info", "until": "18:30"}, {"id": "1", "text": "Hi", "level": "info", "html": "<b>"},
];
const BAD_PEOPLE = {
	"envelope": [{}, {"id": "1", "type": "a", "ts": 1}, {"id": "1", "type": "", "data": 1, "ts": 1}, {"id": "1", "type": "a", "data": 1, "ts": 1, "from": "ann"}],
	"presence": [{}, {"count": -1, "names": [], "since": 1, "last": 1}, {"count": 1, "names": ["a", "a"], "since": 1, "last": 1}],
	"closed": [{}, {"closed": false, "by": "op", "seconds": 1}],
};

const SHOW = {"id": "1", "by": "crew", "panels": ["score", "lower"], "style": "bug", "position": "top-left", "scale": 1.5, "color": "#14284b", "title": "Hi", "line": "you", "sponsor": "Acme"};
/* Each member of SHOW in turn is one of these. */
const SHOW_VALUES = [null, true, 0, 0.5, 0.49, 2, 2.01, -1, 1e999, "", " ", "bug", "Bug", "top", "center", "score", "#14284b", "#14284B", "#fff", "#14284bff", "red", "url(x)", "#14284b;}", "a\nb", "a\u0000", "\u009b",
	"\u202e", "\ud800", "x".repeat(64), "x".repeat(65), "x".repeat(80), "x".repeat(81), "x".repeat(160), "x".repeat(161), "\u{1f989}".repeat(64), "\u{1f989}".repeat(80), "\u{1f989}".repeat(81), "\u{1f989}".repeat(161),
	"<img src=x onerror=alert(1)>", [], ["score"], ["score", "score"], ["Score"], [1], [["score"]], {}, {"panels": []}, ["score", "lower", "roster", "penalties", "jams", "sponsor"]];

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

test('what a publisher says of itself is of its schema', () => {
	const about = validator('about.schema.json');
	const [good] = read('about.schema.json').examples;
	assert.equal(about(good), '');
	assert.equal(about({ ...good, more: 1 }), '');
	for (const bad of [{ title: '' }, { version: 0 }, { views: ['v', 'v'] }, { addresses: 'http://a/' }, { schema: undefined }])
		assert.notEqual(about(JSON.parse(JSON.stringify({ ...good, ...bad }))), '', JSON.stringify(bad));
});

test('what a publisher tells its pages is of its schema', () => {
	const valid = validator('config.schema.json');
	const [least, tracks] = read('config.schema.json').examples;
	assert.equal(valid(JSON.parse(readFileSync(join(SOURCE, 'web/config.json'), 'utf8'))), '', 'the one of static servers');
	for (const good of [least, tracks, { ...least, more: 1 }, { version: 1 }])
		assert.equal(valid(good), '');
	for (const bad of [{ version: 2 }, { prefix: '' }, { servers: ['http://a/'] }, { servers: Array(9).fill('ws://a/') }, { tracks: [{ prefix: 'a' }] }, { history: 'yes' }])
		assert.notEqual(valid({ ...least, ...bad }), '', JSON.stringify(bad));
});

test('what is valid as a notice the library reads as it stands', () => {
	const notice = validator('notice.schema.json');
	const good = [...read('notice.schema.json').examples, { id: 'x'.repeat(128), text: '\u{1f989}'.repeat(500), level: 'warning', until: 0, by: '' }];
	for (const value of good) {
		assert.equal(notice(value), '');
		assert.deepEqual(readNotice(Buffer.from(JSON.stringify(value))), { until: null, by: '', ...value });
	}
	for (const bad of BAD_NOTICES)
		assert.notEqual(notice(bad), '', JSON.stringify(bad));
});

test('the overlay takes what is valid as a direction, and nothing else', () => {
	const valid = validator('overlay.schema.json');
	const takes = (value) => readShow(JSON.stringify(value)) !== undefined;
	for (const value of read('overlay.schema.json').examples)
		assert.equal(valid(value), '');
	let taken = 0;
	const values = [SHOW, [], "text", null, 7, { ...SHOW, html: "<b>" }, JSON.parse('{"id":"1","panels":[],"__proto__":{}}'), JSON.parse('{"id":"1","panels":[],"constructor":1}')];
	for (const name of Object.keys(SHOW)) {
		const { [name]: left, ...without } = SHOW;
		values.push(without, ...SHOW_VALUES.map((value) => ({ ...SHOW, [name]: value })));
	}
	for (const value of values) {
		const read = JSON.parse(JSON.stringify(value)); // as it is when it comes
		assert.equal(takes(value), valid(read) === '', `${JSON.stringify(value).slice(0, 200)}: ${valid(read)}`);
		taken += takes(value);
	}
	assert.ok(taken > 60 && taken < values.length - 200, `${taken} of ${values.length}`);
	assert.equal(readShow(''), null);
	for (const text of ['{', 'null ', '{"id":"1","panels":[]}x', `{"id":"1","panels":[]${' '.repeat(8192)}}`])
		assert.equal(readShow(text), undefined, text.slice(0, 40));
});

test('the examples of what people write are valid, and other shapes are not', () => {
	const { $defs } = read('people.schema.json');
	assert.deepEqual(Object.keys($defs), Object.keys(BAD_PEOPLE));
	for (const [part, bad] of Object.entries(BAD_PEOPLE)) {
		const valid = validator('people.schema.json', part);
		for (const value of $defs[part].examples) assert.equal(valid(value), '', part);
		for (const value of bad) assert.notEqual(valid(value), '', `${part}: ${JSON.stringify(value)}`);
	}
});

test('what asyncapi.yaml refers to is there, and all that it has is used', () => {
	const text = readFileSync(join(SOURCE, 'schema/asyncapi.yaml'), 'utf8');
	const refs = [...text.matchAll(/\$ref: "?([^"\n]+)"?/g)].map(([, ref]) => ref);
	for (const ref of refs.filter((r) => r.startsWith('./'))) {
		const [file, path] = ref.slice(2).split('#/$defs/');
		assert.ok(path === undefined ? read(file) : read(file).$defs[path], ref);
	}
	const named = (section, indent) => {
		const body = text.split(new RegExp(`^ {${indent}}${section}:\n`, 'm'))[1].split(new RegExp(`^ {0,${indent}}\\S`, 'm'))[0];
		return [...body.matchAll(new RegExp(`^ {${indent + 2}}(\\w+):`, 'gm'))].map(([, name]) => name);
	};
	const there = [...named('channels', 0).map((n) => `#/channels/${n}`), ...['parameters', 'messages'].flatMap((s) => named(s, 2).map((n) => `#/components/${s}/${n}`))];
	for (const ref of refs.filter((r) => r.startsWith('#/')))
		assert.ok(there.includes(ref), `${ref} is not there`);
	for (const name of there.filter((n) => n.startsWith('#/components/')))
		assert.ok(refs.includes(name), `${name} is not used`);
	assert.ok(there.length > 20);
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
