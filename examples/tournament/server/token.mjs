/* token - a JSON Web Token for the broker, signed with the key that its policy names (HS256). `sub` is the user name, and the broker
 * disconnects who comes with it when `exp` is over. */
import { createHmac } from 'node:crypto';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/* `now` in ms, `lifeS` in seconds. Claims: sub, role, rooms, hosts. */
export function mintToken(key, claims, now, lifeS) {
	const iat = Math.floor(now / 1000);
	const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, iat, exp: iat + lifeS })}`;
	return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}
