/* view - the scoreboard's own state as a view of the feed has it, by the naming that schema/README.md describes, written a second time. */

const ROOTS = [/^ScoreBoard\.CurrentGame\./, /^ScoreBoard\.Settings\.(?=Setting\(ScoreBoard\.(Intermission\.|View_SwapTeams))/];
const HISTORY = /^ScoreBoard\.CurrentGame\.(Period|Jam)\(/; // no view has it
const WORDS = /^(Period|Jam|Lineup|Timeout|Intermission|Jammer|Pivot|Blocker[123])$/;
const CLOCK = /^((?:Team\([12]\)\.BoxTrip\([^)]*\)\.)?Clock(?:\([^)]*\))?)\.(Time|Running|Direction)$/;

const kebab = (name) => name.replace(/[A-Z]/g, (letter, at) => (at > 0 ? '-' : '') + letter.toLowerCase());
const named = (id) => (WORDS.test(id) ? id.toLowerCase() : id);
const keyOf = (path) => [...path.matchAll(/([^.()]+)(?:\(([^)]*)\))?(?:\.|$)/g)]
	.flatMap(([, name, id]) => (id === undefined ? [kebab(name)] : [kebab(name), named(id)])).join('/');

/* `all`: path -> value, as the scoreboard says; `told(path)`: when it said that last, by its own time in ms; `now`: its time now; `wall`: what clock the feed has then. */
export function viewOf(all, { told, now, wall }) {
	const state = new Map();
	for (const [path, value] of all) {
		const root = HISTORY.test(path) ? null : ROOTS.find((pattern) => pattern.test(path));
		const rest = root && path.replace(root, '');
		const clock = root && CLOCK.exec(rest);
		if (clock?.[2] === 'Time')
			state.set(keyOf(clock[1]), clockOf(all, path, value, { at: wall - (now - told(path)) }));
		else if (root && !clock)
			state.set(keyOf(rest), value);
	}
	return state;
}

function clockOf(all, path, time, { at }) {
	const of = (leaf) => all.get(path.replace(/Time$/, leaf));
	return { time, running: of('Running') === true, direction: of('Direction') ? 'down' : 'up', at };
}
