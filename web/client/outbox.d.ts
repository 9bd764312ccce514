export type Priority = 'critical' | 'high' | 'normal' | 'low';
export const PRIORITIES: readonly Priority[];

export interface StoredMessage { id: string; topic: string; payload: string; priority: Priority; at: number; tries: number }

export interface Store {
	readonly persistent: boolean;
	put(item: StoredMessage): Promise<unknown>;
	remove(id: string): Promise<unknown>;
	all(): Promise<StoredMessage[]>;
	close(): void;
}

export interface OutboxStats {
	added: number; sent: number; retries: number; evicted: number; refused: number; rejected: number;
	expired: number; duplicates: number; restored: number; size: number; flights: number;
	waiting: Record<Priority, number>;
}

/** What became of a message that was kept: the broker has taken it, or it never will. `code` is the broker's reason. */
export type Fate = { ok: true } | { ok: false; reason: 'refused'; code: number } | { ok: false; reason: 'expired' | 'evicted' };

export interface OutboxOptions {
	/** `board.publish`: resolves when the broker has taken the message; rejects with the reason as the error's `code`
	 *  (0x80 or more) when the broker refused it, and without a code when there was no answer. */
	publish(message: { id: string; topic: string; payload: string }): Promise<number>;
	/** The database's name. */
	name?: string;
	store?: Store;
	now?: () => number;
	/** Messages at most (500), their age in ms (a day), the length of one (256 kB). */
	limit?: number;
	maxAgeMs?: number;
	maxBytes?: number;
}

export interface Outbox {
	readonly persistent: boolean;
	readonly stats: OutboxStats;
	send(topic: string, payload: string, options?: { priority?: Priority; id?: string }):
		Promise<{ ok: true; id: string; done: Promise<Fate> } | { ok: false; reason: string }>;
	flush(): void;
	close(): void;
}

export function createOutbox(options: OutboxOptions): Promise<Outbox>;

/** At the receiver: true for an id that was not seen lately (and for messages without one). */
export function createDeduper(options?: { size?: number }): (id: string | undefined) => boolean;
