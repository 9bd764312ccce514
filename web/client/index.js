/* scoreboard-client - a live scoreboard view: connect(), read `state`, listen to `change`, ask clocks. */

import { clockTime, isClock } from './clock.js';
import { Client } from './client.js';

export { clockSpoken, clockText, clockTime } from './clock.js';

const CLOCKS = ['period', 'jam', 'lineup', 'timeout', 'intermission'];

export function connect(options = {}) {
	const client = new Client(options);
	client.start();
	return handleOf(client);
}

/* What connect() returns: all that a page may use. */
function handleOf(client) {
	const clockAt = (key) => readClock(client.state.get(key), client.now());
	const clock = (name) => clockAt(`clock/${name}`);
	return {
		state: client.state,
		on: client.on,
		get: (key, otherwise) => client.state.get(key) ?? otherwise,
		get status() { return client.status; },
		get notice() { return client.notice; },
		get connection() { return client.connection; },
		get metrics() { return client.report; },
		get synced() { return client.synced; },
		now: () => client.now(),
		clock, clockAt,
		clocks: () => Object.fromEntries(CLOCKS.map((name) => [name, clock(name)])),
		publish: (message) => client.publish(message),
		close: () => client.close(),
	};
}

function readClock(clock, now) {
	if (!isClock(clock))
		return null;
	const time = Number.isFinite(now) ? clockTime(clock, now) : clock.time;
	return { time, running: clock.running === true, direction: clock.direction };
}
