/* panels-model - what the overlay's panels beside the score have to show, from the game and the view's keys. Pure. Everything is bounded: what a
 * scoreboard has more of is counted, not drawn. */

import { safePair } from '../client/color.js';

export const MOST_SKATERS = 20; // of a team
export const MOST_JAMS = 30;    // of a period, the latest
const GROUND = '#0c0e13';

const cutTo = (list, most) => ({ rows: list.slice(0, most), more: Math.max(0, list.length - most) });

/* Of each team { name, colors, rows: [{ number, name, captain }], more }: who skates. */
export const rosterModel = (teams) => teams.map(({ name, colors, skaters }) => ({
	name, colors,
	...cutTo(skaters.filter(({ skates, name: called, number }) => skates && (called || number))
		.map(({ number, name: called, captain }) => ({ number, name: called, captain })), MOST_SKATERS),
}));

/* Of each team { name, colors, total, rows: [{ number, name, codes, out }], more }: who has penalties, those with most first. */
export const penaltiesModel = (teams) => teams.map(({ name, colors, skaters, totalPenalties }) => ({
	name, colors, total: totalPenalties,
	...cutTo(skaters.filter(({ codes, out }) => codes.length > 0 || out).sort((a, b) => b.codes.length - a.codes.length)
		.map(({ number, name: called, codes, out }) => ({ number, name: called, codes: codes.slice(0, 9).map((code) => code.slice(0, 3)).join(' '), out })), MOST_SKATERS),
}));

const JAM = /^period\/([1-9]\d{0,3})\/jam\/([1-9]\d{0,3})\/team-jam\/([12])\/jam-score$/;

/* The latest period that has jams: { period, jams: [number], teams: [{ name, colors, points: [number], total }] }; null: no jam was played yet. */
export function jamsModel(state, teams) {
	const periods = new Map();
	for (const [key, value] of state) {
		const [, period, jam, team] = JAM.exec(key) ?? [];
		if (period === undefined || typeof value !== 'number')
			continue;
		const jams = periods.get(Number(period)) ?? new Map();
		periods.set(Number(period), jams.set(Number(jam), { ...jams.get(Number(jam)), [team]: value }));
	}
	if (periods.size === 0)
		return null;
	const period = Math.max(...periods.keys());
	const all = [...periods.get(period)].sort(([a], [b]) => a - b);
	const shown = all.slice(-MOST_JAMS);
	return {
		period,
		jams: shown.map(([number]) => number),
		teams: teams.map(({ number, name, colors }) => ({
			name, colors,
			points: shown.map(([, of]) => of[number] ?? 0),
			total: all.reduce((sum, [, of]) => sum + (of[number] ?? 0), 0),
		})),
	};
}

/* The colours of the panels; black or white, what can be read. */
export const panelColors = (color) => safePair(color, color === undefined ? '#ffffff' : undefined, GROUND);

/* The picture of a sponsor, from config.js: a file beside the pages, or null. */
export function pictureOf(sponsors, name) {
	const found = Array.isArray(sponsors) ? sponsors.find((one) => one?.name === name) : null;
	return typeof found?.image === 'string' && /^[\w-][\w./-]*$/.test(found.image) && !found.image.includes('..') ? found.image : null;
}

/* How large the score may be: as asked for, but within the room. `size`: of the score at scale 1; all in the same unit. */
export const fittingScale = (asked, size, room) => Math.max(0.1, Math.min(asked, room.width / size.width, room.height / size.height));
