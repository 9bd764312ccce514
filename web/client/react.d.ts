import type {
	Answer, Clock, ClockName, Closed, Connection, Exactly, InboxMessage, Known, Metrics, Notice, Options, Presence, Room, RoomMessage, Scalar, Scoreboard,
	SendOptions, Status, Value,
} from './index.js';
import type { OutboxStats } from './outbox.js';

/** One shared connection per set of options; null until mounted. */
export function useScoreboard<T extends Options>(options: Exactly<T, Known>): Scoreboard | null;
export function useKey<T extends Value = Value>(board: Scoreboard | null, key: string, otherwise?: T): T | undefined;
export function useStatus(board: Scoreboard | null): Status | null;
export function useConnection(board: Scoreboard | null): Connection | null;
/** A game clock by its name, or any clock by its key, which has a slash: `match/1/timer`. Looked at every `stepMs`, drawn again when it shows something else. */
export function useClock(board: Scoreboard | null, name: ClockName | `${string}/${string}`, stepMs?: number): Clock | null;

/** How many messages are kept to be shown: 100. */
export interface ListOptions { last?: number }

/** Why the broker did not let us in. */
export interface RefusedRoom { code: number | null; reason: string }

interface RoomActs {
	/** While we are still joining it waits for that; without a connection it is queued. */
	send(type: string, data?: unknown, options?: SendOptions): Promise<Answer>;
	/** While we are still joining it waits for that. */
	setState(key: string, value: unknown, options?: SendOptions): Promise<Answer>;
	/** Once more, after it was refused or closed. */
	rejoin(): void;
}

export interface RoomView extends RoomActs {
	readonly room: Room | null;
	readonly status: 'joining' | 'joined' | 'refused' | 'closed';
	readonly refusal: RefusedRoom | null;
	readonly closed: Closed | null;
	/** The last ones since the first component has joined, oldest first. */
	readonly messages: readonly RoomMessage[];
	readonly members: readonly string[];
	/** Another map when something in it has changed. */
	readonly state: ReadonlyMap<string, unknown>;
	readonly presence: Presence | null;
	readonly stats: Room['stats'] | null;
}

/** A room, joined while the component is mounted. */
export function useRoom(board: Scoreboard | null, name: string, options?: ListOptions): RoomView;
/** The last messages to us, oldest first. */
export function useInbox(board: Scoreboard | null, options?: ListOptions): readonly InboxMessage[];
/** What is to be shown to everybody now. */
export function useNotices(board: Scoreboard | null): Notice | null;
/** Of a room, which is joined for it, or of a topic, which has a slash: `scoreboard/presence/total`, the default. null: not known. */
export function usePresence(board: Scoreboard | null, name?: string): Presence | null;
export function useMetrics(board: Scoreboard | null, everyMs?: number): Metrics | null;
/** Of the queue of all tabs; `oldest` in whole seconds, as ms. null: it is not open. */
export function useOutbox(board: Scoreboard | null, everyMs?: number): OutboxStats | null;
/** The state is exact, and is being kept so. */
export function useOnline(board: Scoreboard | null): boolean;

export interface MatchSide { side: string; team: Scalar; name: string | null; points: Scalar; fouls: Scalar }
/** `clock`: the key of its timer, for `useClock()`. */
export interface Match { id: string; stage: Scalar; court: Scalar; phase: Scalar; winner: Scalar; clock: `match/${string}/timer`; sides: MatchSide[] }

/** What has happened since the first component asked; `at` is ms since 1970 on our clock. */
export type Activity = { at: number } & (
	| ({ kind: 'said' } & RoomMessage)
	| { kind: 'came' | 'went'; name: string }
	| { kind: 'points'; match: string; side: string; points: Value }
	| { kind: 'phase'; match: string; phase: Value }
	| { kind: 'winner'; match: string; winner: Value });

export interface Tournament {
	readonly name: Scalar;
	/** By their ids; a match that did not change is the same object as before. */
	readonly matches: readonly Match[];
	/** By match and side. */
	readonly scores: Readonly<Record<string, Readonly<Record<string, Scalar>>>>;
	/** The room `tournament:<id>`. */
	readonly room: Room | null;
	readonly status: RoomView['status'];
	readonly refusal: RefusedRoom | null;
	/** Who is in it. */
	readonly participants: readonly string[];
	readonly presence: Presence | null;
	readonly messages: readonly RoomMessage[];
	readonly activity: readonly Activity[];
	/** To all who are in it. */
	broadcast: RoomActs['send'];
}

/** For a board whose view is one of schema/tournament.json: `hall`. */
export function useTournament(board: Scoreboard | null, id: string | number, options?: ListOptions): Tournament;
