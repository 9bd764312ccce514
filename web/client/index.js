/* scoreboard-client - a live scoreboard view: connect(), read `state`, listen to `change`, ask clocks. */

import { Client } from './client.js';
import { clocksOf } from './view.js';

export { clockSpoken, clockText, clockTime } from './clock.js';

export function connect(options = {}) {
	const client = new Client(options);
	client.settings.views.forEach((view) => client.borrowFeed(view));
	client.start();
	return handleOf(client);
}

/* What connect() returns: all that a page may use. */
function handleOf(client) {
	const later = (act) => client.people().then(act);
	return {
		...clocksOf(client.view, () => client.now()),
		get status() { return client.view.status; },
		get notice() { return client.view.notice; },
		get synced() { return client.view.synced; },
		get connection() { return client.connection; },
		get metrics() { return client.report; },
		feed: (which = {}) => handleOfFeed(client.borrowFeed(which)),
		publish: (message) => client.publish(message),
		close: () => client.close(),
		subscribe: (filter, listener, options) => subscribe(later, (people) => people.subscribe(filter, listener, options)),
		join: (name) => later((people) => people.join(name)),
		sendToRoom: (room, type, data, options) => later((people) => people.sendToRoom(room, type, { data, options })),
		sendTo: (user, type, data, options) => later((people) => people.sendTo(user, type, { data, options })),
		sendToRole: (role, type, data, options) => later((people) => people.sendToRole(role, type, { data, options })),
		setNotice: (notice) => later((people) => people.setNotice(notice)),
		inbox: inboxOf(client, later),
		get outbox() { return outboxOf(client, later); },
	};
}

function handleOfFeed({ view, now, live, metrics, leave }) {
	return {
		...clocksOf(view, now),
		get status() { return view.status; },
		get notice() { return view.notice; },
		get synced() { return view.synced; },
		get live() { return live(); },
		get metrics() { return metrics(); },
		close: leave,
	};
}

/* --- what is loaded when it is asked for --- */

/* The function that ends it, with the promise `granted`. */
function subscribe(later, start) {
	let end = null;
	let ended = false;
	const granted = later((people) => {
		if (ended)
			return undefined;
		const subscription = start(people);
		end = subscription.off;
		return subscription.granted;
	});
	granted.catch(() => {});
	const off = () => {
		ended = true;
		end?.();
	};
	return Object.assign(off, { granted });
}

function inboxOf(client, later) {
	return {
		on: (name, listener) => subscribe(later, (people) => ({ off: people.inbox.on(name, listener) })),
		get stats() { return client.loadedPeople?.inbox.stats ?? { received: 0, duplicates: 0, bad: 0 }; },
	};
}

/* Asking for it opens it: what waits from an earlier page is sent. */
function outboxOf(client, later) {
	const opened = later((people) => people.openOutbox());
	opened.catch(() => {});
	return {
		get stats() { return client.loadedPeople?.outboxStats ?? null; },
		flush: () => opened.then((outbox) => outbox?.flush()),
		opened,
	};
}
