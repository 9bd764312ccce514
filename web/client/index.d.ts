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
}

export interface Metrics {
	connects: number; reconnects: number; failures: number; fallbacks: number;
	gaps: number; epochs: number; joins: number; bad: number;
	messages: number; bytes: number; deltas: number; heartbeats: number; snapshots: number; recents: number;
	firstStateMs: number | null;
	delayMs: { last: number | null; p50: number | null; p95: number | null };
}

export interface Lost { endpoint: string; kind: 'mqtt' | 'sse' | 'poll'; reason: string }

export interface Options {
	/** Brokers: ws:// or wss:// addresses. */
	servers?: string[];
	/** Publishers, for networks that block WebSockets: http:// or https:// addresses. */
	http?: string[];
	prefix?: string;
	view?: string;
	credentials?: { username?: string; password?: string };
	/** A hidden page lets go of its connection after this; Infinity: never. Default 60000. */
	hiddenMs?: number;
	/** Loads MQTT.js; by default `import('mqtt')`. */
	mqtt?: () => Promise<unknown>;
	/** Opens the WebSocket (subprotocol "mqtt"); a page may have begun to before the library was loaded. */
	openSocket?: (url: string) => WebSocket;
	/** Timings of the connection, see link.js. */
	link?: Partial<{ dialMs: number; patience: number; probeMs: number; probeCeilingMs: number;
		backoff: { base: number; ceiling: number; floor: number } }>;
}

export interface Events { change: Change; status: Status; connection: Connection; lost: Lost }

export interface Scoreboard {
	/** The whole view, key to value; kept up to date, also while disconnected (then it is the last known). */
	readonly state: ReadonlyMap<string, Value>;
	readonly status: Status | null;
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
	/** QoS 1, with `id` as a user property; resolves with the acknowledgement's reason code. Brokers only. */
	publish(message: { id: string; topic: string; payload: string }): Promise<number>;
	close(): void;
}

export function connect(options?: Options): Scoreboard;

export function clockTime(clock: FeedClock, now: number): number;
/** As the scoreboard shows it: down rounds up, up rounds down, below a minute only seconds. */
export function clockText(ms: number, direction: 'down' | 'up'): string;
export function clockSpoken(ms: number, direction: 'down' | 'up'): string;
