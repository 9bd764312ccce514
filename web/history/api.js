/* api - asks publishers for their games (docs/history.md), and takes only what is of the prefix that was asked for. Decides nothing about when. */

import { shownPrefix, viewUrl } from '../client/refusal.js';

const ANSWER_MS = 12000; // the publisher gives up after 5 s

/* Why there is no answer. `kind`: 'absent' (there is no such game, or no history), 'busy', 'unreachable', 'broken', 'foreign' (another scoreboard's,
 * named by `prefix`), 'nameless'. */
export class NoAnswer extends Error {
	name = 'NoAnswer';

	constructor(kind, { prefix = '', cause } = {}) {
		super(kind, { cause });
		this.kind = kind;
		this.prefix = prefix;
	}

	/* Will it help to ask again? */
	get passes() { return PASSES.has(this.kind); }
}

const PASSES = new Set(['busy', 'unreachable', 'broken']);
const WEIGHT = ['busy', 'foreign', 'nameless', 'absent', 'broken', 'unreachable']; // of several servers' answers the first is told

/* `http`: the publishers, of whom the one that has answered last is asked first. `get`: as fetch(). */
export function createHistory({ http, prefix, get = (...args) => fetch(...args) }) {
	let servers = http.map((url) => url.replace(/\/$/, ''));

	const ask = async (path, options) => {
		const failures = [];
		for (const server of servers) {
			try {
				const answer = await askOne(get, { url: urlOf(server, prefix, path), prefix, ...options });
				servers = [server, ...servers.filter((other) => other !== server)];
				return answer;
			} catch (error) {
				if (!(error instanceof NoAnswer))
					throw error;
				failures.push(error);
			}
		}
		throw failures.sort((a, b) => WEIGHT.indexOf(a.kind) - WEIGHT.indexOf(b.kind))[0] ?? new NoAnswer('unreachable');
	};
	const askJson = async (path) => read(await ask(path, { signal: within(ANSWER_MS) }));
	return {
		games: (before) => askJson(['games.json', before === undefined ? {} : { before }]),
		game: (id) => askJson([`games/${id}.json`, {}]),
		at: (id, t) => askJson([`games/${id}/at.json`, t === undefined ? {} : { t }]),
		/* The log behind the event `after`: an answer whose body is to be read as it comes. */
		log: (id, after, signal) => ask([`games/${id}/deltas.ndjson`, { after }], { signal }),
		csvUrl: (id) => urlOf(servers[0], prefix, [`games/${id}.csv`, {}]),
	};
}

function urlOf(server, prefix, [path, query]) {
	const names = path.split('/');
	const last = names.pop();
	const url = viewUrl(server, [prefix, ...names].join('/'), last);
	const search = new URLSearchParams(query).toString();
	return search ? `${url}?${search}` : url;
}

/* Throws a NoAnswer, or what it was aborted with. */
async function askOne(get, { url, prefix, signal }) {
	const answer = await get(url, { signal }).catch((cause) => {
		if (cause.name === 'AbortError')
			throw cause;
		throw new NoAnswer('unreachable', { cause });
	});
	const kind = kindOf(answer, prefix);
	if (kind === null)
		return answer;
	answer.body?.cancel().catch(() => {});
	throw new NoAnswer(kind, { prefix: shownPrefix(answer) ?? '' });
}

/* Why it may not be taken; null: it may. A proxy's own refusal names no prefix. */
function kindOf(answer, prefix) {
	const shown = shownPrefix(answer);
	if (shown !== null && shown !== prefix)
		return 'foreign';
	if (answer.status === 404)
		return 'absent';
	if (answer.status === 503 || answer.status === 429)
		return 'busy';
	if (!answer.ok)
		return 'broken';
	return shown === null ? 'nameless' : null;
}

const read = (answer) => answer.json().catch((cause) => { throw new NoAnswer(cause.name === 'TimeoutError' ? 'unreachable' : 'broken', { cause }); });

const within = (ms) => AbortSignal.timeout?.(ms);
