/* settings - config.js, overridden by the page's address. Pure but for the defaults: the location is an argument.
 *
 * Anybody can make up an address of this page that names a server of his own, and what that one sends is then shown
 * under the league's name. So `foreign` are the hosts that the address names and neither config.js does nor the page
 * came from: the pages say that they show those. What config.json says comes from where the page came from, as config.js does. */

const BROKER = /^wss?:$/;
const WEB = /^https?:$/;

const MAX_LIST = 64;
const isObject = (value) => typeof value === 'object' && value !== null;
const isText = (value) => typeof value === 'string' && value !== '';
const isTrack = (value) => isObject(value) && isText(value.prefix) && isText(value.title);

/* What config.json can say, and when it is of use; what is none of these is left out (schema/config.schema.json). */
const TOLD = {
	prefix: isText,
	title: isText,
	addresses: (value) => value.length > 0,
	servers: (value) => value.length > 0,
	http: (value) => value.length > 0,
	history: (value) => value === true,
	tracks: (value) => value.length > 0,
};

/* config.js, with what config.json tells in its place. `trusted` are the servers that it takes the place of: config.js has named them. */
export function withTold(config, told, location) {
	const given = isObject(told) && told.version === 1 ? told : {};
	const list = (value) => (Array.isArray(value) ? value.slice(0, MAX_LIST) : []);
	const urls = (value, protocol) => list(value).map((url) => atHost(url, location)).filter((url) => protocol.test(protocolOf(url)) && mayOpen(url, location));
	const read = {
		...given,
		addresses: list(given.addresses).filter((url) => WEB.test(protocolOf(url))),
		servers: urls(given.servers, BROKER), http: urls(given.http, WEB),
		tracks: list(given.tracks).filter(isTrack).map(({ prefix, title }) => ({ prefix, title })),
	};
	const of = Object.fromEntries(Object.keys(TOLD).filter((name) => TOLD[name](read[name])).map((name) => [name, read[name]]));
	return { ...config, ...of, own: config.prefix, trusted: [...config.servers ?? [], ...config.http ?? []] };
}

/* A host of * is the one that the page came from. */
const atHost = (url, { hostname }) => String(url).replace(/^(\w+:\/\/)\*(?=[:/]|$)/, `$1${hostname}`);

/* An https page may open nothing that is not encrypted: then the broker is where a proxy before both has it. */
const mayOpen = (url, { protocol }) => protocol !== 'https:' || /^(wss|https):$/.test(protocolOf(url));

export function readSettings(config, location, viewKey = 'view') {
	const query = new URLSearchParams(location.search);
	const list = (name, protocol) => query.getAll(name).filter((url) => protocol.test(protocolOf(url)));
	const servers = firstFull(list('server', BROKER), config.servers, [defaultBroker(location)]);
	const http = firstFull(list('http', WEB), config.http, [new URL('.', location.href).href]);
	return {
		servers, http,
		prefix: query.get('prefix') || config.prefix,
		event: query.get('prefix') || eventOf(config),
		title: config.title ?? '',
		addresses: (config.addresses ?? []).filter((url) => WEB.test(protocolOf(url))),
		history: config.history === true,
		tracks: config.tracks ?? [],
		view: query.get('view') || config[viewKey] || config.view,
		encoding: (query.get('encoding') || config.encoding) === 'json' ? 'json' : 'packed',
		style: query.get('style') || '',
		theme: query.get('theme') || '',
		lang: query.get('lang') || '',
		layout: query.get('layout') || '',
		notice: query.get('notice') === '1',
		game: query.get('game') || '',
		foreign: foreignHosts([...servers, ...http], [location.href, ...config.servers ?? [], ...config.http ?? [], ...config.trusted ?? []]),
	};
}

/* What all tracks of an event are below: a publisher of one of them tells its own prefix. */
const eventOf = ({ own, prefix }) => (own && prefix.startsWith(`${own}/`) ? own : prefix);

function foreignHosts(used, trusted) {
	const own = new Set(trusted.map((url) => partOf(url, 'hostname')));
	return [...new Set(used.filter((url) => !own.has(partOf(url, 'hostname'))).map((url) => partOf(url, 'host')))];
}

function defaultBroker({ protocol, hostname, host }) {
	return protocol === 'https:' ? `wss://${host}/mqtt` : `ws://${hostname}:9001/mqtt`;
}

const firstFull = (...lists) => lists.find((list) => list?.length > 0) ?? [];

const protocolOf = (url) => partOf(url, 'protocol');

function partOf(url, part) {
	try {
		return new URL(url)[part];
	} catch {
		return '';
	}
}
