/* fuzz-people - throws damaged and made-up messages at what reads people's: rooms, inbox, notices. Nothing may throw, and what comes out is what
 * it is promised to be. As a program: node tests/web/support/fuzz-people.mjs [SECONDS [SEED]]; the unit tests run it for a moment. */
import assert from 'node:assert/strict';
import { isRoomName, isUserName, readEnvelope, writeEnvelope } from '../../../web/client/envelope.js';
import { createInbox, inboxTake } from '../../../web/client/inbox.js';
import { holdNotice, noticeOver, readNotice } from '../../../web/client/notice.js';
import { createRoom, roomRejoined, roomSwept, roomTake } from '../../../web/client/rooms.js';
import { seeded } from './chance.mjs';

const ROOM = 'match:42';
const SEEDS = [
	`${'['.repeat(600)}${']'.repeat(600)}`, `{"id":"1","type":"x","ts":1,"data":${'{"a":'.repeat(490)}1${'}'.repeat(490)}}`,
	'{"id":"1","type":"cheer","data":{"n":1},"ts":5}', '{"count":2,"names":["ann","bob"],"since":1,"last":2}', '{"closed":true,"by":"ann","seconds":60}',
	'{"id":"n","text":"Track 2 starts at 18:30","level":"urgent","until":1795700000000,"by":"ann"}', '""', 'null', '[[[[]]]]', '1e999',
	'{"__proto__":{"id":"1"},"constructor":7,"id":"\\ud800","type":"\\u0000","ts":1}', '{"text":"\\u202eabc<script>","until":253402300799000}',
];
const LEVELS = ['say/ann', 'say/', 'say', 'say/a/b', 'state/phase', 'state/__proto__', 'state/', 'presence', 'presence/x', 'constructor', '', '__proto__/x', 'say/\u202e'];
const BITS = ['{', '}', '[', ']', '"', ',', ':', '\\u0000', '\\ud83d', '\u0000', '\u202e', '😀', '\ud800', 'null', 'true', '-0', '1e308', '"id":', '"names":', '"count":-1', '"toString"'];

const pick = (random, list) => list[Math.floor(random() * list.length)];

function damage(random, text) {
	for (let n = Math.floor(random() * 4); n > 0; n--) {
		const at = Math.floor(random() * (text.length + 1));
		const upTo = at + Math.floor(random() * 8);
		text = text.slice(0, at) + (random() < 0.6 ? pick(random, BITS) : '') + text.slice(random() < 0.5 ? at : upTo);
	}
	return random() < 0.01 ? text.padEnd(Math.floor(random() * 70000), pick(random, BITS)) : text;
}

function checkEvents(room, level, events) {
	for (const { name, event } of events) {
		assert.ok(['message', 'state', 'presence', 'closed'].includes(name));
		if (name === 'message') {
			assert.equal(`say/${event.from}`, level);
			assert.ok(isUserName(event.from) && event.room === ROOM && event.id.length <= 128 && event.type.length <= 64 && Number.isFinite(event.ts));
		}
		if (name === 'presence')
			assert.ok(event.count >= 0 && Array.isArray(event.names));
	}
	assert.ok(room.state.size <= 1000);
}

function checkNotice(text, random) {
	const notice = readNotice(text);
	if (!notice)
		return;
	assert.ok([...notice.text].length <= 500 && notice.text !== '' && ['info', 'warning', 'urgent'].includes(notice.level));
	assert.equal(typeof noticeOver(holdNotice(notice, 0, random() * 1e12), random() * 1e12, [random() * 4e12, NaN]), 'boolean');
}

function checkEnvelope(text) {
	const envelope = readEnvelope(text);
	if (!envelope)
		return;
	const { payload } = writeEnvelope(envelope);
	if (payload !== undefined)
		assert.deepEqual(readEnvelope(payload), JSON.parse(JSON.stringify(envelope)));
}

/* Returns how many messages there were. */
/* So many messages at least, and for so long. */
export function fuzzPeople({ messages = 0, seconds = 0, seed = 1, now = Date.now }) {
	const random = seeded(seed);
	const end = now() + seconds * 1000;
	const room = createRoom(ROOM);
	const inbox = createInbox();
	let runs = 0;
	for (; runs < messages || runs % 100 !== 0 || now() < end; runs++) {
		const text = damage(random, pick(random, SEEDS));
		const level = pick(random, LEVELS);
		checkEvents(room, level, roomTake(room, `rooms/${ROOM}/${level}`, text));
		inboxTake(inbox, pick(random, ['users/ann/from/bob', 'users/ann/from/', 'users/ann', 'roles/app/from/bob', 'roles//from/x', text.slice(0, 80)]), text);
		checkNotice(text, random);
		checkEnvelope(text);
		isRoomName(text);
		if (runs % 1000 === 0)
			roomRejoined(room);
		if (runs % 1000 === 500)
			checkEvents(room, '', roomSwept(room));
	}
	assert.equal({}.id, undefined, 'nothing has reached a prototype');
	return runs;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
	const [seconds = 60, seed = Date.now()] = process.argv.slice(2).map(Number);
	console.log(`${fuzzPeople({ seconds, seed })} messages in ${seconds} s, seed ${seed}: no finding`);
}
