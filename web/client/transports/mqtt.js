/* mqtt - a session with a broker over WebSockets: one connection, any number of feeds on it, and whatever else is subscribed to. Translates between
 * MQTT.js and mqtt-feed.js; decides nothing. MQTT.js's own reconnecting is off: its period is fixed and it gives up at a refused CONNACK; see link.js. */

import { dialOptions } from '../dial.js';
import { randomHex } from '../id.js';
import { Refusal } from '../refusal.js';
import { MqttFeed } from './mqtt-feed.js';

/* A little less than conf/mosquitto.conf allows, which must not be the same: see max_keepalive there. Not for finding a dead network: silence.js asks after 15 to 20 s without news, where
 * MQTT.js would take 1.5 times the keepalive. Nor for the broker to find us gone: TCP tells it. Each ping makes
 * Mosquitto 2.0 look at the sockets of all its viewers, so the pings of a crowd cost it much (bench/run.sh pings). */
export const KEEPALIVE_S = 3600;
const ALIASES = 10;   // topics for which the broker may send a number in place of the name; Mosquitto does from 2.1 on
const REFUSED = 0x80; // reason codes from here on are refusals
const BAD_FILTER = 0x8f;
const RETIRE_MS = 5000;

/* `credentials`: () -> a promise of { username, password }; `asks`: they may take their time. `session`: { clientId, expiryS } of one that the broker keeps, or undefined. `view`: null
 * for a connection without a feed of its own. */
