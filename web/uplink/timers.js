/* timers - time for a page that is hidden for hours: by a worker (beat.js), or by the page's own timers where there is none. */

export function startBeat(tick) {
	let last = 0;
	const beat = () => { last = performance.now(); tick(); };
	const helpSelf = () => setInterval(() => performance.now() - last > 900 && beat(), 1000);
	try {
		const worker = new Worker('uplink/beat.js');
		worker.onmessage = beat;
	} catch {
		// without workers the page's own timers are all there is
	}
	helpSelf();
}

/* What MQTT.js wants in place of setInterval and clearInterval; run() is to be called often. */
export function createTimers() {
	const all = new Map();
	let next = 1;
	return {
		set(act, ms) {
			all.set(next, { act, ms, at: performance.now() + ms });
			return next++;
		},
		clear: (id) => all.delete(id),
		run() {
			const now = performance.now();
			for (const timer of [...all.values()].filter(({ at }) => now >= at)) {
				timer.at = now + timer.ms;
				timer.act();
			}
		},
	};
}
