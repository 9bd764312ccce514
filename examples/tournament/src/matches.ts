/* matches - how what the library tells of a match is said to people. Pure. */
import type { Activity, Match, MatchSide } from 'scoreboard-client/react';

const STAGES: Readonly<Record<string, string>> = { SemiFinal: 'Semi-final', ThirdPlace: 'Third place', Final: 'Final' };
const OPEN = 'To be decided';

export const stageOf = ({ stage, id }: Match) => STAGES[String(stage)] ?? String(stage ?? `Match ${id}`);
export const teamOf = (match: Match, side: number) => match.sides[side]?.name ?? OPEN;
export const versus = (match: Match) => `${teamOf(match, 0)} – ${teamOf(match, 1)}`;
export const hasWon = (match: Match, { team }: MatchSide) => match.winner !== null && match.winner === team;

/** Null: nothing to tell. */
export function newsOf(activity: Activity, matches: readonly Match[]): string | null {
	switch (activity.kind) {
	case 'came': return `${activity.name} is here`;
	case 'went': return `${activity.name} has left`;
	case 'said': return null; // its room shows it
	}
	const match = matches.find(({ id }) => id === activity.match);
	if (!match)
		return null;
	switch (activity.kind) {
	case 'points': return pointsOf(teamOf(match, sideIndex(match, activity.side)), Number(activity.points));
	case 'phase': return `${versus(match)}: ${String(activity.phase)}`;
	case 'winner': return `${match.sides.find(({ team }) => team === activity.winner)?.name ?? String(activity.winner)} win: ${stageOf(match)}`;
	}
}

const pointsOf = (team: string, n: number) => (n > 0 ? `${team} have ${n} ${n === 1 ? 'point' : 'points'}` : null);
const sideIndex = (match: Match, side: string) => match.sides.findIndex((one) => one.side === side);
