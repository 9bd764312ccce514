/* spoken - short texts for software that reads the page aloud. Pure. */

import { teamOf } from '../client/derby.js';

export function spokenScore(game, words) {
	return game.teams.map((team) => `${words.team(team)} ${team.score}`).join(', ');
}

export function spokenState(game, words) {
	const { phase, period, teams } = game;
	const owner = phase.team ? `, ${words.team(teamOf(game, phase.team))}` : '';
	const lead = teams.find((team) => team.mark === 'lead');
	return [words.phase(game) + owner, period.number > 0 ? words.period(period) : '', lead ? words.say('spoken.lead', { name: words.team(lead) }) : '']
		.filter(Boolean).join(', ');
}
