// The classic gateway: one upstream, and every frame goes to everybody.
//   node gateway.mjs PORT
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { Upstream } from './upstream.mjs';

const server = http.createServer();
const viewers = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const upstream = new Upstream(server, (frame) => {
	viewers.clients.forEach((viewer) => viewer.send(frame, { binary: false }));
});

server.on('upgrade', (request, socket, head) => {
	if (request.url === '/upstream')
		return;
	viewers.handleUpgrade(request, socket, head, (viewer) => {
		viewer.on('error', () => viewer.terminate());
		if (upstream.snapshot)
			viewer.send(upstream.snapshot, { binary: false });
		viewers.emit('connection', viewer, request);
	});
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
