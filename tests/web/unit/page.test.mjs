/* What the pages decide without a document: settings, the banner; and the SSE parser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { honesty } from '../../../web/board/honesty.js';
import { readSettings, withTold } from '../../../web/board/settings.js';
import { createSseParser } from '../../../web/client/transports/sse-parser.js';

/* --- the banner --- */
const live = { live: true, everLive: true, quiet: false, heardMs: 0, refusals: [] };
const BANNERS = [
	['all is well', {}, null],
	['a blink is not news', { connection: { ...live, live: false }, downMs: 500 }, null],
	['reconnecting', { connection: { ...live, live: false }, downMs: 3000 }, 'bad'],
	['first connect', { connection: { ...live, live: false, everLive: false }, downMs: 3000 }, 'info'],
	['stale', { status: { state: 'stale', since: 0 } }, 'warn'],
	['offline', { status: { state: 'offline', since: 0 } }, 'bad'],
	['silence', { connection: { ...live, quiet: true, heardMs: 27000 } }, 'warn'],
	['this device', { online: false }, 'bad'],
	['nothing to show', { known: false }, 'info'],
	['a server of another track', { connection: { ...live, live: false, everLive: false, refusals: ['Another.'] }, downMs: 3000 }, 'warn'],
];
for (const [claim, facts, level] of BANNERS)
	test(`banner: ${claim}`, () => {
		const news = honesty({ connection: live, status: { state: 'live' }, online: true, downMs: 0, known: true, ...facts });
		assert.equal(news?.level ?? null, level);
	});

test('a_banner_says_why_and_calls_nothing_the_last_known_state_when_there_is_none', () => {
	const say = (facts) => honesty({ connection: live, status: { state: 'live' }, online: true, downMs: 3000, known: false, ...facts }).text;
	assert.equal(say({}), 'Connected. There is no game here yet.');
	assert.equal(say({ status: { state: 'stale', since: 0 } }), 'Connected. There is no game here yet. No word from the scoreboard itself.');
	assert.equal(say({ connection: { ...live, live: false, refusals: ['Another.'] } }), 'Connection lost, reconnecting. Another.');
	assert.match(say({ status: { state: 'stale', since: 0 }, known: true }), /last known state/);
});

/* --- settings --- */
const at = (href) => new URL(href);
const config = { servers: [], http: [], prefix: 'scoreboard', view: 'spectator', overlayView: 'overlay' };

test('without_configuration_the_broker_is_beside_the_page', () => {
	assert.deepEqual(readSettings(config, at('http://rink.local:8080/')).servers, ['ws://rink.local:9001/mqtt']);
	assert.deepEqual(readSettings(config, at('https://x.org/live/')).servers, ['wss://x.org/mqtt']);
	assert.deepEqual(readSettings(config, at('https://x.org/live/overlay.html?a')).http, ['https://x.org/live/']);
});

test('the_address_overrides_and_only_sockets_are_taken', () => {
	const s = readSettings(config, at('http://h/?server=ws://a/&server=javascript:alert(1)&server=wss://b/&prefix=t2&view=v'));
	assert.deepEqual([s.servers, s.prefix, s.view], [['ws://a/', 'wss://b/'], 't2', 'v']);
	assert.equal(readSettings(config, at('http://h/'), 'overlayView').view, 'overlay');
});

test('the_feed_comes_packed_unless_file_or_address_say_json', () => {
	const encoding = (file, query) => readSettings({ ...config, encoding: file }, at(`http://h/${query}`)).encoding;
	assert.deepEqual([encoding(undefined, ''), encoding('packed', ''), encoding('typo', '?encoding=typo')], ['packed', 'packed', 'packed']);
	assert.deepEqual([encoding('json', ''), encoding('packed', '?encoding=json'), encoding('json', '?encoding=packed')], ['json', 'json', 'packed']);
});

test('an_overlay_shows_notices_only_when_it_is_told_to', () => {
	const notice = (query) => readSettings(config, at(`http://h/${query}`)).notice;
	assert.deepEqual(['', '?notice', '?notice=0', '?notice=true', '?notice=1'].map(notice), [false, false, false, false, true]);
});

test('a_server_that_only_the_address_names_is_foreign', () => {
	const league = { ...config, servers: ['wss://live.league.example/mqtt'], http: [] };
	const foreign = (query) => readSettings(league, at(`https://league.example/${query}`)).foreign;
	assert.deepEqual(foreign(''), []);
	assert.deepEqual(foreign('?server=wss://live.league.example:444/mqtt&http=https://league.example/x'), []);
	assert.deepEqual(foreign('?server=wss://evil.example/mqtt&http=https://evil.example:8443'), ['evil.example', 'evil.example:8443']);
	assert.deepEqual(foreign('?server=wss://league.example.evil.example/&server=wss://league.example@evil.example/'), ['league.example.evil.example', 'evil.example']);
	assert.deepEqual(readSettings(config, at('http://rink.local:8080/?server=ws://rink.local:9001/mqtt')).foreign, []);
});

