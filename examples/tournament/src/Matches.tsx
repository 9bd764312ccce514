import { clockSpoken, clockText, type Scoreboard } from 'scoreboard-client';
import { useClock, useKey, usePresence, type Match } from 'scoreboard-client/react';
import { hasWon, stageOf, teamOf, versus } from './matches';
import { RoomPanel } from './Room';
import type { User } from './server';

interface Props { board: Scoreboard; matches: readonly Match[]; watched: string | null; onWatch: (id: string | null) => void }

export function Matches({ board, matches, watched, onWatch }: Props) {
	const message = useKey<string>(board, 'message/1');
	return (
		<section className="column matches-of" aria-labelledby="matches">
			<h2 id="matches">Matches</h2>
			{message !== undefined && <p><strong>{message}</strong></p>}
			<div className="matches">
				{matches.map((match) => (
					<MatchCard key={match.id} board={board} match={match} watched={match.id === watched}
						onWatch={() => onWatch(match.id === watched ? null : match.id)} />
				))}
			</div>
			<Standings board={board} />
		</section>
	);
}

function MatchCard({ board, match, watched, onWatch }: { board: Scoreboard; match: Match; watched: boolean; onWatch: () => void }) {
	return (
		<article className="card match" aria-label={`${stageOf(match)}: ${versus(match)}`}>
			<header>
				<h3>{stageOf(match)}</h3>
				<span className="soft">{match.court}</span>
			</header>
			<table>
				<caption className="unseen">Points and fouls</caption>
				<thead className="unseen">
					<tr><th scope="col">Team</th><th scope="col">Fouls</th><th scope="col">Points</th></tr>
				</thead>
				<tbody>
					{match.sides.map((side, i) => (
						<tr key={side.side} data-won={hasWon(match, side)}>
							<th scope="row"><bdi>{teamOf(match, i)}</bdi></th>
							<td className="soft">{foulsText(Number(side.fouls ?? 0))}</td>
							<td className="points">{side.points}</td>
						</tr>
					))}
				</tbody>
			</table>
			{match.sides.length === 0 && <p className="soft">{teamOf(match, 0)}</p>}
			<footer>
				<span>{match.phase} <MatchClock board={board} match={match} /></span>
				<Watchers board={board} match={match} />
				<button type="button" aria-pressed={watched} onClick={onWatch}>{watched ? 'Watching' : 'Watch'}</button>
			</footer>
		</article>
	);
}

const foulsText = (n: number) => (n === 0 ? '' : n === 1 ? '1 foul' : `${n} fouls`);

/* It counts by itself: the scoreboard says only when it starts and stops. */
function MatchClock({ board, match }: { board: Scoreboard; match: Match }) {
	const clock = useClock(board, match.clock);
	if (!clock)
		return null;
	return (
		<span className="clock" role="timer" aria-label={clockSpoken(clock.time, clock.direction)}>
			{clockText(clock.time, clock.direction)}
		</span>
	);
}

/* How many watch it, which everybody may know of an open room; who they are, its members see. */
function Watchers({ board, match }: { board: Scoreboard; match: Match }) {
	const presence = usePresence(board, `scoreboard/presence/room/match:${match.id}`);
	return <span className="soft">{presence?.count ?? 0} watching</span>;
}

const PLACES = [1, 2, 3, 4];

/* There are none before the final is over. */
function Standings({ board }: { board: Scoreboard }) {
	if (useKey(board, 'tournament/standing/1') === undefined)
		return null;
	return (
		<section className="card" aria-labelledby="standings">
			<h2 id="standings">Standings</h2>
			<ol>{PLACES.map((place) => <Place key={place} board={board} place={place} />)}</ol>
		</section>
	);
}

function Place({ board, place }: { board: Scoreboard; place: number }) {
	const team = useKey<string>(board, `tournament/standing/${place}`, '');
	const name = useKey<string>(board, `team/${team}/name`, team);
	return <li>{place}. <bdi>{name}</bdi></li>;
}

/* The room of a match: who opens it watches the match. */
export function MatchRoom({ board, user, match }: { board: Scoreboard; user: User; match: Match }) {
	return (
		<RoomPanel board={board} user={user} name={`match:${match.id}`} title={`${stageOf(match)}: ${versus(match)}`}
			cheers={match.sides.map(({ side }, i) => ({ side, label: teamOf(match, i) }))} />
	);
}
