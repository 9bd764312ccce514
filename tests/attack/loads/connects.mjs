/* connects - somebody knocks again and again: `perS` connects a second, over `parallel` lines, from `addresses` in turn, with `ids` and
 * `logins` ([{ user, password }]) in turn. Who is let in stays for holdMs. Reports how many tried and how many were let in. */
import { login, sleep } from '../support/wire.mjs';

export default async function connects({ port, ws = false, parallel = 4, perS = 1000, addresses = ['127.0.9.1'], ids = [''], logins = [{}], holdMs = 0 }, ctx) {
	const report = { tries: 0, accepted: 0, answered: 0 };
	const begun = performance.now();
	ctx.ready();
	await Promise.all(Array.from({ length: parallel }, async () => {
		while (!ctx.stopped) {
			const ahead = report.tries / perS * 1000 - (performance.now() - begun);
			if (ahead > 0) {
				await sleep(ahead);
				continue;
			}
			const n = report.tries++;
			const wire = await login({ port, ws, from: addresses[n % addresses.length], id: ids[n % ids.length], ...logins[n % logins.length] });
			report.answered += wire.code >= 0 ? 1 : 0;
			if (wire.code === 0) {
				report.accepted++;
				if (holdMs)
					await sleep(holdMs);
			}
			wire.socket.resetAndDestroy();
		}
	}));
	return report;
}
