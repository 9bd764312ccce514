/* awake - keeps the screen on while there is a game to watch and the page is seen, if the viewer has pressed the button for that. Browsers have this on https pages and on
 * localhost only: elsewhere there is no button. A browser that denies it (a battery that is low) is not argued with. */

const STORE = 'scoreboard-awake';

/* Whether the viewer wants it outlasts the visit, where that may be kept. */
function remembered(value) {
	try {
		if (value !== undefined)
			localStorage.setItem(STORE, value ? '1' : '');
		return localStorage.getItem(STORE) === '1';
	} catch {
		return value ?? false;
	}
}

/* Returns watch(on): is there a game to watch now? */
export function startAwake(button, { wakeLock = navigator.wakeLock } = {}) {
	if (!wakeLock)
		return () => {};
	let wanted = remembered();
	let on = false;
	let lock = null; // the browser's, or the promise of it
	const due = () => wanted && on && document.visibilityState === 'visible';

	const settle = async () => {
		button.setAttribute('aria-pressed', wanted);
		if (due() && !lock) {
			const mine = lock = wakeLock.request('screen');
			const given = await mine.catch(() => null);
			given?.addEventListener('release', () => { lock = lock === mine ? null : lock; });
			if (!given)
				lock = null; // asked for again when the page is shown again, or the game goes on after a break
			else if (!due())
				settle();
		} else if (!due() && lock) {
			const given = await lock.catch(() => null);
			if (!due())
				given?.release();
		}
	};
	button.addEventListener('click', () => {
		wanted = remembered(!wanted);
		settle();
	});
	document.addEventListener('visibilitychange', settle);
	button.hidden = false;
	settle();
	return (is) => {
		if (is === on)
			return;
		on = is;
		settle();
	};
}
