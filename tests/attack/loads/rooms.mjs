/* rooms - users with tokens leave retained topics in the room of which they are hosts, as many as they may. `tokens`: [{ user, password, room }] */
import { login, publishPacket, sleep, PUBACK } from '../support/wire.mjs';

export default async function rooms({ port, ws = true, tokens, addresses = ['127.0.9.1'], bytes = 1000 }, ctx) {
	const report = { in: 0, published: 0 };
	ctx.ready();
	await Promise.all(tokens.map(async ({ user, password, room }, c) => {
		const wire = await login({ port, ws, user, password, from: addresses[c % addresses.length] });
		if (wire.code !== 0)
			return;
		report.in++;
		wire.on(PUBACK, () => { report.published++; });
		for (let i = 0; !ctx.stopped && !wire.ended; i++) {
			wire.send(publishPacket(`rooms/${room}/state/${user}-${i}`, 'x'.repeat(bytes), { retain: true, qos: 1, id: i % 65535 + 1 }));
			await sleep(i < 40 ? 1 : 100);
		}
	}));
	await ctx.rest();
	return report;
}
