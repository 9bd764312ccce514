/* probe - what honest people see meanwhile: a viewer of the feed, a crew that sends 25 small messages a second and waits for them, a
 * publisher and an operator who log in once a second. All times in ms; what never came counts as late as it is. */
import { login, publishPacket, readPublish, sleep, subscribe, PUBLISH } from './wire.mjs';
import { PASSWORD } from './rink.mjs';

const PROBE_TOPIC = 'scoreboard/crew/probe';
const PROBE_EVERY_MS = 40;
const LOGIN_EVERY_MS = 1000;
const LOGIN_PATIENCE_MS = 5000;
const HOME = '127.0.0.2';   // where honest viewers live

export function percentile(values, p) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] : NaN;
}

/* Keeps a client of ours connected: welcome(wire) when it is in. */
function keep(options, welcome, note) {
	let [wire, over] = [null, false];
	(async () => {
		while (!over) {
			wire = await login({ ...options, patience: LOGIN_PATIENCE_MS });
			if (wire.code === 0) {
				await welcome(wire);
				while (!wire.ended && !over)
					await sleep(20);
			}
			wire.close();
			if (!over) {
				note();
				await sleep(300);
			}
		}
	})();
	return { get wire() { return wire; }, stop() { over = true; wire?.close(); } };
}

async function logIn(options) {
	const from = performance.now();
	const wire = await login({ ...options, patience: LOGIN_PATIENCE_MS });
	const took = performance.now() - from;
	wire.close();
	return wire.code === 0 ? took : Infinity;
}

export async function startProbe(rink) {
	const seen = { delta: [], probe: [], publisher: [], operator: [], status: new Set(), cuts: 0 };
	const waiting = new Map();   // probe's number -> when it was sent
	let [number, over] = [0, false];

	const hearViewer = (body, type) => {
		const { topic, payload, retain } = readPublish(body, type);
		if (topic.endsWith('/status'))
			seen.status.add(JSON.parse(payload).state);
		else if (!retain)
			seen.delta.push(Date.now() - JSON.parse(payload).ts);
	};
	const hearProbe = (body, type) => {
		const { topic, payload } = readPublish(body, type);
		const from = topic === PROBE_TOPIC && waiting.get(Number(payload));
		if (!from)
			return;
		waiting.delete(Number(payload));
		seen.probe.push(performance.now() - from);
	};
	const crew = { user: 'crew', password: PASSWORD, from: HOME };
	const viewer = keep({ port: rink.wsPort, ws: true, from: HOME, id: 'honest-viewer' }, async (wire) => {
		wire.on(PUBLISH, hearViewer);
		await subscribe(wire, ['scoreboard/feed/spectator/delta', 'scoreboard/status']);
	}, () => { seen.cuts++; });
	const listener = keep({ port: rink.wsPort, ws: true, ...crew, id: 'honest-crew' }, async (wire) => {
		wire.on(PUBLISH, hearProbe);
		await subscribe(wire, [PROBE_TOPIC]);
	}, () => { seen.cuts++; });
	const sender = keep({ port: rink.publishPort, ...crew, id: 'honest-sender' }, async () => {}, () => { seen.cuts++; });
	await sleep(500);

	const tick = setInterval(() => {
		if (!sender.wire || sender.wire.ended)
			return;
		waiting.set(++number, performance.now());
		sender.wire.send(publishPacket(PROBE_TOPIC, String(number)));
	}, PROBE_EVERY_MS);
	const logins = async (into, options) => {
		while (!over) {
			const from = performance.now();
			into.push(await logIn(options));
			await sleep(Math.max(0, LOGIN_EVERY_MS - (performance.now() - from)));
		}
	};
	logins(seen.publisher, { port: rink.publishPort, user: 'publisher', password: PASSWORD });
	logins(seen.operator, { port: rink.brokers.at(-1).port, user: 'operator', password: PASSWORD });

	const settle = () => {  // what was due 2 s ago and is not there
		const now = performance.now();
		return [...seen.probe, ...[...waiting.values()].filter((from) => now - from > 2000).map((from) => now - from)];
	};
	return {
		/* Forgets what was seen so far. */
		begin() {
			for (const list of [seen.delta, seen.probe, seen.publisher, seen.operator])
				list.length = 0;
			waiting.clear();
			seen.status.clear();
			seen.cuts = 0;
			this.begun = performance.now();
		},
		figures() {
			const seconds = (performance.now() - this.begun) / 1000;
			return {
				seconds,
				deltas: seen.delta.length / seconds,
				delta: percentile(seen.delta, 0.99), probe: percentile(settle(), 0.99), late: percentile([...seen.delta, ...settle()], 0.99),
				publisher: Math.max(...seen.publisher), operator: Math.max(...seen.operator),
				status: [...seen.status], cuts: seen.cuts,
			};
		},
		stop() {
			over = true;
			clearInterval(tick);
			for (const one of [viewer, listener, sender])
				one.stop();
		},
	};
}

/* What somebody who comes now is told of scoreboard/status: 'live', or what else, 'refused', 'nothing'. */
export async function statusNow(rink) {
	const wire = await login({ port: rink.wsPort, ws: true, from: HOME });
	if (wire.code !== 0)
		return 'refused';
	const told = wire.wait(PUBLISH, 3000);
	await subscribe(wire, ['scoreboard/status']);
	const body = await told;
	wire.close();
	return body ? JSON.parse(readPublish(body, PUBLISH).payload).state : 'nothing';
}
