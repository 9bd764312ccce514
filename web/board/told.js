/* told - what the pages go by: config.js, which a league edits, and over it what the publisher tells at config.json. The page
 * has begun to fetch that in its head, beside its scripts. A server that has none, or does not answer soon, is a static one: then it is config.js alone. */

import config from '../config.js';
import { withTold } from './settings.js';

const SOON_MS = 3000;

/* Where there are several tracks, the page at / is the start page, unless the address asks for one of them. The page that gives way to it says so by
 * data-start, is not shown until that is decided, and begins nothing when it goes. */
const OF_A_BOARD = ['prefix', 'view', 'game', 'layout'];

async function giveWay(root, tracks) {
	const query = new URLSearchParams(location.search);
	const { start } = root.dataset;
	if (start && tracks.length > 1 && !OF_A_BOARD.some((name) => query.has(name))) {
		location.replace(`${start}${location.search}`);
		await new Promise(() => {});
	}
	delete root.dataset.start;
}

async function fetchTold() {
	const answer = await fetch('config.json', { signal: AbortSignal.timeout?.(SOON_MS) });
	return answer.ok ? answer.json() : null;
}

const told = withTold(config, await fetchTold().catch(() => null), location);
await giveWay(document.documentElement, told.tracks ?? []);
export default told;
