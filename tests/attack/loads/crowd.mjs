/* crowd - who is there when the operator reloads: `viewers` in sync with the feed, `sessions` of people who have left (users who may), and each of
 * `logins` connected. Reports who was still there at the end, and who was still told something in the last seconds. */
import { login, sleep, subscribe, PUBLISH } from '../support/wire.mjs';

const AT_ONCE = 50;

async function each(n, fn) {
	for (let i = 0; i < n; i += AT_ONCE)
		await Promise.all(Array.from({ length: Math.min(AT_ONCE, n - i) }, (_, k) => fn(i + k)));
}

async function enter(options, filters, people) {
	for (let tries = 0; tries < 20; tries++) {
		const wire = await login(options);
		if (wire.code === 0) {
			const person = { wire, heard: 0 };
			wire.on(PUBLISH, () => { person.heard = performance.now(); });
			await subscribe(wire, filters);
			return people.push(person);
		}
		await sleep(200);
	}
	return 0;
}

export default async function crowd({ port, tcpPort, viewers, sessions, logins, session, addresses, filters = ['scoreboard/feed/spectator/delta'] }, ctx) {
	const [watching, operators] = [[], []];
	await each(sessions, async (i) => {
		const wire = await login({ port: tcpPort, id: `left-${i}`, clean: false, from: addresses[i % addresses.length], ...session });
		await subscribe(wire, filters, 1);
		wire.socket.destroy();
	});
	await each(viewers, (i) => enter({ port, ws: true, from: addresses[i % addresses.length] }, filters, watching));
	for (const one of logins)
		await enter({ port: tcpPort, from: addresses[0], ...one }, filters, operators);
	ctx.ready({ viewers: watching.length, operators: operators.length });
	await ctx.rest();
	const recent = performance.now() - 3000;
	const there = (people) => people.filter(({ wire }) => !wire.ended).length;
	return { viewers: watching.length, stayed: there(watching), heard: watching.filter(({ heard, wire }) => !wire.ended && heard > recent).length,
		operators: operators.length, operatorsStayed: there(operators) };
}
