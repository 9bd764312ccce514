/* feedgen - a stand-in for the publisher's feed, by the same contract: frames in, feed out (MQTT, JSON, SSE). */
import { createServer } from 'node:http';
import mqtt from 'mqtt';

const CLOCKS = ['period', 'jam', 'lineup', 'timeout', 'intermission'];
const WANTED = new RegExp('^(game|name|state|event-info/|official-score|in-|no-more-jam|current-period|upcoming'
	+ '|current-timeout|timeout-owner|official-review|rule/|clock/|setting/ScoreBoard.(Intermission|Clock)|clock-during'
	+ '|team/[12]/(name|full-name|league-name|team-name|initials|uniform-color|color/(scoreboard|overlay)|alternate-name'
	+ '|score|jam-score|trip-score|last-score|lead|display-lead|lost|calloff|injury|no-initial|star-pass|no-pivot'
	+ '|timeouts|official-reviews|in-|retained|total-penalties'
	+ '|position/[^/]+/(skater|name|roster-number|penalty-box|current-penalties)$'
	+ '|skater/[^/]+/(name|roster-number|flags|role|penalty-box|penalty-count)$|skater/[^/]+/penalty/[^/]+/code$))');
const DROPPED = /^clock\/[^/]+\/(time|running|direction|inverted-time|id|readonly)$/;