export function openMqtt({ endpoint, prefix, view, credentials, asks, session, dialMs, encoding, mqtt, fflate, openSocket }, on) {
	let client = null;
	let Inflate = null;
	let feed = null;
	let closed = false;
	let retired = false;
	let stopHurry = () => {};
	let receiveMaximum = 1;     // messages that may wait for their acknowledgement
	const feeds = new Set();    // the one above, and those that openFeed() gave
	const notice = `${prefix}/notice`;
	const others = new Set();   // filters that are no feed's
	let puback = null;          // the last one: MQTT.js keeps to itself that nobody is subscribed
	const pings = [];           // when those were sent that are not answered yet

	const lose = (error) => {
		if (closed)
			return;
		close();
		on.lost(error);
	};
	/* The answer to a ping comes behind all that was sent before. */
	const retire = () => {
		feeds.forEach((one) => one.close());
		feeds.clear();
		setTimeout(close, RETIRE_MS).unref?.();
		retired = true;
		ping();
	};
	const close = () => {
		closed = true;
		stopHurry();
		feeds.forEach((one) => one.close());
		if (client)
			client.end(true);
		else
			socket?.close();
	};
	const live = () => client?.connected && !closed;
	/* answer(codes): the SUBACK's reasons, in the order of the filters. An object has its own order: numbers first. */
	const subscribe = (wanted, answer) => {
		const begun = performance.now();
		const map = Object.fromEntries(wanted.map(({ filter, qos }) => [filter, { qos, rh: 0 }]));
		const places = new Map(Object.keys(map).map((filter, i) => [filter, i]));
		client.subscribe(map, (error, _, packet) => {
			const codes = (packet ?? error?.packet)?.granted;
			if (closed)
				return;
			if (codes)
				on.measured(performance.now() - begun);
			else if (!client.connected)
				return lose(error);
			answer(wanted.map(({ filter }) => (codes ? codes[places.get(filter)] : BAD_FILTER)));
		});
	};
	const unsubscribe = (filters, answered = () => {}) => {
		const isHeld = (filter) => others.has(filter) || (view === null && filter === notice) || [...feeds].some((one) => one.holds(filter));
		const unwanted = filters.filter((filter) => !isHeld(filter));
		if (live() && unwanted.length > 0)
			client.unsubscribe(unwanted, answered);
	};
	const link = {
		subscribe: (filters, { granted, refused: deny }) => live() && subscribe(filters.map((filter) => ({ filter, qos: 0 })), (codes) => {
			const which = filters.filter((_, i) => codes[i] >= REFUSED);
			if (which.length > 0)
				deny(which);
			else
				granted();
		}),
		unsubscribe,
	};
	const newFeed = (options, told, lost) => {
		const refused = () => lost(new Refusal(`The broker does not let this page follow “${options.prefix}”.`));
		const one = new MqttFeed({ ...options, Inflate, link }, { ...told, refused });
		feeds.add(one);
		return one;
	};
	const receive = (topic, payload, packet) => {
		if (closed)
			return;
		const facts = { live: !packet.retain, bytes: packet.length ?? payload.length, expiryS: packet.properties?.messageExpiryInterval };
		feeds.forEach((one) => one.receive(topic, payload, facts));
		if (!feed && topic === notice)
			on.notice(payload, facts);
		on.other(topic, payload, packet);
	};
	const ping = () => live() && client.sendPing?.();
	const attach = () => {
		client.on('connect', ({ properties }) => {
			receiveMaximum = properties?.receiveMaximum ?? 65535;
			if (feed)
				feed.start();
			else
				subscribe([{ filter: notice, qos: 0 }], () => {}); // who follows no feed is told all the same
			stopHurry = hurry(client);
			on.connected();
		});
		client.on('message', receive);
		client.on('packetsend', ({ cmd }) => cmd === 'pingreq' && pings.push(performance.now()));
		client.on('packetreceive', (packet) => {
			const { cmd } = packet;
			if (cmd === 'puback')
				puback = packet;
			if (cmd !== 'pingresp' || pings.length === 0)
				return;
			on.measured(performance.now() - pings.shift());
			if (retired && pings.length === 0)
				return close();
			if (!feed)
				on.answered();
		});
		client.on('disconnect', ({ reasonCode }) => lose(Object.assign(new Error('sent away by the broker'), { sentAway: reasonCode })));
		client.on('error', lose);
		client.on('close', () => lose(new Error('connection closed')));
	};

	/* The socket is opened while MQTT.js is still being loaded; but no broker is made to wait for credentials. */
	let socket = asks ? null : startSocket(endpoint.url, openSocket, lose);
	const library = mqtt().catch((error) => { throw new Error(`MQTT.js: ${error.message}`); });
	Promise.all([library, loadInflate(encoding, fflate), credentials()]).then(([{ connect }, loaded, who]) => {
		if (closed)
			return;
		Inflate = loaded;
		socket ??= startSocket(endpoint.url, openSocket, lose);
		client = connect(endpoint.url, { ...connectOptions({ who, session, dialMs }), ...(socket && { createWebsocket: () => socket }) });
		feed = view === null ? null : newFeed({ prefix, view }, on, lose);
		attach();
	}).catch(lose);

	return {
		close, retire,
		rejoin: (unread) => feed?.rejoin(unread),
		joinedForGood: () => { stopHurry(); feed?.joinedForGood(); },
		check: () => (feed ? feed.check() : ping()),
		measure: ping,
		get receiveMaximum() { return receiveMaximum; },
		publish: (message) => publish(client, message, { measured: on.measured, reason: (packet) => (packet && puback?.messageId === packet.messageId ? puback.reasonCode : undefined) }),
		/* Of what is no feed's: [{ filter, qos }]. answer(codes) is not called when the connection ends before. */
		subscribe(wanted, answer) {
			wanted.forEach(({ filter }) => others.add(filter));
			if (live())
				subscribe(wanted, answer);
		},
		unsubscribe(filters) {
			filters.forEach((filter) => others.delete(filter));
			unsubscribe(filters);
		},
		/* One more feed on this connection, once it stands: what a transport of that feed's own would be. */
		openFeed(options, told) {
			const one = newFeed(options, told, (error) => { end(); told.lost(error); });
			const end = () => {
				feeds.delete(one);
				one.leave();
				one.close();
			};
			one.start();
			return { close: end, rejoin: (unread) => one.rejoin(unread), joinedForGood: () => one.joinedForGood(), check: () => one.check() };
		},
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

function connectOptions({ who, session, dialMs }) {
	return {
		...dialOptions({ who, clientId: session?.clientId ?? `sb-${randomHex(8)}`, keepalive: KEEPALIVE_S, dialMs }),
		properties: { topicAliasMaximum: ALIASES, ...(session && { sessionExpiryInterval: session.expiryS }) },
		clean: !session,
	};
}

/* Resolves with the PUBACK's reason when the broker has taken it. Rejects when the connection ended first, or when the broker refused it: then
 * the error's `code` is the reason, 0x80 or more. */
function publish(client, { topic, payload, id, retain = false, expiryS }, { measured, reason }) {
	if (!client?.connected)
		return Promise.reject(new Error('not connected'));
	const options = { qos: 1, retain, properties: { userProperties: { id }, ...(expiryS && { messageExpiryInterval: expiryS }) } };
	const begun = performance.now();
	return new Promise((resolve, reject) => {
		client.publish(topic, payload, options, (error, packet) => {
			const code = packet?.reasonCode ?? error?.code ?? reason(packet) ?? 0;
			if (packet || code >= REFUSED)
				measured(performance.now() - begun);
			if (code >= REFUSED)
				reject(Object.assign(new Refusal(`The broker refused a message to ${topic} (0x${code.toString(16)}).`), { code }));
			else if (error && error.code === undefined)
				reject(error);
			else
				resolve(code);
		});
	});
}
