/** What a person wants to know of a game of roller derby, from the keys of a view. Pure functions of the state: they know no page and no time. */
import type { Clock, ClockName, FeedClock } from './index.js';

export type TeamNumber = 1 | 2;
export type Position = 'jammer' | 'pivot' | 'blocker1' | 'blocker2' | 'blocker3';

type StringKey = 'game' | 'state' | 'timeout-owner' | `event-info/${string}` | `rule/${string}` | `setting/${string}`
	| `team/${TeamNumber}/${'name' | 'team-name' | 'initials' | 'uniform-color' | 'logo'}` | `file/team/${TeamNumber}/logo` | `team/${TeamNumber}/${'color' | 'alternate-name'}/${string}`
	| `team/${TeamNumber}/position/${Position}/${'name' | 'roster-number' | 'current-penalties'}` | `team/${TeamNumber}/box-trip/${string}/current-fielding`
	| `team/${TeamNumber}/skater/${string}/${'name' | 'roster-number' | 'flags'}` | `team/${TeamNumber}/skater/${string}/penalty/${number}/code`;
type BooleanKey = 'in-jam' | 'in-overtime' | 'no-more-jam' | 'official-review' | 'official-score' | 'clock-during-final-score'
	| `team/${TeamNumber}/${'lead' | 'lost' | 'star-pass' | 'calloff' | 'injury' | 'no-initial' | 'in-timeout' | 'in-official-review' | 'retained-official-review'}`
	| `team/${TeamNumber}/${`position/${Position}` | `skater/${string}`}/penalty-box`;
type NumberKey = 'current-period-number' | `clock/${ClockName}/number`
	| `team/${TeamNumber}/${'score' | 'jam-score' | 'trip-score' | 'timeouts' | 'official-reviews' | 'total-penalties'}`;
type ClockKey = `clock/${ClockName}` | `team/${TeamNumber}/box-trip/${string}/clock`;

/** A key that is read here. Rules and settings are strings, as the scoreboard has them. */
export type DerbyKey = StringKey | BooleanKey | NumberKey | ClockKey;
export type DerbyValue<K extends DerbyKey> = K extends ClockKey ? FeedClock : K extends NumberKey ? number : K extends BooleanKey ? boolean : string;

/** Shape of a key (a star for each name in it) -> type of its value. */
export const KEYS: ReadonlyMap<string, 'boolean' | 'number' | 'string' | 'clock'>;
export function shapeOf(key: string): string;
/** The value of a key; undefined when there is none, or it is not of the key's type. */
export function valueOf<K extends DerbyKey>(state: ReadonlyMap<string, unknown>, key: K): DerbyValue<K> | undefined;

/** `none`: there is no state at all. `fresh`: a game that has not begun, no clock runs. `coming`: no clock runs, but it has begun. */
export type PhaseName = 'none' | 'fresh' | 'pre-game' | 'coming' | 'lineup' | 'jam' | 'timeout' | 'official-timeout' | 'team-timeout' | 'official-review'
	| 'intermission' | 'unofficial' | 'final';
/** Of phases that look alike on a page. */
export type PhaseKind = 'coming' | 'break' | 'lineup' | 'jam' | 'timeout' | 'review' | 'final';

export interface Phase {
	name: PhaseName;
	kind: PhaseKind;
	/** As the scoreboard shows it. For other languages: translate `name`, unless `worded`. */
	label: string;
	/** The league has words of its own for this break. */
	worded: boolean;
	/** The clock that counts. */
	clock: ClockName | null;
	/** Whose timeout or review it is. */
	team: TeamNumber | null;
	/** A line-up after which no jam follows in this period. */
	last: boolean;
	/** How long a jam lasts by the rules; 0: not known, or no jam. */
	lengthMs: number;
}

export interface Period { number: number; name: 'before' | 'period' | 'game' | 'overtime' | 'over'; label: string }

export interface Place {
	/** null: nobody. */
	position: Position | null;
	name: string;
	number: string;
	box: boolean;
	/** For `board.clockAt()`: what is left of the penalty, where the scoreboard times that. */
	penaltyClock: string | null;
	/** Codes of penalties that are being served, or are about to be. */
	penalties: string;
}

export interface Skater {
	id: string; number: string; name: string;
	captain: boolean;
	/** False: is on the roster, but does not skate in this game. */
	skates: boolean;
	box: boolean;
	codes: string[];
	/** Fouled out or expelled. */
	out: boolean;
	/** Two penalties or less from that. */
	near: boolean;
}

/** Timeouts or reviews: how many are left, of how many; 9 at most. */
export interface Rights { left: number; total: number }

export interface Team {
	number: TeamNumber;
	/** "Team 1" when it has none: then `named` is false. */
	name: string;
	named: boolean;
	/** Made of the name when the league has typed in none. */
	initials: string;
	/** The scoreboard has a logo; `file` is the name under which publishers serve it ("" while none does): see logoOf() in web/board/logo.js. */
	logo: { wanted: boolean; file: string };
	/** As #rrggbb; they can be read on each other, whatever the league has typed in. */
	colors: { bg: string; fg: string };
	score: number;
	/** In jams, line-ups and timeouts, else 0. */
	jamScore: number;
	/** In jams, else 0. */
	tripScore: number;
	/** The points of this jam are of an initial trip that is not complete. */
	noInitial: boolean;
	/** Only in the jam that it was won in. */
	mark: 'lead' | 'star-pass' | null;
	/** Lead was lost, or can't be won; only in its jam. */
	lost: boolean;
	/** How this team ended the last jam, in the line-up or timeout after it. */
	ended: 'calloff' | 'injury' | null;
	/** Who has the star; nobody before the game, in breaks and after it. */
	jammer: Place;
	timeouts: Rights;
	reviews: Rights & { retained: boolean };
	/** What this team has called and is going on. */
	calls: 'timeout' | 'review' | null;
	/** Jammer, pivot, blockers; who skates next when there is no jam; empty when the game is over. */
	lineup: Place[];
	/** In order of their numbers. */
	skaters: Skater[];
	totalPenalties: number;
}

export interface Game {
	/** There is a state. */
	known: boolean;
	id: string;
	event: { tournament: string; game: string; venue: string; city: string; date: string };
	phase: Phase;
	period: Period;
	/** Of the jam that runs, else of the last one; 0: none yet in this period. */
	jamNumber: number;
	overtime: boolean;
	/** It has begun. */
	begun: boolean;
	/** Its last period is over; the score may not be official yet. */
	over: boolean;
	/** In the order in which they are to be shown. */
	teams: [Team, Team];
}

/** `use`: whose names and colours are wanted. Only "scoreboard", the default, has its sides swapped when the scoreboard's display has. */
export function readGame(state: ReadonlyMap<string, unknown>, options?: { use?: 'scoreboard' | 'overlay' }): Game;
export function teamOf(game: Game, number: TeamNumber): Team;
/** The clocks that are to be shown; null: none, or it has nothing to say. `clock` is `board.clock`. */
export function shownClocks(game: Game, clock: (name: ClockName) => Clock | null): { phase: Clock | null; period: Clock | null };
/** "2:00", as the rules write it, in ms; 0: there is none. */
export function lengthMs(rule: string | undefined): number;
