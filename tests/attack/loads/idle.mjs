/* idle - `connections` that say nothing, ever; each that is closed is opened again. */
import { dial, sleep } from '../support/wire.mjs';

const AT_ONCE = 100;

export default async function idle({ port, connections, addresses = ['127.0.9.1'] }, ctx) {
	const report = { opened: 0, most: 0, closed: 0 };
	const open = new Set();
	const one = async () => {
		const wire = await dial({ port, from: addresses[report.opened++ % addresses.length], patience: 500 });
		if (wire.ended)
			return;
		open.add(wire);
		wire.socket.on('close', () => { open.delete(wire); report.closed++; });
		report.most = Math.max(report.most, open.size);
	};
	for (let rounds = 0; !ctx.stopped; rounds++) {
		await Promise.all(Array.from({ length: Math.min(AT_ONCE, connections - open.size) }, one));
		if (rounds === connections / AT_ONCE)
			ctx.ready();
		await sleep(50);
	}
	return report;
}