const kebab = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
const escape = (text) => text.replace(/[%/+#\0]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
const argument = (text) => (/^(Period|Jam|Lineup|Timeout|Intermission|Jammer|Pivot|Blocker[123])$/.test(text)
	? text.toLowerCase() : escape(text));

export function topicKey(path) {
	const short = path.replace(/^ScoreBoard\.(CurrentGame\.|Settings\.)?/, '');
	const steps = short.match(/[^.(]+(\([^)]*\))?/g) ?? [];
	return steps.flatMap((step) => {
		const [, name, arg] = /^([^(]+)(?:\((.*)\))?$/s.exec(step);
		return arg === undefined ? [kebab(name)] : [kebab(name), argument(arg)];
	}).join('/');
}

export async function startFeedgen({ brokerPort, prefix = 'scoreboard', view = 'spectator', httpPort = 0, webDir }) {
	const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${brokerPort}`, { protocolVersion: 5, reconnectPeriod: 300,
		will: { topic: `${prefix}/status`, retain: true, payload: JSON.stringify({ state: 'offline', since: Date.now(), reason: 'connection lost' }) } });
	const raw = new Map();
	const state = new Map();
	const viewers = new Set();
	const history = [];
	const base = `${prefix}/feed/${view}`;
	let epoch = `g${Date.now()}`;
	let seq = 0;
	let snapshot = { seq: 0, keys: new Set(), at: 0 };
	let status = { state: 'live', since: Date.now(), reason: '' };
	let dropNext = 0;
	let lastSent = Date.now();
	const publish = (topic, value, retain) => client.connected && client.publish(topic, JSON.stringify(value), { retain, qos: 0 });
	const put = (topic, value, retain) => {
		publish(topic, value, retain);
		publish(topic.replace(`feed/${view}/`, 'feed/overlay/'), value, retain);
	};
	const whole = () => ({ epoch, seq, ts: Date.now(), state: Object.fromEntries(state) });
	const sendSnapshot = () => {
		snapshot = { seq, keys: new Set(), at: Date.now() };
		put(`${base}/snapshot`, whole(), true);
		sendRecent();
	};
	const pick = (keys) => ({
		set: Object.fromEntries([...keys].filter((k) => state.has(k)).map((k) => [k, state.get(k)])),
		del: [...keys].filter((k) => !state.has(k)),
	});
	const sendRecent = () => put(`${base}/recent`, { epoch, base: snapshot.seq, seq, ts: Date.now(), ...pick(snapshot.keys) }, true);
	const sse = (event, data, id) => viewers.forEach((r) => r.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`));
	const send = (keys) => {
		seq++;
		const delta = { epoch, seq, ts: Date.now(), ...pick(keys) };
		history.push(delta);
		keys.forEach((k) => snapshot.keys.add(k));
		if (dropNext > 0)
			dropNext--;
		else
			put(`${base}/delta`, delta, false);
		sse('delta', delta, `${epoch}:${seq}`);
		lastSent = Date.now();
		if (snapshot.keys.size > 60)
			sendSnapshot();
		else
			sendRecent();
	};
	const clockNews = (name, now) => {
		const of = (leaf) => raw.get(`clock/${name}/${leaf}`);
		if (of('time') === undefined)
			return null;
		const next = { time: of('time'), running: of('running') === true, direction: of('direction') ? 'down' : 'up', at: now };
		const old = state.get(`clock/${name}`);
		if (!old || old.running !== next.running || old.direction !== next.direction)
			return next;
		const sign = old.direction === 'down' ? -1 : 1;
		const expected = old.running ? Math.max(0, old.time + sign * (now - old.at)) : old.time;
		return Math.abs(expected - next.time) > (old.running ? 150 : 0) ? next : null;
	};
	const push = ({ frame }) => {
		const changed = new Set();
		const told = new Set();
		for (const [path, value] of Object.entries(frame.state)) {
			if (!/^ScoreBoard\.(CurrentGame|Settings)\./.test(path))
				continue;
			const key = topicKey(path);
			if (!WANTED.test(key))
				continue;
			if (DROPPED.test(key))
				told.add(key.split('/')[1]);
			const target = DROPPED.test(key) ? raw : state;
			if (target.get(key) === value || (value === null && !target.has(key)))
				continue;
			if (value === null)
				target.delete(key);
			else
				target.set(key, value);
			if (target === state)
				changed.add(key);
		}
		for (const name of CLOCKS) {
			const news = told.has(name) && clockNews(name, Date.now());
			if (news)
				state.set(`clock/${name}`, news), changed.add(`clock/${name}`);
		}
		if (changed.size > 0)
			send(changed);
	};
	const beat = setInterval(() => {
		if (Date.now() - lastSent < 10000)
			return;
		lastSent = Date.now();
		put(`${base}/delta`, { epoch, seq, ts: Date.now() }, false);
		sse('delta', { epoch, seq, ts: Date.now() }, `${epoch}:${seq}`);
	}, 500);
	const setStatus = (next) => {
		status = { since: Date.now(), reason: '', ...next };
		publish(`${prefix}/status`, status, true);
		sse('status', status, `${epoch}:${seq}`);
	};
	const server = await serve({ whole, status: () => status, viewers, view, id: () => `${epoch}:${seq}`, webDir, httpPort, history });
	client.on('connect', () => { setStatus(status); sendSnapshot(); });
	setStatus(status);
	sendSnapshot();
	return {
		push, setStatus, state, sendSnapshot,
		httpPort: server.address().port,
		loseNextDelta: () => { dropNext++; },
		newEpoch: () => { epoch = `g${Date.now()}x`; seq = 0; sendSnapshot(); },
		stop: async () => {
			clearInterval(beat);
			viewers.forEach((r) => r.end());
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
			await client.endAsync(true);
		},
	};
}

async function serve({ whole, status, viewers, view, id, webDir, httpPort, history }) {
	const { readFile } = await import('node:fs/promises');
	const { join, normalize, extname } = await import('node:path');
	const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' };
	const server = createServer(async (request, response) => {
		const path = new URL(request.url, 'http://x').pathname;
		response.setHeader('access-control-allow-origin', '*');
		if (path === `/${view}.json` || path === '/overlay.json') {
			response.setHeader('content-type', 'application/json');
			response.setHeader('cache-control', 'max-age=1');
			return response.end(JSON.stringify({ ...whole(), status: status() }));
		}
		if (path === `/${view}/events` || path === '/overlay/events') {
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			const [e, s] = (request.headers['last-event-id'] ?? ':').split(':');
			const rest = history.filter((d) => d.epoch === e && d.seq > Number(s));
			if (e === whole().epoch && rest.length === whole().seq - Number(s))
				rest.forEach((d) => response.write(`event: delta\nid: ${d.epoch}:${d.seq}\ndata: ${JSON.stringify(d)}\n\n`));
			else
				response.write(`event: snapshot\nid: ${id()}\ndata: ${JSON.stringify(whole())}\n\n`);
			response.write(`event: status\nid: ${id()}\ndata: ${JSON.stringify(status())}\n\n`);
			viewers.add(response);
			return request.on('close', () => viewers.delete(response));
		}
		const file = join(webDir, normalize(path === '/' ? '/index.html' : path));
		const body = await readFile(file).catch(() => null);
		response.writeHead(body ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
		response.end(body ?? 'not found');
	});
	await new Promise((done) => server.listen(httpPort, '127.0.0.1', done));
	return server;
}
