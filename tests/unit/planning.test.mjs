/* bench/plan: what it reads out of RESULTS.md, what it fits, predicts and plans. node --test tests/unit/planning.test.mjs */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { fit, points } from '../../bench/planning/fit.mjs';
import { bounds, hubLevels, plan, polling, predict } from '../../bench/planning/model.mjs';
import { median, readResults, sectionOf } from '../../bench/planning/results.mjs';

const RESULTS = `# What a crowd costs

## With and without the plugin

    bench/run.sh ratio

- measured 2026-01-01 UTC, commit abc: ratio-1-plugin

| Mosquitto + plugin: round, pair | viewers each | alone: CPU per delivery | with the plugin | ratio | alone: p99 | with the plugin |
|---|---|---|---|---|---|---|
| 1, 1 | 1000 | 9.00 us | 10.00 us | 1.0 | 9 ms | 19 ms |
| 1, 2 | 1000 | 9.00 us | 10.00 us | 1.0 | 9 ms | 20 ms |
| 1, 3 | 1000 | 9.00 us | 10.00 us | 1.0 | 9 ms | 99 ms |

**Median of the ratios: 1.0**. Memory per viewer: 5.00 kB alone, 6.00 kB with the plugin. Feed faults: 0.

## Servers beside the floor

    bench/run.sh table

| viewers | server | memory per viewer | CPU per delivery | p99 |
|---|---|---|---|---|
| 200 | Mosquitto + plugin | 9 kB | 99 us | 9 ms |
| 2000 | floor (bare \`send()\`) | 1 kB | 5 us | 9 ms |
| 2000 | Mosquitto + plugin | 5 kB | 12 us | 50 ms |

## The game's bill

    bench/run.sh bill

| viewers | served by |
|---|---|
| 1000 | CRG itself |

| viewers | server | hold, CPU per second | a, per delivery | b, per 1,000 bytes |
|---|---|---|---|---|
| 1000 | Mosquitto + plugin | 99 ms | 99 us | 9 us |
| 2000 | Node gateway (\`ws\`) | 99 ms | 99 us | 9 us |
| 2000 | Mosquitto + plugin | 8.0 ms | 9.00 us | 5.00 us |

## A storm: all viewers lose it at once

    bench/run.sh storm

| what happened | viewers | lost it | 99 % |
|---|---|---|---|
| Mosquitto + plugin: killed, started again | 10000 | 10000 | 20.0 s |

## What stands between publisher and viewers

    bench/run.sh hops

| what | value |
|---|---|
| hub: a message to an edge | 10.00 us |
| hub: an edge, in a second | 1000 us |
| HAProxy: a delivery | 8.00 us |
| HAProxy: memory of a viewer | 2.00 kB |
`;

const results = readResults(RESULTS);
const c = fit(results);

test('sections are found by their command, and cells by their column', () => {
	assert.equal(sectionOf(results, 'table').tables[0][2].server, 'Mosquitto + plugin');
	assert.equal(sectionOf(results, 'ratio').tables[0][0]['with the plugin (2)'], '19 ms');
	assert.equal(sectionOf(results, 'flood'), undefined);
	assert.equal(median([3, 1, 2, 10]), 2.5);
});

test('a coefficient comes with the command that measured it, of the larger crowd, and of medians', () => {
	assert.equal(c['delivery_us 2.0'].value, 9);
	assert.equal(c['byte_us 2.0'].value, 0.005);
	assert.equal(c['hold_us_per_s 2.0'].value, 4);
	assert.equal(c['delivery_us 2.0'].command, 'bench/run.sh bill');
	assert.ok(Math.abs(c['wall_us 2.0'].value - 20.2) < 0.01);
	assert.equal(c['wall_us 2.0'].measured, '2026-01-01 UTC, commit abc');
	assert.equal(c['viewer_kb 2.0'].value, 6);
	assert.equal(c['joins_per_s 2.0'].value, 500);
});

test('points are of rows that nothing was fitted to, without the smallest crowd and other servers', () => {
	const all = points(results);
	assert.deepEqual(all.map((p) => [p.what, p.measured]), [['cpu', 12], ['memory', 5], ['p99', 50]]);
	const [cpu, memory, p99] = all.map((p) => predict(c, p.what, p.load));
	assert.ok(Math.abs(cpu - (9 + 201 * 0.005 + 4 / 2)) < 1e-9);
	assert.equal(memory, 6);
	assert.ok(Math.abs(p99 - 40) < 0.1);
});

