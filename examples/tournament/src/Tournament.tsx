import { useState } from 'react';
import type { Scoreboard } from 'scoreboard-client';
import { useTournament } from 'scoreboard-client/react';
import { Activity } from './Activity';
import { useBoard } from './board';
import { ConnectionPanel, OfflineBar } from './Connection';
import { Header } from './Header';
import { InboxBar } from './Inbox';
import { Matches, MatchRoom } from './Matches';
import { NoticeBar } from './Notice';
import { RoomPanel } from './Room';
import type { Session } from './server';

interface Props { session: Session; onExpired: () => void; onLeave: () => void }

/* What somebody who is logged in sees. He is in the tournament's room as long as the page is open, in a match's room while he watches it,
 * and a referee is in the referees' room, too. */
export function Tournament({ session, onExpired, onLeave }: Props) {
	const board = useBoard(session, onExpired);
	return board && <Hall board={board} session={session} onLeave={onLeave} />;
}

function Hall({ board, session: { user, tournament }, onLeave }: { board: Scoreboard; session: Session; onLeave: () => void }) {
	const cup = useTournament(board, tournament);
	const [watched, setWatched] = useState<string | null>(null);
	const match = cup.matches.find(({ id }) => id === watched);
	const hall = `tournament:${tournament}`;
	return (
		<>
			<Header board={board} user={user} name={String(cup.name ?? '')} onLeave={onLeave} />
			<OfflineBar board={board} />
			<NoticeBar board={board} />
			<InboxBar board={board} />
			<main className="page">
				<Matches board={board} matches={cup.matches} watched={watched} onWatch={setWatched} />
				<div className="column rooms">
					{match && <MatchRoom key={match.id} board={board} user={user} match={match} />}
					<RoomPanel board={board} user={user} name={hall} title="Everybody" />
					{user.referee && <RoomPanel board={board} user={user} name="private:referees" title="Referees only" priority="high" />}
				</div>
				<div className="column more">
					<Activity cup={cup} />
					<ConnectionPanel board={board} />
				</div>
			</main>
		</>
	);
}
