/* What the hooks show, without React: when it is told, and that it stays the same object until it has changed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLast, keepSame, openPolled, openRoom, readTournament, sourceOf } from '../../../web/client/react-sources.js';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* Counts how often it is opened, closed and read; touch() as open() was given it. */
function startSource(board = {}, name = 'x') {
	const seen = { opened: 0, closed: 0, value: 0, told: 0 };
	const open = (touch) => {
		seen.opened++;
		seen.touch = touch;
		return { read: () => seen.value, close: () => { seen.closed++; } };
	};
	const get = () => sourceOf(board, name, 'empty', open);
	return Object.assign(seen, { get, subscribe: () => get().subscribe(() => { seen.told++; }) });
}

test('what_happens_within_a_frame_is_told_once_and_only_when_it_is_something_else', async () => {
	const seen = startSource();
	const source = seen.get();
	assert.equal(source.get(), 'empty');
	seen.subscribe();
	assert.equal(source.get(), 0, 'known at once');
	for (seen.value = 1; seen.value < 100; seen.value++)
		seen.touch();
	assert.equal(source.get(), 0, 'the same until it is told');
	await sleep(40);
	assert.deepEqual([seen.told, source.get()], [1, 100]);
	seen.touch();
	await sleep(40);
	assert.equal(seen.told, 1);
});

test('all_who_want_the_same_share_it_and_the_last_one_closes_it', async () => {
	const board = {};
	const seen = startSource(board);
	const ends = [seen.subscribe(), seen.subscribe()];
	assert.equal(seen.opened, 1);
	ends[0]();
	await sleep(150);
	assert.equal(seen.closed, 0);
	ends[1]();
	seen.subscribe()();                    // as strict mode does
	const again = seen.subscribe();
	await sleep(150);
	assert.deepEqual([seen.opened, seen.closed], [1, 0]);
	again();
	await sleep(150);
	assert.deepEqual([seen.opened, seen.closed], [1, 1]);
	seen.touch();                          // too late
	await sleep(30);
	assert.equal(seen.get().get(), 'empty', 'who comes later begins anew');
	const other = startSource({}, 'x');
	other.subscribe()();
	assert.equal(other.opened, 1, 'another board has its own');
});

test('without_a_board_there_is_what_is_shown_then', () => {
	assert.equal(sourceOf(null, 'a', null, assert.fail).get(), null);
	assert.equal(sourceOf(null, 'a', false, assert.fail).get(), false);
	assert.equal(sourceOf(null, 'a', null, assert.fail), sourceOf(null, 'b', null, assert.fail), 'one, or React would subscribe at every drawing');
});

test('the_last_ones_are_another_array_only_when_one_came', () => {
	const last = createLast(3);
	const none = last.get();
	assert.equal(last.get(), none);
	for (let i = 0; i < 20; i++)
		last.add(i);
	assert.deepEqual(last.get(), [17, 18, 19]);
	assert.equal(last.get(), last.get());
	assert.notEqual(last.get(), none);
});

test('what_says_the_same_is_the_same', () => {
	const same = keepSame();
	const first = same({ a: [1] });
	assert.equal(same({ a: [1] }), first);
	assert.notEqual(same({ a: [2] }), first);
	assert.equal(same(null), null);
});

test('what_is_looked_at_now_and_then_ends_with_the_last_who_wants_it', async () => {
	let looks = 0;
	const board = {};
	const end = sourceOf(board, 'p', null, openPolled(() => looks++, 10)).subscribe(() => {});
	while (looks < 3)
		await sleep(10);
	end();
	await sleep(150);
	const then = looks;
	await sleep(60);
	assert.equal(looks, then);
});

/* join() is answered by hand. */
function startRoom({ live = true } = {}) {
	const on = {};
	const it = { left: 0, said: [], room: {
		state: new Map(), presence: null, stats: { received: 0 }, on: (name, listener) => { on[name] = listener; }, leave: () => { it.left++; },
		send: async (...what) => { it.said.push(what); return { state: 'sent', id: '1', heard: true }; },
	} };
	const board = {
		connection: { live },
		join: () => new Promise((resolve, reject) => Object.assign(it, { letIn: () => resolve(it.room), refuse: reject })),
		sendToRoom: async (...what) => { it.said.push(what); return { state: 'queued', id: '2', reason: 'offline', done: new Promise(() => {}) }; },
	};
	it.on = on;
	it.source = openRoom(board, 'match:42', 2)(() => {});
	return it;
}

