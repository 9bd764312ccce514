/* json - texts that are dear to read: objects of very many members. `kind`: a bridge's report of who watches, an operator's request, the
 * header of a stranger's token. */
import { login, publishPacket, sleep } from '../support/wire.mjs';

function members(bytes) {
	const out = [];
	for (let i = 0, size = 0; size < bytes; i++) {
		out.push(`"${i.toString(36)}":1`);
		size += out.at(-1).length + 1;
	}
	return out.join(',');
}

const kinds = {
	report: { topic: 'scoreboard/crew/presence/share', text: `{"total":1,${members(64000)}}`, everyMs: 100 },
	request: { topic: '$CONTROL/scoreboard/v1', text: `{"commands":[{"command":"getStats",${members(58000)}}]}`, everyMs: 60 },
};

async function publishes({ port, kind, user, password, connections = 1, from = '127.0.9.1' }, ctx) {
	const { topic, text, everyMs } = kinds[kind];
	const report = { sent: 0, cut: 0 };
	const one = async (n) => {
		const wire = await login({ port, user, password, from, id: `${user}-json-${n}` });
		while (!ctx.stopped && !wire.ended && wire.code === 0) {
			wire.send(publishPacket(topic, text, { qos: 0 }));
			report.sent++;
			await sleep(everyMs);
		}
		report.cut += wire.ended ? 1 : 0;
		wire.close();
		await sleep(100);
	};
	ctx.ready();
	await Promise.all(Array.from({ length: connections }, async (_, n) => {
		while (!ctx.stopped)
			await one(n);
	}));
	return report;
}

/* Below the rate at which newcomers are let in, so that it is the texts that cost. */
async function headers({ port, addresses = ['127.0.9.1'], parallel = 4, perS = 600 }, ctx) {
	const header = Buffer.from(`{"alg":"HS256",${members(45000)}}`).toString('base64url');
	const report = { tries: 0 };
	const begun = performance.now();
	ctx.ready();
	await Promise.all(Array.from({ length: parallel }, async () => {
		while (!ctx.stopped) {
			const n = report.tries++;
			await sleep(Math.max(0, n / perS * 1000 - (performance.now() - begun)));
			const wire = await login({ port, from: addresses[n % addresses.length], user: `nobody${n}`, password: `${header}.e30.AAAA` });
			wire.socket.resetAndDestroy();
		}
	}));
	return report;
}

export default (options, ctx) => (options.kind === 'header' ? headers : publishes)(options, ctx);
