/* The page's keepalive and the brokers' limit: Mosquitto from 2.0.12 on drops, now and then, a client whose keepalive is exactly `max_keepalive`. */

import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { KEEPALIVE_S } from '../../../web/client/transports/mqtt.js';

for (const conf of ['mosquitto.conf', 'cluster/hub.conf', 'cluster/edge.conf'])
	test(`${conf.replaceAll(/\W/g, '_')}_allows_more_than_a_page_asks_for`, async () => {
		const text = await readFile(new URL(`../../../conf/${conf}`, import.meta.url), 'utf8');
		const allowed = Number(/^max_keepalive (\d+)$/m.exec(text)?.[1]);
		assert.ok(allowed > KEEPALIVE_S, `max_keepalive ${allowed}, the page asks for ${KEEPALIVE_S} s`);
	});
