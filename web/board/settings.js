/* settings - config.js, overridden by the page's address. Pure but for the defaults: the location is an argument.
 *
 * Anybody can make up an address of this page that names a server of his own, and what that one sends is then shown
 * under the league's name. So `foreign` are the hosts that the address names and neither config.js does nor the page
 * came from: the pages say that they show those. */

const BROKER = /^wss?:$/;
const WEB = /^https?:$/;

export function readSettings(config, location, viewKey = 'view') {
	const query = new URLSearchParams(location.search);
	const list = (name, protocol) => query.getAll(name).filter((url) => protocol.test(protocolOf(url)));
	const servers = firstFull(list('server', BROKER), config.servers, [defaultBroker(location)]);
	const http = firstFull(list('http', WEB), config.http, [new URL('.', location.href).href]);
	return {
		servers, http,
		prefix: query.get('prefix') || config.prefix,
		view: query.get('view') || config[viewKey] || config.view,
		encoding: (query.get('encoding') || config.encoding) === 'json' ? 'json' : 'packed',
		style: query.get('style') || '',
		theme: query.get('theme') || '',
		lang: query.get('lang') || '',
		layout: query.get('layout') || '',
		notice: query.get('notice') === '1',
		history: config.history === true,
		game: query.get('game') || '',
		foreign: foreignHosts([...servers, ...http], [location.href, ...config.servers ?? [], ...config.http ?? []]),
	};
}

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
