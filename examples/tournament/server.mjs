#!/usr/bin/env node
/* server - serves the built app, and gives whoever logs in a token for the broker. A DEMONSTRATION: anybody may have any name that is free, and
 * one passphrase makes a referee. What a real one keeps of it is the shape: a login of your own begins a session (a cookie that scripts
 * cannot read), and /api/token turns the session into a token of ten minutes, which the page asks for again and again.
 *
 *   node server.mjs --key token.key --policy policy.json --passphrase-file referee.passphrase --ws-port 9001
 *
 * It needs nothing but Node. Who asks too much, too often or for too long is refused (server/rates.mjs, the constants below). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readName, sameName } from './server/names.mjs';
import { createRates, rateKey, ratesTake } from './server/rates.mjs';
import { createSessions, sessionsAdd, sessionsEnd, sessionsFind } from './server/sessions.mjs';
import { mintToken } from './server/token.mjs';

const BODY_BYTES = 1024;
const KEY_BYTES = 32;        // of an HS256 key, at least
const COOKIE = 'tournament_session';
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const REFEREES = 'private:referees';

const OPTIONS = {
	listen: { type: 'string', default: '127.0.0.1' },
	port: { type: 'string', default: '8090' },
	key: { type: 'string' },                 // a file: what the broker's policy has in tokens.keys
	policy: { type: 'string' },              // a file: the names of its "users" are not to be had
	'passphrase-file': { type: 'string' },   // its first line makes a referee
	broker: { type: 'string' },              // ws:// or wss://; without it: --ws-port of the host that the page came from
	'ws-port': { type: 'string', default: '9001' },
	tournament: { type: 'string', default: 'harbour-cup' },
	dist: { type: 'string', default: fileURLToPath(new URL('dist', import.meta.url)) },
	'token-s': { type: 'string', default: '600' },
	secure: { type: 'boolean', default: false }, // the page is served over https, by a proxy before this: so is the cookie only
};

/* --- what it was told --- */

function readSettings(args) {
	const { values } = parseArgs({ args, options: OPTIONS });
	for (const needed of ['key', 'policy', 'passphrase-file'])
		if (!values[needed])
			throw new Error(`--${needed} is needed`);
	const key = Buffer.from(readFileSync(values.key, 'utf8').trim());
	if (key.length < KEY_BYTES)
		throw new Error(`${values.key}: a key has at least ${KEY_BYTES} bytes`);
	return {
		...values, key,
		port: readNumber(values, 'port', 0, 65535),
		wsPort: readNumber(values, 'ws-port', 1, 65535),
		tokenS: readNumber(values, 'token-s', 5, 3600),
		reserved: new Set(Object.keys(JSON.parse(readFileSync(values.policy, 'utf8')).users ?? {}).map(sameName)),
		passphrase: digest(readFileSync(values['passphrase-file'], 'utf8').split('\n')[0].trim()),
		files: readFiles(values.dist),
	};
}

function readNumber(values, name, least, most) {
	const number = Number(values[name]);
	if (!Number.isInteger(number) || number < least || number > most)
		throw new Error(`--${name} takes a number from ${least} to ${most}, not ${values[name]}`);
	return number;
}

const digest = (text) => createHash('sha256').update(text).digest();

/* The whole app, in memory: no path of a request is ever looked for on the disk. */
function readFiles(folder) {
	const files = new Map();
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath ?? entry.path, entry.name);
		if (entry.isFile())
			files.set(path.slice(folder.length).replaceAll('\\', '/'), { body: readFileSync(path), type: TYPES[extname(path)] ?? 'application/octet-stream' });
	}
	if (!files.has('/index.html'))
		throw new Error(`${folder} has no index.html: npm run build`);
	files.set('/', files.get('/index.html'));
	return files;
}

/* --- answers --- */

/* A refusal that the page shows: `error` is a word for programs, `message` one for people. */
class Refusal extends Error {
	constructor(status, error, message) {
		super(message);
		Object.assign(this, { status, error });
	}
}

