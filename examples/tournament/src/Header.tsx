import type { Scoreboard } from 'scoreboard-client';
import { useOnline, usePresence } from 'scoreboard-client/react';
import type { User } from './server';

export function Header({ board, user, name, onLeave }: { board: Scoreboard; user: User; name: string; onLeave: () => void }) {
	const live = useOnline(board);
	const total = usePresence(board, 'scoreboard/presence/total');
	return (
		<header className="top">
			<h1>{name || 'Tournament'}</h1>
			<p>
				<span className="dot" data-live={live}>{live ? 'Live' : 'Not connected'}</span>
				{total && <span className="soft">{total.count} connected</span>}
				<span><bdi>{user.name}</bdi>{user.referee && ', referee'}</span>
				<button type="button" onClick={onLeave}>Leave</button>
			</p>
		</header>
	);
}
