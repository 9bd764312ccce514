/* follow - all tracks over one connection: which there are, and the view `card` of each. A track is listed when config.json names it, or when its publisher says on
 * PREFIX/about what it is; one that has neither any more goes.
 *
 * However many tracks there are, what is asked of the broker are a few filters for all of them: PREFIX/feed/card/delta and so on, with `+` for the
 * track's level. What only a newcomer needs is unsubscribed from once all have joined; a track that has missed something, or comes later, is asked for by itself.
 * Where no broker is reached, those tracks that are listed are polled. Each track has a SideFeed, which knows nothing of that. */

import { SideFeed } from '../client/side-feed.js';
import { backoffDelay } from '../client/backoff.js';
import { isHidden, watchPage } from '../client/page.js';
import { View } from '../client/view.js';

export const MAX_TRACKS = 64;
const MAX_TITLE = 80;
const VIEW = 'card';
const FEED = `feed/${VIEW}/`;
const KINDS = ['delta', 'snapshot', 'recent'];
const STAY = ['about', 'status', `${FEED}delta`]; // in this order: a track is known before the rest of it comes
const ONCE = [`${FEED}snapshot`, `${FEED}recent`];
const JOIN_MS = 2000;     // by then what answers a SUBSCRIBE has come
const FEW = 4;            // so many tracks are asked for one by one
const MAX_GROUPS = 3;     // the shipped policy lets a viewer have 20 subscriptions
const NO_BROKER_MS = 6000; // after which tracks are polled
const POLLS_PER_S = 2;    // of all tracks together
const POLL_MS = 2000;     // and so often one of them at most

const REFUSED = { base: 4000, ceiling: 30000, floor: 1000 };

const levelsOf = (topic) => topic.split('/');
const isThere = ({ view }) => view.status !== null && view.status.state !== 'offline'; // its publisher; another one has no feed to wait for
const isObject = (value) => typeof value === 'object' && value !== null;

/* A text as short as it must be to stand in a card. */
export function short(text, most = MAX_TITLE) {
	const characters = [...text.slice(0, 4 * most)];
	return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
}

/* The filters of all tracks: theirs have one level in common with their neighbours that may be any. */
export function groupsOf(prefix, known) {
	const of = (name) => (name.includes('/') ? `${name.slice(0, name.lastIndexOf('/'))}/+` : name);
	const prefixes = known.length > 0 ? known.map((track) => track.prefix) : [prefix, `${levelsOf(prefix)[0]}/+`];
	return [...new Set(prefixes.map(of))].slice(0, MAX_GROUPS);
}

/* A view that knows when something of it was heard. */
class TrackView extends View {
	heardAt = -Infinity;

	learnTime(kind, message, facts) {
		this.heardAt = facts.local;
		return super.learnTime(kind, message, facts);
	}
}

function readJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

export class Follow {
	#board;
	#http;
	#on;
	#now;
	#groups;
	#tracks = new Map();  // prefix -> track
	#order = new Map();   // prefix -> its place in config.json
	#sessions = new Map(); // prefix -> what a track's session is told by
	#asks = new Map();    // prefix -> the function that ends its own subscription
	#once = [];           // functions that end the subscriptions of all newcomers
	#seen = new Set();    // tracks that have told what they are on this connection
	#way = null;          // 'mqtt', 'poll', or null
	#live = false;        // the connection with a broker stands
	#timers = { join: null, poll: null };

