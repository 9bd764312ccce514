/* Identifiers, also where a browser has no crypto.randomUUID(): on a page over plain http. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../../web/client/id.js';

test('an_id_is_a_uuid_of_version_4_and_never_the_same', () => {
	const ids = Array.from({ length: 1000 }, newId);
	ids.forEach((id) => assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));
	assert.equal(new Set(ids).size, 1000);
});
