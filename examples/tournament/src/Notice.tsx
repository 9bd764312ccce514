import { useState } from 'react';
import type { Scoreboard } from 'scoreboard-client';
import { useNotices } from 'scoreboard-client/react';

/* What the organisers have to say to everybody. It goes by itself; who has read it may put it away before. */
export function NoticeBar({ board }: { board: Scoreboard }) {
	const notice = useNotices(board);
	const [read, setRead] = useState('');
	const shown = notice && notice.id !== read ? notice : null;
	return (
		<div role={shown?.level === 'urgent' ? 'alert' : 'status'}>
			{shown && (
				<p className="bar notice" data-level={shown.level}>
					<span><span className="unseen">Notice: </span><bdi>{shown.text}</bdi></span>
					<button type="button" onClick={() => setRead(shown.id)}>Dismiss</button>
				</p>
			)}
		</div>
	);
}