test('a_room_that_is_left_before_it_was_joined_is_left_when_it_is', async () => {
	const it = startRoom();
	it.source.close();
	it.letIn();
	await sleep(1);
	assert.equal(it.left, 1);
});

test('what_is_said_while_joining_goes_then', async () => {
	const it = startRoom();
	const answer = it.source.read().send('cheer', { n: 1 });
	assert.deepEqual(it.said, []);
	it.letIn();
	assert.equal((await answer).state, 'sent');
	assert.deepEqual(it.said, [['cheer', { n: 1 }, undefined]]);
	const { status, send } = it.source.read();
	assert.equal(status, 'joined');
	assert.equal(it.source.read().send, send, 'a stable function');
});

test('what_is_said_while_joining_without_a_connection_is_queued_at_once', async () => {
	const it = startRoom({ live: false });
	assert.equal((await it.source.read().send('cheer', { n: 1 })).state, 'queued');
	assert.deepEqual(it.said, [['match:42', 'cheer', { n: 1 }, undefined]]);
});

test('a_room_that_refuses_says_why_and_can_be_asked_again', async () => {
	const it = startRoom();
	const answer = it.source.read().send('cheer');
	it.refuse(Object.assign(new Error('no'), { code: 0x97, reason: 'room_full' }));
	assert.deepEqual(await answer, { state: 'refused', reason: 'room_full', code: 0x97 });
	assert.deepEqual([it.source.read().status, it.source.read().refusal], ['refused', { code: 0x97, reason: 'room_full' }]);
	it.source.read().rejoin();
	assert.equal(it.source.read().status, 'joining');
	it.letIn();
	await sleep(1);
	assert.equal(it.source.read().status, 'joined');
	const before = it.source.read().state;
	it.on.message({ id: 'm' });
	assert.equal(it.source.read().state, before, 'a message is no news of the state');
	it.room.state.set('phase', 'jam');
	it.on.state({ key: 'phase', value: 'jam' });
	assert.deepEqual([...it.source.read().state], [['phase', 'jam']]);
	it.on.closed({ by: 'op', seconds: 60 });
	assert.deepEqual([it.source.read().status, it.source.read().closed], ['closed', { by: 'op', seconds: 60 }]);
});

test('a_tournament_is_read_from_its_keys_and_what_did_not_change_stays_the_same', () => {
	const read = readTournament();
	const state = new Map(Object.entries({
		'tournament/name': 'Open', 'match/10/stage': 'Final', 'match/2/stage': 'SemiFinal', 'match/2/court': 'B', 'match/2/phase': 'First half',
		'match/2/side/away/team': 'Reds', 'match/2/side/home/team': 'blues', 'match/2/side/home/fouls': 1, 'points/2/home': 3, 'points/2/away': 4,
		'team/blues/name': 'The Blues', 'match/2/timer': { time: 5, running: true, direction: 'up', at: 1 },
	}));
	const first = read(state);
	assert.deepEqual(first.scores, { 2: { home: 3, away: 4 }, 10: {} });
	assert.deepEqual(first.matches.map(({ id }) => id), ['2', '10']);
	assert.deepEqual(first.matches[0], {
		id: '2', stage: 'SemiFinal', court: 'B', phase: 'First half', winner: null, clock: 'match/2/timer', sides: [
			{ side: 'home', team: 'blues', name: 'The Blues', points: 3, fouls: 1 }, { side: 'away', team: 'Reds', name: 'Reds', points: 4, fouls: 0 },
		],
	});
	state.set('match/2/timer', { time: 6, running: true, direction: 'up', at: 2 });
	assert.equal(read(state), first, 'a running timer is no news');
	state.set('points/2/home', 5);
	const second = read(state);
	assert.notEqual(second, first);
	assert.equal(second.matches[1], first.matches[1]);
	assert.equal(second.scores[2].home, 5);
});