	/* `known`: tracks that config.json names. `on`: listed() when there are others, changed(track) when one has changed. */
	constructor(board, { prefix, known, http, now }, on) {
		this.#board = board;
		this.#http = http;
		this.#now = now;
		this.#on = on;
		this.#groups = groupsOf(prefix, known);
		known.slice(0, MAX_TRACKS).forEach((track, i) => {
			this.#order.set(track.prefix, i);
			Object.assign(this.#trackOf(track.prefix), { known: true, title: short(track.title) });
		});
		this.#subscribe(STAY, { asked: () => this.#asked(), answered: () => this.#answered() });
		this.#wantOnce();
		board.on('connection', ({ live }) => this.#changed(live));
		this.#pollLater();
		watchPage({ hidden: () => this.#rest(), shown: () => !this.#live && this.#pollLater(), online: () => {} });
	}

	get way() { return this.#way; }
	get pollMs() { return Math.max(POLL_MS, (this.tracks.length * 1000) / POLLS_PER_S); }

	/* Those that are to be shown, in order. */
	get tracks() {
		const place = ({ prefix }) => this.#order.get(prefix) ?? MAX_TRACKS;
		return [...this.#tracks.values()].filter((track) => track.known || track.about)
			.sort((a, b) => place(a) - place(b) || a.prefix.localeCompare(b.prefix, 'en', { numeric: true }));
	}

	/* Null: there are too many. */
	#trackOf(prefix) {
		if (!this.#tracks.has(prefix) && this.#tracks.size >= MAX_TRACKS)
			return null;
		if (!this.#tracks.has(prefix)) {
			const view = new TrackView({ on: () => {}, emit: () => this.#on.changed(track) });
			const track = { prefix, title: short(levelsOf(prefix).at(-1)), known: false, about: false, view, feed: null };
			track.feed = new SideFeed({ prefix, view: VIEW, everyMs: () => this.pollMs }, view, { now: this.#now, told: () => this.#on.changed(track) });
			this.#tracks.set(prefix, track);
		}
		return this.#tracks.get(prefix);
	}

	/* --- the way --- */

	/* Is there a connection with a broker? */
	#changed(live) {
		const was = this.#live;
		this.#live = live;
		if (live)
			this.#stop('poll');
		else
			this.#pollLater();
		if (live || !was)
			return;
		this.#stop('join');
		this.#attach(null);
		this.#wantOnce();
	}

	#stop(name) {
		clearTimeout(this.#timers[name]);
		this.#timers[name] = null;
	}

	#pollLater() {
		this.#timers.poll ??= setTimeout(() => {
			this.#timers.poll = null;
			if (!this.#live && this.#way !== 'poll' && this.#http.length > 0 && !isHidden())
				this.#attach('poll');
		}, NO_BROKER_MS);
	}

	/* Nobody sees it. A connection with a broker is the library's to let go. */
	#rest() {
		this.#stop('poll');
		if (this.#way === 'poll')
			this.#attach(null);
	}

	#attach(way) {
		this.#way = way;
		this.tracks.forEach((track) => this.#attachOne(track));
		this.#on.listed();
	}

	#attachOne({ feed }) {
		if (this.#way === 'mqtt')
			feed.attach({ openFeed: (options, told) => this.#open(options.prefix, told) }, { kind: 'mqtt' });
		else if (this.#way === 'poll')
			feed.attach({}, { kind: 'poll', url: this.#http[0].replace(/\/$/, '') });
		else
			feed.detach();
	}

	/* --- by the broker --- */

	#subscribe(levels, hooks) {
		const filters = this.#groups.flatMap((group) => levels.map((level) => `${group}/${level}`));
		return filters.map((filter, i) => this.#want(filter, i === 0 ? hooks : {}));
	}

	/* A broker to which a crowd comes at once refuses what would bring many retained messages for a while, so it is asked again. Returns the function that
	 * ends it. */
	#want(filter, hooks) {
		let tries = 0;
		let timer = null;
		let end = null;
		const take = (text, topic, { retained }) => this.#take(topic, text, !retained);
		const ask = () => {
			end = this.#board.subscribe(filter, take, hooks);
			end.granted.catch(() => { timer = setTimeout(ask, backoffDelay(tries++, Math.random(), REFUSED)); });
		};
		ask();
		return () => {
			clearTimeout(timer);
			end();
		};
	}

	#wantOnce() {
		if (this.#once.length === 0)
			this.#once = this.#subscribe(ONCE, {});
	}

	/* Of a connection that takes the place of another one nothing is to be had anew. */
	#asked() {
		if (this.#live && this.#way === 'mqtt')
			return;
		this.#seen.clear();
		this.#attach('mqtt');
	}

	#answered() {
		this.#sessions.forEach((told) => told.joined());
		this.#stop('join');
		this.#joinLater();
	}

	#joinLater() {
		this.#timers.join ??= setTimeout(() => this.#joined(), JOIN_MS);
	}

	/* What has come by now is all that there was. Few that lack something are asked for one by one, many by the filters of all; but as long as no status at all has come, a
	 * busy broker may have refused the filter that brings it. */
	#joined() {
		this.#timers.join = null;
		for (const track of this.#tracks.values())
			if (track.about && !this.#seen.has(track.prefix))
				this.#takeAbout(track, '');
		const waiting = this.tracks.filter((track) => !track.feed.live && isThere(track));
		waiting.forEach(({ prefix }) => this.#sessions.get(prefix)?.joined());
		if (waiting.length > FEW || this.tracks.every(({ view }) => view.status === null)) {
			this.#wantOnce();
			this.#joinLater();
			return;
		}
		waiting.forEach(({ prefix }) => this.#ask(prefix));
		this.#once.forEach((end) => end());
		this.#once = [];
	}

	/* What a track's session has for a transport. */
	#open(prefix, told) {
		this.#sessions.set(prefix, told);
		if (this.#once.length === 0)
			queueMicrotask(() => this.#ask(prefix));
		return {
			close: () => {
				this.#endAsk(prefix);
				this.#sessions.delete(prefix);
			},
			rejoin: () => this.#ask(prefix),
			joinedForGood: () => this.#endAsk(prefix),
			check: () => {},
		};
	}

	/* All that the broker keeps of a track's feed; its deltas come twice meanwhile, which is no harm. */
	#ask(prefix) {
		this.#endAsk(prefix);
		const told = this.#sessions.get(prefix);
		if (!told)
			return;
		const end = this.#board.subscribe(`${prefix}/${FEED}+`, (text, topic, { retained }) => this.#take(topic, text, !retained), { answered: () => told.joined() });
		end.granted.catch((error) => this.#asks.get(prefix) === end && told.lost(error));
		this.#asks.set(prefix, end);
	}

	#endAsk(prefix) {
		this.#asks.get(prefix)?.();
		this.#asks.delete(prefix);
	}

	/* Of a topic: whose it is, and what. */
	#partsOf(topic) {
		const levels = levelsOf(topic);
		const parts = this.#groups.map((group) => levelsOf(group).length)
			.map((depth) => ({ prefix: levels.slice(0, depth).join('/'), level: levels.slice(depth).join('/') }));
		return parts.find(({ level }) => STAY.includes(level) || ONCE.includes(level)) ?? {};
	}

	#take(topic, text, live) {
		const { prefix, level } = this.#partsOf(topic);
		if (level === 'about')
			return this.#takeAbout(this.#trackOf(prefix), text);
		if (level === 'status')
			return this.#takeStatus(this.#trackOf(prefix), text);
		const kind = KINDS.find((one) => level === `${FEED}${one}`);
		if (kind && text !== '')
			this.#sessions.get(prefix)?.message(kind, text, { live, bytes: text.length });
	}

	/* A track's publisher may come later than we do. */
	#takeStatus(track, text) {
		track?.view.takeStatus(readJson(text) ?? {});
		if (track && this.#way === 'mqtt' && !track.feed.live && isThere(track))
			this.#joinLater();
	}

	/* An empty one says that the track is gone. */
	#takeAbout(track, text) {
		const about = readJson(text);
		if (!track)
			return;
		const was = track.about || track.known;
		track.about = isObject(about) && typeof about.title === 'string' && about.title !== '';
		if (track.about) {
			this.#seen.add(track.prefix);
			track.title = short(about.title);
		}
		if (!track.about && !track.known) {
			track.feed.detach();
			this.#tracks.delete(track.prefix);
		} else if (!was) {
			this.#attachOne(track);
		}
		this.#on.listed();
	}
}
