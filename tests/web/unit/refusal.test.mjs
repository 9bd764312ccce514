/* Over HTTP only the scoreboard that was asked for counts: a real server, answers of its own. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { connect } from '../../../web/client/index.js';

const SNAPSHOT = '{"epoch":"e","seq":1,"ts":1,"state":{"team/1/score":7}}';

/* A publisher of `prefix` (null: one that does not say), which serves events unless it is told not to. */
async function startPublisher(prefix, events) {
	const head = (type) => ({ 'content-type': type, ...(prefix !== null && { 'x-scoreboard-prefix': prefix }) });
	const server = createServer(({ url }, answer) => {
		if (url === '/spectator.json')
			return answer.writeHead(200, head('application/json')).end(SNAPSHOT);
		if (!events)
			return answer.writeHead(404).end();
		answer.writeHead(200, head('text/event-stream')).write(`event: snapshot\nid: e:1\ndata: ${SNAPSHOT}\n\n`);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return { url: `http://127.0.0.1:${server.address().port}`, stop: () => { server.closeAllConnections(); server.close(); } };
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
