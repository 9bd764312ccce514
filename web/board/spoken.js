/* spoken - short texts for software that reads the page aloud. Pure. */

import { teamOf } from '../client/derby.js';

export function spokenScore(game) {
	return game.teams.map((team) => `${team.name} ${team.score}`).join(', ');
}

export function spokenState(game) {
	const { phase, period, teams } = game;
	const owner = phase.team ? `, ${teamOf(game, phase.team).name}` : '';
	const lead = teams.find((team) => team.mark === 'lead');
	return [phase.label + owner, period.number > 0 ? period.label : '', lead ? `lead jammer ${lead.name}` : ''].filter(Boolean).join(', ');
}