/* --- what the publisher tells at config.json --- */

const TRACKS = [{ prefix: 'sb/t1', title: 'Track 1' }, { prefix: 'sb/t2', title: 'Track 2' }];
const settingsOf = (told, url, file = config) => readSettings(withTold(file, told, at(url)), at(url));

test('no_address_needs_a_parameter_that_the_publisher_can_tell', () => {
	const told = { version: 1, prefix: 'sb/t1', title: 'Track 1', addresses: ['http://192.0.2.2:8080/', 'javascript:alert(1)'], servers: ['ws://*:9002/mqtt', 'ws://*', 'wss://edge.example/mqtt'], history: true, tracks: TRACKS, more: 1 };
	const { servers, addresses, prefix, title, history, tracks, foreign } = settingsOf(told, 'http://192.0.2.2:8080/');
	assert.deepEqual({ servers, addresses, prefix, title, history, tracks, foreign }, { servers: ['ws://192.0.2.2:9002/mqtt', 'ws://192.0.2.2', 'wss://edge.example/mqtt'],
		addresses: ['http://192.0.2.2:8080/'], prefix: 'sb/t1', title: 'Track 1', history: true, tracks: TRACKS, foreign: [] });
	assert.deepEqual(settingsOf(told, 'http://[2001:db8::1]:8080/').servers[0], 'ws://[2001:db8::1]:9002/mqtt');
	assert.equal(settingsOf(told, 'http://h/?prefix=sb/t2&server=ws://other/').prefix, 'sb/t2', 'the address says more');
	assert.deepEqual(settingsOf(told, 'http://h/?server=ws://other/').foreign, ['other']);
	assert.deepEqual(settingsOf(told, 'http://h/?server=ws://league/', { ...config, servers: ['ws://league/'] }).foreign, [], 'config.js has named it');
});

test('an_https_page_is_told_of_no_broker_that_it_may_not_reach', () => {
	const told = { version: 1, servers: ['ws://*:9002/mqtt'] };
	assert.deepEqual(settingsOf(told, 'https://league.example/').servers, ['wss://league.example/mqtt']);
	assert.deepEqual(settingsOf({ ...told, servers: [...told.servers, 'wss://*:9443/mqtt'] }, 'https://league.example/').servers, ['wss://league.example:9443/mqtt']);
});

test('what_config_json_can_not_say_is_left_to_config_js', () => {
	const league = { ...config, prefix: 'ours', title: 'Ours', servers: ['ws://league/'], tracks: TRACKS, history: true };
	const wanted = readSettings(league, at('http://h/'));
	for (const told of [null, [], 7, 'x', {}, { version: 2, prefix: 'x' }, { version: 1 }, { version: 1, prefix: '', title: '', servers: [], tracks: [], history: false },
		{ version: 1, prefix: 7, title: {}, servers: 'ws://x/', http: {}, tracks: 'x', history: 'yes' },
		{ version: 1, servers: [7, null, 'http://x/', 'javascript:alert(1)'], http: ['ws://x/'], tracks: [null, 7, {}, { prefix: 'x' }, { prefix: '', title: 'x' }] }])
		assert.deepEqual(settingsOf(told, 'http://h/', league), wanted, JSON.stringify(told));
	assert.equal(settingsOf({ version: 1, tracks: Array(1000).fill(TRACKS[0]) }, 'http://h/').tracks.length, 64);
});

/* --- SSE --- */
function parse(...parts) {
	const events = [];
	const feed = createSseParser((event) => events.push(event));
	parts.forEach(feed);
	return events;
}

test('events_survive_any_cut_and_any_line_end', () => {
	const text = ': hello\r\n\r\nevent: delta\r\nid: e:1\r\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: status\ndata: x\n\ndata:no space\r\r:\n';
	const whole = parse(text);
	assert.deepEqual(whole.map((e) => [e.type, e.data, e.id]), [
		['delta', '{"a":\n1}', 'e:1'], ['status', 'x', 'e:1'], ['message', 'no space', 'e:1']]);
	for (let cut = 1; cut < text.length; cut++)
		assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), whole, `cut at ${cut}`);
});

test('an_endless_event_is_an_error', () => {
	const feed = createSseParser(() => {});
	assert.throws(() => { for (let i = 0; i < 100; i++) feed('x'.repeat(100000)); }, /too long/);
});
