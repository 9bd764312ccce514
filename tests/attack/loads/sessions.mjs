/* sessions - comes without clean start, subscribes to the feed with QoS 1, goes, and comes as somebody else; below the
 * rate at which newcomers are let in, so that it is the sessions that cost. */
import { login, sleep, subscribe } from '../support/wire.mjs';

export default async function sessions({ port, ws = false, addresses = ['127.0.9.1'], parallel = 8, perS = 900, most = 10000, v5 = false }, ctx) {
	const report = { left: 0, refused: 0 };
	const begun = performance.now();
	let number = 0;
	const one = async () => {
		while (!ctx.stopped && report.left < most) {
			const n = number++;
			await sleep(Math.max(0, n / perS * 1000 - (performance.now() - begun)));
			const wire = await login({ port, ws, from: addresses[n % addresses.length], id: `left-${n}`, clean: false, ...(v5 ? { expiry: 0xffffffff } : {}) });
			if (wire.code === 0 && !v5)
				await subscribe(wire, ['scoreboard/feed/spectator/delta', 'scoreboard/#'], 1);
			report[wire.code === 0 ? 'left' : 'refused']++;
			wire.socket.destroy();
		}
	};
	ctx.ready();
	await Promise.all(Array.from({ length: parallel }, one));
	await ctx.rest();
	return report;
}
