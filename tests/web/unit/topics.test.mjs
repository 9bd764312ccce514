/* What is wanted of the broker beside the feed, by whom, and what it has said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	createTopics, isFilter, matches, topicsAll, topicsAnswered, topicsDeadline, topicsDrop, topicsDue, topicsOf, topicsOwners, topicsWant,
} from '../../../web/client/topics.js';

const ANSWER = { now: 1000, rnd: 0 };

for (const [filter, topic, wanted] of [
	['a/b', 'a/b', true], ['a/b', 'a/b/c', false], ['a/b', 'a', false], ['a/+', 'a/b', true], ['a/+', 'a', false], ['a/+', 'a/', true],
	['a/#', 'a', true], ['a/#', 'a/b/c', true], ['a/#', 'ab', false], ['#', 'a/b', true], ['#', '$SYS/x', false], ['+/x', '$SYS/x', false],
	['$SYS/#', '$SYS/x', true], ['+', 'a', true], ['+/+', '/a', true], ['a//c', 'a//c', true],
])
	test(`${filter} ${wanted ? 'matches' : 'does not match'} ${topic}`, () => assert.equal(matches(filter, topic), wanted));

test('what_is_no_filter_is_told', () => {
	for (const good of ['a', '#', '+/b/#', 'rooms/match:42/#', '$SYS/#', 'a//b', 'ä/😀', `${'a/'.repeat(200)}b`])
		assert.equal(isFilter(good), true, good);
	for (const bad of ['', 'a/#/b', 'a#', 'a+/b', 'a\0b', 'x'.repeat(65536), 'a\u0001', 'a\x85', 'a\ud800', 'a\ufffe', 'a/\ufdd0/#', `${'a/'.repeat(201)}b`, 7, null, undefined, {}])
		assert.equal(isFilter(bad), false, String(bad).slice(0, 20));
});

test('two_who_want_the_same_are_one_subscription', () => {
	const topics = createTopics();
	const [ann, bob] = [{}, {}];
	topicsWant(topics, 'a/#', 0, ann);
	topicsWant(topics, 'a/#', 1, bob);
	topicsWant(topics, 'b', 0, bob);
	assert.deepEqual(topicsAll(topics), [{ filter: 'a/#', qos: 1 }, { filter: 'b', qos: 0 }]);
	assert.deepEqual(topicsOf(topics, new Set(['b', 'gone'])), [{ filter: 'b', qos: 0 }]);
	assert.deepEqual([...topicsOwners(topics, 'a/x')], [ann, bob]);
	assert.equal(topicsDrop(topics, 'a/#', ann), false);
	assert.equal(topicsDrop(topics, 'a/#', ann), false, 'twice is once');
	assert.equal(topicsDrop(topics, 'a/#', bob), true);
	assert.deepEqual([...topicsOwners(topics, 'a/x')], []);
});

test('an_owner_of_two_filters_that_match_is_told_once', () => {
	const topics = createTopics();
	const ann = {};
	topicsWant(topics, 'a/#', 0, ann);
	topicsWant(topics, 'a/+', 0, ann);
	assert.equal(topicsOwners(topics, 'a/x').size, 1);
});

test('each_filter_has_its_own_answer_and_what_is_refused_is_wanted_no_longer', () => {
	const topics = createTopics();
	const [ann, bob] = [{}, {}];
	topicsWant(topics, 'a', 0, ann);
	topicsWant(topics, 'b', 0, bob);
	assert.deepEqual(topicsAnswered(topics, ['a', 'b', 'gone'], [0, 0x87, 0], ANSWER),
		[{ owners: [ann], code: 0, ended: false }, { owners: [bob], code: 0x87, ended: true }]);
	assert.deepEqual(topicsAll(topics).map(({ filter }) => filter), ['a']);
});

test('what_was_granted_before_is_asked_for_again_before_a_refusal_is_believed', () => {
	const topics = createTopics();
	const ann = {};
	topicsWant(topics, 'a', 1, ann);
	topicsAnswered(topics, ['a'], [1], ANSWER);
	const waits = [];
	for (let i = 0; i < 2; i++) {
		assert.deepEqual(topicsAnswered(topics, ['a'], [0x87], ANSWER), []);
		waits.push(topicsDeadline(topics) - ANSWER.now);
		assert.deepEqual(topicsDue(topics, ANSWER.now), []);
		assert.deepEqual(topicsDue(topics, topicsDeadline(topics)), [{ filter: 'a', qos: 1 }]);
		assert.equal(topicsDeadline(topics), Infinity);
	}
	assert.deepEqual(waits, [2000, 4000]);
	assert.deepEqual(topicsAnswered(topics, ['a'], [0x87], ANSWER), [{ owners: [ann], code: 0x87, ended: true }]);
});

test('a_grant_between_refusals_begins_anew', () => {
	const topics = createTopics();
	topicsWant(topics, 'a', 1, {});
	for (const code of [1, 0x97, 0x97, 1, 0x97, 0x97])
		topicsAnswered(topics, ['a'], [code], ANSWER);
	assert.equal(topicsAll(topics).length, 1);
});

test('a_suback_that_is_too_short_refuses', () => {
	const topics = createTopics();
	topicsWant(topics, 'a', 1, {});
	assert.equal(topicsAnswered(topics, ['a'], [], ANSWER)[0].code, 0x80);
});