function answer(response, status, headers, body) {
	response.writeHead(status, {
		'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cross-Origin-Opener-Policy': 'same-origin',
		'Content-Length': Buffer.byteLength(body), ...headers,
	});
	response.end(response.req.method === 'HEAD' ? undefined : body);
}

const answerJson = (response, status, value, headers) =>
	answer(response, status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers }, JSON.stringify(value));

/* No inline script, nothing from elsewhere; the one other thing that the page may talk to is the broker. */
function contentPolicy(broker) {
	return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ${new URL(broker).origin}; `
		+ "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

/* Host is what the browser calls us: the broker is on the same machine when --broker does not say where. */
function brokerOf({ broker, wsPort }, { host = '' }) {
	if (broker)
		return broker;
	const name = /^([a-z0-9.-]{1,255}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.exec(host)?.[1];
	if (!name)
		throw new Refusal(400, 'host', 'Host is no name of this server.');
	return `ws://${name}:${wsPort}/mqtt`;
}

function serveFile({ settings }, request, response) {
	const path = request.url.split('?')[0];
	const file = settings.files.get(path);
	if (!file)
		throw new Refusal(404, 'path', 'There is nothing here.');
	const kept = path.startsWith('/assets/'); // the build puts a hash into their names
	answer(response, 200, {
		'Content-Type': file.type, 'Cache-Control': kept ? 'public, max-age=31536000, immutable' : 'no-cache',
		...(file.type === TYPES['.html'] && { 'Content-Security-Policy': contentPolicy(brokerOf(settings, request.headers)) }),
	}, file.body);
}

/* --- the login --- */

