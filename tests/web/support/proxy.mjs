/* proxy - the network between viewer and server, with its faults: refuse, go silent, lose one delta. */
import { connect, createServer } from 'node:net';

/* A delta of either encoding: its topic ends so, and the length of its properties follows. */
const DELTA = /\/(delta|z)[^/]/;

export async function startProxy(targetPort, { port = 0 } = {}) {
	const pairs = new Set();
	let mode = 'pass';
	let muffled = false;
	let toLose = 0;
	let listening = null;
	const lost = { frames: 0 };
	const passed = { bytes: 0 }; // from the server

	const serve = (viewer) => {
		if (mode === 'refuse')
			return viewer.destroy();
		const server = connect(targetPort, '127.0.0.1');
		const pair = { viewer, server };
		const sieve = createSieve((frame) => toLose > 0 && DELTA.test(frame.toString('latin1')) && (toLose--, lost.frames++, true));
		pairs.add(pair);
		const end = () => { pairs.delete(pair); viewer.destroy(); server.destroy(); };
		viewer.on('error', end).on('close', end);
		server.on('error', end).on('close', end);
		viewer.on('data', (bytes) => mode !== 'silent' && server.write(bytes));
		server.on('data', (bytes) => { passed.bytes += bytes.length; });
		server.on('data', (bytes) => mode !== 'silent' && !muffled && viewer.write(sieve(bytes)));
	};
	const listen = (at) => new Promise((done, fail) => {
		listening = createServer(serve).on('error', fail).listen(at, '127.0.0.1', () => done(listening.address().port));
	});
	const proxy = {
		lost, passed,
		port: await listen(port),
		/* 'pass', 'refuse' (cuts what is there, too), 'silent' (bytes vanish, connections stay) */
		set(next) {
			mode = next;
			if (next === 'refuse')
				pairs.forEach(({ viewer, server }) => { viewer.destroy(); server.destroy(); });
		},
		/* Only the server's bytes vanish. */
		muffle: (on) => { muffled = on; },
		cut: () => pairs.forEach(({ viewer, server }) => { viewer.destroy(); server.destroy(); }),
		/* Ends each connection with this chance; says how many. */
		cutSome: (random, chance) => [...pairs].filter(({ viewer, server }) => random() < chance
			&& (viewer.destroy(), server.destroy(), true)).length,
		loseNextDelta: () => { toLose = 1; },
		connections: () => pairs.size,
		stop: () => new Promise((done) => { proxy.cut(); listening.close(done); }),
	};
	proxy.url = `ws://127.0.0.1:${proxy.port}/mqtt`;
	return proxy;
}

/* Lets bytes of a WebSocket's server side through, frame by frame, but those that `drop` wants. */
function createSieve(drop) {
	let rest = Buffer.alloc(0);
	let shaken = false;
	return (bytes) => {
		rest = Buffer.concat([rest, bytes]);
		const out = [];
		if (!shaken) {
			const end = rest.indexOf('\r\n\r\n');
			if (end < 0)
				return Buffer.alloc(0);
			out.push(rest.subarray(0, end + 4));
			rest = rest.subarray(end + 4);
			shaken = true;
		}
		for (let size = frameSize(rest); size > 0 && size <= rest.length; size = frameSize(rest)) {
			const frame = rest.subarray(0, size);
			rest = rest.subarray(size);
			if (!drop(frame))
				out.push(frame);
		}
		return Buffer.concat(out);
	};
}

/* The whole length of the frame at the start of `bytes` (a server's: unmasked), 0 when its head is incomplete. */
function frameSize(bytes) {
	if (bytes.length < 2)
		return 0;
	const short = bytes[1] & 0x7f;
	if (short < 126)
		return 2 + short;
	if (short === 126)
		return bytes.length < 4 ? 0 : 4 + bytes.readUInt16BE(2);
	return bytes.length < 10 ? 0 : 10 + Number(bytes.readBigUInt64BE(2));
}
