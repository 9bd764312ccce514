/* What happens in a room, and what others' messages may not do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEPTH, PAYLOAD_BYTES, isRoomName, isUserName, readEnvelope, writeEnvelope, writeValue } from '../../../web/client/envelope.js';
import { createInbox, inboxTake } from '../../../web/client/inbox.js';
import { createHolder } from '../../../web/client/held.js';
import { createNewest, newestNote, newestSends } from '../../../web/client/newest.js';
import { createRoom, roomRejoined, roomSwept, roomTake } from '../../../web/client/rooms.js';
import { fuzzPeople } from '../support/fuzz-people.mjs';

const NAME = 'match:42';
const say = (id, more = {}) => JSON.stringify({ id, type: 'cheer', data: { n: 1 }, ts: 5, ...more });
const startRoom = () => {
	const room = createRoom(NAME);
	return { room, hears: (level, text) => roomTake(room, `rooms/${NAME}/${level}`, text) };
};

test('names_of_rooms', () => {
	for (const good of ['match:42', 'global', 'x'.repeat(64), 'jury 1', 'ünï', '😀', '__proto__', 'اتاق'])
		assert.equal(isRoomName(good), true, good);
	for (const bad of ['', 'a/b', '+', '#', 'a+', 'a#', 'a\0', 'a\n', 'a\x7f', 'a\x85', 'x'.repeat(65), 'ü'.repeat(33), '\ud800', 'a\udc00b', '\ufffe', 'a\ufdd0', '\u{1ffff}', 'x'.repeat(65536), 7, null, undefined, {}, ['x']])
		assert.equal(isRoomName(bad), false, JSON.stringify(bad)?.slice(0, 40));
	assert.equal(isUserName('x'.repeat(256)) && !isUserName('x'.repeat(257)), true);
});

test('a_message_has_the_sender_of_its_topic_whatever_it_says_itself', () => {
	const { hears } = startRoom();
	assert.deepEqual(hears('say/ann', say('1', { from: 'bob', room: 'other', __proto__: { x: 1 } })),
		[{ name: 'message', event: { from: 'ann', id: '1', type: 'cheer', data: { n: 1 }, ts: 5, room: NAME } }]);
});

test('the_same_message_counts_once_and_the_same_id_of_another_is_another', () => {
	const { room, hears } = startRoom();
	const heard = ['ann', 'ann', 'bob', 'ann'].map((from) => hears(`say/${from}`, say('1')).length);
	assert.deepEqual(heard, [1, 0, 1, 0]);
	assert.deepEqual(room.stats, { received: 2, duplicates: 2, bad: 0 });
});

for (const [claim, level, text] of [
	['no JSON', 'say/ann', '{'], ['nothing', 'say/ann', ''], ['null', 'say/ann', 'null'], ['a list', 'say/ann', '[]'], ['a text', 'say/ann', '"x"'],
	['no id', 'say/ann', say(undefined)], ['an empty id', 'say/ann', say('')], ['an id that is a number', 'say/ann', say(7)], ['an endless id', 'say/ann', say('x'.repeat(129))],
	['no type', 'say/ann', say('1', { type: undefined })], ['an endless type', 'say/ann', say('1', { type: 'x'.repeat(65) })], ['a type that is an object', 'say/ann', say('1', { type: {} })],
	['no time', 'say/ann', say('1', { ts: undefined })], ['a time that is none', 'say/ann', say('1', { ts: 'now' })],
	['too long', 'say/ann', say('1', { data: 'x'.repeat(PAYLOAD_BYTES) })], ['a depth without end', 'say/ann', `${'['.repeat(60000)}`],
	['nobody who says it', 'say/', say('1')], ['nobody at all', 'say', say('1')], ['a sender of two levels', 'say/ann/x', say('1')],
	['another kind', 'shout/ann', say('1')], ['a kind that every object has', 'constructor/ann', say('1')], ['no kind', '', say('1')],
	['presence of something', 'presence/x', '{"count":1}'], ['a count that is none', 'presence', '{"count":-1}'], ['names that are none', 'presence', '{"count":1,"names":[1]}'],
	['presence that is a number', 'presence', '7'], ['state of two levels', 'state/a/b', '1'], ['state without a key', 'state', '1'], ['state that is no JSON', 'state/a', '{'],
])
	test(`bad, and counted: ${claim}`, () => {
		const { room, hears } = startRoom();
		assert.deepEqual(hears(level, text), []);
		assert.deepEqual(room.stats, { received: 0, duplicates: 0, bad: 1 });
		assert.equal(room.state.size, 0);
		assert.equal(room.presence, null);
	});

test('state_is_kept_told_when_it_changes_and_taken_back', () => {
	const { room, hears } = startRoom();
	assert.deepEqual(hears('state/phase', '"jam"'), [{ name: 'state', event: { key: 'phase', value: 'jam' } }]);
	assert.deepEqual(hears('state/phase', '"jam"'), []);
	hears('state/__proto__', '{"a":null}');
	assert.deepEqual([...room.state], [['phase', 'jam'], ['__proto__', { a: null }]]);
	assert.deepEqual(hears('state/phase', ''), [{ name: 'state', event: { key: 'phase', value: undefined } }]);
	assert.deepEqual(hears('state/phase', ''), []);
	assert.equal(room.stats.bad, 0);
});

const deep = (n) => `${'['.repeat(n)}${']'.repeat(n)}`;

test('what_is_too_deep_to_be_written_again_is_not_read', () => {
	const { room, hears } = startRoom();
	for (const text of [deep(DEPTH + 1), deep(DEPTH + 1), deep(30000), deep(30000), '{"a":'.repeat(DEPTH + 1)])
		assert.deepEqual(hears('state/k', text), []);
	assert.deepEqual([room.state.size, room.stats.bad], [0, 5]);
	for (const text of [deep(DEPTH), JSON.stringify(deep(DEPTH + 1)), JSON.stringify(`"\\${deep(DEPTH + 1)}`)])
		assert.equal(hears('state/k', text).length, 1, text.slice(0, 20));
	assert.deepEqual(hears('presence', `{"closed":true,"by":${deep(30000)}}`), []);
});

test('state_without_end_has_an_end', () => {
	const { room, hears } = startRoom();
	for (let i = 0; i < 1500; i++)
		hears(`state/${i}`, '1');
	assert.equal(room.state.size, 1000);
	assert.equal(hears('state/7', '2').length, 1, 'what is there still changes');
});

test('what_was_taken_back_while_we_were_away_goes_when_the_broker_has_told_all', () => {
	const { room, hears } = startRoom();
	hears('state/a', '1');
	hears('state/b', '2');
	assert.deepEqual(roomSwept(room), [], 'nothing before we were away');
	roomRejoined(room);
	hears('state/b', '2');
	hears('state/c', '3');
	assert.deepEqual(roomSwept(room), [{ name: 'state', event: { key: 'a', value: undefined } }]);
	assert.deepEqual([...room.state.keys()], ['b', 'c']);
	assert.deepEqual(roomSwept(room), []);
});

test('who_is_there_and_when_it_is_closed', () => {
	const { room, hears } = startRoom();
	const presence = { count: 2, names: ['ann', '<b>'], since: 1, last: 2 };
	assert.deepEqual(hears('presence', JSON.stringify(presence)), [{ name: 'presence', event: presence }]);
	assert.deepEqual(hears('presence', JSON.stringify(presence)), []);
	assert.deepEqual(room.presence, presence);
	assert.equal(hears('presence', '')[0].event.count, 0);
	assert.deepEqual(hears('presence', '{"count":1,"since":[],"last":{}}')[0].event, { count: 1, names: [], since: null, last: null });
	assert.deepEqual(hears('presence', '{"closed":true,"by":{"toString":1,"valueOf":1},"seconds":{"valueOf":1,"toString":1}}'), [{ name: 'closed', event: { by: '', seconds: 0 } }]);
	assert.deepEqual(hears('presence', '{"closed":true,"by":"op","seconds":60}'), [{ name: 'closed', event: { by: 'op', seconds: 60 } }]);
});

test('envelopes_that_are_written_can_be_read_and_the_others_are_not_written', () => {
	const { payload } = writeEnvelope({ id: '1', type: 'x', ts: 1 });
	assert.deepEqual(readEnvelope(payload), { id: '1', type: 'x', data: null, ts: 1 });
	const round = {};
	round.round = round;
	for (const [data, reason] of [[round, 'not JSON'], [JSON.parse(deep(DEPTH)), 'too deep'], [1n, 'not JSON'], ['x'.repeat(PAYLOAD_BYTES), 'too long'], ['ü'.repeat(40000), 'too long']])
		assert.deepEqual(writeEnvelope({ id: '1', type: 'x', data, ts: 1 }), { reason });
	for (const type of ['', undefined, 7, 'x'.repeat(65)])
		assert.deepEqual(writeEnvelope({ id: '1', type, ts: 1 }), { reason: 'not a type' });
	assert.deepEqual(writeValue(() => {}), { reason: 'not JSON' });
});

/* --- messages to us --- */

