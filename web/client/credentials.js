/* credentials - the shell of token.js: asks the app's function for credentials, one question at a time.
 *
 *   const lease = await credentials.get()   { who: { username, password }, renewAt }; rejects with NoCredentials
 */

import { createToken, tokenGiven, tokenMissing, tokenNeed, tokenRefused, tokenTaken } from './token.js';

const ANSWER_MS = 30000; // an app that takes longer to answer will not

export class NoCredentials extends Error {
	name = 'NoCredentials';
}

export class Credentials {
	#ask;
	#now;
	#token = createToken();
	#lease = null;
	#question = null;

	/* now() gives { local, wall }. */
	constructor(ask, now) {
		this.#ask = ask;
		this.#now = now;
	}

	async get() {
		if (this.#question)
			return this.#question;
		const need = tokenNeed(this.#token, this.#now());
		if (need === null)
			return this.#lease;
		this.#question = this.#renew(need).finally(() => { this.#question = null; });
		return this.#question;
	}

	async #renew(need) {
		const answer = within(Promise.resolve(need).then(this.#ask), ANSWER_MS);
		const { username, password } = await answer.catch((error) => { throw new NoCredentials(String(error?.message ?? error)); }) ?? {};
		if (typeof username !== 'string' || typeof password !== 'string')
			throw new NoCredentials('credentials() must give { username, password }');
		tokenGiven(this.#token, { username, password }, this.#now(), Math.random());
		this.#lease = { who: { username, password }, renewAt: this.#token.renewAt };
		return this.#lease;
	}

	/* What a connection has shown of the lease that it came with. Both give { until, trouble }: see link.js. */
	refused(lease) {
		const { local } = this.#now();
		return lease === this.#lease ? tokenRefused(this.#token, this.#now(), Math.random()) : { until: local, trouble: null };
	}
	missing() { return tokenMissing(this.#token, this.#now(), Math.random()); }
	taken() { tokenTaken(this.#token); }
}

function within(answer, ms) {
	let timer;
	const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no answer')), ms); });
	timer.unref?.(); // nobody may wait for it any more
	return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
