// Socket.IO, WebSocket transport only, as its documentation has it.
//   node socketio.mjs PORT
import http from 'node:http';
import { Server } from 'socket.io';
import { Upstream } from './upstream.mjs';

const server = http.createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false, destroyUpgrade: false });
const upstream = new Upstream(server, (frame) => io.emit('delta', JSON.parse(frame)));

io.on('connection', (viewer) => {
	if (upstream.snapshot)
		viewer.emit('snapshot', JSON.parse(upstream.snapshot));
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
