/* clock - what a game clock shows now, and what the publisher's wall clock says now. Pure: time is an argument.
 *
 * Three clocks are at play: the publisher's wall clock (`ts`, `at`), ours (which may be wrong by hours), and the game
 * clock. All times are milliseconds. */

/* A game clock's value at the publisher's time `now`; never below zero, as the scoreboard shows it. */
export function clockTime(clock, now) {
	const passed = clock.running ? Math.max(0, now - clock.at) : 0;
	return Math.max(0, clock.direction === 'down' ? clock.time - passed : clock.time + passed);
}

export const isClock = (value) => typeof value === 'object' && value !== null
	&& Number.isFinite(value.time) && Number.isFinite(value.at);

/* Counting down rounds up, counting up rounds down; below a minute only seconds. */
export function clockText(ms, direction) {
	const seconds = direction === 'down' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000);
	if (seconds < 60)
		return String(seconds);
	const two = (n) => String(n).padStart(2, '0');
	const minutes = Math.floor(seconds / 60);
	if (minutes < 100)
		return `${minutes}:${two(seconds % 60)}`;
	return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/* For screen readers: "1 minute 32 seconds". */
export function clockSpoken(ms, direction) {
	const seconds = direction === 'down' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000);
	const count = (n, word) => (n > 0 ? [`${n} ${word}${n === 1 ? '' : 's'}`] : []);
	const words = [...count(Math.floor(seconds / 60), 'minute'), ...count(seconds % 60, 'second')];
	return words.join(' ') || '0 seconds';
}

const BUCKET_MS = 20000;
const BUCKETS = 6;              // how long the filter remembers: two minutes, in so many parts
const STEP_MS = 5000;           // messages later than this, STEP_COUNT in a row: the publisher's clock was set back
const STEP_COUNT = 3;
const STEP_SPAN_MS = 10000;     // ... if they came over so long: what a connection delivers late once it is healed comes in one burst
const STALE_RUN_MS = 15000;     // how old a retained message may be while a clock runs, see syncRetained

/* The difference between our clock and the publisher's, from the `ts` of arriving messages. A message can only be
 * late, never early, so the smallest (arrival - ts) seen lately is the best estimate: minimum filter. `local` is any
 * clock of ours that does not jump. */
export function createSync() {
	return { buckets: [], live: false, late: 0, lateSince: 0, bound: Infinity };
}

/* A delta just sent: its lateness is the network's. Returns how much later than the best it came. */
export function syncLive(sync, local, ts) {
	const behind = local - ts;
	if (!sync.live)
		resetTo(sync, local, Infinity);
	sync.live = true;
	countLate(sync, local, behind);
	if (sync.late >= STEP_COUNT && local - sync.lateSince >= STEP_SPAN_MS)
		resetTo(sync, local, behind);
	else
		remember(sync, local, behind);
	return Math.max(0, behind - syncBehind(sync));
}

/* A retained message may be of any age, so its time is only a bound. Until a live one comes, the publisher's clock is taken to be our
 * own wall clock, as long as that makes sense: by it the message must not be from the future, nor, while a clock runs, older than
 * STALE_RUN_MS, since the publisher would have sent another one. */
export function syncRetained(sync, local, ts, wallNow, clockRuns) {
	if (sync.live)
		return;
	sync.bound = Math.min(sync.bound, local - ts);
	const wall = local - wallNow;
	const age = sync.bound - wall;
	const sensible = age >= 0 && (age <= STALE_RUN_MS || !clockRuns);
	resetTo(sync, local, sensible ? wall : sync.bound);
}

/* After sleep, or when our own clock was found to have jumped: start again. */
export function syncReset(sync) {
	Object.assign(sync, createSync());
}

export const syncKnown = (sync) => sync.live;

/* Our time minus the publisher's. */
function syncBehind(sync) {
	return sync.buckets.reduce((least, bucket) => Math.min(least, bucket.least), Infinity);
}

/* The publisher's wall clock, at our time `local`; NaN before the first message. */
export function publisherNow(sync, local) {
	const behind = syncBehind(sync);
	return Number.isFinite(behind) ? local - behind : NaN;
}

function resetTo(sync, local, behind) {
	sync.buckets = behind === Infinity ? [] : [{ slot: Math.floor(local / BUCKET_MS), least: behind }];
	sync.late = 0;
}

function countLate(sync, local, behind) {
	if (behind <= syncBehind(sync) + STEP_MS) {
		sync.late = 0;
		return;
	}
	if (sync.late++ === 0)
		sync.lateSince = local;
}

function remember(sync, local, behind) {
	const slot = Math.floor(local / BUCKET_MS);
	const last = sync.buckets.at(-1);
	if (last?.slot === slot)
		last.least = Math.min(last.least, behind);
	else
		sync.buckets.push({ slot, least: behind });
	sync.buckets = sync.buckets.filter((bucket) => bucket.slot > slot - BUCKETS);
}
