/* side-feed - a further view on the connection that the board holds. It comes and goes with that connection, and decides nothing about it: a view
 * that the broker does not grant, or that has no publisher, is asked for again now and then. */

import { backoffDelay } from './backoff.js';
import { difference } from './feed.js';
import { createMetrics, metricsDelay, metricsReport } from './metrics.js';
import { Refusal } from './refusal.js';
import { Session } from './session.js';

const AGAIN = { base: 2000, ceiling: 30000, floor: 500 };
const REFUSED = { base: 60000, ceiling: 300000, floor: 30000 };

export class SideFeed {
	live = false;
	#settings;
	#view;
	#now;
	#told;
	#metrics = createMetrics();
	#main = null;      // { session, endpoint }: the connection
	#session = null;
	#from = null;
	#tries = 0;
	#timer = null;

	/* told() when `live` has changed. */
	constructor(settings, view, { now, told }) {
		this.#settings = settings;
		this.#view = view;
		this.#now = now;
		this.#told = told;
	}

	get report() { return metricsReport(this.#metrics); }

	attach(session, endpoint) {
		this.detach();
		this.#main = { session, endpoint };
		this.#tries = 0;
		this.#open();
	}

	detach() {
		clearTimeout(this.#timer);
		this.#session?.close();
		this.#session = null;
		this.#main = null;
		this.#setLive(false);
	}

	#open() {
		const { session, endpoint } = this.#main;
		const options = { ...this.#settings, endpoint, from: this.#from, open: session.openFeed };
		const mine = new Session(options, this.#metrics, {
			ready: () => this.#ready(mine),
			change: (change) => this.#view.change(change),
			status: (status) => this.#view.takeStatus(status),
			notice: (held) => this.#view.takeNotice(held, this.#now()),
			heard: (kind, message, live) => this.#hear(kind, message, live),
			lost: (error) => this.#lost(error),
		});
		this.#session = mine;
	}

	#ready(session) {
		this.#from = session.feed;
		this.#tries = 0;
		this.#setLive(true);
		this.#view.change(difference(this.#view.state, session.feed.state));
		this.#view.takeNotice(session.notice, this.#now());
	}

	#hear(kind, message, live) {
		const delay = Number.isFinite(message.ts) ? this.#view.learnTime(kind, message, { live, local: this.#now() }) : null;
		if (delay !== null)
			metricsDelay(this.#metrics, delay);
	}

	#lost(error) {
		this.#session = null;
		this.#setLive(false);
		const wait = backoffDelay(this.#tries++, Math.random(), error instanceof Refusal ? REFUSED : AGAIN);
		this.#timer = setTimeout(() => this.#main && this.#open(), wait);
	}

	#setLive(live) {
		const was = this.live;
		this.live = live;
		if (was !== live)
			this.#told();
	}
}
