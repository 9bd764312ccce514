/* mqtt - a session with a broker over WebSockets. Translates between MQTT.js and mqtt-feed.js; decides nothing.
 * MQTT.js's own reconnecting is off: its period is fixed and it gives up at a refused CONNACK; see link.js. */

import { Refusal } from '../refusal.js';
import { MqttFeed } from './mqtt-feed.js';

/* The most that conf/mosquitto.conf allows. Not for finding a dead network: silence.js asks after 15 to 20 s without news, where
 * MQTT.js would take 1.5 times the keepalive. Nor for the broker to find us gone: TCP tells it. Each ping makes
 * Mosquitto 2.0 look at the sockets of all its viewers, so the pings of a crowd cost it much (bench/run.sh pings). */
const KEEPALIVE_S = 3600;
const ALIASES = 10;   // topics for which the broker may send a number in place of the name; Mosquitto does from 2.1 on
const REFUSED = 0x80; // reason codes from here on are refusals

export function openMqtt({ endpoint, prefix, view, credentials, dialMs, encoding, mqtt, fflate, openSocket }, on) {
	let client = null;
	let feed = null;
	let closed = false;
	let stopHurry = () => {};

	const lose = (error) => {
		if (closed)
			return;
		close();
		on.lost(error);
	};
	const close = () => {
		closed = true;
		stopHurry();
		feed?.close();
		if (client)
			client.end(true);
		else
			socket?.close();
	};
	const link = {
		subscribe: (filters, { granted, refused: deny }) => client.connected && client.subscribe(filters, { qos: 0, rh: 0 }, (error) => {
			const which = filters.filter((_, i) => error?.packet?.granted?.[i] >= REFUSED);
			if (closed)
				return;
			if (which.length > 0)
				deny(which);
			else if (error)
				lose(error);
			else
				granted();
		}),
		unsubscribe: (filters, answered) => client.connected && client.unsubscribe(filters, answered),
	};
	const refused = () => lose(new Refusal(`The broker does not let this page follow “${prefix}”.`));
	const receive = (topic, payload, packet) => {
		const facts = { live: !packet.retain, bytes: packet.length ?? payload.length, expiryS: packet.properties?.messageExpiryInterval };
		if (!closed && !feed.receive(topic, payload, facts))
			on.other?.(topic, payload, packet);
	};
	const attach = () => {
		client.on('connect', () => {
			feed.start();
			stopHurry = hurry(client);
		});
		client.on('message', receive);
		client.on('error', lose);
		client.on('close', () => lose(new Error('connection closed')));
	};

	/* The socket is opened while MQTT.js is still being loaded. */
	const socket = startSocket(endpoint.url, openSocket, lose);
	Promise.all([mqtt(), loadInflate(encoding, fflate)]).then(([library, Inflate]) => {
		if (closed)
			return;
		client = library.connect(endpoint.url, { ...connectOptions(credentials, dialMs), ...(socket && { createWebsocket: () => socket }) });
		feed = new MqttFeed({ prefix, view, Inflate, link }, { ...on, refused });
		attach();
	}).catch((error) => lose(new Error(`MQTT.js: ${error.message}`)));

	return {
		close,
		rejoin: (unread) => feed?.rejoin(unread),
		joinedForGood: () => { stopHurry(); feed.joinedForGood(); },
		check: () => feed?.check(),
		publish: (message) => publish(client, message),
	};
}

/* fflate's class for one stream; null: the packed feed is not wanted, or it can't be read, and the feed is followed in JSON. */
async function loadInflate(encoding, fflate) {
	if (encoding === 'json')
		return null;
	return (await fflate().catch(() => null))?.Inflate ?? null;
}

const HURRY_MS = [4, 5, 5, 6, 10, 40];

/* Mosquitto 2.0 serves its WebSockets only when it wakes, ten times a second when idle, and then writes one 4 kB piece
 * of a large message. Anything from us wakes that service; a ping is two bytes. It ends with the join. Seen with 2.0.11, from
 * dialling until base and recent are there (tests/web/join-time.mjs): packed 366 ms without and 176 ms with, JSON 657 and 180 ms. */
function hurry(client) {
	let timer = null;
	let n = 0;
	const next = () => {
		if (n < HURRY_MS.length && client.connected) {
			client.sendPing?.();
			timer = setTimeout(next, HURRY_MS[n++]);
		}
	};
	timer = setTimeout(next, HURRY_MS[0]);
	return () => clearTimeout(timer);
}

/* In Node MQTT.js brings its own. A browser may refuse the very address: ws:// from an https:// page. */
function startSocket(url, openSocket, failed) {
	if (!openSocket && !globalThis.document)
		return null;
	try {
		const socket = openSocket ? openSocket(url) : new WebSocket(url, 'mqtt');
		socket.binaryType = 'arraybuffer';
		socket.addEventListener('close', () => failed(new Error('connection refused')));
		if (socket.readyState > WebSocket.OPEN)
			setTimeout(() => failed(new Error('connection refused'))); // it has failed before we could listen
		return socket;
	} catch (error) {
		setTimeout(() => failed(error));
		return null;
	}
}

function connectOptions(credentials, dialMs) {
	return {
		...credentials,
		clientId: `sb-${randomId()}`,
		protocolVersion: 5,
		properties: { topicAliasMaximum: ALIASES },
		clean: true,
		keepalive: KEEPALIVE_S,
		reconnectPeriod: 0,
		resubscribe: false,
		queueQoSZero: false,
		connectTimeout: dialMs,
		timerVariant: 'native', // the default runs its timer in a worker made of a blob: not under our CSP
	};
}

function randomId() {
	const bytes = crypto.getRandomValues(new Uint8Array(8));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/* Resolves when the broker has taken it. Rejects when the connection ended first, or when the broker refused it: then
 * the error's `code` is the PUBACK's reason, 0x80 or more. */
function publish(client, { topic, payload, id }) {
	if (!client?.connected)
		return Promise.reject(new Error('not connected'));
	return new Promise((resolve, reject) => {
		const options = { qos: 1, properties: { userProperties: { id } } };
		client.publish(topic, payload, options, (error, packet) => {
			const code = packet?.reasonCode ?? error?.code ?? 0;
			if (code >= REFUSED)
				reject(Object.assign(new Refusal(`The broker refused a message to ${topic} (0x${code.toString(16)}).`), { code }));
			else if (error && error.code === undefined)
				reject(error);
			else
				resolve(code);
		});
	});
}
