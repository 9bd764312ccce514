/* verdict - what is wrong, each in one sentence, and what to do about it: the worst first. Pure. It is written for somebody who looks after an event and has not set this up. What
 * follows from something worse is not said as well: while the hub is gone, nobody can ask the edges, and that is no second trouble.
 *
 * A trouble is { key, level, what, todo, since }. since: `for 12 s`, `since 18:30`, or empty. level: `bad`, viewers see the wrong thing, or nothing new; `warn`, they will, if it goes on; `note`, worth knowing. */

import { LATE_MS, brokerRows, limitRows } from './figures.js';
import { gamesOf, standbyWaits } from './state.js';
import { delay, listed, many, percent, span, time } from './words.js';

const NO_STATUS_MS = 4000;       // a broker that retains a status has sent it by then
const SYNC_MS = 15000;           // comparing takes so long at most, mostly one or two seconds
const NEAR = 0.9;                // of a limit
const FULL = 0.98;
const LOGIN_FLOOD = 30;          // failed logins a minute
const CROWD = 200;               // connects put off a minute
const LEVELS = ['bad', 'warn', 'note'];

const LOGIN_REASONS = ['login', 'too_many_failures', 'user_failures', 'login_busy', 'token'];
const SEAT_REASONS = ['full', 'role_full'];
const RATE_REASONS = ['connect_rate', 'address_rate', 'replay_rate', 'subscribe_rate'];

/* link: { phase, lostMs, refused } of the page's own connection (desk.js). */
export function troubles(state, link, now) {
	const rows = brokerRows(state, now);
	const found = [
		...ofLink(link),
		...(link.phase === 'live' ? [...gamesOf(state).flatMap((game) => ofTrack(game, state, rows, now)), ...ofBrokers(rows)] : []),
		...ofSeats(state, rows),
		...ofRefusals(rows),
		...ofLoad(rows),
		...ofRefusedQuestions(state),
		...ofStandby(state, now),
	];
	return found.sort((one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level));
}

/* The head of the page: { level, what, todo, since }. */
export function verdict(state, link, now) {
	const [first] = troubles(state, link, now);
	if (first && first.level !== 'note')
		return first;
	const games = gamesOf(state);
	if (link.phase === 'live' && games.every(({ status }) => status?.state === 'live'))
		return { key: 'well', level: 'good', what: `All is well: viewers see ${games.length > 1 ? `${games.length} tracks` : 'the game'} live.`, todo: '' };
	return { key: 'looking', level: 'note', what: 'Looking how things are …', todo: '' };
}

/* --- this page --- */

function ofLink({ phase, lostMs, refused }) {
	if (phase === 'live')
		return [];
	if (refused)
		return [trouble('refused', 'bad', 'The broker does not let this page back in.',
			'Log out and in again. If that does not help, the name or password has changed, or too many logins have failed: wait five minutes.', lostMs)];
	return [trouble('lost', 'bad', `This page has lost its broker ${span(lostMs)} ago; what is shown below is from then.`,
		'Check this device’s network. If others have lost it too, the broker or HAProxy is down: start it again on its machine (systemctl restart mosquitto).', lostMs)];
}

/* --- is the game live --- */

const SERVICE = 'On the publisher’s machine: is it on, and on the network? Then start it again (systemctl restart scoreboard-publisher).';
const HUB = 'On the hub’s machine: is it on, and on the network? Then start it again (systemctl restart mosquitto). Viewers stay on their edges, which catch up by themselves.';

/* Of several tracks, which one it is. */
function ofTrack({ name, status }, state, rows, now) {
	const found = ofGame({ ...state, status }, rows, now);
	return name === null ? found : found.map((one) => ({ ...one, key: `${one.key} ${name}`, what: `Track “${name}”: ${one.what}` }));
}

function ofGame(state, rows, now) {
	const { status, statusAsked } = state;
	if (status === null)
		return statusAsked !== null && now - statusAsked > NO_STATUS_MS
			? [trouble('never', 'bad', 'No publisher has told this broker anything: viewers see no game.', SERVICE)] : [];
	if (status.state === 'live')
		return [];
	if (hubIsGone(rows))
		return []; // that is said, and why
	if (status.state === 'offline')
		return [trouble('offline', 'bad', 'The publisher has gone: viewers see the last state of the game.',
			standbyWaits(state, now) ? 'The standby should take over within seconds. If it does not: start a publisher again (systemctl restart scoreboard-publisher).' : SERVICE, null, status.since)];
	return ofStale(status, now);
}

