/* react-sources - what the hooks show, as React's useSyncExternalStore wants it: one source per board and subject, shared by all components, with a snapshot
 * that stays the same until something has changed. It opens with its first subscriber and closes after the last. What happens
 * within a frame is told once: a hundred messages are one drawing. Knows no React. */

const FRAME_MS = 16;
const LEAVE_MS = 100;       // who comes back at once (strict mode, another page with the same room) finds all as it was
const sources = new WeakMap(); // board -> name -> source

/* open(touch) -> { read() -> snapshot, close() }; touch() says that read() gives something else by now. */
export function sourceOf(board, name, empty, open) {
	if (board === null)
		return nothing(empty);
	const mine = sources.get(board) ?? new Map();
	sources.set(board, mine);
	if (!mine.has(name))
		mine.set(name, createSource(empty, open, () => mine.delete(name)));
	return mine.get(name);
}

const nothings = new Map();      // by what they show: a few constants
function nothing(empty) {
	if (!nothings.has(empty))
		nothings.set(empty, { subscribe: () => () => {}, get: () => empty });
	return nothings.get(empty);
}

function createSource(empty, open, forget) {
	const listeners = new Set();
	let snapshot = empty;
	let opened = null;
	let telling = null;
	let leaving = null;

	const tell = () => {
		telling = null;
		const next = opened.read();
		if (Object.is(next, snapshot))
			return;
		snapshot = next;
		[...listeners].forEach((told) => told());
	};
	const touch = () => {
		if (opened)
			telling ??= setTimeout(tell, FRAME_MS);
	};
	const close = () => {
		clearTimeout(telling);
		telling = null;
		const { close: end } = opened;
		opened = null;
		forget();
		end();
	};
	return {
		get: () => snapshot,
		subscribe(told) {
			clearTimeout(leaving);
			listeners.add(told);
			if (!opened) {
				opened = open(touch);
				snapshot = opened.read();
			}
			return () => {
				listeners.delete(told);
				if (listeners.size === 0)
					leaving = setTimeout(close, LEAVE_MS);
			};
		},
	};
}

/* The same object as before when it says the same: what did not change is not drawn again. */
export function keepSame() {
	let last;
	let text;
	return (value) => {
		const now = JSON.stringify(value);
		if (now !== text)
			last = value;
		text = now;
		return last;
	};
}

/* The last `most` of what was added, as an array that is another one only when something was. */
export function createLast(most) {
	let items = [];
	let shown = items;
	return {
		add(item) {
			items.push(item);
			if (items.length > 2 * most)
				items = items.slice(-most);
			shown = null;
		},
		get: () => { shown ??= items.slice(-most); return shown; },
	};
}

/* --- rooms --- */

export const NO_ROOM = Object.freeze({
	room: null, status: 'joining', refusal: null, closed: null, messages: Object.freeze([]), members: Object.freeze([]), state: new Map(), presence: null, stats: null,
	send: async () => ({ state: 'refused', reason: 'not connected', code: null }),
	setState: async () => ({ state: 'refused', reason: 'not connected', code: null }),
	rejoin: () => {},
});

