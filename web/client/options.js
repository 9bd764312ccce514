/* options - what connect() may be told. A name that is none of these is a typo, and without any address a page would wait for ever:
 * both are errors at once. */

const DEFAULTS = Object.freeze({
	servers: [],              // brokers: ws:// or wss://
	http: [],                 // publishers: http:// or https://, for SSE and polling
	prefix: 'scoreboard',
	view: 'spectator',        // null: none, only what else is on the broker
	views: [],                // more of them on the same connection: { prefix, view }
	credentials: {},          // { username, password } for brokers that want them, or a function that gives a promise of them
	user: undefined,          // the username, for who is offline before a function has given any
	session: undefined,       // { clientId, expiryS }: one that the broker keeps while we are away
	inbox: {},                // { roles }: whose messages the inbox has, too
	hiddenMs: 60000,          // a hidden page lets go after this; Infinity: never
	mqtt: () => import('mqtt').then((module) => module.default ?? module),
	encoding: 'packed',       // of the feed from brokers: 'packed', and JSON where it is not there, or 'json'
	fflate: () => import('fflate').then((module) => module.default ?? module),
	openSocket: undefined,    // (url) -> WebSocket
	link: {},                 // timings, see link.js
});

const ENCODINGS = ['packed', 'json'];
const LINK = ['dialMs', 'joinMs', 'patience', 'probeMs', 'probeCeilingMs', 'measureMs', 'measureAgainMs', 'leaveMs', 'leaveSpreadMs', 'backoff'];
const MEMBERS = {
	'': Object.keys(DEFAULTS),
	'credentials.': ['username', 'password'],
	'session.': ['clientId', 'expiryS'],
	'inbox.': ['roles'],
	'views.': ['prefix', 'view'],
	'link.': LINK,
	'link.backoff.': ['base', 'ceiling', 'floor'],
};
const isObject = (value) => typeof value === 'object' && value !== null;

/* The options with their defaults; throws a TypeError that names what is wrong. */
export function readOptions(given) {
	checkAllNames(given ?? {});
	const set = Object.entries(given).filter(([, value]) => value !== undefined);
	const options = { ...DEFAULTS, ...Object.fromEntries(set) };
	for (const name of ['servers', 'http'])
		if (!Array.isArray(options[name]) || options[name].some((url) => typeof url !== 'string'))
			throw new TypeError(`connect(): "${name}" must be a list of addresses`);
	if (!ENCODINGS.includes(options.encoding))
		throw new TypeError('connect(): "encoding" must be "packed" or "json"');
	if (options.servers.length + options.http.length === 0)
		throw new TypeError('connect(): give an address in "servers" or "http"');
	if (options.view === null && options.servers.length === 0)
		throw new TypeError('connect(): without a "view" there must be an address in "servers"');
	if (options.inbox.roles !== undefined && !Array.isArray(options.inbox.roles))
		throw new TypeError('connect(): "inbox.roles" must be a list of names');
	checkSession(options.session);
	return options;
}

function checkAllNames(given) {
	checkNames(given, '');
	for (const parent of ['credentials', 'session', 'inbox', 'link'])
		if (typeof given[parent] !== 'function')
			checkNames(given[parent], `${parent}.`);
	checkNames(given.link?.backoff, 'link.backoff.');
	if (given.views !== undefined && !(Array.isArray(given.views) && given.views.every(isObject)))
		throw new TypeError('connect(): "views" must be a list of { prefix, view }');
	given.views?.forEach((view) => checkNames(view, 'views.'));
}

function checkSession(session) {
	if (session === undefined)
		return;
	const { clientId, expiryS } = session;
	if (typeof clientId !== 'string' || clientId === '' || !Number.isInteger(expiryS) || expiryS < 1 || expiryS >= 2 ** 32)
		throw new TypeError('connect(): "session" needs a "clientId" and whole seconds in "expiryS"');
}

function checkNames(object, parent) {
	for (const name of Object.keys(object ?? {}))
		if (!MEMBERS[parent].includes(name))
			throw new TypeError(`connect(): there is no option "${parent}${name}"`);
}
