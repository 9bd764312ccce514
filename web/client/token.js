/* token - when an app is to be asked for new credentials, and how long a broker is left alone that did not take them. Pure: time and chance are
 * arguments. `now` is { local, wall }: a clock that does not jump, and the wall's, which may be wrong.
 *
 * Credentials with a JSON Web Token for a password are renewed before it expires. It is only read, not verified: a lie in it harms its owner.
 *
 * The wall may be ahead. Then a token that has just been asked for seems to be old, and would be renewed again and again. So one that was asked for anew
 * and seems to be in the second half of its life is taken to be new: it lives for as long as it says, or, when it does not say that, for ever. An app that gives
 * the same one again and again, since it knows that it is still good, is asked less and less often. */

import { backoffDelay } from './backoff.js';

const SHARE = 0.8;          // of its life, after which a token is renewed;
const SPREAD = 0.1;         // by chance so much earlier, for a crowd has its tokens from one moment
const BEFORE_MS = 5000;     // at least so long before it expires
const LEAST_MS = 1000;      // but never sooner than so long after it was given; doubles each time that the same one is given again,
const LEAST_CEILING_MS = 300000;
const AGAIN = { base: 2000, ceiling: 60000, floor: 500 };      // after the first refusal, and when there were no credentials to be had
const PATIENT = { base: 30000, ceiling: 300000, floor: 15000 }; // after new credentials were refused as well

export const createToken = () => ({ given: null, repeats: 0, renewAt: -Infinity, refusals: 0, failures: 0 });

/* What the app is to be asked: { refused, expired }; null when what we have will do. */
export function tokenNeed(token, { local }) {
	const refused = token.refusals > 0;
	const expired = token.given !== null && local >= token.renewAt;
	return token.given === null || refused || expired ? { refused, expired } : null;
}

/* The app has answered. The first answer may be of any age. */
export function tokenGiven(token, credentials, now, rnd) {
	const isNew = token.given !== null && token.given.password !== credentials.password;
	const left = lifeLeft(credentials.password, now.wall, isNew);
	token.repeats = token.given !== null && !isNew ? token.repeats + 1 : 0;
	token.given = credentials;
	token.failures = 0;
	token.renewAt = now.local + Math.max(Math.min(LEAST_CEILING_MS, LEAST_MS * 2 ** token.repeats), Math.min(Math.round((SHARE - SPREAD * rnd) * left), left - BEFORE_MS));
}

/* The app had none: when to ask again. */
export function tokenMissing(token, { local }, rnd) {
	return { until: local + backoffDelay(token.failures++, rnd, AGAIN), trouble: 'token' };
}

/* A broker did not take them. It may be that they were too old, so that is a trouble only when new ones are not taken either. */
export function tokenRefused(token, { local }, rnd) {
	const n = token.refusals++;
	return n === 0
		? { until: local + backoffDelay(0, rnd, AGAIN), trouble: null }
		: { until: local + backoffDelay(n - 1, rnd, PATIENT), trouble: 'token' };
}

export function tokenTaken(token) {
	token.refusals = 0;
}

function lifeLeft(password, wall, isNew) {
	const { exp, iat } = claimsOf(password);
	if (!Number.isFinite(exp))
		return Infinity;
	const life = Number.isFinite(iat) && exp > iat ? 1000 * (exp - iat) : Infinity;
	const left = Math.min(1000 * exp - wall, life);
	if (isNew)
		return left > 0 && (life === Infinity || left >= life / 2) ? left : life;
	return left;
}

/* Of a JSON Web Token; {} for what is none. */
export function claimsOf(password) {
	try {
		const [, body] = String(password).split('.');
		const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
		return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
	} catch {
		return {};
	}
}
