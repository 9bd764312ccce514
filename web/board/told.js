/* told - what the pages go by: config.js, which a league edits, and over it what the publisher tells at config.json. The page
 * has begun to fetch that in its head, beside its scripts. A server that has none, or does not answer soon, is a static one: then it is config.js alone. */

import config from '../config.js';
import { withTold } from './settings.js';

const SOON_MS = 3000;

async function fetchTold() {
	const answer = await fetch('config.json', { signal: AbortSignal.timeout?.(SOON_MS) });
	return answer.ok ? answer.json() : null;
}

export default withTold(config, await fetchTold().catch(() => null), location);
