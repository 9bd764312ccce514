/* ops-screenshots - pictures of the operations page at a made-up event, on a good day and on a bad one, since an evening of viewers can't be had in a minute:
 *   node tests/web/ops-screenshots.mjs [FOLDER] [NAME]
 * Real Chromium and the real page, but in place of ops/desk.js, the connection, a module that answers with what brokers would say. Those in docs/images are made smaller afterwards with:
 * pngquant --ext .png --force docs/images/ops-*.png */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './support/chrome.mjs';
import { sleep, source, webDir } from './support/tools.mjs';

const ORIGIN = 'http://live.example.org';
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', woff2: 'font/woff2' };

/* Runs in the page, as the module ops/desk.js. */
function madeUpDesk(day) {
	const MINUTE = 60000;
	const HUB = 'hub';
	const EDGES = ['edge1', 'edge2', 'edge3'];
	const begun = Date.now();
	const gone = day === 'bad' ? [HUB] : [];
	const known = (parts) => ({ brokers: parts.filter(({ broker }) => !gone.includes(broker)), missing: gone });
	const share = { edge1: 0.38, edge2: 0.34, edge3: 0.28 };
	const crowd = (minutesAgo) => {
		const m = 220 - minutesAgo;
		const games = [[25, 110, 2900], [120, 300, 4300]];
		const swell = games.reduce((sum, [from, to, most]) => sum + most / (1 + Math.exp((from - m) / 6)) / (1 + Math.exp((m - to) / 5)), 90);
		return Math.round(swell * (1 + 0.025 * Math.sin(m / 3.1) + 0.015 * Math.sin(m * 1.7)) * (minutesAgo < 3 && day === 'bad' ? 0.97 : 1));
	};
	const roles = Object.fromEntries([['viewer', 0], ['publisher', 5], ['operator', 5], ['bridge', 20], ['crew', 20], ['app', 0], ['monitor', 2]]
		.map(([role, reserved]) => [role, { reserved, connections: role === 'monitor' ? 20 : 1000000 }]));
	const refusedAt = (broker, s) => (broker === HUB ? { taken: 3000 + s } : {
		subscribe: 14, connect_rate: broker === 'edge1' ? 212 : 0, publish: 3, login: day === 'bad' && broker === 'edge2' ? 40 + 1.3 * s : 4, banned: 9,
	});
	const statsOf = (broker) => {
		const s = Math.round((Date.now() - begun) / 1000) + 60;
		const n = broker === HUB ? 0 : Math.round(crowd(0) * share[broker]);
		const of = broker === HUB ? { publisher: 1, bridge: 3, operator: 0 } : { viewer: n, crew: broker === 'edge1' ? 6 : 2, monitor: 1, operator: broker === 'edge1' ? 1 : 0 };
		return {
			broker,
			stats: {
				...Object.fromEntries(Object.entries(of).map(([role, count]) => [`connections/${role}`, count])),
				...Object.fromEntries(Object.entries(refusedAt(broker, s)).map(([reason, count]) => [`refused/${reason}`, Math.round(count)])),
				'seats_left/viewer': 5000 - n - 52, bans: 1, addresses: 900, retained_topics: 412, repeat_topics: 405, 'sessions/app': 3,
			},
			host: { cpu_s: ((Date.now() - begun) / 1000) * { hub: 0.04, edge1: 0.312, edge2: 0.274, edge3: 0.226 }[broker], late_ms: 3, delay_ms: { hub: 2, edge1: 31, edge2: 28, edge3: 44 }[broker], dropped: broker === 'edge3' ? 7 : 0, open_files: n + 31, max_files: 65536 },
		};
	};
	const historyOf = (broker) => ({
		broker, part: broker === HUB ? 'hub' : 'edge',
		minutes: Array.from({ length: 220 }, (_, i) => { const at = Math.floor(begun / MINUTE) * MINUTE - (219 - i) * MINUTE; return [at, crowd(219 - i), broker === HUB ? 0 : Math.round(crowd(219 - i) * share[broker]), 0]; }),
	});
	const client = (id, user, address, role, broker, seconds) => ({ client: id, user, address, role, broker, seconds, transport: 'websockets' });
	const clients = [client('crew-tablet-2', 'crew', '192.0.2.31', 'crew', 'edge1', 4100), client('sb-1c9d3a5be0fa', null, '192.0.2.44', 'viewer', 'edge2', 3300),
		client('sb-8ab0c1f3d2e4', null, '192.0.2.44', 'viewer', 'edge2', 640), client('ann-phone', 'ann', '192.0.2.44', 'app', 'edge3', 5900), client('sb-f00dbabe0001', null, '2001:db8:7::/64', 'viewer', 'edge1', 95)];
	const refusals = [[20, 'edge2', 'login', 'mqttx_51', 'admin', '203.0.113.9', null, 'unknown user or wrong password'], [75, 'edge2', 'login', 'mqttx_51', 'root', '203.0.113.9', null, 'unknown user or wrong password'],
		[300, 'edge1', 'subscribe', 'sb-2f', null, '192.0.2.80', 'scoreboard/crew/#', 'may not subscribe'], [1900, 'edge1', 'connect_rate', 'sb-77', null, '192.0.2.12', null, 'too many connects per second'],
		[2400, 'edge3', 'banned', 'bot-1', 'bot', '198.51.100.7', null, 'banned']]
		.map(([ago, broker, reason, id, user, address, topic, text]) => ({ at: Date.now() - 1000 * ago, broker, reason, client: id, user, address, topic, text }));
	const all = [HUB, ...EDGES];
	const answers = {
		getStats: () => known(all.map(statsOf)),
		getHistory: () => known(all.map(historyOf)),
		getLimits: () => ({ limits: { connections: 5000, bans: 1000, addresses_remembered: 65536, sessions: 10000, retained_topics: 200000, repeat_topics: 50000 }, roles }),
		listClients: ({ role }) => (role === 'publisher' ? { clients: gone.length ? [] : [client('scoreboard-publisher-1', 'publisher', '192.0.2.10', 'publisher', HUB, 7900)], total: 1, missing: gone } : { clients, total: clients.length, ...known(all.map((broker) => ({ broker }))) }),
		listRefusals: () => known(EDGES.map((name) => ({ broker: name, refusals: refusals.filter(({ broker }) => broker === name) }))),
		listBans: () => known(all.map((broker) => ({ broker, bans: [{ user: 'bot', seconds: 2950, why: 'operator' }] }))),
		listRooms: () => ({ rooms: [{ room: 'match:42', open: true, members: 118, messages: 941, retained: 2, last: Date.now() - 4000 }, { room: 'tournament:7', open: true, members: 402, messages: 77, retained: 5, last: Date.now() - 60000 },
			{ room: 'private:jury', open: false, members: 4, messages: 31, retained: 1, last: Date.now() - 300000 }], total: 3 }),
	};
	return class Desk {
		#on;
		constructor(options, on) { this.#on = on; }
		start() {
			setTimeout(() => {
				this.#on.state();
				const status = day === 'bad' ? { state: 'stale', since: Date.now() - 14000, reason: 'this edge is cut off from its hub' } : { state: 'live', since: begun - 131 * MINUTE, reason: 'connected' };
				this.#on.topic('scoreboard/status', JSON.stringify(status));
				if (day === 'good')
					this.#on.topic('scoreboard/presence/watching', JSON.stringify({ total: crowd(0) + 61, mqtt: crowd(0), sse: 52, polling: 9 }));
			}, 50);
		}
		close() {}
		get link() { return { phase: 'live', lostMs: 0, refused: false, url: 'wss://live.example.org/mqtt' }; }
		async ask([command]) { return [{ data: answers[command.command](command) }]; }
	};
}

/* [name, day, tab, size, scheme]; those for the documentation have no size in their name */
const TALL = { width: 800, height: 1280 };
const WIDE = { width: 1024, height: 768 };
const SHOTS = [
	['ops-good', 'good', 'brokers', WIDE, 'dark'],
	['ops-bad', 'bad', 'brokers', WIDE, 'dark'],
	...['good', 'bad'].flatMap((day) => [['wide', WIDE], ['tall', TALL]].flatMap(([name, size]) =>
		['brokers', 'clients', 'refusals', 'limits', 'rooms'].map((tab, i) => [`${day}-${name}-${tab}`, day, tab, size, i % 2 ? 'dark' : 'light']))),
];

const folder = process.argv[2] ?? join(source, 'docs/images');
const wanted = process.argv[3] ?? (process.argv[2] ? '' : 'ops-');
const browser = await launch();
for (const [name, day, tab, viewport, colorScheme] of SHOTS.filter(([one]) => one.startsWith(wanted))) {
	const context = await browser.newContext({ viewport, colorScheme });
	const page = await context.newPage();
	page.on('console', (message) => message.type() === 'error' && console.log(message.text().slice(0, 300)));
	page.on('pageerror', (error) => console.log(String(error).slice(0, 300)));
	await page.route(`${ORIGIN}/**`, (route) => {
		const path = new URL(route.request().url()).pathname;
		const file = join(webDir, path);
		if (path === '/ops/desk.js')
			return route.fulfill({ contentType: TYPES.js, body: `export const Desk = (${madeUpDesk})(${JSON.stringify(day)});` });
		return existsSync(file) ? route.fulfill({ contentType: TYPES[path.split('.').pop()], body: readFileSync(file) }) : route.fulfill({ status: 404, body: '' });
	});
	await page.goto(`${ORIGIN}/ops.html`);
	await page.fill('#password', 'x');
	await page.click('#enter');
	await page.click(`#tab-${tab}`);
	await sleep(day === 'bad' ? 9500 : 4500);
	await page.evaluate(() => window.scrollTo(0, 0));
	await page.screenshot({ path: join(folder, `${name}.png`), fullPage: tab !== 'brokers' });
	await context.close();
}
await browser.close();
process.exit(0);
