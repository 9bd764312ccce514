/* state - what the control page knows: what is on air, what was asked for here, and how far that has come. Pure: times are arguments.
 *
 * What is asked for goes to the broker one at a time, the newest next: `flight` waits for the broker's acknowledgement, `wanted` for the flight. Each is
 * { id, show }, of which show is null when overlays are to go by themselves. Nothing is sent again by itself: after a lost connection the broker tells what is on
 * air, and the one in front of the screen decides. */

import { UNDIRECTED, isShow } from '../board/show.js';

const MINE_KEPT = 200;   // ids of ours that are known again
const SLOW_MS = 2000;    // without an acknowledgement, after which that is told

export const createDesk = () => ({
	known: false,        // the broker has told what is on air
	air: null,           // what is; null: nothing
	invalid: false,      // what the broker keeps is no direction
	echoed: null,        // the id that the broker has told last
	flight: null,
	flewAt: 0,
	wanted: null,
	doubt: null,         // the id of one that may have arrived, or not
	mine: new Set(),
	ends: 0,             // of ours that the broker has not told yet
	told: { level: 'note', text: 'Nothing was changed from this page yet.' },
	other: '',           // who else has changed it
});

/* What the controls show. */
export const deskShows = (desk) => {
	const asked = desk.wanted ?? desk.flight;
	return (asked ? asked.show : desk.air) ?? UNDIRECTED;
};

/* `change`: members of the direction, undefined to leave one out; null: overlays go by themselves. */
export function deskChange(desk, change, { id, by }) {
	const merged = change && { ...deskShows(desk), ...change, id, by };
	const show = merged && Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== ''));
	if (show !== null && !isShow(show)) {
		desk.told = { level: 'bad', text: 'That can’t be sent: it is not what an overlay takes.' };
		return;
	}
	desk.wanted = { id, show };
}

/* What is to be sent now: { id, show }, or null. */
export function deskNext(desk, now) {
	if (!desk.known || desk.flight !== null || desk.wanted === null)
		return null;
	[desk.flight, desk.wanted, desk.doubt, desk.flewAt] = [desk.wanted, null, null, now];
	desk.mine = new Set([...desk.mine, desk.flight.id].slice(-MINE_KEPT));
	desk.ends += desk.flight.show === null ? 1 : 0;
	return desk.flight;
}

/* The broker has acknowledged it. It tells everybody, us too, before or after that. */
export function deskTaken(desk, id, time) {
	if (desk.flight?.id !== id)
		return;
	const { show } = desk.flight;
	if (desk.echoed !== id && show !== null)
		desk.air = show;
	desk.flight = null;
	desk.told = { level: 'good', text: `The broker has your last change (${time}).` };
}

export function deskFailed(desk, id, refused) {
	if (desk.flight?.id !== id)
		return;
	desk.ends -= desk.flight.show === null ? 1 : 0;
	desk.flight = desk.wanted = null;
	if (!refused)
		desk.doubt = id;
	desk.told = refused
		? { level: 'bad', text: 'The broker has refused it: this login may not direct the overlay, or changes come too fast. Nothing was changed.' }
		: { level: 'warn', text: 'The connection was lost before the broker answered. Whether your last change has arrived is seen when it is back.' };
}

/* No broker: what waits is not sent. */
export function deskLost(desk) {
	desk.known = false;
	if (desk.wanted === null)
		return;
	desk.wanted = null;
	desk.told = { level: 'bad', text: 'The connection was lost: your last change was not sent.' };
}

/* The broker tells what is on air: as readShow() has it. `retained`: it was so before we asked. */
export function deskHeard(desk, show, { retained, time }) {
	const before = desk.air?.id;
	const isMine = show ? desk.mine.has(show.id) : desk.ends > 0;
	desk.known = true;
	desk.air = show ?? null;
	desk.invalid = show === undefined;
	desk.echoed = show?.id ?? null;
	if (desk.doubt !== null)
		settleDoubt(desk, show?.id);
	if (isMine && !show)
		desk.ends--;
	if (!isMine && (show?.id !== before || desk.invalid))
		desk.other = otherOf(show, retained, time);
}

function settleDoubt(desk, id) {
	desk.told = desk.doubt === id
		? { level: 'good', text: 'The connection was lost; the broker has your last change.' }
		: { level: 'bad', text: 'The connection was lost: your last change has not arrived, or somebody has changed it since.' };
	desk.doubt = null;
}

function otherOf(show, retained, time) {
	if (show === null)
		return retained ? '' : `Somebody else has ended it (${time}): overlays go by themselves.`;
	if (show === undefined)
		return `What somebody has sent (${time}) is nothing that overlays take: they go by themselves.`;
	const who = show.by ? `“${show.by}”` : 'Somebody without a name';
	return retained ? `${who} had this on air before.` : `${who} has changed it, from another page (${time}).`;
}

/* The sentence on our own last change: { level, text }. */
export function deskWord(desk, now) {
	if (desk.flight === null && desk.wanted === null)
		return desk.told;
	if (desk.flight !== null && now - desk.flewAt > SLOW_MS)
		return { level: 'warn', text: 'The broker has not answered yet: your last change may not be on air.' };
	return { level: 'note', text: 'Sending …' };
}
