/* replay - asks for the whole tree as often as a viewer may, on few connections, and reads it. */
import { login, sleep, subscribe, unsubscribePacket } from '../support/wire.mjs';

const PER_S = 10, BURST = 60;   // a viewer's, by policy

export default async function replay({ port, ws = true, addresses = ['127.0.9.1'], connections = 3, filter = 'scoreboard/#' }, ctx) {
	const report = { asked: 0, granted: 0, megabytes: 0, cut: 0 };
	const wires = await Promise.all(Array.from({ length: connections }, (_, i) => login({ port, ws, from: addresses[i % addresses.length] })));
	ctx.ready();
	const begun = performance.now();
	await Promise.all(wires.map(async (wire) => {
		for (let n = 0; !ctx.stopped && !wire.ended; n++) {
			await sleep(Math.max(0, (n - BURST) / PER_S * 1000 - (performance.now() - begun)));
			const codes = await subscribe(wire, [filter]);
			report.asked++;
			report.granted += codes && codes[0] < 128 ? 1 : 0;
			if (n % 2)
				wire.send(unsubscribePacket([filter]));
		}
	}));
	await ctx.rest();
	report.megabytes = Math.round(wires.reduce((sum, wire) => sum + wire.bytes, 0) / 1048576);
	report.cut = wires.filter(({ ended }) => ended).length;
	return report;
}