const sessionId = ({ headers }) => new RegExp(`(?:^|; )${COOKIE}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(headers.cookie ?? '')?.[1] ?? '';

/* Path: not sent to the broker, whose port is no matter to cookies. */
const cookie = ({ secure }, value, maxAge) =>
	`${COOKIE}=${value}; HttpOnly; SameSite=Strict; Path=/api; Max-Age=${maxAge}${secure ? '; Secure' : ''}`;

function findSession({ sessions }, request) {
	return sessionsFind(sessions, sessionId(request), Date.now());
}

/* What the page has to know. */
function describe({ settings }, request, session) {
	return {
		user: session && { name: session.name, referee: session.referee, hosts: hostsOf(settings, session) },
		broker: brokerOf(settings, request.headers), tournament: settings.tournament,
	};
}

const hostsOf = ({ tournament }, { referee }) => (referee ? [`tournament:${tournament}`, REFEREES] : []);

function getSession(world, request, response) {
	answerJson(response, 200, describe(world, request, findSession(world, request)));
}

async function postLogin(world, request, response) {
	const { settings, sessions, rates } = world;
	const address = rateKey(request.socket.remoteAddress ?? '');
	pay(rates.logins, address);
	const asked = await readBody(request);
	const name = readName(asked.name, settings.reserved);
	if (name === null)
		throw new Refusal(400, 'name', 'A name has 1 to 24 letters of one script and digits, and may have . _ - between them. Some names are reserved.');
	const referee = asked.referee === true;
	if (referee)
		checkPassphrase(world, address, asked.passphrase);
	sessionsEnd(sessions, sessionId(request)); // who logs in anew is who he was no more
	const id = randomBytes(32).toString('base64url');
	const refused = sessionsAdd(sessions, { id, name, referee, address }, Date.now());
	if (refused === 'taken')
		throw new Refusal(409, 'taken', 'Somebody is called so already.');
	if (refused)
		throw new Refusal(503, 'full', 'Too many are logged in.');
	answerJson(response, 200, describe(world, request, { name, referee }), { 'Set-Cookie': cookie(settings, id, 12 * 3600) });
}

function checkPassphrase({ settings, rates }, address, given) {
	pay(rates.passphrases, address);
	if (typeof given !== 'string' || !timingSafeEqual(digest(given.trim()), settings.passphrase))
		throw new Refusal(403, 'passphrase', 'That is not the referees’ passphrase.');
}

function postToken(world, request, response) {
	const { settings, rates } = world;
	const session = findSession(world, request);
	if (!session)
		throw new Refusal(401, 'session', 'Nobody is logged in.');
	pay(rates.tokens, session.id);
	const { name, referee } = session;
	if (settings.reserved.has(sameName(name)))
		throw new Refusal(403, 'name', 'That name is reserved.');
	const hosts = hostsOf(settings, session);
	const token = mintToken(settings.key, { sub: name, role: 'app', rooms: referee ? [REFEREES] : [], hosts }, Date.now(), settings.tokenS);
	answerJson(response, 200, { username: name, password: token });
}

function postLogout({ settings, sessions }, request, response) {
	sessionsEnd(sessions, sessionId(request));
	answerJson(response, 200, {}, { 'Set-Cookie': cookie(settings, '', 0) });
}

function pay(rates, key) {
	if (!ratesTake(rates, key, Date.now()))
		throw new Refusal(429, 'rate', 'That was too often. Wait a little.');
}

async function readBody(request) {
	const length = Number(request.headers['content-length'] ?? NaN);
	if (!(length <= BODY_BYTES)) // without a length: how long it would get nobody knows
		throw new Refusal(413, 'body', 'That is too long.');
	const chunks = await request.toArray();
	try {
		const value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
		if (typeof value === 'object' && value !== null)
			return value;
	} catch { /* refused below */ }
	throw new Refusal(400, 'body', 'That is no JSON object.');
}

/* --- which is which --- */

const POSTS = { '/api/login': postLogin, '/api/token': postToken, '/api/logout': postLogout };

/* Only our own page: others cannot send JSON without asking first (CORS), nor the cookie (SameSite); this says it once more. */
function checkOrigin({ headers: { host, origin, 'content-type': type } }) {
	const own = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
	if (!own || type !== 'application/json')
		throw new Refusal(403, 'origin', 'Only this server’s own page may do that.');
}

async function serve(world, request, response) {
	const path = request.url.split('?')[0];
	if (request.method === 'POST' && Object.hasOwn(POSTS, path)) {
		checkOrigin(request);
		await POSTS[path](world, request, response);
	} else if (request.method !== 'GET' && request.method !== 'HEAD') {
		throw new Refusal(405, 'method', 'That is not done here.');
	} else if (path === '/api/session') {
		getSession(world, request, response);
	} else {
		serveFile(world, request, response);
	}
}

function refuse(response, error) {
	const known = error instanceof Refusal;
	if (!known)
		console.error(`server: ${error.stack}`);
	if (response.headersSent)
		return response.destroy();
	const { status, error: word, message } = known ? error : { status: 500, error: 'server', message: 'Something went wrong here.' };
	answerJson(response, status, { error: word, message }, { Connection: 'close' });
}

function start(settings) {
	const world = {
		settings, sessions: createSessions(),
		rates: {
			logins: createRates({ perS: 2, burst: 200 }),         // an address: a hall full of people behind one
			passphrases: createRates({ perS: 0.1, burst: 10 }),   // an address
			tokens: createRates({ perS: 0.5, burst: 20 }),        // a session
		},
	};
	const server = createServer({ maxHeaderSize: 8192, headersTimeout: 10000, requestTimeout: 10000, keepAliveTimeout: 5000, connectionsCheckingInterval: 2000 },
		(request, response) => serve(world, request, response).catch((error) => refuse(response, error)));
	server.maxConnections = 2000;
	server.listen(settings.port, settings.listen, () => console.log(`The app is at http://${settings.listen}:${server.address().port}/`));
	for (const signal of ['SIGINT', 'SIGTERM'])
		process.on(signal, () => process.exit(0));
}

try {
	start(readSettings(process.argv.slice(2)));
} catch (error) {
	console.error(`server: ${error.message}`);
	process.exitCode = 1;
}
