/* watchers - `connections` of viewers subscribe to the deltas of views that nobody has, others to who watches what. */
import { login, sleep, subscribe, unsubscribePacket, PUBLISH } from '../support/wire.mjs';

const EACH = 18;

export default async function watchers({ port, ws = true, addresses = ['127.0.9.1'], connections = 50, name = (c, i) => `v${c}-${i}` }, ctx) {
	const report = { granted: 0, refused: 0, told: 0 };
	const listener = await login({ port, ws, from: addresses[0] });
	listener.on(PUBLISH, () => { report.told++; });
	await subscribe(listener, ['scoreboard/presence/#']);
	ctx.ready();
	await Promise.all(Array.from({ length: connections }, async (_, c) => {
		const wire = await login({ port, ws, from: addresses[c % addresses.length] });
		for (let i = 0; !ctx.stopped && !wire.ended; i++) {
			const filter = `scoreboard/feed/${name(c, i % EACH)}/delta`;
			const codes = await subscribe(wire, [filter]);
			report[codes && codes[0] < 128 ? 'granted' : 'refused']++;
			if (i >= EACH) {
				wire.send(unsubscribePacket([filter]));
				await sleep(100);
			}
		}
	}));
	return report;
}
