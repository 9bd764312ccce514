/* http - `parallel` lines ask for `path` again and again, each on a connection of its own, everyMs; `silent` more hold a connection and say nothing. */
import { connect } from 'node:net';
import { sleep } from '../support/wire.mjs';

function ask(port, path, from) {
	return new Promise((done) => {
		const socket = connect({ port, host: '127.0.0.1', localAddress: from });
		let answer = '';
		socket.setTimeout(2000, () => socket.destroy());
		socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
		socket.on('data', (bytes) => { answer += bytes.toString('latin1', 0, 20); socket.destroy(); });
		socket.on('error', () => {}).on('close', () => done(answer.split(' ')[1] ?? 'none'));
	});
}

export default async function http({ port, path = '/.env', parallel = 4, everyMs = 0, silent = 0, addresses = ['127.0.9.1'] }, ctx) {
	const answers = {};
	let number = 0;
	const open = [];
	for (let i = 0; i < silent; i++)
		open.push(connect({ port, host: '127.0.0.1', localAddress: addresses[i % addresses.length] }).on('error', () => {}));
	await sleep(200);
	ctx.ready();
	await Promise.all(Array.from({ length: parallel }, async () => {
		while (!ctx.stopped) {
			const status = await ask(port, path, addresses[number++ % addresses.length]);
			answers[status] = (answers[status] ?? 0) + 1;
			await sleep(status === 'none' ? 20 : everyMs);
		}
	}));
	return { answers };
}
