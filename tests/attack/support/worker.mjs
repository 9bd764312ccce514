/* worker - what an attacker runs: one load in a process of its own, behind all others in the queue for the processor, so that it
 * takes the broker's time and not the test's. Told by the parent: { load, options }, later 'stop'; answers 'ready', then its report. */
import { setPriority } from 'node:os';
import { sleep } from './wire.mjs';

let stopped = false;
setPriority(5);
process.on('uncaughtException', (error) => { process.send({ failed: String(error.stack) }, () => process.exit(1)); });
process.on('message', async (message) => {
	if (message === 'stop') {
		stopped = true;
		return;
	}
	const { default: run } = await import(`../loads/${message.load}.mjs`);
	const report = await run(message.options, {
		get stopped() { return stopped; },
		ready: (what = true) => process.send({ ready: what }),
		rest: async () => { while (!stopped) await sleep(50); },
	});
	process.send({ report }, () => process.exit(0));
});
process.on('disconnect', () => process.exit(1));
