/* source - the real publisher, fed through its standard input: the test decides when the scoreboard says what. */
import { join } from 'node:path';
import { freePort, portOpen, publisherPath, run, source as tree, stop, until } from './tools.mjs';

/* `from`: its source, in place of its standard input; `more`: further arguments of the publisher. */
export async function startSource({ broker, webDir, httpPort, prefix = 'scoreboard', from = '-', more = [] }) {
	const port = httpPort ?? await freePort();
	const child = run(publisherPath(), [
		'--source', from, '--broker', `mqtt://127.0.0.1:${broker.port}`, '--prefix', prefix,
		'--schema', join(tree, 'schema/crg.json'), '--state-file', 'none',
		...(broker.user ? ['--user', broker.user] : []),
		'--http', `127.0.0.1:${port}`, '--web-dir', webDir, '--retry-first-ms', '200', '--retry-max-ms', '1000', ...more,
	], { env: { ...process.env, SCOREBOARD_PASSWORD: broker.password ?? '' } });
	await until(() => portOpen(port), `the publisher's port: ${child.said}`);
	return {
		httpPort: port,
		push: ({ frame }) => child.stdin.write(`${JSON.stringify(frame)}\n`),
		said: () => child.said,
		stop: () => stop(child),
		kill: () => stop(child, 'SIGKILL'),
	};
}
