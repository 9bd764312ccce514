/* told - what the pages go by: config.js, which a league edits, and over it what the publisher tells at config.json. The page
 * has begun to fetch that in its head, beside its scripts. A server that has none is a static one: then it is config.js alone. One that does not answer is asked again,
 * while the page goes by what it has told this tab before. */

import config from '../config.js';
import { backoffDelay } from '../client/backoff.js';
import { withTold } from './settings.js';

const SOON_MS = 3000;
const AGAIN = { base: 4000, ceiling: 60000, floor: 1000 };
const KEPT = 'scoreboard-told';

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

/* What the server tells; null: it has nothing to tell. Fails when it does not answer. */
async function ask() {
	const patience = new AbortController();
	const timer = setTimeout(() => patience.abort(), SOON_MS);
	try {
		const answer = await fetch('config.json', { signal: patience.signal });
		if (!answer.ok && answer.status !== 404)
			throw new Error(`config.json: ${answer.status}`);
		const text = answer.ok ? await answer.text() : '';
		return keep(readJson(text));
	} finally {
		clearTimeout(timer);
	}
}

function readJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/* In this tab's storage, which may be forbidden. */
function keep(told) {
	try {
		sessionStorage.setItem(KEPT, JSON.stringify(told));
	} catch {
		// it is asked for the next time
	}
	return told;
}

function kept() {
	try {
		return readJson(sessionStorage.getItem(KEPT));
	} catch {
		return null;
	}
}

/* Where it tells something else than the page has begun with, the page begins anew. */
async function askAgain(used) {
	for (let tries = 0; ; tries++) {
		await new Promise((done) => setTimeout(done, backoffDelay(tries, Math.random(), AGAIN)));
		const told = await ask().catch(() => undefined);
		if (told === undefined)
			continue;
		if (JSON.stringify(withTold(config, told, location)) !== JSON.stringify(used))
			location.reload();
		return;
	}
}

let silent = false;
const told = withTold(config, await ask().catch(() => { silent = true; return kept(); }), location);
if (silent)
	askAgain(told);
await giveWay(document.documentElement, told.tracks ?? []);
export default told;
