#!/usr/bin/env node
/* scoreboard - a scoreboard that plays a tournament of four teams, for want of a real one: two semi-finals at a time, the match for the
 * third place, the final, and after a pause the next tournament. It says what scoreboards say to scoreboard-publisher: one JSON frame a
 * line, each with the paths of schema/tournament.json that have changed, as {"state":{"Tournament.Match(1).Phase":"First half"}}.
 *
 *   node scoreboard.mjs --speed 2 | scoreboard-publisher --source - --schema schema/tournament.json
 *
 * playTournament() is pure: chance is an argument, and each frame says when it is due. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TEAMS = { herons: 'Harbour Herons', foxes: 'Mill Lane Foxes', owls: 'Northgate Owls', badgers: 'Quarry Badgers' };
const SIDES = ['Home', 'Away'];
const HALF_S = 60;          // short enough to see a whole tournament
const PAUSE_S = 10;         // before a match, between its halves, and after it
const POINT_CHANCE = 0.05;  // of a side in a second
const FOUL_CHANCE = 0.02;
const NEXT_TOURNAMENT_S = 20;

export const MATCHES = 4;

/* All frames of one tournament in order: { at, state }, `at` in ms since its beginning. The last one takes back what the next tournament does
 * not begin with. `random` returns numbers from 0 to below 1. */
export function playTournament(random) {
	const ids = Object.keys(TEAMS);
	const game = { frames: [], at: 0, random, teams: { 1: ids.slice(0, 2), 2: ids.slice(2) }, points: {}, winners: {}, losers: {} };
	say(game, { ...opening(), ...drawn(1, game.teams[1]), ...drawn(2, game.teams[2]) });
	play(game, [1, 2]);
	draw(game, 3, [game.losers[1], game.losers[2]]);
	draw(game, 4, [game.winners[1], game.winners[2]]);
	play(game, [3]);
	play(game, [4]);
	say(game, Object.fromEntries([game.winners[4], game.losers[4], game.winners[3], game.losers[3]]
		.map((team, i) => [`Tournament.Standing(${i + 1})`, team])));
	say(game, { 'Tournament.Message(1)': `${TEAMS[game.winners[4]]} have won the cup` });
	wait(game, NEXT_TOURNAMENT_S);
	say(game, closing(game.frames));
	return game.frames;
}

const match = (n, leaf) => `Tournament.Match(${n}).${leaf}`;
const side = (n, name, leaf) => match(n, `Side(${name}).${leaf}`);

function say(game, state) {
	game.frames.push({ at: game.at, state });
}

function wait(game, seconds) {
	game.at += seconds * 1000;
}

function opening() {
	const state = { 'Tournament.Name': 'Harbour Cup', 'Tournament.Venue': 'Harbour Hall' };
	for (const [id, name] of Object.entries(TEAMS))
		state[`Tournament.Team(${id}).Name`] = name;
	const stages = ['SemiFinal', 'SemiFinal', 'ThirdPlace', 'Final'];
	stages.forEach((stage, i) => Object.assign(state, scheduled(i + 1, stage)));
	return state;
}

const scheduled = (n, stage) => ({
	[match(n, 'Stage')]: stage,
	[match(n, 'Court')]: n === 2 ? 'Court 2' : 'Court 1',
	[match(n, 'Phase')]: 'Scheduled',
	[match(n, 'Timer.Milliseconds')]: HALF_S * 1000,
	[match(n, 'Timer.Started')]: false,
	[match(n, 'Timer.CountsDown')]: true,
});

const drawn = (n, teams) => Object.fromEntries(SIDES.map((name, i) => [side(n, name, 'Team'), teams[i]]));

function draw(game, n, teams) {
	game.teams[n] = teams;
	say(game, drawn(n, teams));
}

/* Some matches at the same time, from the first whistle to the result. */
function play(game, matches) {
	wait(game, PAUSE_S);
	for (const n of matches) {
		game.points[n] = [0, 0];
		say(game, Object.fromEntries(SIDES.flatMap((name) => [[side(n, name, 'Points'), 0], [side(n, name, 'Fouls'), 0]])));
	}
	playHalf(game, matches, 'First half');
	sayPhase(game, matches, 'Half time');
	wait(game, PAUSE_S);
	playHalf(game, matches, 'Second half');
	matches.forEach((n) => decide(game, n));
	wait(game, PAUSE_S);
}

function playHalf(game, matches, phase) {
	const fouls = Object.fromEntries(matches.map((n) => [n, [0, 0]]));
	for (const n of matches)
		say(game, { [match(n, 'Phase')]: phase, [match(n, 'Timer.Milliseconds')]: HALF_S * 1000, [match(n, 'Timer.Started')]: true });
	for (let left = HALF_S - 1; left >= 0; left--) {
		wait(game, 1);
		for (const n of matches)
			say(game, { [match(n, 'Timer.Milliseconds')]: left * 1000, ...happens(game, n, fouls[n]) });
	}
	for (const n of matches)
		say(game, { [match(n, 'Timer.Started')]: false });
}

/* What a second of a match brings. */
function happens(game, n, fouls) {
	const state = {};
	SIDES.forEach((name, i) => {
		if (game.random() < POINT_CHANCE)
			state[side(n, name, 'Points')] = ++game.points[n][i];
		if (game.random() < FOUL_CHANCE)
			state[side(n, name, 'Fouls')] = ++fouls[i];
	});
	return state;
}

function sayPhase(game, matches, phase) {
	for (const n of matches)
		say(game, { [match(n, 'Phase')]: phase });
}

/* Who has more points has won; when nobody has, the next point decides. */
function decide(game, n) {
	const [home, away] = game.points[n];
	if (home === away) {
		const lucky = game.random() < 0.5 ? 0 : 1;
		say(game, { [side(n, SIDES[lucky], 'Points')]: ++game.points[n][lucky] });
	}
	const won = game.points[n][0] > game.points[n][1] ? 0 : 1;
	game.winners[n] = game.teams[n][won];
	game.losers[n] = game.teams[n][1 - won];
	say(game, { [match(n, 'Winner')]: game.winners[n], [match(n, 'Phase')]: 'Over' });
}

/* null takes a path back. */
function closing(frames) {
	const first = frames[0].state;
	const said = new Set(frames.flatMap(({ state }) => Object.keys(state)));
	return Object.fromEntries([...said].filter((path) => !(path in first)).map((path) => [path, null]));
}

/* One tournament after the other, each frame when it is due. */
async function main() {
	const { values } = parseArgs({ options: { speed: { type: 'string', default: '1' } } });
	const speed = Number(values.speed);
	if (!(speed > 0 && speed <= 100))
		throw new Error(`--speed takes a number above 0, at most 100, not ${values.speed}`);
	process.stdout.on('error', () => process.exit(0)); // the publisher has ended
	for (;;) {
		const begun = Date.now();
		for (const { at, state } of playTournament(Math.random)) {
			const early = begun + at / speed - Date.now();
			if (early > 0)
				await new Promise((due) => setTimeout(due, early));
			process.stdout.write(`${JSON.stringify({ state })}\n`);
		}
	}
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url))
	main().catch((error) => {
		console.error(`scoreboard: ${error.message}`);
		process.exitCode = 1;
	});
