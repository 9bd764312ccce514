/* Over HTTP only the scoreboard that was asked for counts: a real server, answers of its own. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { connect } from '../../../web/client/index.js';

const SNAPSHOT = '{"epoch":"e","seq":1,"ts":1,"state":{"team/1/score":7}}';

/* A server that shows `prefix` (null: one that does not say) whatever the path is, which serves events unless it is told not to. */
async function startPublisher(prefix, events) {
	const asked = [];
	const head = (type) => ({ 'content-type': type, ...(prefix !== null && { 'x-scoreboard-prefix': prefix }) });
	const server = createServer(({ url }, answer) => {
		asked.push(url);
		if (url.endsWith('.json'))
			return answer.writeHead(200, head('application/json')).end(SNAPSHOT);
		if (!events)
			return answer.writeHead(503).end();
		answer.writeHead(200, head('text/event-stream')).write(`event: snapshot\nid: e:1\ndata: ${SNAPSHOT}\n\n`);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return { url: `http://127.0.0.1:${server.address().port}`, asked, stop: () => { server.closeAllConnections(); server.close(); } };
}

/* What a viewer of `prefix` has after a moment. */
async function follow(shown, prefix, events) {
	const publisher = await startPublisher(shown, events);
	const board = connect({ http: [publisher.url], prefix });
	for (let i = 0; i < 40 && !board.connection.live && board.connection.phase !== 'waiting'; i++)
		await new Promise((done) => setTimeout(done, 50));
	const { live, transport, refusals } = board.connection;
	const score = board.get('team/1/score');
	board.close();
	publisher.stop();
	return { live, transport, refusals, score };
}

const CASES = [
	['its own', 'track2', 'track2', []],
	['its own, not in ASCII', 'D%C3%A9rby%25', 'Dérby%', []],
	['another one', 'scoreboard', 'track2', ['This server shows another scoreboard: “scoreboard”, not “track2”.']],
	['one that begins the same', 'track2/b', 'track2', ['This server shows another scoreboard: “track2/b”, not “track2”.']],
	['one that does not say', null, 'scoreboard', ['This server does not say which scoreboard it shows.']],
	['one whose name is not well encoded', '%zz', 'scoreboard', ['This server shows another scoreboard: “%zz”, not “scoreboard”.']],
];
for (const transport of ['sse', 'poll'])
	for (const [claim, shown, prefix, refusals] of CASES)
		test(`over_${transport}_a_viewer_takes_or_refuses: ${claim}`, async () => {
			const taken = refusals.length === 0;
			assert.deepEqual(await follow(shown, prefix, transport === 'sse'),
				{ live: taken, transport: taken ? transport : null, refusals, score: taken ? 7 : undefined });
		});

test('paths_begin_with_the_prefix_level_by_level', async () => {
	const publisher = await startPublisher(encodeURIComponent('event 1/Dérby?#%'), false);
	const board = connect({ http: [publisher.url], prefix: 'event 1/Dérby?#%' });
	for (let i = 0; i < 40 && !board.connection.live; i++)
		await new Promise((done) => setTimeout(done, 50));
	assert.equal(board.connection.transport, 'poll');
	board.close();
	publisher.stop();
	const at = '/event%201/D%C3%A9rby%3F%23%25/spectator';
	assert.deepEqual(publisher.asked.slice(0, 2), [`${at}/events`, `${at}.json`]);
});

test('a_server_without_that_view_is_a_reason', async () => {
	for (const head of [{}, { 'x-scoreboard-prefix': 'track2' }]) {
		const server = createServer((_, answer) => answer.writeHead(404, head).end());
		await new Promise((done) => server.listen(0, '127.0.0.1', done));
		const board = connect({ http: [`http://127.0.0.1:${server.address().port}`], prefix: 'track2' });
		for (let i = 0; i < 40 && board.connection.phase !== 'waiting'; i++)
			await new Promise((done) => setTimeout(done, 50));
		assert.deepEqual(board.connection.refusals, ['This server has no view “spectator” of “track2”.']);
		assert.equal(board.connection.live, false);
		board.close();
		server.closeAllConnections();
		server.close();
	}
});
