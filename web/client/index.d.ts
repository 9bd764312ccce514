import type { Outbox, OutboxStats, Priority } from './outbox.js';

/** Scalars as the scoreboard sends them. */
export type Scalar = string | number | boolean | null;

/** A game clock in the feed: `time` was true at `at` (ms since 1970 on the publisher's clock). */
export interface FeedClock { time: number; running: boolean; direction: 'down' | 'up'; at: number }

/** A game clock now. */
export interface Clock { time: number; running: boolean; direction: 'down' | 'up' }

export type ClockName = 'period' | 'jam' | 'lineup' | 'timeout' | 'intermission';
export type Value = Scalar | FeedClock;

export interface Change { readonly set: ReadonlyMap<string, Value>; readonly del: readonly string[] }

/** `since`: ms since 1970; 0 where nobody knows, because the publisher vanished. */
export interface Status { state: 'live' | 'stale' | 'offline'; since: number; reason: string }

/** What the people who run the event tell all viewers. Show it as text. */
export interface Notice {
	/** Another notice has another one. */
	id: string;
	/** At most 500 characters; may have line breaks. */
	text: string;
	level: 'info' | 'warning' | 'urgent';
	/** Ms since 1970; null: until it is taken back. */
	until: number | null;
	/** Who it is from, as far as he says; may be empty. */
	by: string;
}

export interface Connection {
	phase: 'idle' | 'dialing' | 'live' | 'waiting' | 'paused' | 'closed';
	/** The state is exact and is being kept so. */
	live: boolean;
	everLive: boolean;
	transport: 'mqtt' | 'sse' | 'poll' | null;
	endpoint: string | null;
	/** Nothing was heard for 8 s (by polling: 25 s), although the connection seems to stand. */
	quiet: boolean;
	/** Since the last message. */
	heardMs: number;
	/** How much later than the best one the last message came. */
	delayMs: number | null;
	/** The last measured round trip to the broker in use (PINGREQ, PUBACK or SUBACK). */
	rttMs: number | null;
	/** Why there is no way to a broker: no answer; reached, and not let in or nothing there for us; or credentials that are not taken, although they
	 *  were asked for anew. It is set over server-sent events and polling, too, where there are brokers to be reached. */
	problem: null | 'network' | 'refused' | 'token';
	/** In the order of `servers`, then `http`. */
	endpoints: EndpointHealth[];
	/** Why those that were reached have nothing for us, for people to read; empty once one has. */
	refusals: string[];
}

export interface EndpointHealth {
	url: string;
	kind: 'mqtt' | 'sse' | 'poll';
	/** `ready`: it served us when it was tried last. */
	state: 'used' | 'ready' | 'failed' | 'untried' | 'refused';
	failures: number;
	latencyMs: number | null;
	/** Until it may be dialled again, if that is known. */
	retryInMs: number | null;
}

export interface Metrics {
	connects: number; reconnects: number; failures: number; fallbacks: number;
	gaps: number; epochs: number; joins: number; bad: number; unreadable: number;
	messages: number; packed: number; bytes: number; deltas: number; heartbeats: number; snapshots: number; recents: number;
	firstStateMs: number | null;
	delayMs: { last: number | null; p50: number | null; p95: number | null };
}

export interface Lost { endpoint: string; kind: 'mqtt' | 'sse' | 'poll'; reason: string }

/** Brokers: ws:// or wss:// addresses. Publishers, for networks that block WebSockets: http:// or https:// addresses. */
type Addresses = { servers: readonly string[]; http?: readonly string[] } | { servers?: readonly string[]; http: readonly string[] };

/** Why credentials are asked for: those before were refused, or are about to expire. Neither at first. */
export interface CredentialsNeed { refused: boolean; expired: boolean }

export interface FeedName { prefix?: string; view?: string }

