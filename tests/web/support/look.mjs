/* look - what a page shows, and what it knows. */
import { until } from './tools.mjs';

export const connection = (page) => page.evaluate(() => window.scoreboard.connection);
export const becomes = (page, claim, what, ms = 30000) => until(async () => claim(await connection(page)), what, { ms });

export const banner = (page) => page.evaluate(() => {
	const element = document.querySelector('#banner');
	return element.hidden ? '' : element.textContent;
});
export const bannerSays = (page, what, ms = 10000) => until(async () => what.test(await banner(page)), `the banner says ${what}`, { ms });
export const noBanner = (page, ms = 10000) => bannerSays(page, /^$/, ms);

/* The whole view, not only the score. Where that changes all the time, both have to be read in one state. */
export async function sameAsPublisher(page, ms = 20000) {
	await until(async () => {
		const [mine, theirs] = await Promise.all([
			page.evaluate(() => JSON.stringify([...window.scoreboard.state].sort(([a], [b]) => (a < b ? -1 : 1)))),
			page.evaluate(() => fetch('scoreboard/spectator.json', { cache: 'no-store' }).then((r) => r.json())
				.then(({ state }) => JSON.stringify(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1))))),
		]);
		return mine === theirs;
	}, 'the page has the publisher\'s whole view', { ms });
}

/* Runs in the board. What there is for each team, in their order. */
export function readBoard() {
	const all = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
	const count = (selector) => [1, 2].map((n) => document.querySelectorAll(selector.replace('#', n)).length);
	const text = (id) => document.getElementById(id).textContent;
	return {
		label: text('now-label'), time: text('now-time'), period: text('period-label'), periodTime: text('period-time'), owner: text('now-owner'), jam: text('jam-number'),
		scores: all('.score'), names: all('.team-name'), marks: all('.mark'), jammers: all('.jammer-number'), jamPoints: all('.jam-points'), calls: all('.call'),
		timeouts: count('[id=team-#] [data-part=timeouts] i:not([data-used])'),
		reviews: count('[id=team-#] [data-part=reviews] i:not([data-used])'),
		retained: count('[id=team-#] [data-part=reviews] i[data-retained]'),
		boxes: count('[id=side-#] .lineup .box'),
		penalties: all('[data-part=total]'),
	};
}

/* Runs in the overlay. */
export function readOverlay() {
	const all = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
	const text = (id) => document.getElementById(id).textContent;
	return {
		label: text('now-label'), time: text('now-time'), period: text('period-label'), periodTime: text('period-time'),
		scores: all('.points'), marks: all('.mark'), jamPoints: all('.jam-points'),
	};
}