/* What the publisher, or an edge, gives as the reason of `stale`. */
function ofStale({ about, reason, since, heardAt }, now) {
	if (about === 'cut off')
		return [trouble('cut', 'bad', 'This broker hears nothing from its hub: its viewers see the last state of the game.', HUB, null, since)];
	if (about === 'no publisher')
		return [trouble('offline', 'bad', 'The hub has no publisher: viewers see the last state of the game.', SERVICE, null, since)];
	if (about === 'comparing')
		return now - heardAt < SYNC_MS
			? [trouble('sync', 'warn', 'The publisher is comparing the broker with the scoreboard.', 'Wait a moment: it takes some seconds.', null, since)]
			: [trouble('sync', 'bad', 'The publisher does not get done comparing the broker with the scoreboard.', 'Look at its log (journalctl -u scoreboard-publisher).', null, since)];
	if (about === 'refused')
		return [trouble('denied', 'bad', 'The broker refuses some of what the publisher writes: viewers may see old values.',
			'Look under Refusals for the user “publisher”: a limit or a filter of its role in policy.json is too narrow.', null, since)];
	return [trouble('scoreboard', 'bad', `The scoreboard is not heard (${reason || 'no reason given'}): viewers see the last state of the game.`,
		'At the scoreboard’s computer: is it on, is its program running, is the network cable in? The publisher finds it again by itself.', null, since)];
}

/* --- brokers --- */

const hubs = (rows) => rows.filter(({ part }) => part === 'hub');

function hubIsGone(rows) {
	const all = hubs(rows);
	return all.length > 0 && all.every(({ missingMs }) => missingMs !== null);
}

/* A broker between hub and edges that is silent hides those behind it, whom then nobody names; nor is it named itself when its connection is gone. */
function hidden(rows) {
	const gone = rows.filter(({ missingMs }) => missingMs !== null);
	const mids = gone.filter(({ part }) => part === 'mid');
	const seen = mids.some(({ named }) => named) ? [] : mids;
	return mids.length > 0 ? gone.filter((row) => !row.named && !seen.includes(row)) : [];
}

const besides = (rows) => (rows.length > 0 ? ` ${listed(rows.map(({ name }) => name))} can’t be asked meanwhile.` : '');

function ofBrokers(all) {
	const behind = hidden(all);
	const rows = all.filter((row) => !behind.includes(row));
	const gone = rows.filter(({ missingMs }) => missingMs !== null);
	const goneHubs = hubs(gone);
	const firstMid = gone.find(({ part }) => part === 'mid');
	if (gone.length === 0)
		return [];
	if (hubIsGone(rows)) {
		const beside = besides(all.filter((row) => row.missingMs !== null && !goneHubs.includes(row)));
		return [trouble('hub', 'bad', `The hub ${listed(goneHubs.map(({ name }) => `“${name}”`))} does not answer: viewers see the last state of the game.${beside}`, HUB, longest(goneHubs))];
	}
	return gone.map((row) => (goneHubs.includes(row)
		? trouble(`hub ${row.name}`, 'warn', `The hub “${row.name}” does not answer; the other one carries the event.`,
			'Bring it back (systemctl restart mosquitto on its machine): until then nothing may happen to the other one.', row.missingMs)
		: trouble(`broker ${row.name}`, 'warn', `The broker “${row.name}” does not answer${row.viewers > 0 ? `; it had ${many(row.viewers, 'viewer')}, who go to the others` : ''}.${row === firstMid ? besides(behind) : ''}`,
			`On its machine: is it on, and on the network? Then start it again (systemctl restart ${row.part === 'edge' || row.part === 'mid' ? 'mosquitto-edge@NAME' : 'mosquitto'}).`, row.missingMs)));
}

const longest = (rows) => Math.max(...rows.map(({ missingMs }) => missingMs));

/* --- what is near its end --- */

const TODO_LIMIT = {
	files: 'Raise the limit on open files on its machine (LimitNOFILE in its unit), or add an edge.',
	seats: 'Add an edge, or raise limits.connections in policy.json if the machine can bear it.',
};