export const openRoom = (board, name, last) => (touch, heard = () => {}) => {
	const messages = createLast(last);
	const members = keepSame();
	let here = { room: null, status: 'joining', refusal: null, closed: null };
	let state = NO_ROOM.state;
	let ended = false;
	let joining = null;

	const is = (now) => {
		here = { ...here, ...now };
		touch();
	};
	const joined = (room) => {
		if (ended) {
			room.leave();
			return null;
		}
		state = new Map(room.state);
		room.on('message', (message) => { messages.add(message); heard(message); touch(); });
		room.on('presence', touch);
		room.on('state', () => { state = new Map(room.state); touch(); });
		room.on('closed', (why) => is({ status: 'closed', closed: why }));
		is({ room, status: 'joined' });
		return room;
	};
	const refused = ({ code = null, reason, message }) => {
		if (!ended)
			is({ status: 'refused', refusal: { code, reason: reason ?? message } });
		return null;
	};
	const join = () => { joining = board.join(name).then(joined).catch(refused); };
	/* What is said while we are still joining goes when we have. */
	const say = async (act) => {
		const room = here.room ?? await joining;
		return room ? answered(await act(room)) : { state: 'refused', reason: here.refusal?.reason ?? 'left', code: here.refusal?.code ?? null };
	};
	const answered = (answer) => {
		answer.done?.then(touch);
		touch();
		return answer;
	};
	/* Without a connection joining may take for ever, and the page be gone before: then the outbox has it at once. */
	const send = async (type, data, options) => (here.status === 'joining' && !board.connection.live
		? answered(await board.sendToRoom(name, type, data, options))
		: say((room) => room.send(type, data, options)));
	const acts = {
		send,
		setState: (key, value, options) => say((room) => room.setState(key, value, options)),
		/* Once more, after it was refused or closed. */
		rejoin: () => {
			if (here.status === 'joining' || here.status === 'joined')
				return;
			here.room?.leave();
			is({ room: null, status: 'joining', refusal: null, closed: null });
			join();
		},
	};
	join();
	return {
		read: () => ({
			...here, ...acts, state, messages: messages.get(), presence: here.room?.presence ?? null,
			members: members(here.room?.presence?.names ?? NO_ROOM.members), stats: here.room ? { ...here.room.stats } : null,
		}),
		close: () => {
			ended = true;
			here.room?.leave();
		},
	};
};

/* Who is in the room, or what a topic of presence tells: a number, or { count, names }. */
export const openPresence = (board, name) => (name.includes('/') ? openTopic(board, name, readPresence) : openRoomPresence(board, name));

const openRoomPresence = (board, name) => (touch) => {
	const same = keepSame();
	const { read, close } = openRoom(board, name, 0)(touch);
	return { read: () => same(read().presence), close };
};

function readPresence(text) {
	const value = readJson(text);
	if (Number.isFinite(value))
		return { count: value, names: [], since: null, last: null };
	const { count, names = [], since = null, last = null } = value ?? {};
	return Number.isFinite(count) && Array.isArray(names) ? { count, names, since, last } : null;
}

function readJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

const openTopic = (board, topic, parse) => (touch) => {
	const same = keepSame();
	let value = null;
	const off = board.subscribe(topic, (text) => {
		value = parse(text);
		touch();
	});
	return { read: () => same(value), close: off };
};

/* --- the rest of a board --- */

export const openInbox = (board, last) => (touch) => {
	const messages = createLast(last);
	const off = board.inbox.on('message', (message) => { messages.add(message); touch(); });
	return { read: messages.get, close: off };
};

export const openEvent = (board, event, read) => (touch) => ({ read, close: board.on(event, touch) });

/* For what changes all the time and tells nobody: looked at every so often. */
export const openPolled = (look, everyMs) => (touch) => {
	const same = keepSame();
	const timer = setInterval(touch, everyMs);
	return { read: () => same(look()), close: () => clearInterval(timer) };
};

/* --- a tournament (schema/tournament.json) --- */

export const NO_TOURNAMENT = Object.freeze({
	name: '', matches: Object.freeze([]), scores: Object.freeze({}), room: null, status: 'joining', refusal: null, participants: NO_ROOM.members, presence: null,
	messages: NO_ROOM.messages, activity: Object.freeze([]), broadcast: NO_ROOM.send,
});

/* The matches of the board, and the room `tournament:<id>`, whose members are the participants. */
export const openTournament = (board, id, last) => (touch) => {
	const activity = createLast(last);
	const act = (entry) => { activity.add({ at: Date.now(), ...entry }); touch(); };
	const room = openRoom(board, `tournament:${id}`, last)(touch, (message) => act({ kind: 'said', ...message }));
	const matches = readTournament();
	const people = whoComes(act);
	let known = board.state.size > 0;      // the first change is all that was before us
	const off = board.on('change', ({ set, del }) => {
		if (known)
			set.forEach((value, key) => happened(key, value, act));
		known = true;
		if ([...set.keys(), ...del].some((key) => SHOWN.test(key)))
			touch();
	});
	return {
		read: () => {
			const { room: joined, status, refusal, members, presence, messages, send } = room.read();
			people(presence);
			const broadcast = send;
			return { ...matches(board.state), room: joined, status, refusal, participants: members, presence, messages, activity: activity.get(), broadcast };
		},
		close: () => {
			off();
			room.close();
		},
	};
};

