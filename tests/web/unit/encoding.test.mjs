/* In which encoding a connection follows the feed: stories, event by event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEncoding, encodingDeadline, encodingFollowed, encodingStep } from '../../../web/client/encoding.js';

/* [event, what is done, the phase afterwards]; a number is a wait until then. */
const STORIES = {
	'the packed feed is there': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['live', '', 'packed'], ['heard', '', 'packed'], ['delta', '', 'packed'],
		[100000, '', 'packed'],
	],
	'an older publisher: JSON at once': [['start', 'join packed', 'asking'], ['live', 'join json', 'waiting'], ['rejoin', 'ask json', 'waiting']],
	'a publisher that is gone left JSON only: at once, too': [
		['start', 'join packed', 'asking'], ['idle', 'join json', 'waiting'], ['idle', '', 'waiting'],
	],
	'nothing is said at all: JSON after some seconds': [['start', 'join packed', 'asking'], [4999, '', 'asking'], [5001, 'join json', 'waiting']],
	'the publisher comes after its viewers': [
		['start', 'join packed', 'asking'], [5001, 'join json', 'waiting'], ['heard', '', 'waiting'], ['base', 'leave json', 'packed'],
	],
	'a base that can\'t be read': [['start', 'join packed', 'asking'], ['bad-base', 'join json', 'waiting'], ['bad-base', '', 'waiting']],
	'the broker refuses it': [['start', 'join packed', 'asking'], ['refused', 'leave packed, join json', 'json'], ['rejoin', 'ask json', 'json']],
	'the broker refuses it late': [
		['start', 'join packed', 'asking'], ['live', 'join json', 'waiting'], ['refused', 'leave packed', 'json'], ['base', '', 'json'],
	],
	'something was missed': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['rejoin', 'ask packed', 'again'], ['live', '', 'again'], ['base', '', 'packed'],
	],
	'base after base is asked for, and none comes': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['live', '', 'packed'], ['rejoin', 'ask packed', 'again'], [1000, '', 'again'],
		['rejoin', 'ask packed', 'again'], [1999, '', 'again'], [2001, 'join json', 'waiting'],
	],
	'the same, and no publisher was seen': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['rejoin', 'ask packed', 'again'], [4999, '', 'again'],
		[5001, 'join json', 'waiting'],
	],
	'the publisher is told to publish JSON only': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['alive', '', 'packed'], [17000, '', 'packed'], ['live', '', 'packed'],
		[17501, 'rejoin', 'silent'], [17502, '', 'silent'], ['unread', 'ask packed, join json', 'doubting'], ['base', '', 'doubting'],
		['rejoin', 'ask json', 'doubting'], ['unread', 'ask json', 'doubting'], ['alive', '', 'doubting'], [60000, '', 'doubting'],
	],
	'and then packed again': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['alive', '', 'packed'], [17501, 'rejoin', 'silent'],
		['rejoin', 'ask packed, join json', 'doubting'], ['heard', '', 'doubting'], ['base', '', 'doubting'], ['renewed', 'leave json', 'packed'],
		['rejoin', 'ask packed', 'again'],
	],
	'a delta says that it is published, too': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['alive', '', 'packed'], [17501, 'rejoin', 'silent'],
		['rejoin', 'ask packed, join json', 'doubting'], ['heard', '', 'doubting'], ['delta', 'leave json', 'packed'], [90000, '', 'packed'],
	],
	'a newcomer finds a base that nobody renews': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['live', '', 'packed'], [17499, '', 'packed'], [17501, 'rejoin', 'silent'],
		['unread', 'ask packed, join json', 'doubting'], ['base', '', 'doubting'],
	],
	'a base that nobody renews comes late': [
		['start', 'join packed', 'asking'], ['live', 'join json', 'waiting'], ['base', 'leave json', 'packed'], [17501, 'rejoin', 'silent'],
	],
	'the silence ends before anything is asked': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['live', '', 'packed'], [17501, 'rejoin', 'silent'], ['heard', '', 'packed'],
		['delta', '', 'packed'], ['unread', 'ask packed', 'again'], ['base', '', 'packed'], [90000, '', 'packed'],
	],
	'no publisher is there, and the base is what there is': [['start', 'join packed', 'asking'], ['base', '', 'packed'], [90000, '', 'packed']],
	'asking again does not help': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['unread', 'ask packed', 'again'], ['base', '', 'packed'],
		['rejoin', 'ask packed', 'again'], ['base', '', 'packed'], ['unread', 'ask packed', 'again'], ['base', '', 'packed'], ['renewed', '', 'packed'],
		['unread', 'ask packed, join json', 'doubting'], ['base', '', 'doubting'], ['refused', 'leave packed', 'json'],
	],
	'asking again helps, each time': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['unread', 'ask packed', 'again'], ['unread', 'ask packed', 'again'],
		['base', '', 'packed'], ['delta', '', 'packed'], ['unread', 'ask packed', 'again'], ['unread', 'ask packed', 'again'],
	],
	'a publisher that falls silent is asked for nothing': [
		['start', 'join packed', 'asking'], ['base', '', 'packed'], ['alive', '', 'packed'], ['heard', '', 'packed'], [20000, '', 'packed'],
		['live', '', 'packed'], [60000, '', 'packed'],
	],
};

