/* card - what a card of the start page says of its track: plain data out of what is known. Pure. */

import { clockText, clockTime } from '../client/index.js';
import { isClock } from '../client/clock.js';
import { shownClocks } from '../client/derby.js';
import { short } from './follow.js';

const NAME = 60;
const QUIET_MS = 10000; // publishers say something every 3 s

/* `quietMs`: after so long a silence a live track is doubted. Of level 'live' is only what is the scoreboard's state now. */
export function trackState({ live, status, known, heardMs }, { linked, quietMs = QUIET_MS, say }) {
	if (!live)
		return { level: 'off', text: say(known && !linked ? 'link.last' : status?.state === 'offline' ? 'doubt.short-offline' : 'link.connecting') };
	if (status?.state === 'offline')
		return { level: 'bad', text: say('doubt.short-offline') };
	if (status?.state === 'stale')
		return { level: 'doubt', text: say(known ? 'doubt.short-old' : 'link.connected') };
	if (heardMs > quietMs)
		return { level: 'doubt', text: say('doubt.short-old') };
	return { level: known ? 'live' : 'doubt', text: say(known ? 'link.mqtt' : 'link.connected') };
}

export function cardModel(game, words) {
	const jam = game.phase.name !== 'jam' && game.begun && !game.over && game.jamNumber > 0 ? words.say('jam.number', { n: game.jamNumber }) : '';
	return {
		known: game.known,
		teams: game.teams.map((team) => ({ name: short(words.team(team), NAME), score: String(team.score), colors: team.colors })),
		phase: short(words.phase(game), NAME),
		period: [words.period(game.period), jam].filter(Boolean).join(' · '),
		event: short([game.event.tournament, game.event.game && words.say('event.game', { n: game.event.game })].filter(Boolean).join(' · '), NAME),
	};
}

/* The clock that counts now, as text; '' when none does. `now`: the publisher's time. */
export function clockOf(state, game, now) {
	const read = (name) => {
		const clock = state.get(`clock/${name}`);
		return isClock(clock) ? { time: Number.isFinite(now) ? clockTime(clock, now) : clock.time, running: clock.running === true, direction: clock.direction } : null;
	};
	const { phase, period } = shownClocks(game, read);
	const text = (clock) => (clock ? clockText(clock.time, clock.direction) : '');
	return { now: text(phase), period: text(period) };
}
