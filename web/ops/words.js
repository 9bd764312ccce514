/* words - numbers, times and reasons as people read them. Pure. */

const GROUPS = new Intl.NumberFormat('en-GB');
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const CLOCK_S = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const NONE = '–';

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

export const count = (n) => (isNumber(n) ? GROUPS.format(Math.round(n)) : NONE);
export const many = (n, one, more = `${one}s`) => `${count(n)} ${Math.round(n) === 1 ? one : more}`;
export const percent = (share) => (isNumber(share) ? `${Math.floor(100 * share)} %` : NONE);
export const time = (ms) => (isNumber(ms) ? CLOCK.format(ms) : NONE);
export const timeToTheSecond = (ms) => (isNumber(ms) ? CLOCK_S.format(ms) : NONE);

/* 0.8 ms, 12 ms, 1.4 s */
export function delay(ms) {
	if (!isNumber(ms))
		return NONE;
	if (ms >= 1000)
		return `${(ms / 1000).toFixed(1)} s`;
	return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/* 12 s, 3 min, 1 h 12 min, 2 days */
export function span(ms) {
	if (!isNumber(ms))
		return NONE;
	const seconds = Math.max(0, Math.round(ms / 1000));
	const minutes = Math.floor(seconds / 60);
	if (seconds < 90)
		return `${seconds} s`;
	if (minutes < 60)
		return `${minutes} min`;
	if (minutes < 48 * 60)
		return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
	return `${Math.floor(minutes / 60 / 24)} days`;
}

/* "a", "a and b", "a, b and c" */
export function listed(names) {
	return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/* Of brokers that have not done, or told, what they were asked, [{ broker, why }]: "hub and edge2 (no answer), edge3 (out of memory)" */
export function lacking(lacks) {
	const reasons = new Set(lacks.map(({ why }) => why));
	return [...reasons].map((reason) => `${listed(lacks.filter(({ why }) => why === reason).map(({ broker }) => broker))} (${reason})`).join(', ');
}

/* What the plugin's reasons (docs/policy.md) mean to who looks after an event. One that is not here is shown as it is. */
const REASONS = {
	banned: 'Banned',
	too_many_failures: 'Too many failed logins from this address',
	connect_rate: 'Too many came at once',
	address_rate: 'Too many came at once from one address',
	full: 'No seat free',
	address_full: 'Too many from one address',
	user_full: 'Too many of one user',
	role_full: 'No seat free for this role',
	anonymous: 'Came without a name',
	login: 'Wrong name or password',
	login_busy: 'Too many logins at once',
	token: 'Bad token',
	token_expired: 'The token has expired',
	client_id: 'Client id too long',
	client_id_taken: 'Client id in use by somebody else',
	client_id_reserved: 'Client id kept for another role',
	taken: 'Another one leads',
	sessions: 'Asked for a session',
	user_failures: 'Too many failed logins of this name',
	memory: 'Out of memory',
	stranger: 'Not known here',
	subscribe: 'Asked for what it may not read',
	subscriptions: 'Too many subscriptions',
	subscribe_rate: 'Subscribed too fast',
	replay_rate: 'Asked for too much at once',
	filter_levels: 'Filter with too many levels',
	read: 'Tried to read what it may not',
	publish: 'Tried to write what it may not',
	publish_rate: 'Wrote too fast',
	publish_bytes: 'Wrote too much',
	payload_size: 'Message too large',
	retained: 'Too many topics kept',
	room_full: 'Room full',
	rooms: 'Too many rooms',
	room_closed: 'Room closed',
	room_retained: 'Room keeps too much',
	control: 'Tried to control the broker',
};

export const reason = (label) => REASONS[label] ?? label;
