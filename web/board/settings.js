/* settings - config.js, overridden by the page's address. Pure but for the defaults: the location is an argument. */

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
		style: query.get('style') || '',
		theme: query.get('theme') || '',
	};
}

function defaultBroker({ protocol, hostname, host }) {
	return protocol === 'https:' ? `wss://${host}/mqtt` : `ws://${hostname}:9001/mqtt`;
}

const firstFull = (...lists) => lists.find((list) => list?.length > 0) ?? [];

function protocolOf(url) {
	try {
		return new URL(url).protocol;
	} catch {
		return '';
	}
}
