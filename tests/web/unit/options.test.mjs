/* What connect() takes, and what it refuses: at once, and by name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KEYS } from '../../../web/client/derby.js';
import { connect } from '../../../web/client/index.js';

const WRONG = [
	['no options at all', undefined, /"servers" or "http"/],
	['no address', { prefix: 'track2' }, /"servers" or "http"/],
	['empty lists', { servers: [], http: [] }, /"servers" or "http"/],
	['an address that is not in a list', { servers: 'ws://a/' }, /"servers" must be a list/],
	['a typo', { servers: ['ws://a/'], prefx: 'track2' }, /"prefx"/],
	['a typo beside another', { server: ['ws://a/'] }, /"server"/],
	['an encoding that is none', { servers: ['ws://a/'], encoding: 'xml' }, /"encoding" must be "packed" or "json"/],
	['a typo in credentials', { servers: ['ws://a/'], credentials: { user: 'x' } }, /"credentials.user"/],
	['a typo in timings', { servers: ['ws://a/'], link: { dialMS: 1 } }, /"link.dialMS"/],
	['a typo in a session', { servers: ['ws://a/'], session: { clientID: 'x', expiryS: 1 } }, /"session.clientID"/],
	['a session without a client id', { servers: ['ws://a/'], session: { expiryS: 1 } }, /"session" needs a "clientId"/],
	['a session without an end', { servers: ['ws://a/'], session: { clientId: 'x', expiryS: Infinity } }, /whole seconds/],
	['roles that are no list', { servers: ['ws://a/'], inbox: { roles: 'app' } }, /"inbox.roles"/],
	['a typo in the inbox', { servers: ['ws://a/'], inbox: { role: ['app'] } }, /"inbox.role"/],
	['views that are no list', { servers: ['ws://a/'], views: 'overlay' }, /"views" must be a list/],
	['views that are names', { servers: ['ws://a/'], views: ['overlay'] }, /"views" must be a list/],
	['a typo in a view', { servers: ['ws://a/'], views: [{ veiw: 'x' }] }, /"views.veiw"/],
	['no view and no broker', { http: ['http://a/'], view: null }, /must be an address in "servers"/],
	['a typo deep down', { servers: ['ws://a/'], link: { backoff: { basis: 1 } } }, /"link.backoff.basis"/],
];
for (const [claim, options, message] of WRONG)
	test(`connect_refuses: ${claim}`, () => {
		assert.throws(() => connect(options).close(), { name: 'TypeError', message });
	});

test('connect_takes_what_it_knows', () => {
	const nothing = () => new Promise(() => {});
	connect({ servers: ['ws://127.0.0.1:1/'], http: [], prefix: 'p', view: 'v', credentials: { username: 'u', password: 'p' }, hiddenMs: Infinity,
		mqtt: nothing, encoding: 'json', fflate: nothing, openSocket: () => ({ addEventListener() {}, close() {} }), link: { dialMs: 5, backoff: { base: 1 } } }).close();
	connect({ servers: ['ws://127.0.0.1:1/'], mqtt: nothing, openSocket: undefined }).close();
	connect({ servers: ['ws://127.0.0.1:1/'], mqtt: nothing, view: null, views: [{ view: 'overlay' }, { prefix: 'track2' }], credentials: nothing, user: 'ann',
		session: { clientId: 'ann-phone', expiryS: 3600 }, inbox: { roles: ['app'] }, link: { measureMs: 1, leaveMs: 1 } }).close();
});

/* --- the same for TypeScript --- */
const tests = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(tests, 'node_modules/typescript/bin/tsc');
const FLAGS = ['--noEmit', '--strict', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'];

/* Each line as a file of its own: those that do not compile. */
function notCompiling(lines) {
	const folder = mkdtempSync(join(tests, 'types-'));
	const head = "import { connect } from '../../../web/client/index.js'; import type { Options } from '../../../web/client/index.js';\n";
	lines.forEach((line, i) => writeFileSync(join(folder, `${i}.mts`), `${head}${line}\nexport type Unused = Options;\n`));
	const { stdout } = spawnSync(process.execPath, [tsc, ...FLAGS, ...lines.map((_, i) => join(folder, `${i}.mts`))], { encoding: 'utf8' });
	rmSync(folder, { recursive: true });
	return lines.filter((_, i) => stdout.includes(`/${i}.mts(`) || stdout.startsWith(`${i}.mts(`));
}

/* Each key of derby.js with its type. */
const TYPED = "import type { FeedClock } from '../../../web/client/index.js'; import { valueOf } from '../../../web/client/derby.js'; const state = new Map<string, unknown>();\n" +
	[...KEYS].map(([shape, type]) => [shape.replace('team/*', 'team/1').replace('penalty/*', 'penalty/1').replaceAll('*', 'jam').replace('position/jam', 'position/pivot'), type])
		.map(([key, type], i) => `const v${i}: ${type === 'clock' ? 'FeedClock' : type} | undefined = valueOf(state, '${key}'); void v${i};`).join('\n');

const GOOD = [
	TYPED,
	"connect({ servers: ['ws://a/'] });", "connect({ http: ['http://a/'], link: { dialMs: 3 } }).clockAt('x');",
	"const kept = { servers: ['ws://a/'], prefix: 'track2' }; connect(kept);", "connect({ servers: ['ws://a/'], encoding: 'json' });", "const typed: Options = { http: ['http://a/'] }; connect(typed);",
	"connect({ servers: ['ws://a/'], credentials: async ({ refused, expired }) => ({ username: 'ann', password: refused || expired ? 'new' : 'old' }) });",
	"connect({ servers: ['ws://a/'], view: null, views: [{ view: 'x' }], session: { clientId: 'a', expiryS: 1 }, user: 'ann', inbox: { roles: ['app'] } });",
	`const room = await connect({ servers: ['ws://a/'] }).join('x'); const off = room.on('message', ({ from, data, room: name }) => console.log(from.length, data, name.length));
	 const answer = await room.send('cheer', { n: 1 }, { priority: 'low' }); off();
	 if (answer.state === 'queued') { const fate = await answer.done; if (fate.state === 'sent') console.log(fate.heard); else console.log(fate.code); }
	 if (answer.state === 'refused') console.log(answer.reason.length);
	 room.on('closed', (why) => console.log('refused' in why ? why.code : why.by)); console.log(room.stats.joinedAt, room.presence?.names.length);`,
	`const board = connect({ servers: ['ws://a/'] }); const off = board.subscribe('a/#', (text, topic, { retained }) => console.log(text.length, topic, retained), { qos: 1 });
	 await off.granted; off(); board.inbox.on('message', ({ to }) => console.log('user' in to ? to.user : to.role)); console.log(board.outbox.stats?.sent);
	 const { problem, endpoints, rttMs } = board.connection; console.log(problem === 'token', endpoints[0].state === 'used', rttMs); board.feed({ view: 'x' }).clock('jam');`,
	`import { useClock, useInbox, useNotices, useOnline, useOutbox, usePresence, useRoom, useScoreboard, useTournament } from '../../../web/client/react.js';
	 export function App() {
		const board = useScoreboard({ servers: ['ws://a/'] }); const { status, messages, send, refusal, state } = useRoom(board, 'match:42', { last: 5 });
		const { matches, scores, activity, broadcast, participants } = useTournament(board, 7); const clock = useClock(board, matches[0]?.clock ?? 'jam');
		if (status === 'refused') console.log(refusal?.code, messages[0]?.from.length, state.get('x'));
		for (const event of activity) if (event.kind === 'points') console.log(event.side.length); else if (event.kind === 'said') console.log(event.from.length);
		void send('cheer', 1).then((answer) => console.log(answer.state)); void broadcast('hello');
		return [clock?.time, scores['1']?.home, participants.length, useInbox(board)[0]?.type, useNotices(board)?.text, useOnline(board) ? 1 : 0, usePresence(board)?.count,
			useOutbox(board)?.priorities.critical.oldest];
	 }`,
	`import { KEYS, readGame, shownClocks, teamOf, valueOf } from '../../../web/client/derby.js'; import type { DerbyKey, Game, PhaseName } from '../../../web/client/derby.js';
	 const board = connect({ servers: ['ws://a/'] }); const game: Game = readGame(board.state, { use: 'overlay' }); const name: PhaseName = game.phase.name;
	 const key: DerbyKey = 'team/1/skater/some-id/roster-number'; console.log(name, KEYS.get('team/*/score') === 'number', valueOf(board.state, key)?.length);
	 const score: number | undefined = valueOf(board.state, 'team/2/score'); const jam: boolean | undefined = valueOf(board.state, 'in-jam');
	 const { phase, period } = shownClocks(game, board.clock); console.log(score, jam, phase?.time, period?.running, teamOf(game, 2).jammer.box, valueOf(board.state, 'clock/jam')?.at);`,
	`import { createOutbox } from '../../../web/client/outbox.js';
	 const outbox = await createOutbox({ publish: connect({ servers: ['ws://a/'] }).publish, receiveMaximum: () => 20 });
	 const kept = await outbox.send('t', 'x', { retain: true, expiryS: 5, priority: 'critical' });
	 if (kept.ok) { const fate = await kept.done; console.log(kept.stored, fate.ok ? fate.code : fate.reason); } else console.log(kept.reason);
	 console.log(outbox.sends, outbox.stats.priorities.low.waiting); await outbox.close();`,
];
const BAD = [
	"import { valueOf } from '../../../web/client/derby.js'; valueOf(new Map(), 'team/3/score');", "import { valueOf } from '../../../web/client/derby.js'; valueOf(new Map(), 'injam');",
	"import { valueOf } from '../../../web/client/derby.js'; const score: string | undefined = valueOf(new Map(), 'team/1/score'); console.log(score);",
	"import { readGame } from '../../../web/client/derby.js'; console.log(readGame(new Map()).phase.name === 'half-time');",
	"import { useClock } from '../../../web/client/react.js'; export const App = () => useClock(null, 'jams');",
	"import { useRoom } from '../../../web/client/react.js'; export const App = () => useRoom(null, 'x').status === 'left';",
	"import { createOutbox } from '../../../web/client/outbox.js'; void createOutbox({ publish: async () => 0, maxAge: 5 });",
	'connect();', 'connect({});', "connect({ prefix: 'x' });", "connect({ server: ['ws://a/'] });", "connect({ servers: ['ws://a/'], prefx: 'x' });",
	"connect({ servers: ['ws://a/'], encoding: 'xml' });", "connect({ servers: ['ws://a/'], session: { clientId: 'a' } });",
	"connect({ servers: ['ws://a/'], credentials: async () => ({ username: 'ann' }) });", "(await connect({ servers: ['ws://a/'] }).join('x')).send('cheer', 1, { priority: 'urgent' });",
	"(await connect({ servers: ['ws://a/'] }).join('x')).on('mesage', () => {});", "const a = await connect({ servers: ['ws://a/'] }).sendTo('ann', 'x'); if (a.state === 'sent') console.log(a.done);",
	"connect({ servers: ['ws://a/'] }).setNotice({ text: 'x', level: 'loud' });",  "const kept = { servers: ['ws://a/'], prefx: 'x' }; connect(kept);", "connect({ servers: ['ws://a/'], link: { dialMS: 1 } });",
];
test('a_typo_in_a_key_does_not_compile', (t) => {
	if (!existsSync(tsc))
		return t.skip("run 'npm ci' in tests/web");
	assert.deepEqual(notCompiling([...GOOD, ...BAD]), BAD);
});