const NEVER = { 'JSON is all that is wanted': [
	['start', 'join json', 'json'], ['live', '', 'json'], ['base', '', 'json'], ['rejoin', 'ask json', 'json'], [90000, '', 'json'],
] };

function tell(packed, story) {
	const encoding = createEncoding(packed);
	let now = 0;
	for (const [event, wanted, phase] of story) {
		now = typeof event === 'number' ? event : now;
		const effects = encodingStep(encoding, typeof event === 'number' ? 'wake' : event, now, 0.5);
		assert.equal(effects.map((effect) => [effect.do, effect.encoding].filter(Boolean).join(' ')).join(', '), wanted, `${event}`);
		assert.equal(encoding.phase, phase, `${event}`);
		assert.equal(encodingFollowed(encoding), ['json', 'waiting', 'doubting'].includes(phase) ? 'json' : 'packed');
	}
	return encoding;
}

for (const [claim, story] of Object.entries(STORIES))
	test(`encoding: ${claim}`, () => { tell(true, story); });
for (const [claim, story] of Object.entries(NEVER))
	test(`encoding: ${claim}`, () => { tell(false, story); });

test('only_who_waits_for_something_wants_to_be_woken', () => {
	assert.equal(encodingDeadline(tell(true, STORIES['the packed feed is there'])), Infinity);
	assert.equal(encodingDeadline(tell(true, STORIES['an older publisher: JSON at once'])), Infinity);
	assert.equal(encodingDeadline(tell(true, [['start', 'join packed', 'asking']])), 5000);
});

/* It was lost by all in one moment, and answers them one after the other. */
test('a_crowd_that_a_slow_broker_keeps_waiting_does_not_ask_for_more_in_one_moment', () => {
	const deadlineBy = (rnd) => {
		const encoding = createEncoding(true);
		encodingStep(encoding, 'start', 0, rnd);
		return encodingDeadline(encoding);
	};
	assert.deepEqual([0, 0.25, 1].map(deadlineBy), [4000, 4500, 6000]);
});

/* What a broker sends at once makes us send a few packets at most, whatever it is and in whatever order. */
test('no_order_of_messages_makes_it_subscribe_for_ever', () => {
	let random = 7;
	const chance = (n) => { random = (random * 1664525 + 1013904223) % 4294967296; return Math.floor((random / 4294967296) * n); };
	const EVENTS = ['base', 'renewed', 'delta', 'bad-base', 'heard', 'live', 'alive', 'idle', 'refused'];
	for (let round = 0; round < 500; round++) {
		const encoding = createEncoding(true);
		encodingStep(encoding, 'start', 0, 0.5);
		let effects = 0;
		for (let i = 0; i < 200; i++)
			effects += encodingStep(encoding, EVENTS[chance(EVENTS.length)], 0, 0.5).length;
		assert.ok(effects <= 4, `${effects} without a wait`);
	}
});
