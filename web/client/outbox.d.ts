export type Priority = 'critical' | 'high' | 'normal' | 'low';
export const PRIORITIES: readonly Priority[];

export interface StoredMessage {
	id: string; topic: string; payload: string; priority: Priority; at: number; tries: number;
	/** The order in which they were written; those of earlier releases have none. */
	seq?: number;
	retain?: boolean;
	expiryS?: number;
}

export interface Store {
	readonly persistent: boolean;
	put(item: StoredMessage): Promise<unknown>;
	remove(id: string): Promise<unknown>;
	all(): Promise<StoredMessage[]>;
	close(): unknown;
}

interface Counters {
	/** Kept; taken by the broker; tried again; dropped for more important ones; not even kept; refused by the broker for good; too old.
	 *  `added` may count a message twice that was being kept when the sending went over to another tab. */
	added: number; sent: number; retries: number; evicted: number; refused: number; rejected: number; expired: number;
}

/** One priority. `waiting` and `processing` (on their way, without an answer yet) are now, the others since the beginning. */
export interface PriorityStats extends Counters {
	waiting: number;
	processing: number;
	/** The age of the oldest that the broker has not taken yet, in ms. */
	oldest: number | null;
}

/** Of all tabs that share the queue. */
export interface OutboxStats extends Counters {
	duplicates: number; restored: number;
	/** Messages in the queue, on their way or not; on their way. */
	size: number; flights: number;
	/** In the queue, on their way or not. */
	waiting: Record<Priority, number>;
	priorities: Record<Priority, PriorityStats>;
}

/** What became of a message that was kept: the broker has taken it, or it never will. `code` is the broker's: 0x10 when it has taken it and nobody was
 *  subscribed, 0x80 or more when it refused. */
export type Fate = { ok: true; code: number } | { ok: false; reason: 'refused'; code: number } | { ok: false; reason: 'expired' | 'evicted' };

export interface Publication { id: string; topic: string; payload: string; retain?: boolean; expiryS?: number }

export interface OutboxOptions {
	/** `board.publish`: resolves with the acknowledgement's code when the broker has taken the message; rejects with the reason as the error's `code`
	 *  (0x80 or more) when the broker refused it, and without a code when there was no answer. */
	publish(message: Publication): Promise<number>;
	/** How many messages the broker lets be on their way (20). */
	receiveMaximum?: () => number;
	/** The database's name. Tabs of one origin share the queue of a name. */
	name?: string;
	store?: Store;
	now?: () => number;
	/** Messages at most (500), their age in ms (a day), the length of one (256 kB). */
	limit?: number;
	maxAgeMs?: number;
	maxBytes?: number;
}

export interface SendingOptions {
	priority?: Priority;
	id?: string;
	/** The broker keeps it for those who come later. */
	retain?: boolean;
	/** Seconds after which it is not worth sending, nor keeping for others. */
	expiryS?: number;
}

/** `stored`: it is on disk. Not so where there is none, or no room; then it is kept in memory. */
export type Kept = { ok: true; id: string; stored: boolean; done: Promise<Fate> };

export interface Outbox {
	readonly persistent: boolean;
	/** This is the tab that sends. */
	readonly sends: boolean;
	readonly stats: OutboxStats;
	/** Resolves when the message is kept; then it survives the end of the browser. */
	send(topic: string, payload: string, options?: SendingOptions): Promise<Kept | { ok: false; reason: string; done?: undefined }>;
	/** To be called when a connection came back. */
	flush(): void;
	close(): Promise<void>;
}

export function createOutbox(options: OutboxOptions): Promise<Outbox>;

/** At the receiver: true for an id that was not seen lately (and for messages without one). */
export function createDeduper(options?: { size?: number }): (id: string | undefined) => boolean;
