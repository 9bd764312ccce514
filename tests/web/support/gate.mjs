/* gate - the publisher's HTTP as a viewer's network lets it through: single paths can be blocked, requests are counted. */
import { createServer, request } from 'node:http';

export async function startGate(targetPort) {
	const blocked = new Set();
	const count = new Map();
	const open = new Set();
	const server = createServer((query, answer) => {
		const path = query.url.split('?')[0];
		count.set(path, (count.get(path) ?? 0) + 1);
		if ([...blocked].some((part) => path.includes(part))) {
			answer.writeHead(503);
			return answer.end();
		}
		const onward = request({ port: targetPort, host: '127.0.0.1', path: query.url, method: query.method, headers: query.headers }, (back) => {
			answer.writeHead(back.statusCode, back.headers);
			back.pipe(answer);
		});
		const entry = { path, end: () => { onward.destroy(); answer.destroy(); } };
		open.add(entry);
		answer.on('close', () => { open.delete(entry); onward.destroy(); });
		onward.on('error', () => answer.destroy());
		onward.end();
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		port: server.address().port,
		url: `http://127.0.0.1:${server.address().port}`,
		/* Blocks paths that hold `part`, and ends what is open there. */
		block(part) {
			blocked.add(part);
			open.forEach((entry) => entry.path.includes(part) && entry.end());
		},
		unblock: (part) => blocked.delete(part),
		count: (path) => count.get(path) ?? 0,
		stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
	};
}
