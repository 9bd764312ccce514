/* When an app is asked for new credentials, and how long a broker is left alone that did not take them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Credentials, NoCredentials } from '../../../web/client/credentials.js';
import { createToken, tokenGiven, tokenMissing, tokenNeed, tokenRefused, tokenTaken } from '../../../web/client/token.js';

const WALL = 1700000000000;
const SECOND = 1000;
const jwt = (claims) => `${btoa('{"alg":"HS256"}')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
const at = (local, ahead = 0) => ({ local, wall: WALL + local + ahead });
const lasting = (seconds, more = {}) => ({ username: 'ann', password: jwt({ exp: (WALL / 1000) + seconds, ...more }) });

test('at_first_there_is_nothing_so_the_app_is_asked', () => {
	assert.deepEqual(tokenNeed(createToken(), at(0)), { refused: false, expired: false });
});

for (const [claim, credentials, rnd, wanted] of [
	['at 80 % of its life', lasting(3600), 0, 2880 * SECOND],
	['by chance somewhat earlier, for a crowd has its tokens from one moment', lasting(3600), 1, 2520 * SECOND],
	['at least 5 s before it expires', lasting(10), 0, 5 * SECOND],
	['but not at once, when it has hardly begun', lasting(3), 0, 1 * SECOND],
	['never, when it does not expire', { username: 'ann', password: jwt({ sub: 'ann' }) }, 0, Infinity],
	['never, when it is no token', { username: 'ann', password: 'a.b.c' }, 0, Infinity],
	['never, when its body is no object', { username: 'ann', password: `x.${btoa('null')}.x` }, 0, Infinity],
	['by the end of its life, whatever our clock is behind', lasting(7200, { iat: WALL / 1000 + 3600 }), 0, 2880 * SECOND],
])
	test(`a_token_is_renewed ${claim}`, () => {
		const token = createToken();
		tokenGiven(token, credentials, at(0), rnd);
		assert.equal(token.renewAt, wanted);
		if (wanted < Infinity) {
			assert.equal(tokenNeed(token, at(wanted - 1)), null);
			assert.deepEqual(tokenNeed(token, at(wanted)), { refused: false, expired: true });
		}
	});

test('a_clock_that_is_ahead_by_hours_does_not_renew_again_and_again', () => {
	for (const iat of [true, false]) {
		const token = createToken();
		let renewals = 0;
		for (let now = 0; now < 4 * 3600 * SECOND; now += SECOND)
			if (tokenNeed(token, at(now, 6 * 3600 * SECOND))) {
				renewals++;
				const seconds = now / 1000;
				tokenGiven(token, lasting(seconds + 3600, iat ? { iat: WALL / 1000 + seconds } : { jti: now }), at(now, 6 * 3600 * SECOND), 0.5);
			}
		assert.ok(renewals >= 1 && renewals <= 8, `${renewals} renewals in four hours`);
	}
});

test('an_app_that_gives_the_same_token_again_is_asked_less_and_less_often_and_a_new_one_begins_anew', () => {
	const token = createToken();
	let renewals = 0;
	for (let now = 0; now < 3600 * SECOND; now += SECOND)
		if (tokenNeed(token, at(now, 24 * 3600 * SECOND))) {
			renewals++;
			tokenGiven(token, lasting(7200), at(now, 24 * 3600 * SECOND), 0.5);
		}
	assert.ok(renewals >= 2 && renewals <= 22, `${renewals} renewals in an hour`);
	const later = 3600 * SECOND;
	tokenGiven(token, lasting(3600 + 10), at(later), 0);
	assert.equal(token.renewAt, later + 5 * SECOND);
});

test('a_refusal_asks_once_more_and_only_a_second_one_is_a_trouble', () => {
	const token = createToken();
	tokenGiven(token, lasting(3600), at(0), 0);
	const first = tokenRefused(token, at(100), 0.5);
	assert.equal(first.trouble, null);
	assert.ok(first.until > 100 && first.until <= 2100);
	assert.deepEqual(tokenNeed(token, at(200)), { refused: true, expired: false });
	tokenGiven(token, lasting(3601), at(1000), 0);
	assert.equal(tokenRefused(token, at(1000), 0).trouble, 'token');
	tokenTaken(token);
	assert.equal(tokenNeed(token, at(1000)), null);
});

test('an_expired_token_never_becomes_an_endless_redial', () => {
	const token = createToken();
	let now = 0;
	let dials = 0;
	while (now < 3600 * SECOND) {
		dials++;
		tokenGiven(token, lasting(now / 1000 + dials), at(now), 0.5);
		now = tokenRefused(token, at(now), 0.5).until;
	}
	assert.ok(dials < 45, `${dials} dials in an hour`);
});

test('an_app_without_an_answer_is_asked_less_and_less_often', () => {
	const token = createToken();
	const waits = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(() => tokenMissing(token, at(0), 0.9).until);
	assert.deepEqual(waits, [...waits].sort((a, b) => a - b));
	assert.ok(waits[0] <= 2000 && waits[8] > 40000 && waits[8] <= 60000);
	tokenGiven(token, lasting(100), at(0), 0);
	assert.ok(tokenMissing(token, at(0), 0.9).until <= 2000);
});

/* --- the shell: the app's function --- */

const now = () => ({ local: performance.now(), wall: Date.now() });

test('one_question_at_a_time_and_none_while_the_answer_will_do', async () => {
	const asked = [];
	const credentials = new Credentials(async (need) => { asked.push(need); return lasting(1e9); }, now);
	const [a, b] = await Promise.all([credentials.get(), credentials.get()]);
	assert.equal(a, b);
	assert.equal(await credentials.get(), a);
	assert.equal(credentials.refused(a).trouble, null);
	assert.equal(asked.length, 1);
	assert.notEqual(await credentials.get(), a);
	assert.deepEqual(asked, [{ refused: false, expired: false }, { refused: true, expired: false }]);
	assert.ok(credentials.refused(a).until <= now().local, 'an old one that is refused says nothing of the new one');
});

for (const [claim, ask] of Object.entries({
	'that throws': () => { throw new Error('no'); }, 'that rejects': async () => { throw new Error('no'); }, 'that gives nothing': async () => {},
	'that gives no password': async () => ({ username: 'ann' }), 'whose name is a number': async () => ({ username: 1, password: 'x' }),
}))
	test(`an_app ${claim}`, async () => {
		await assert.rejects(new Credentials(ask, now).get(), NoCredentials);
	});
