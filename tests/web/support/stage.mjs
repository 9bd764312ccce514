/* stage - a game as viewers meet it: real broker, publisher fed with the recording frame by frame, web server. */
import { pagesDir, recordingPath, sleep, startBroker } from './tools.mjs';
import { createTruth, readRecording } from './recording.mjs';
import { startSource } from './source.mjs';

/* `webDir`: other pages than those that ship; `httpPort`: of the publisher. */
export async function startStage(options = {}) {
	const { webDir = pagesDir } = options;
	const broker = options.broker ?? await startBroker(options);
	const frames = readRecording(options.recording ?? recordingPath());
	const truth = createTruth();
	const ticked = new Map();     // clock -> when its time was last told
	let source = await startSource({ broker, webDir, httpPort: options.httpPort, more: options.more });
	let next = 0;

	const push = (entry) => {
		truth.apply(entry);
		for (const path of Object.keys(entry.frame.state))
			if (/^ScoreBoard\.CurrentGame\.Clock\((\w+)\)\.(Time|Running)$/.test(path))
				ticked.set(/\((\w+)\)/.exec(path)[1], Date.now());
		source.push(entry);
	};
	const stage = {
		broker, truth, frames,
		get source() { return source; },
		get httpPort() { return source.httpPort; },
		get position() { return frames[next]?.t ?? Infinity; },
		/* Everything up to `t` at once. */
		seek(t) {
			while (next < frames.length && frames[next].t <= t)
				push(frames[next++]);
		},
		/* Goes on for `ms` of the game, at its own pace times `speed`. */
		async play(ms, { speed = 1, each } = {}) {
			const from = frames[next - 1]?.t ?? 0;
			const begun = Date.now();
			while (next < frames.length && frames[next].t <= from + ms) {
				await sleep(Math.max(0, (frames[next].t - from) / speed - (Date.now() - begun)));
				push(frames[next++]);
				each?.();
			}
			await sleep(Math.max(0, ms / speed - (Date.now() - begun)));
		},
		/* A frame that the recording does not have. */
		say: (state) => push({ t: 0, frame: { state } }),
		/* What a clock of the scoreboard shows now, by its own last word. */
		clockNow(name) {
			const of = (leaf) => truth.get(`Clock(${name}).${leaf}`);
			const passed = of('Running') ? Date.now() - ticked.get(name) : 0;
			return Math.max(0, of('Time') + (of('Direction') ? -passed : passed));
		},
		/* The publisher ends and starts anew: it knows nothing and learns all from the scoreboard again. */
		async restartSource(more = options.more) {
			const { httpPort } = source;
			await source.stop();
			source = await startSource({ broker, webDir, httpPort, more });
			source.push({ t: 0, frame: { state: Object.fromEntries(truth.all) } });
		},
		address: (page = '', server = broker.url, port = source.httpPort) =>
			`http://127.0.0.1:${port}/${page}?server=${encodeURIComponent(server)}`,
		async stop() {
			await source.stop();
			await broker.stop();
		},
	};
	return stage;
}
