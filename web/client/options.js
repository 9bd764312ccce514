/* options - what connect() may be told. A name that is none of these is a typo, and without any address a page would wait for ever:
 * both are errors at once. */

const DEFAULTS = Object.freeze({
	servers: [],              // brokers: ws:// or wss://
	http: [],                 // publishers: http:// or https://, for SSE and polling
	prefix: 'scoreboard',
	view: 'spectator',
	credentials: {},          // { username, password } for brokers that want them
	hiddenMs: 60000,          // a hidden page lets go after this; Infinity: never
	mqtt: () => import('mqtt').then((module) => module.default ?? module),
	encoding: 'packed',       // of the feed from brokers: 'packed', and JSON where it is not there, or 'json'
	fflate: () => import('fflate').then((module) => module.default ?? module),
	openSocket: undefined,    // (url) -> WebSocket
	link: {},                 // timings, see link.js
});

const ENCODINGS = ['packed', 'json'];
const LINK = ['dialMs', 'patience', 'probeMs', 'probeCeilingMs', 'backoff'];
const MEMBERS = {
	'': Object.keys(DEFAULTS),
	'credentials.': ['username', 'password'],
	'link.': LINK,
	'link.backoff.': ['base', 'ceiling', 'floor'],
};

/* The options with their defaults; throws a TypeError that names what is wrong. */
export function readOptions(given) {
	checkNames(given, '');
	checkNames(given.credentials, 'credentials.');
	checkNames(given.link, 'link.');
	checkNames(given.link?.backoff, 'link.backoff.');
	const set = Object.entries(given).filter(([, value]) => value !== undefined);
	const options = { ...DEFAULTS, ...Object.fromEntries(set) };
	for (const name of ['servers', 'http'])
		if (!Array.isArray(options[name]) || options[name].some((url) => typeof url !== 'string'))
			throw new TypeError(`connect(): "${name}" must be a list of addresses`);
	if (!ENCODINGS.includes(options.encoding))
		throw new TypeError('connect(): "encoding" must be "packed" or "json"');
	if (options.servers.length + options.http.length === 0)
		throw new TypeError('connect(): give an address in "servers" or "http"');
	return options;
}

function checkNames(object, parent) {
	for (const name of Object.keys(object ?? {}))
		if (!MEMBERS[parent].includes(name))
			throw new TypeError(`connect(): there is no option "${parent}${name}"`);
}
