/* What people tell all viewers: what is shown of what they wrote, and until when. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { noticeModel, noticeStore } from '../../../web/board/notice.js';
import { connect } from '../../../web/client/index.js';
import { holdNotice, noticeOver, readNotice } from '../../../web/client/notice.js';

const read = (value) => readNotice(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const WHOLE = { id: '7', text: 'Track 2 starts at 18:30', level: 'urgent', until: 1800000000000, by: 'ann' };

test('a_whole_notice_is_read_from_bytes_and_from_text', () => {
	assert.deepEqual(read(WHOLE), WHOLE);
	assert.deepEqual(readNotice(JSON.stringify(WHOLE)), WHOLE);
});

test('nothing_takes_it_back', () => {
	assert.equal(read(''), null);
	assert.equal(readNotice(new Uint8Array(0)), null);
	assert.equal(readNotice('null'), null, 'as the publisher says it over HTTP');
});

test('what_is_missing_gets_a_default', () => {
	assert.deepEqual(read({ text: 'Hi' }), { id: 'Hi', text: 'Hi', level: 'info', until: null, by: '' });
	for (const [member, value, wanted] of [
		['id', 7, 'Hi'], ['id', '', 'Hi'], ['id', 'x'.repeat(200), `${'x'.repeat(127)}…`],
		['level', 'loud', 'info'], ['level', ['urgent'], 'info'], ['level', '__proto__', 'info'],
		['until', '1800000000000', null], ['until', null, null], ['until', -1, -1], ['until', 253402300799000, 253402300799000],
		['by', { name: 'ann' }, ''], ['by', 'a\u0000b', 'a b'],
	])
		assert.equal(read({ text: 'Hi', [member]: value })[member], wanted, `${member} ${JSON.stringify(value)}`);
});

test('what_has_no_text_is_no_notice', () => {
	for (const payload of ['Hi', '{', '[]', '"Hi"', '7', 'true', '{}', '{"text":""}', '{"text":" \\n\\u0000 "}', '{"text":7}', '{"text":["Hi"]}', '\u0000', '\ufeff'])
		assert.equal(read(payload), undefined, payload);
	assert.equal(readNotice(new Uint8Array([0xff, 0xfe, 0x7b])), undefined);
	assert.equal(read({ text: 'x'.repeat(1 << 20) }), undefined, 'a megabyte is not even looked at');
	assert.equal(read({ text: 'Hi', more: 'x'.repeat(16384) }), undefined);
});

test('a_text_stays_text_and_is_cut_at_500_characters', () => {
	const html = '<img src=x onerror=alert(1)> \u202e \u05e9\u05dc\u05d5\u05dd';
	assert.equal(read({ text: html }).text, html);
	assert.equal(read({ text: ' a\u0000\u0007b\r\nc ' }).text, 'a  b \nc', 'lines may break, other controls are blanks');
	assert.equal(read({ text: 'x'.repeat(500) }).text, 'x'.repeat(500));
	assert.equal(read({ text: 'x'.repeat(501) }).text, `${'x'.repeat(499)}…`);
	const owls = '\u{1f989}'.repeat(500);
	assert.equal(read({ text: owls }).text, owls, 'an emoji is one character');
	assert.equal(read({ text: `${owls}!` }).text, `${'\u{1f989}'.repeat(499)}…`, 'and is not cut in two');
});

test('a_notice_ends_when_the_broker_has_counted_it_down', () => {
	const held = holdNotice(read({ text: 'Hi' }), 1000, 60);
	assert.ok(!noticeOver(held, 60999, [Infinity, 1e15]));
	assert.ok(noticeOver(held, 61000, [0]));
	assert.ok(!noticeOver(holdNotice(read({ text: 'Hi' }), 1000), 1e15, [1e15]), 'without an end it stays');
});

test('a_notice_ends_at_until_when_every_known_clock_has_passed_it', () => {
	const held = holdNotice(read({ text: 'Hi', until: 5000 }), 0);
	for (const [walls, over] of [
		[[4999, 4999], false], [[5000, 5000], true], [[4999, 9000], false], [[9000, 4999], false],
		[[NaN, 5000], true], [[NaN, 4999], false], [[NaN, NaN], false],
	])
		assert.equal(noticeOver(held, 0, walls), over, String(walls));
	assert.ok(noticeOver(holdNotice(read({ text: 'Hi', until: 5000 }), 0, 1), 1000, [0, 0]), 'whichever comes first');
});

/* --- the pages --- */

