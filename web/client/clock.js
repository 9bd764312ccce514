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

/* For ears: "1 minute 32 seconds". */
export function clockSpoken(ms, direction) {
	const seconds = direction === 'down' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000);
	const count = (n, word) => (n > 0 ? [`${n} ${word}${n === 1 ? '' : 's'}`] : []);
	const words = [...count(Math.floor(seconds / 60), 'minute'), ...count(seconds % 60, 'second')];
	return words.join(' ') || '0 seconds';
}

const BUCKET_MS = 20000;
const BUCKETS = 6;              // the filter's memory: two minutes
const STEP_MS = 5000;           // later than this, three times in a row: the publisher's clock was set back
const STEP_COUNT = 3;
const STEP_SPAN_MS = 10000;     // ... and over a while: what a healed connection delivers late comes in one burst
const STALE_RUN_MS = 15000;     // see publisherNow: how old a first message may be while clocks run

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

/* A retained message of unknown age: only a bound. The estimate is then our own wall clock as long as that makes
 * sense: a message is not from the future, nor very old while a clock runs (someone would have said something). */
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
export function syncBehind(sync) {
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