test('what has not been measured is named', () => {
	assert.throws(() => predict(c, 'memory', { broker: '2.1' }), /viewer_kb 2\.1/);
});

const QUESTION = {
	broker: '2.0', deltas: 0.5, peakDeltas: 2, bytes: 400, joinBytes: 7000, inTimeMs: 404.05, backS: 100, busy: 0.7, connections: 50000,
	files: 90000, perHub: 50, hubMessages: 30, haproxyConnections: 100000, spare: 1,
};

test('the tightest bound decides how many viewers a broker has', () => {
	const most = (change) => plan(c, { ...QUESTION, viewers: 1000000, ...change });
	assert.equal(bounds(c, QUESTION)['a delta in time'], 20000);
	assert.deepEqual([most({}).bound, most({}).most], ['a delta in time', 20000]);
	assert.deepEqual([most({ backS: 10 }).bound, most({ backS: 10 }).most], ['coming back', 5000]);
	assert.deepEqual([most({ connections: 1000 }).bound, most({ connections: 1000 }).most], ['limits.connections', 1000]);
	assert.equal(most({ busy: 0.1 }).bound, 'its core');
	const { 'joins_per_s 2.0': joins, ...rest } = c;
	assert.equal(bounds(rest, { ...QUESTION, backS: 10 })['coming back'], Infinity);
	assert.equal(plan(rest, { ...QUESTION, viewers: 10, backS: 10 }).most, 20000, `without ${joins.what}`);
});

test('a crowd has a spare edge, and no hub has more than it takes', () => {
	const p = plan(c, { ...QUESTION, viewers: 1000000 });
	assert.deepEqual([p.edges, p.each, p.proxies], [51, 19608, 11]);
	assert.deepEqual(p.levels, [1, 2]);
	assert.ok(p.hubBusy[1] > p.hubBusy[0]);
	const alone = plan(c, { ...QUESTION, viewers: 1000, spare: 0 });
	assert.deepEqual([alone.single, alone.levels, alone.proxies], [true, [], 0]);
	assert.deepEqual([hubLevels(1, 50), hubLevels(50, 50), hubLevels(51, 50), hubLevels(2501, 50)], [[], [1], [1, 2], [1, 2, 51]]);
});

test('twice the viewers take twice the network and the cores', () => {
	const [one, two] = [100000, 200000].map((viewers) => plan(c, { ...QUESTION, viewers }));
	assert.equal(two.mbitPeak, 2 * one.mbitPeak);
	assert.equal(two.proxyCores, 2 * one.proxyCores);
	assert.equal(two.coreHours, one.coreHours); // of a viewer
});

test('polls are as many as pages, and one a second reaches the publisher', () => {
	const price = { value: 100 };
	const p = polling({ 'poll_news_us nginx': price, 'poll_same_us nginx': price, 'poll_news_us publisher': price, 'poll_same_us publisher': price,
		poll_bytes: { value: 4000 }, poll_same_bytes: { value: 200 } }, { viewers: 20000, deltas: 0.5, everyS: 2, cacheS: 1 });
	assert.equal(p.perS, 10000);
	assert.equal(p.toOrigin, 1);
	assert.equal(p.cores, 1);
	assert.equal(p.withoutCache, 20000);
	assert.ok(Math.abs(p.news - 0.632) < 0.001);
});

/* The shipped coefficients and results, by the program itself. */
const program = new URL('../../bench/plan', import.meta.url).pathname;
const run = (...args) => execFileSync(program, args, { encoding: 'utf8' });

test('measured points are predicted, in the median within a tenth', () => {
	const said = /(\d+) points, .* error ([\d.]+) % in the median/.exec(run('--check'));
	assert.ok(Number(said[1]) >= 6);
	assert.ok(Number(said[2]) <= 10, said[0]);
});

test('it plans from a thousand viewers to a million, and refuses nonsense', () => {
	assert.equal(run().split('\n').filter((line) => /^\| [\d,]+ \|/.test(line)).length, 4);
	assert.equal(run('--polling').split('\n').filter((line) => /^\| [\d,]+ \|/.test(line)).length, 4);
	assert.match(run('--viewers', '500', '--spare', '0', '--core-hour', '0.05', '--gb', '0.1'), /one, alone/);
	for (const args of [['--viewers', 'many'], ['--mosquitto', '3'], ['--per-hub', '1'], ['--per-hub', '2.5'], ['--spare', '1.5'], ['--viewers', '0.5'], ['--what']])
		assert.throws(() => execFileSync(program, args, { stdio: 'pipe' }), (error) => error.status === 2);
});
