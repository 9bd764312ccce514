/* rooms.mjs PORT KEYFILE ROOMS MEMBERS - fills a broker's rooms, says "ready" and stays until it is ended. Each client is in twenty rooms, as many
 * as a token may name with conf/policy.json. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { login, subscribe } from '../tests/attack/support/wire.mjs';

const PER_CLIENT = 20;
const [port, keyFile, rooms, members] = process.argv.slice(2);
const key = readFileSync(keyFile, 'utf8').trim();

function token(claims) {
	const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 7200, ...claims })}`;
	return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

const names = Array.from({ length: Number(rooms) }, (_, n) => `private:room-${n}`);
const wires = [];
for (let first = 0; first < names.length; first += PER_CLIENT) {
	const mine = names.slice(first, first + PER_CLIENT);
	for (let n = 0; n < Number(members); n++) {
		const user = `member-${first}-${n}`;
		const wire = await login({ port: Number(port), id: user, user, password: token({ sub: user, rooms: mine }), keepalive: 3600 });
		await subscribe(wire, mine.map((room) => `rooms/${room}/#`));
		wires.push(wire);
	}
}
console.log('ready');
