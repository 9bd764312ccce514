/* wire - MQTT by hand over TCP or a WebSocket, from any address of 127.0.0.0/8: an attacker's client. It sends what it is told to,
 * right or wrong, waits for nothing that it was not asked to wait for, and answers only QoS 1 (a session would stall else). */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

export const CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBACK = 0x90, DISCONNECT = 0xe0;

function text(value) {
	const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
	return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/* The head of a packet whose body has `length` bytes, whether they ever come or not. */
export function head(type, length) {
	const bytes = [type];
	do {
		bytes.push(length % 128 | (length > 127 ? 128 : 0));
		length = Math.floor(length / 128);
	} while (length > 0);
	return Buffer.from(bytes);
}

const packet = (type, ...parts) => {
	const body = Buffer.concat(parts);
	return Buffer.concat([head(type, body.length), body]);
};

/* MQTT 5 with `expiry` (seconds that a session outlives its connection), else 3.1.1. */
export function connectPacket({ id = '', user, password, clean = true, keepalive = 600, expiry } = {}) {
	const flags = (clean ? 2 : 0) | (user === undefined ? 0 : 128) | (password === undefined ? 0 : 64);
	const properties = Buffer.alloc(5);
	properties[0] = 0x11;
	properties.writeUInt32BE(expiry ?? 0, 1);
	return packet(CONNECT, text('MQTT'), Buffer.from([expiry === undefined ? 4 : 5, flags, keepalive >> 8, keepalive & 255]),
		...(expiry === undefined ? [] : [Buffer.from([properties.length]), properties]), text(id),
		...(user === undefined ? [] : [text(user)]), ...(password === undefined ? [] : [text(password)]));
}

export const subscribePacket = (filters, qos = 0) =>
	packet(0x82, Buffer.from([0, 1]), ...filters.flatMap((filter) => [text(filter), Buffer.from([qos])]));
export const unsubscribePacket = (filters) => packet(0xa2, Buffer.from([0, 2]), ...filters.map(text));
export const publishPacket = (topic, payload, { retain = false, qos = 0, id = 1 } = {}) => packet(
	PUBLISH | (retain ? 1 : 0) | qos << 1, text(topic), qos ? Buffer.from([id >> 8, id & 255]) : Buffer.alloc(0), Buffer.from(payload));

/* A client's frame around `length` bytes, with a mask of zeros. */
export function frameHead(length) {
	const bytes = Buffer.alloc(length < 126 ? 6 : length < 65536 ? 8 : 14);
	bytes[0] = 0x82;
	if (length < 126) {
		bytes[1] = 0x80 | length;
	} else if (length < 65536) {
		bytes[1] = 0x80 | 126;
		bytes.writeUInt16BE(length, 2);
	} else {
		bytes[1] = 0x80 | 127;
		bytes.writeBigUInt64BE(BigInt(length), 2);
	}
	return bytes;
}

function upgrade(host, origin) {
	return ['GET /mqtt HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade',
		`Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: mqtt',
		...(origin ? [`Origin: ${origin}`] : []), '', ''].join('\r\n');
}

/* Takes the payload out of a server's frames: (bytes) => payload. */
function frameReader() {
	let rest = Buffer.alloc(0);
	return (bytes) => {
		const out = [];
		rest = Buffer.concat([rest, bytes]);
		while (rest.length >= 2) {
			const short = rest[1] & 127;
			const start = short < 126 ? 2 : short === 126 ? 4 : 10;
			if (rest.length < start)
				break;
			const size = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
			if (rest.length < start + size)
				break;
			if ((rest[0] & 15) < 3)
				out.push(rest.subarray(start, start + size));
			rest = rest.subarray(start + size);
		}
		return Buffer.concat(out);
	};
}

/* Cuts a stream into packets: (bytes) => calls each(type, body). */
function packetReader(each) {
	let rest = Buffer.alloc(0);
	return (bytes) => {
		rest = rest.length ? Buffer.concat([rest, bytes]) : bytes;
		for (;;) {
			let [length, at] = [0, 1];
			for (let shift = 1; ; shift *= 128) {
				if (at >= rest.length)
					return;
				length += (rest[at] & 127) * shift;
				if (rest[at++] < 128)
					break;
			}
			if (rest.length < at + length)
				return;
			each(rest[0], rest.subarray(at, at + length));
			rest = rest.subarray(at + length);
		}
	};
}

/* A connection, not yet an MQTT client: { send(bytes), on(type, fn), wait(type, ms) -> body or null, ended, close() }.
 * With ws it resolves when the upgrade was answered. `deaf`: reads nothing. */
export function dial({ port, host = '127.0.0.1', ws = false, from, origin, as, deaf = false, patience = 5000 }) {
	const socket = connect({ port, host, localAddress: from, noDelay: true });
	const listeners = [];
	const wire = {
		socket, ended: false, bytes: 0,
		send(bytes) { if (!socket.destroyed) { if (ws) socket.write(frameHead(bytes.length)); socket.write(bytes); } return !socket.writableNeedDrain; },
		on: (type, fn) => listeners.push([type, fn]),
		wait: (type, ms = 5000) => new Promise((done) => {
			const entry = [type, (body) => finish(body)];
			const timer = setTimeout(() => finish(null), ms);
			const finish = (body) => {
				clearTimeout(timer);
				socket.off('close', gone);
				const i = listeners.indexOf(entry);
				if (i >= 0)
					listeners.splice(i, 1);
				done(body);
			};
			const gone = () => finish(null);
			if (socket.destroyed)
				return finish(null);
			socket.on('close', gone);
			listeners.push(entry);
		}),
		close: () => socket.destroy(),
	};
	socket.setMaxListeners(0);
	const take = packetReader((type, body) => {
		if ((type & 0xf6) === (PUBLISH | 2)) { // QoS 1: acknowledged, whether anybody listens or not
			const at = 2 + body.readUInt16BE(0);
			wire.send(Buffer.from([PUBACK, 2, body[at], body[at + 1]]));
		}
		for (const [wanted, fn] of [...listeners])
			if ((type & 0xf0) === wanted)
				fn(body, type);
	});
	return new Promise((resolve) => {
		const late = setTimeout(() => socket.destroy(), patience);
		const done = () => { clearTimeout(late); resolve(wire); };
		const end = () => { wire.ended = true; done(); };
		socket.on('error', end).on('close', end).on('end', () => socket.destroy());
		socket.on('connect', () => (ws ? socket.write(upgrade(as ?? `${host}:${port}`, origin)) : done()));
		if (deaf)
			return socket.pause();
		const unframe = ws ? frameReader() : (bytes) => bytes;
		let shaken = !ws;
		let early = Buffer.alloc(0);
		socket.on('data', (bytes) => {
			wire.bytes += bytes.length;
			if (!shaken) {
				early = Buffer.concat([early, bytes]);
				const at = early.indexOf('\r\n\r\n');
				if (at < 0)
					return;
				shaken = early.includes(' 101 ');
				if (!shaken)
					return socket.destroy();
				bytes = early.subarray(at + 4);
				done();
			}
			if (bytes.length)
				take(unframe(bytes));
		});
	});
}

/* Dials and logs in. `code`: CONNACK's, or -1 when the connection ended or nothing came. */
export async function login(options) {
	const { patience = 5000 } = options;
	const wire = await dial(options);
	if (wire.ended)
		return Object.assign(wire, { code: -1 });
	const answer = wire.wait(CONNACK, patience);
	wire.send(connectPacket(options));
	const body = await answer;
	return Object.assign(wire, { code: body ? body[1] : -1 });
}

/* Subscribes and waits for the answer: the codes, or null. */
export async function subscribe(wire, filters, qos = 0) {
	const answer = wire.wait(SUBACK);
	wire.send(subscribePacket(filters, qos));
	const body = await answer;
	return body ? [...body.subarray(2)] : null;
}

/* A PUBLISH as it was received. Over MQTT 3.1.1. */
export function readPublish(body, type) {
	const at = 2 + body.readUInt16BE(0);
	return { topic: body.toString('utf8', 2, at), payload: body.subarray(at + ((type & 6) ? 2 : 0)), retain: Boolean(type & 1) };
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