interface Settings {
	prefix?: string;
	/** null: no feed of a scoreboard; only rooms, messages and what else is subscribed to. */
	view?: string | null;
	/** More feeds on the same connection from the beginning: see `feed()`. */
	views?: FeedName[];
	/** For brokers that want them: once and for all, or a function that is asked when there are none yet, before a JSON Web Token expires, and
	 *  after a refusal. */
	credentials?: { username?: string; password?: string } | ((why: CredentialsNeed) => Promise<{ username: string; password: string }>);
	/** The username, so that messages can be queued while a function can't give credentials yet. */
	user?: string;
	/** A session that the broker keeps while we are away: what comes to subscriptions of QoS 1 meanwhile (rooms, inbox) comes then. One client id is one
	 *  connection: two pages with the same one take it from each other. */
	session?: { clientId: string; expiryS: number };
	/** Roles whose messages (`roles/ROLE/...`) the inbox has, too. */
	inbox?: { roles?: string[] };
	/** A hidden page lets go of its connection after this; Infinity: never. Default 60000. */
	hiddenMs?: number;
	/** Loads MQTT.js; by default `import('mqtt')`. */
	mqtt?: () => Promise<unknown>;
	/** Of the feed from a broker. 'packed', the default, falls back to JSON where there is no packed feed or no fflate. */
	encoding?: 'packed' | 'json';
	/** Loads fflate, which unpacks; by default `import('fflate')`. */
	fflate?: () => Promise<unknown>;
	/** Opens the WebSocket (subprotocol "mqtt"); a page may have begun to before the library was loaded. */
	openSocket?: (url: string) => WebSocket;
	/** Timings of the connection, see link.js. */
	link?: Partial<{ dialMs: number; joinMs: number; patience: number; probeMs: number; probeCeilingMs: number;
		measureMs: number; measureAgainMs: number; leaveMs: number; leaveSpreadMs: number;
		backoff: { base: number; ceiling: number; floor: number } }>;
}

/** At least one address is needed. */
export type Options = Settings & Addresses;
/** All the names, for `Exactly`. */
export type Known = Settings & { servers?: readonly string[]; http?: readonly string[] };

export interface Events { change: Change; status: Status; connection: Connection; lost: Lost; refused: Refused;
	/** A notice, or that there is none any more: it was taken back, or is over. */
	notice: Notice | null }

/** A subscription that the broker does not grant, or no longer. */
export interface Refused { filter: string; code: number; reason: string }

/** The other side was reached, and has nothing for us. Of a broker: the reason code of its answer, null when it was not even asked. */
export interface Refusal extends Error { name: 'Refusal'; code?: number | null; reason?: string }

/** One view of a scoreboard. */
interface ViewOfBoard {
	/** The whole view, key to value; kept up to date, also while disconnected (then it is the last known). */
	readonly state: ReadonlyMap<string, Value>;
	readonly status: Status | null;
	/** What the crew tells everybody now. */
	readonly notice: Notice | null;
	/** The publisher's clock is known from live messages, not only guessed. */
	readonly synced: boolean;
	get<T extends Value = Value>(key: string): T | undefined;
	get<T extends Value = Value>(key: string, otherwise: T): T;
	/** The publisher's wall clock; NaN before the first message. */
	now(): number;
	clock(name: ClockName): Clock | null;
	/** Any clock of the view by its key, as a penalty's: `team/1/box-trip/ID/clock`. */
	clockAt(key: string): Clock | null;
	clocks(): Record<ClockName, Clock | null>;
}

/** A further feed on the board's connection. */
export interface Feed extends ViewOfBoard {
	/** The state is exact and is being kept so. */
	readonly live: boolean;
	readonly metrics: Metrics | undefined;
	on<E extends keyof FeedEvents>(event: E, listener: (event: FeedEvents[E]) => void): () => boolean;
	close(): void;
}
export interface FeedEvents { change: Change; status: Status; notice: Notice | null; connection: { live: boolean } }

/** A message of somebody's. `from` is who the broker says it was; `data` is whatever he has sent; `ts` is his clock. */
export interface Message { from: string; type: string; data: unknown; id: string; ts: number }
export interface RoomMessage extends Message { room: string }
export interface InboxMessage extends Message { to: { user: string } | { role: string } }

/** `since`: the room is known since; `last`: the count or the names have changed last (ms since 1970). */
export interface Presence { count: number; names: string[]; since: number | null; last: number | null }

/** An operator has closed the room, or the broker does not let us in any more. */
export type Closed = { by: string; seconds: number } | { refused: true; code: number; reason: string };

/** What became of something that was sent. */
export type Sent = { state: 'sent'; id: string; heard: boolean };
export type NotSent = { state: 'refused'; reason: string; code: number | null; id?: string };
export type Queued = { state: 'queued'; id: string; reason: 'offline' | 'busy' | 'behind'; done: Promise<Sent | NotSent> };
/** sent: the broker has taken it (`heard` is false when nobody was subscribed); queued: it is kept, and goes when it can; refused: it never will. */
export type Answer = Sent | Queued | NotSent;

export interface SendOptions { priority?: Priority }

export interface RoomEvents {
	message: RoomMessage; presence: Presence;
	/** `value` is undefined when the key was taken back. */
	state: { key: string; value: unknown };
	closed: Closed;
}

