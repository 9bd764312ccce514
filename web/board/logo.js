/* logo - the teams' pictures, from whichever of our servers has them. Until there is one, and where there is none, a team's initials stand in its place.
 *
 * A picture is fetched as data and shown from memory, so that a page need not be allowed to show pictures of other servers. What it is, is decided by its name, which
 * publishers make of what is in it: never a document. */

import { viewUrl } from '../client/refusal.js';
import { make, render } from './dom.js';

const NAME = /^[0-9a-f]{32}\.(png|jpg|gif|webp)$/;
const TYPES = { png: 'image/png', jpg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' };
const MOST_BYTES = 524288; // as the publisher has it
const MOST_KEPT = 8;
const WITHIN_MS = 15000;
const AGAIN_MS = 30000; // when no server has it
const SPREAD_MS = 2000; // a crowd hears of a new one at the same time

/* `http`: our servers. */
export function createLogos({ http, prefix }) {
	let drawn = false; // a game, with whatever logos it had
	const known = new Map(); // name -> { url, state, at }; the newest last

	async function load(name, entry) {
		const type = TYPES[NAME.exec(name)[1]];
		for (const server of http) {
			try {
				const answer = await fetch(`${viewUrl(server.replace(/\/$/, ''), prefix, 'file')}/${name}`, { signal: AbortSignal.timeout(WITHIN_MS), redirect: 'error', credentials: 'omit' });
				const bytes = answer.ok && answer.headers.get('content-type') === type ? await answer.arrayBuffer() : null;
				if (bytes !== null && bytes.byteLength <= MOST_BYTES)
					return Object.assign(entry, { url: URL.createObjectURL(new Blob([bytes], { type })) });
			} catch {
				// the next server may have it
			}
		}
		return Object.assign(entry, { failed: performance.now() });
	}

	/* What is known of a name; asks for it, if that is to be done. */
	function get(name, done) {
		let entry = known.get(name);
		if (!NAME.test(name) || (entry && !(entry.failed + AGAIN_MS < performance.now())))
			return entry;
		const wait = drawn ? Math.random() * SPREAD_MS : 0; // who comes now comes alone
		entry = { url: null, failed: NaN };
		known.delete(name);
		known.set(name, entry);
		forgetOldest();
		setTimeout(() => load(name, entry).then(done), wait);
		return entry;
	}

	function forgetOldest() {
		for (const [name, { url }] of known) {
			if (known.size <= MOST_KEPT)
				return;
			known.delete(name);
			if (url !== null)
				URL.revokeObjectURL(url);
		}
	}

	/* Draws the logo of a team into its element: its room is there as soon as one of the teams has a logo. */
	function draw(element, team, game) {
		drawAll(element, team, game);
		drawn ||= game.known && team.number === 2;
	}

	function drawAll(element, team, game) {
		element.toggleAttribute('hidden', !game.teams.some(({ logo }) => logo.wanted));
		const { file } = team.logo;
		element.dataset.file = file;
		const again = () => element.dataset.file === file && draw(element, team, game);
		const url = get(file, again)?.url ?? null;
		render(element, { url, initials: team.initials }, () => [url === null ? initials(team) : picture(url, team)]);
	}

	const initials = (team) => make('b', { text: [...team.initials].slice(0, 4).join(''), 'data-long': [...team.initials].length > 2 });
	/* One that the browser can't show is none. */
	function picture(src, team) {
		const element = make('img', { alt: '', src });
		element.addEventListener('error', () => element.replaceWith(initials(team)));
		return element;
	}

	return { draw };
}