test('a_page_shows_a_notice_until_it_is_put_away', () => {
	const store = noticeStore('key', () => { throw new Error('forbidden'); });
	assert.equal(store.id, null);
	assert.deepEqual(noticeModel(WHOLE, store.id), { text: WHOLE.text, level: 'urgent', by: 'ann', role: 'alert' });
	store.id = WHOLE.id;
	assert.equal(noticeModel(WHOLE, store.id), null);
	assert.equal(noticeModel({ ...WHOLE, id: '8', level: 'warning' }, store.id).role, 'status');
	assert.equal(noticeModel(null, null), null);
});

test('a_tab_remembers_what_was_put_away_in_it', () => {
	const kept = new Map();
	const storage = () => ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) });
	noticeStore('a', storage).id = '7';
	assert.equal(noticeStore('a', storage).id, '7');
	assert.equal(noticeStore('b', storage).id, null, 'of another track');
});

/* --- the client, over a stream of events from a real server that says what the test says --- */

const HEAD = { 'content-type': 'text/event-stream', 'x-scoreboard-prefix': 'scoreboard' };
const SNAPSHOT = '{"epoch":"e","seq":1,"ts":1,"state":{"team/1/score":7}}';
const eventOf = (type, data) => `event: ${type}\ndata: ${data}\n\n`;

async function follow(t, ...first) {
	let stream = null;
	const dialled = () => new Promise((done) => { wake = done; });
	let wake = () => {};
	const server = createServer(({ url }, answer) => {
		if (!url.endsWith('/events'))
			return answer.writeHead(404, HEAD).end();
		stream = answer.writeHead(200, HEAD);
		first.forEach((text) => stream.write(text));
		wake();
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const board = connect({ http: [`http://127.0.0.1:${server.address().port}`], link: { backoff: { base: 10, ceiling: 20, floor: 10 } } });
	const told = [];
	board.on('notice', (notice) => told.push(notice?.text ?? null));
	t.after(() => { board.close(); server.closeAllConnections(); server.close(); });
	await dialled();
	return {
		board, told,
		says: async (type, data) => { stream.write(eventOf(type, data)); await until(() => true); },
		restarts: async (...texts) => { first = texts; const again = dialled(); stream.end(); await again; },
	};
}

async function until(what, ms = 4000) {
	for (const end = performance.now() + ms; performance.now() < end;) {
		await new Promise((done) => setTimeout(done, 20));
		if (what())
			return true;
	}
	return false;
}

test('a_board_has_the_notice_and_tells_of_a_change_only', async (t) => {
	const hall = await follow(t, eventOf('notice', JSON.stringify(WHOLE)), eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.board.connection.live));
	assert.deepEqual(hall.board.notice, WHOLE);
	await hall.says('notice', JSON.stringify(WHOLE));
	await hall.says('notice', '{"text":"Two"}');
	assert.ok(await until(() => hall.told.length === 2));
	await hall.says('notice', 'null');
	assert.ok(await until(() => hall.told.length === 3));
	assert.deepEqual(hall.told, [WHOLE.text, 'Two', null]);
	assert.equal(hall.board.notice, null);
});

test('rubbish_takes_the_place_of_a_notice_and_is_counted', async (t) => {
	const hall = await follow(t, eventOf('notice', '{"text":"One"}'), eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.board.notice !== null));
	await hall.says('notice', '<b>{');
	assert.ok(await until(() => hall.board.notice === null));
	assert.equal(hall.board.metrics.bad, 1);
	assert.equal(hall.board.get('team/1/score'), 7);
});

test('a_notice_goes_by_itself', async (t) => {
	const hall = await follow(t, eventOf('notice', JSON.stringify({ text: 'One', until: Date.now() + 1500 })), eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.board.notice !== null));
	assert.ok(await until(() => hall.board.notice === null));
	assert.deepEqual(hall.told, ['One', null]);
});

test('one_that_is_over_is_never_told', async (t) => {
	const hall = await follow(t, eventOf('notice', JSON.stringify({ text: 'One', until: Date.now() - 1 })), eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.board.connection.live));
	assert.deepEqual(hall.told, []);
	assert.equal(hall.board.notice, null);
});

test('a_notice_outlives_a_lost_connection_and_goes_with_a_new_one_that_has_none', async (t) => {
	const hall = await follow(t, eventOf('notice', '{"text":"One"}'), eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.board.notice !== null));
	await hall.restarts(eventOf('notice', '{"text":"One"}'), eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.board.connection.live));
	assert.deepEqual(hall.told, ['One'], 'the same one is no news');
	await hall.restarts(eventOf('snapshot', SNAPSHOT));
	assert.ok(await until(() => hall.told.length === 2));
	assert.deepEqual(hall.told, ['One', null]);
});