export interface Room {
	readonly name: string;
	/** Messages that come before the first listener are held for him. */
	on<E extends keyof RoomEvents>(event: E, listener: (event: RoomEvents[E]) => void): () => boolean;
	readonly state: ReadonlyMap<string, unknown>;
	/** null: not known, for nobody tells it. */
	readonly presence: Presence | null;
	/** queued: that many wait now. joinedAt: ms since 1970. */
	readonly stats: { received: number; duplicates: number; bad: number; sent: number; queued: number; refused: number; joinedAt: number };
	send(type: string, data?: unknown, options?: SendOptions): Promise<Answer>;
	/** undefined takes it back. */
	setState(key: string, value: unknown, options?: SendOptions): Promise<Answer>;
	leave(): void;
}

/** refused: the broker does not grant a filter; we have no name (`no name`); what is among `roles` is the name of none (`not a role`). */
export interface InboxEvents { message: InboxMessage; refused: { filter: string | null; code: number | null; reason: string } }

export interface Inbox {
	/** The first listener subscribes. */
	on<E extends keyof InboxEvents>(event: E, listener: (event: InboxEvents[E]) => void): () => void;
	readonly stats: { received: number; duplicates: number; bad: number };
}

export interface BoardOutbox {
	/** null before it is open. */
	readonly stats: OutboxStats | null;
	flush(): Promise<void>;
	/** Resolves when it is open; with null for who has no name, and when the board was closed before. */
	readonly opened: Promise<Outbox | null>;
}

export interface SubscribeOptions {
	qos?: 0 | 1;
	/** With each connection: the broker is asked, and has granted it. What it keeps comes after `asked`, and has come soon after `answered`; nothing does when it
	 *  keeps nothing. */
	asked?: () => void;
	answered?: () => void;
}

export interface Subscription {
	/** Ends it. */
	(): void;
	/** Rejects with a Refusal when the broker does not grant it, and with a TypeError for what is no filter. Waits for a broker. */
	readonly granted: Promise<void>;
}

export interface Scoreboard extends ViewOfBoard {
	readonly connection: Connection;
	readonly metrics: Metrics;
	/** Returns the function that ends it. */
	on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): () => boolean;
	/** QoS 1, with `id` as a user property; brokers only. Resolves when the broker has taken it. Rejects when there was no
	 *  answer, or when the broker refused it: then the error's `code` is the reason, 0x80 or more. */
	publish(message: { id: string; topic: string; payload: string; retain?: boolean; expiryS?: number }): Promise<number>;
	/** Ends it all. What is asked of it afterwards rejects, or is refused (`closed`). */
	close(): void;
	/** One more feed on the same connection; the same one for the same names. Over HTTP it is a stream of its own. */
	feed(which?: FeedName): Feed;
	/** Any filter that the policy allows, on the same connection; again after a reconnect: then what is retained comes again, and what came in that
	 *  moment may come twice; so may what another filter of this board matches as well, a room's for one. */
	subscribe(filter: string, listener: (payload: string, topic: string, about: { retained: boolean }) => void,
		options?: SubscribeOptions): Subscription;
	/** Resolves when the broker has let us in; waits for a broker. Rejects with a Refusal. Stays joined over reconnects. */
	join(room: string): Promise<Room>;
	/** To a room that is not joined, or not yet: without a connection it is queued at once, where `join()` still waits. */
	sendToRoom(room: string, type: string, data?: unknown, options?: SendOptions): Promise<Answer>;
	sendTo(user: string, type: string, data?: unknown, options?: SendOptions): Promise<Answer>;
	sendToRole(role: string, type: string, data?: unknown, options?: SendOptions): Promise<Answer>;
	/** For all viewers; gone after `seconds`. An empty text takes it back. */
	setNotice(notice: { text: string; level?: 'info' | 'warning' | 'urgent'; seconds?: number }): Promise<Answer>;
	/** Messages to us. */
	readonly inbox: Inbox;
	/** What all of these go through. Asking for it opens it, so that what waits from an earlier page is sent. */
	readonly outbox: BoardOutbox;
}

/** T, unless it has a name that Shape has not: TypeScript alone finds a typo in a literal only, not in a variable. */
export type Exactly<T, Shape> = T & { [Name in Exclude<keyof T, keyof Shape>]: never };

/** Throws a TypeError for an unknown option, and without any address. */
export function connect<T extends Options>(options: Exactly<T, Known>): Scoreboard;

export function clockTime(clock: FeedClock, now: number): number;
/** As the scoreboard shows it: down rounds up, up rounds down, below a minute only seconds. */
export function clockText(ms: number, direction: 'down' | 'up'): string;
export function clockSpoken(ms: number, direction: 'down' | 'up'): string;