const HAPPENINGS = [
	[/^points\/([^/]+)\/([^/]+)$/, (value, match, side) => ({ kind: 'points', match, side, points: value })],
	[/^match\/([^/]+)\/phase$/, (value, match) => ({ kind: 'phase', match, phase: value })],
	[/^match\/([^/]+)\/winner$/, (value, match) => ({ kind: 'winner', match, winner: value })],
];

function happened(key, value, act) {
	for (const [shape, say] of HAPPENINGS) {
		const found = shape.exec(key);
		if (found)
			act(say(value, ...found.slice(1)));
	}
}

/* Who came and who went since the last time; nobody came who was there before us. */
function whoComes(act) {
	let before = null;
	return (presence) => {
		const now = new Set(presence?.names ?? before ?? []);
		if (before !== null) {
			[...now].filter((name) => !before.has(name)).forEach((name) => act({ kind: 'came', name }));
			[...before].filter((name) => !now.has(name)).forEach((name) => act({ kind: 'went', name }));
		}
		before = presence ? now : before;
	};
}

/* The feed tells of a running timer every second: useClock() follows that, nobody else has to be drawn again for it. */
const SHOWN = /^(tournament\/name|team\/[^/]+\/name|points\/|match\/(?![^/]+\/timer$))/;

export function readTournament() {
	const kept = new Map();        // match -> keepSame()
	const same = { matches: keepSame(), scores: keepSame(), all: keepSame() };
	const keepMatch = (match) => {
		if (!kept.has(match.id))
			kept.set(match.id, keepSame());
		return kept.get(match.id)(match);
	};
	return (state) => {
		const matches = matchesOf(state).map(keepMatch);
		const scores = same.scores(Object.fromEntries(matches.map(({ id, sides }) => [id, Object.fromEntries(sides.map(({ side, points }) => [side, points]))])));
		return same.all({ name: state.get('tournament/name') ?? '', matches: same.matches(matches), scores });
	};
}

function matchesOf(state) {
	const matches = new Map();
	const match = (id) => {
		if (!matches.has(id))
			matches.set(id, { id, stage: null, court: null, phase: null, winner: null, clock: `match/${id}/timer`, sides: new Map() });
		return matches.get(id);
	};
	const side = (id, name) => {
		const { sides } = match(id);
		if (!sides.has(name))
			sides.set(name, { side: name, team: null, name: null, points: 0, fouls: 0 });
		return sides.get(name);
	};
	for (const [key, value] of state) {
		const [first, id, ...rest] = key.split('/');
		if (first === 'points' && rest.length === 1)
			side(id, rest[0]).points = value;
		else if (first === 'match' && rest[0] === 'side' && rest.length === 3)
			readSide(side(id, rest[1]), rest[2], value, state);
		else if (first === 'match' && rest.length === 1)
			readMatch(match(id), rest[0], value);
	}
	return [...matches.values()].map((one) => ({ ...one, sides: [...one.sides.values()].sort((a, b) => bySide(a.side, b.side)) }))
		.sort((a, b) => byName(a.id, b.id));
}

const byName = new Intl.Collator('en', { numeric: true }).compare;
const FIRST = ['away', 'home'];
const bySide = (a, b) => FIRST.indexOf(b) - FIRST.indexOf(a) || byName(a, b);

function readMatch(match, what, value) {
	if (['stage', 'court', 'phase', 'winner'].includes(what))
		match[what] = value;
}

function readSide(side, what, value, state) {
	if (what === 'fouls')
		side.fouls = value;
	if (what === 'team')
		Object.assign(side, { team: value, name: state.get(`team/${String(value).toLowerCase()}/name`) ?? String(value) });
}
