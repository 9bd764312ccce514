/* One view on one connection, with a broker that only notes what is asked of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MqttFeed } from '../../../web/client/transports/mqtt-feed.js';
import { createPacker, fflate } from '../support/packed.mjs';

const skip = fflate ? false : "run 'npm ci' in web";
const LIVE = JSON.stringify({ state: 'live' });

/* `asked` is what was subscribed to and unsubscribed from, `told` what the session was told; both are emptied when they are read. */
function startFeed(t, Inflate = fflate?.Inflate) {
	let asked = [];
	let told = [];
	const levels = (sign, filters) => asked.push(...filters.map((filter) => sign + filter.replace('scoreboard/', '').replace('feed/spectator/', '')));
	let answer = null;
	const link = { subscribe: (filters, on) => { levels('+', filters); answer = { filters, ...on }; }, unsubscribe: (filters) => levels('-', filters) };
	const on = {
		message: (kind, text) => told.push(`${kind} ${Buffer.from(text)}`),
		unread: (trouble, { missed }) => told.push(`${trouble}${missed ? ', missed' : ''}`),
		notice: (payload, { expiryS }) => told.push(`notice ${Buffer.from(payload)} for ${expiryS}`),
		joined: () => told.push('joined'), refused: () => told.push('refused'),
		joining() {}, missed() {}, answered() {},
	};
	const feed = new MqttFeed({ prefix: 'scoreboard', view: 'spectator', Inflate, link }, on);
	t.after(() => feed.close());
	feed.start();
	const take = (list) => list.splice(0).join(', ');
	return {
		feed,
		says: (level, payload, live = false, expiryS = undefined) =>
			feed.receive(`scoreboard/${level}`, Buffer.from(payload), { live, bytes: payload.length, expiryS }),
		/* The broker's answer to what was asked last: it refuses what ends in one of `levels`. */
		refuses(...levels) {
			const which = answer.filters.filter((filter) => levels.some((level) => filter.endsWith(`/${level}`)));
			return which.length > 0 ? answer.refused(which) : answer.granted();
		},
		get asked() { return take(asked); },
		get told() { return take(told); },
	};
}

test('what_was_cleared_and_what_says_nothing_is_no_base', { skip }, (t) => {
	const packer = createPacker();
	packer.base('{"seq":1,"state":{}}');
	for (const [payload, why] of [['', 'it was cleared'], [packer.dictionary('{"seq":2}'), 'a dictionary']]) {
		const hall = startFeed(t);
		assert.equal(hall.asked, '+notice, +z, +z/+, +status');
		hall.says('feed/spectator/z/base', payload);
		hall.says('feed/spectator/z/recent', '');
		assert.equal(hall.told, 'null, null', why);
		assert.equal(hall.asked, '', why);
		hall.says('status', LIVE);
		assert.equal(hall.asked, '+delta, +snapshot, +recent', `${why}: there is no base`);
	}
});

test('an_empty_delta_is_rubbish', { skip }, (t) => {
	const hall = startFeed(t);
	hall.says('feed/spectator/z/base', createPacker().base('{"seq":1,"state":{}}'));
	hall.says('feed/spectator/z', '', true);
	assert.equal(hall.told, 'snapshot {"seq":1,"state":{}}, bad, missed');
});

/* The broker answers in the order of what was asked: the status behind the base. */
test('a_kept_status_without_a_base_before_it_leaves_JSON_whatever_it_says', { skip }, (t) => {
	for (const [payload, live, wanted] of [
		[LIVE, false, '+delta, +snapshot, +recent'], ['{"state":"offline"}', false, '+delta, +snapshot, +recent'],
		['{"state":"offline"}', true, ''], ['', false, ''], ['no status', false, ''],
	]) {
		const hall = startFeed(t);
		assert.equal(hall.asked, '+notice, +z, +z/+, +status');
		hall.says('status', payload, live);
		assert.equal(hall.asked, wanted, payload);
	}
});

/* A subscription of somebody else's on this connection may match the feed's topics. */
test('what_comes_twice_counts_once', { skip }, (t) => {
	const packer = createPacker();
	const hall = startFeed(t);
	hall.says('feed/spectator/z/base', packer.base('{"seq":1,"state":{}}'));
	const deltas = [packer.kept('{"seq":2}'), packer.kept('{"seq":3}')];
	for (const delta of deltas.flatMap((one) => [one, one]))
		hall.says('feed/spectator/z', delta, true);
	assert.equal(hall.told, 'snapshot {"seq":1,"state":{}}, delta {"seq":2}, delta {"seq":3}');
});

/* What the broker keeps says nothing about now. */
test('who_doubts_the_packed_feed_believes_only_what_comes_live', { skip }, (t) => {
	for (const [level, make] of [['z', 'text'], ['z/base', 'base']]) {
		const packer = createPacker();
		const hall = startFeed(t);
		const base = packer.base('{"seq":1,"state":{}}');
		hall.says('feed/spectator/z/base', base);
		hall.feed.joinedForGood();
		assert.equal(hall.asked, '+notice, +z, +z/+, +status, -z/+');
		const ask = ['+z/+', '+z/+', '+z/+, +delta, +snapshot, +recent'];
		for (const wanted of ask) {
			hall.feed.rejoin(true);
			assert.equal(hall.asked, wanted, 'three times, then JSON');
			hall.says('feed/spectator/z/base', base);
			hall.says('feed/spectator/z/recent', packer.text('{"seq":1,"base":1}'));
			assert.equal(hall.asked, '', 'a base is kept');
		}
		hall.says('feed/spectator/z', Buffer.from('rubbish'), true);
		hall.says('feed/spectator/z/recent', packer.text('{"seq":1,"base":1}'), true);
		assert.equal(hall.asked, '', 'no delta');
		hall.says(`feed/spectator/${level}`, packer[make]('{"seq":2,"state":{}}'), true);
		assert.equal(hall.asked, '-delta, -snapshot, -recent', level);
	}
});

test('a_notice_is_handed_on_with_what_the_broker_says_is_left_of_it', { skip }, (t) => {
	const hall = startFeed(t);
	assert.ok(hall.says('notice', '{"text":"Hi"}', false, 60));
	assert.ok(hall.says('notice', '', true));
	assert.equal(hall.told, 'notice {"text":"Hi"} for 60, notice  for undefined');
	assert.ok(!hall.says('notice/more', '{}'), 'not ours');
});

test('a_policy_may_keep_notices_from_a_viewer_who_follows_the_game', { skip }, (t) => {
	const hall = startFeed(t);
	hall.refuses('notice');
	assert.equal(hall.told, 'joined');
	const plain = startFeed(t, null);
	assert.equal(plain.asked, '+notice, +delta, +snapshot, +recent, +status');
	plain.refuses('notice');
	assert.equal(plain.told, 'joined');
	plain.refuses('notice', 'snapshot');
	assert.equal(plain.told, 'refused');
});

test('with_the_notice_the_packed_feed_may_be_refused_too', { skip }, (t) => {
	const hall = startFeed(t);
	assert.equal(hall.asked, '+notice, +z, +z/+, +status');
	hall.refuses('notice', 'z', 'z/+');
	assert.equal(hall.asked, '-z, -z/+, +delta, +snapshot, +recent', 'the game is followed in JSON, and the notice not asked for again');
});
