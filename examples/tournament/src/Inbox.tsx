import { useState } from 'react';
import type { Scoreboard } from 'scoreboard-client';
import { useInbox } from 'scoreboard-client/react';

/* What others have sent to this user alone, on whatever devices he is: the latest wave. */
export function InboxBar({ board }: { board: Scoreboard }) {
	const [seen, setSeen] = useState('');
	const wave = useInbox(board).findLast(({ type }) => type === 'wave');
	return (
		<div role="status">
			{wave && wave.id !== seen && (
				<p className="bar notice">
					<span><bdi>{wave.from}</bdi> waves at you</span>
					<button type="button" onClick={() => setSeen(wave.id)}>Dismiss</button>
				</p>
			)}
		</div>
	);
}
