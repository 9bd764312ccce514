import type { Tournament } from 'scoreboard-client/react';
import { newsOf } from './matches';
import { timeOf } from './messages';

/* What has happened since this page was opened: on the courts, and who came and went. Newest first. */
export function Activity({ cup }: { cup: Tournament }) {
	const entries = cup.activity.map((one, i) => ({ key: `${one.at} ${i}`, at: one.at, text: newsOf(one, cup.matches) })).filter(({ text }) => text !== null);
	return (
		<section className="card" aria-labelledby="activity">
			<h2 id="activity">Activity</h2>
			<div className="log" role="log" aria-labelledby="activity" tabIndex={0}>
				<ol>{entries.reverse().map(({ key, at, text }) => <li key={key}><time>{timeOf(at)}</time><bdi>{text}</bdi></li>)}</ol>
			</div>
			{entries.length === 0 && <p className="soft">Nothing yet.</p>}
		</section>
	);
}
