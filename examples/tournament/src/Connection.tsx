import type { Scoreboard } from 'scoreboard-client';
import { PRIORITIES } from 'scoreboard-client/outbox';
import { useConnection, useMetrics, useOutbox } from 'scoreboard-client/react';

const PROBLEMS = {
	network: 'No network: these are the last known scores.',
	refused: 'The broker does not let us in.',
	token: 'The broker did not take our login; a new one is asked for.',
} as const;

/* What to admit: that scores are old, and that what was written waits. */
export function OfflineBar({ board }: { board: Scoreboard }) {
	const connection = useConnection(board);
	const waiting = useOutbox(board)?.size ?? 0;
	const cut = connection !== null && !connection.live && (connection.everLive || connection.problem !== null);
	return (
		<div role="status">
			{cut && (
				<p className="bar offline">
					{PROBLEMS[connection.problem ?? 'network']}
					{waiting > 0 && ` ${waiting} of your messages wait, and will be sent.`}
				</p>
			)}
		</div>
	);
}

/* For those who want to know: the connection, the queue of what is to be sent, and the rooms. */
export function ConnectionPanel({ board }: { board: Scoreboard }) {
	const connection = useConnection(board);
	const outbox = useOutbox(board);
	const metrics = useMetrics(board);
	return (
		<details className="card" id="connection">
			<summary>Connection and queue</summary>
			<dl>
				<dt>Connection</dt><dd>{connection?.phase}</dd>
				<dt>Broker</dt><dd>{connection?.endpoint ?? 'none'}</dd>
				<dt>Round trip</dt><dd>{connection?.rttMs != null ? `${Math.round(connection.rttMs)} ms` : 'not measured yet'}</dd>
				<dt>Came back</dt><dd>{metrics?.reconnects ?? 0} times</dd>
				<dt>Received</dt><dd>{metrics?.messages ?? 0} messages, {metrics?.bytes ?? 0} bytes of scores</dd>
			</dl>
			{outbox && <div className="wide">
				<table>
					<caption>What waits to be sent</caption>
					<thead><tr><th scope="col">Priority</th><th scope="col">Waiting</th><th scope="col">Oldest</th><th scope="col">Sent</th></tr></thead>
					<tbody>
						{PRIORITIES.map((priority) => {
							const { waiting, processing, oldest, sent } = outbox.priorities[priority];
							return <tr key={priority}><th scope="row">{priority}</th><td>{waiting + processing}</td><td>{oldest === null ? '' : `${Math.round(oldest / 1000)} s`}</td><td>{sent}</td></tr>;
						})}
					</tbody>
				</table>
			</div>}
		</details>
	);
}
