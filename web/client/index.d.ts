/** Scalars as the scoreboard sends them. */
export type Scalar = string | number | boolean | null;

/** A game clock in the feed: `time` was true at `at` (ms since 1970 on the publisher's clock). */
export interface FeedClock { time: number; running: boolean; direction: 'down' | 'up'; at: number }

/** A game clock now. */
export interface Clock { time: number; running: boolean; direction: 'down' | 'up' }

export type ClockName = 'period' | 'jam' | 'lineup' | 'timeout' | 'intermission';
export type Value = Scalar | FeedClock;

export interface Change { readonly set: ReadonlyMap<string, Value>; readonly del: readonly string[] }

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
	/** Nothing was heard for 25 s, although the connection seems to stand. */
	quiet: boolean;
	/** Since the last message. */
	heardMs: number;
	/** How much later than the best one the last message came. */
	delayMs: number | null;
	/** Why those that were reached have nothing for us, for people to read; empty once one has. */
	refusals: string[];
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
type Addresses = { servers: string[]; http?: string[] } | { servers?: string[]; http: string[] };

interface Settings {
	prefix?: string;
	view?: string;
	credentials?: { username?: string; password?: string };
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
	link?: Partial<{ dialMs: number; patience: number; probeMs: number; probeCeilingMs: number;
		backoff: { base: number; ceiling: number; floor: number } }>;
}

/** At least one address is needed. */
export type Options = Settings & Addresses;
/** All the names, for `Exactly`. */
export type Known = Settings & { servers?: string[]; http?: string[] };

export interface Events { change: Change; status: Status; connection: Connection; lost: Lost;
	/** A notice, or that there is none any more: it was taken back, or is over. */
	notice: Notice | null }

export interface Scoreboard {
	/** The whole view, key to value; kept up to date, also while disconnected (then it is the last known). */
	readonly state: ReadonlyMap<string, Value>;
	readonly status: Status | null;
	readonly notice: Notice | null;
	readonly connection: Connection;
	readonly metrics: Metrics;
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
	/** Returns the function that ends it. */
	on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): () => boolean;
	/** QoS 1, with `id` as a user property; brokers only. Resolves when the broker has taken it. Rejects when there was no
	 *  answer, or when the broker refused it: then the error's `code` is the reason, 0x80 or more. */
	publish(message: { id: string; topic: string; payload: string }): Promise<number>;
	close(): void;
}

/** T, unless it has a name that Shape has not: TypeScript alone finds a typo in a literal only, not in a variable. */
export type Exactly<T, Shape> = T & { [Name in Exclude<keyof T, keyof Shape>]: never };

/** Throws a TypeError for an unknown option, and without any address. */
export function connect<T extends Options>(options: Exactly<T, Known>): Scoreboard;

export function clockTime(clock: FeedClock, now: number): number;
/** As the scoreboard shows it: down rounds up, up rounds down, below a minute only seconds. */
export function clockText(ms: number, direction: 'down' | 'up'): string;
export function clockSpoken(ms: number, direction: 'down' | 'up'): string;