test('the_inbox_says_from_whom_and_to_whom', () => {
	const inbox = createInbox();
	assert.deepEqual(inboxTake(inbox, 'users/ann/from/bob', say('1')), { from: 'bob', id: '1', type: 'cheer', data: { n: 1 }, ts: 5, to: { user: 'ann' } });
	assert.equal(inboxTake(inbox, 'users/ann/from/bob', say('1')), null);
	assert.deepEqual(inboxTake(inbox, 'roles/app/from/op', say('1')).to, { role: 'app' });
	for (const topic of ['users/ann/from', 'users/ann/from/', 'users/ann/from/b/c', 'users/ann/to/bob', 'users/ann', 'constructor/ann/from/bob'])
		assert.equal(inboxTake(inbox, topic, say('9')), null, topic);
	assert.equal(inboxTake(inbox, 'users/ann/from/bob', 'rubbish'), null);
	assert.deepEqual(inbox.stats, { received: 2, duplicates: 1, bad: 7 });
});

test('what_nobody_listens_to_yet_is_held_for_the_first_who_does', () => {
	const holder = createHolder(['message']);
	for (let i = 0; i < 600; i++)
		holder.emit('message', i);
	holder.emit('state', 'not held');
	const heard = [];
	holder.on('message', (i) => heard.push(i));
	holder.on('message', (i) => heard.push(-i));
	holder.emit('message', 600);
	assert.deepEqual([heard.length, heard[0], heard.at(-2), heard.at(-1)], [502, 100, 600, -600]);
	holder.on('state', () => assert.fail());
});

test('an_older_value_that_is_tried_again_does_not_overwrite_a_newer_one', () => {
	const newest = createNewest();
	const [a, b] = [{ topic: 't', id: 'a' }, { topic: 't', id: 'b' }];
	assert.equal(newestSends(newest, a), true);
	assert.equal(newestSends(newest, b), true);
	assert.equal(newestSends(newest, a), false);
	assert.equal(newestSends(newest, b), true, 'the newest may be tried again');
	assert.equal(newestSends(newest, { topic: 'other', id: 'c' }), true);
	const noted = createNewest();
	newestNote(noted, a);
	newestNote(noted, b);
	assert.equal(newestSends(noted, b), true, 'it may overtake');
	assert.equal(newestSends(noted, a), false, 'but is not undone');
});

test('whatever_comes_is_what_it_may_be_or_nothing', () => {
	assert.ok(fuzzPeople({ messages: 10000 }) >= 10000);
});
