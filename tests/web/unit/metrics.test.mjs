/* The client's counters: what the types promise is what is there, and each is counted by somebody. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMetrics, metricsDelay, metricsReport, percentile } from '../../../web/client/metrics.js';

const client = fileURLToPath(new URL('../../../web/client/', import.meta.url));
const sources = readdirSync(client, { recursive: true }).filter((name) => name.endsWith('.js') && name !== 'metrics.js')
	.map((name) => readFileSync(join(client, name), 'utf8')).join('\n');
const typed = readFileSync(join(client, 'index.d.ts'), 'utf8').match(/interface Metrics \{([\s\S]*?)\n\}/)[1];

test('the_types_name_what_is_reported', () => {
	const names = [...typed.replace(/\{[^}]*\}/g, 'object').matchAll(/(\w+):/g)].map(([, name]) => name);
	assert.deepEqual(names.sort(), Object.keys(metricsReport(createMetrics())).sort());
});

/* By its name, or as a value of one of session.js's tables, which tell what is counted of an outcome or a kind of message. */
for (const name of Object.keys(createMetrics()).filter((key) => key !== 'delays'))
	test(`a_counter_is_counted: ${name}`, () => {
		assert.ok(new RegExp(`metrics\\.${name}(\\+\\+| \\+?= )|: '${name}'`).test(sources), name);
	});

test('delays_are_the_last_ones_and_their_percentiles', () => {
	const metrics = createMetrics();
	assert.deepEqual(metricsReport(metrics).delayMs, { last: null, p50: null, p95: null });
	for (let ms = 1; ms <= 300; ms++)
		metricsDelay(metrics, ms);
	assert.equal(metrics.delays.length, 256);
	assert.deepEqual(metricsReport(metrics).delayMs, { last: 300, p50: percentile(metrics.delays, 0.5), p95: percentile(metrics.delays, 0.95) });
	assert.equal(percentile([1, 2, 3, 4], 0.5), 3);
});
