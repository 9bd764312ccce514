/* announce - a packet of `megabytes` is announced by somebody who was never let in, and then sent, as far as it is taken, but for its end. A
 * CONNECT; over a WebSocket one frame after the other. Reports how many MB were taken on all `connections`, and how many connections were closed. */
import { once } from 'node:events';
import { dial, frameHead, head, CONNECT } from '../support/wire.mjs';

const PIECE = Buffer.alloc(64 * 1024);

async function pour(wire, ws, bytes, ctx) {
	wire.send(head(CONNECT, bytes + PIECE.length * 2)); // the end never comes
	let sent = 0;
	while (sent < bytes && !wire.ended && !ctx.stopped) {
		if (ws)
			wire.socket.write(frameHead(PIECE.length));
		if (!wire.socket.write(PIECE) && !wire.socket.destroyed)
			await Promise.race([once(wire.socket, 'drain'), once(wire.socket, 'close')]).catch(() => {});
		sent += PIECE.length;
	}
	return sent;
}

export default async function announce({ port, ws = false, from = '127.0.9.1', connections = 1, megabytes = 200 }, ctx) {
	const wires = await Promise.all(Array.from({ length: connections }, () => dial({ port, ws, from })));
	ctx.ready();
	const sent = await Promise.all(wires.map((wire) => pour(wire, ws, megabytes * 1048576 - 100, ctx)));
	await ctx.rest();
	return { megabytes: Math.round(sent.reduce((a, b) => a + b) / 1048576), closed: wires.filter(({ ended }) => ended).length };
}
