// The one upstream of both peers: a WebSocket at /upstream that writes the feed. The last message with a "state" is kept for
// those who come later.
import { WebSocketServer } from 'ws';

export class Upstream {
	snapshot = null;
	#server = new WebSocketServer({ noServer: true, perMessageDeflate: false });

	constructor(httpServer, onDelta) {
		httpServer.on('upgrade', (request, socket, head) => {
			if (request.url !== '/upstream')
				return;
			this.#server.handleUpgrade(request, socket, head, (upstream) => {
				upstream.on('message', (frame) => this.#take(frame, onDelta));
			});
		});
	}

	#take(frame, onDelta) {
		if (frame.includes('"state":'))
			this.snapshot = frame;
		else
			onDelta(frame);
	}
}
