import type { Clock, ClockName, Connection, Exactly, Known, Options, Scoreboard, Status, Value } from './index.js';

/** One shared connection per set of options; null until mounted. */
export function useScoreboard<T extends Options>(options: Exactly<T, Known>): Scoreboard | null;
export function useKey<T extends Value = Value>(board: Scoreboard | null, key: string, otherwise?: T): T | undefined;
export function useStatus(board: Scoreboard | null): Status | null;
export function useConnection(board: Scoreboard | null): Connection | null;
export function useClock(board: Scoreboard | null, name: ClockName, stepMs?: number): Clock | null;
