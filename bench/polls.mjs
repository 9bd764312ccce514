/* polls - asks a server for the same path again and again over kept connections, as pages do that poll, and says what it costs the server:
 *     node bench/polls.mjs URL POLLS-A-SECOND SECONDS news|same PID...
 * news: without the ETag, so that each answer is a whole one, compressed; same: with it. Its CPU is that of the processes, read from /proc.
 * Prints JSON. */
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';

const CONNECTIONS = 100;
const WARM_MS = 1000;

const [, , address, perS, seconds, kind, ...pids] = process.argv;
const url = new URL(address);
const counts = { polls: 0, whole: 0, same: 0, other: 0, wholeBytes: 0, sameBytes: 0 };
let etag = '';

function cpuUs() {
	let ns = 0;
	for (const pid of pids)
		for (const task of readdirSync(`/proc/${pid}/task`))
			ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
	return ns / 1000;
}

/* How many bytes of the text are one whole answer; 0: not yet. */
function answerLength(text) {
	const head = text.indexOf('\r\n\r\n') + 4;
	if (head < 4)
		return 0;
	if (text.startsWith('HTTP/1.1 304'))
		return head;
	if (/\r\ntransfer-encoding: chunked/i.test(text.slice(0, head))) {
		const end = text.indexOf('\r\n0\r\n\r\n', head - 2);
		return end < 0 ? 0 : end + 7;
	}
	const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? NaN);
	return text.length >= head + length ? head + length : 0;
}

function note(text) {
	const status = text.slice(9, 12);
	etag = /\r\netag: (.*)\r\n/i.exec(text)?.[1] ?? etag;
	counts.polls++;
	counts.whole += status === '200';
	counts.same += status === '304';
	counts.other += status !== '200' && status !== '304';
	counts.wholeBytes += status === '200' ? text.length : 0;
	counts.sameBytes += status === '304' ? text.length : 0;
}

function client() {
	const socket = connect(Number(url.port), url.hostname);
	let text = '', waits = false;
	socket.setNoDelay(true);
	socket.on('error', (error) => { process.stderr.write(`${error.message}\n`); process.exit(1); });
	socket.on('data', (bytes) => {
		text += bytes.toString('latin1');
		const n = answerLength(text);
		if (!n)
			return;
		note(text.slice(0, n));
		text = text.slice(n);
		waits = false;
	});
	return () => {
		if (waits)
			return;
		waits = true;
		socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAccept-Encoding: gzip\r\n${kind === 'same' && etag ? `If-None-Match: ${etag}\r\n` : ''}\r\n`);
	};
}

const clients = Array.from({ length: CONNECTIONS }, client);
let sent = 0, began = Date.now();
setInterval(() => {
	for (const due = (Date.now() - began) * perS / 1000; sent < due; sent++)
		clients[sent % CONNECTIONS]();
}, 5);
setTimeout(() => {
	const before = cpuUs(), first = { ...counts };
	setTimeout(() => {
		const polls = counts.polls - first.polls, of = (name) => counts[name] - first[name];
		process.stdout.write(`${JSON.stringify({
			kind, polls, us: (cpuUs() - before) / polls, whole: of('whole'), same: of('same'), other: of('other'),
			wholeBytes: of('whole') ? of('wholeBytes') / of('whole') : null, sameBytes: of('same') ? of('sameBytes') / of('same') : null,
		})}\n`);
		process.exit(0);
	}, seconds * 1000);
}, WARM_MS);