function ofSeats(state, rows) {
	return limitRows(state).filter(({ soft, share }) => !soft && share >= NEAR).map(({ key, what, broker, share, used, of }) => {
		const where = rows.length > 1 ? ` at “${broker}”` : '';
		const hurts = key === 'seats' || key === 'files';
		return trouble(`limit ${key}`, hurts && share >= FULL ? 'bad' : 'warn', `${what}${where}: ${percent(share)} are used (${used} of ${of}).`,
			TODO_LIMIT[key] ?? 'Look under Limits; the number stands in policy.json.');
	});
}

/* --- refusals --- */

const within = ({ refused }, labels) => refused.reasons.filter(({ label }) => labels.includes(label)).reduce((sum, { minute }) => sum + minute, 0);

function ofRefusals(rows) {
	const here = rows.filter(({ missingMs }) => missingMs === null);
	return here.flatMap((row) => {
		const where = here.length > 1 ? ` at “${row.name}”` : '';
		const [seats, logins, rates] = [SEAT_REASONS, LOGIN_REASONS, RATE_REASONS].map((labels) => within(row, labels));
		return [
			seats > 0 && trouble(`full ${row.name}`, 'bad', `Viewers are turned away${where}: ${many(seats, 'connect')} found no seat in the last minute.`, TODO_LIMIT.seats),
			logins >= LOGIN_FLOOD && trouble(`logins ${row.name}`, 'warn', `Somebody may be guessing passwords${where}: ${many(logins, 'failed login')} in the last minute.`,
				'Look under Refusals who it is, and ban the address under Clients. Who has the right password gets in all the same.'),
			rates >= CROWD && trouble(`crowd ${row.name}`, 'note', `Many come at once${where}: ${many(rates, 'request')} were put off in the last minute.`,
				'After a restart, or at the first whistle, that is as it should be: they come again by themselves.'),
		].filter(Boolean);
	});
}

/* --- load, and what comes late or not at all --- */

const TODO_DELAY = 'Are the clocks of its machine and of the publisher’s right (timedatectl)? Then it is the network between them, or its load.';
const TODO_DROPPED = 'A few are no harm: viewers notice the gap, and fetch what they lack. If it goes on: is the line of its machine full, or does somebody on a slow line subscribe to everything? Add an edge.';

function ofLoad(rows) {
	return rows.filter(({ missingMs }) => missingMs === null).flatMap((row) => {
		const where = rows.length > 1 ? `“${row.name}”` : 'The broker';
		return [
			row.lateMs >= LATE_MS && trouble(`late ${row.name}`, 'warn', `${where} is busy: it was ${span(row.lateMs)} late with its work.`, 'If it goes on while nobody is joining, add an edge.'),
			row.delayNowMs >= LATE_MS && trouble(`delay ${row.name}`, 'warn', `${where} gets the game late: what has come to it lately was up to ${delay(row.delayNowMs)} old.`, TODO_DELAY),
			row.dropped > 0 && trouble(`dropped ${row.name}`, 'warn', `${where} has dropped ${many(row.dropped, 'message')} in the last minute, for clients that take them too slowly.`, TODO_DROPPED),
		].filter(Boolean);
	});
}

/* Who is asked through an edge may refuse: an edge may ask its hub for so much and no more, and for nothing that the policy keeps from it. */
function ofRefusedQuestions({ brokers }) {
	return [...brokers.values()].filter(({ refusal, missingSince }) => refusal !== null && missingSince === null)
		.map(({ name, refusal }) => trouble(`refuses ${name}`, 'note', `“${name}” does not tell this page how it and others are: ${refusal}.`,
			'What is shown of them is from before. Are many such pages open at this edge? Close some, or open one at the hub.'));
}

/* A standby asks every second to be let in, and is refused while another one leads. One that was there and asks no longer is missed. */
function ofStandby(state, now) {
	if (state.standbyAt === null || standbyWaits(state, now) || !gamesOf(state).every(({ status }) => status?.state === 'live'))
		return [];
	return [trouble('standby', 'warn', 'No standby publisher waits any more.', 'If nobody has stopped it: start it again on its machine (systemctl restart scoreboard-publisher-standby). Has it taken the place of the other one, then start that one (scoreboard-publisher).')];
}

/* sinceMs: for so long; since: since this time of the wall clock. */
function trouble(key, level, what, todo, sinceMs = null, since = null) {
	return { key, level, what, todo, since: since !== null ? `since ${time(since)}` : sinceMs !== null ? `for ${span(sinceMs)}` : '' };
}
