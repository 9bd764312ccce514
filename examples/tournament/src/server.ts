/* server - what server.mjs is asked. It knows who is logged in by a cookie that this page cannot read. */

export interface User { readonly name: string; readonly referee: boolean; readonly hosts: readonly string[] }
export interface Session { readonly user: User; readonly broker: string; readonly tournament: string }
/** Before the login. */
export type Welcome = Omit<Session, 'user'> & { readonly user: User | null };

/** What the server did not do: `message` is for people. */
export class Refused extends Error {
	constructor(readonly status: number, message: string) {
		super(message);
	}
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
	const answer = await fetch(path, body === undefined ? { cache: 'no-store' } : {
		method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
	});
	const said: unknown = await answer.json().catch(() => null);
	if (!answer.ok)
		throw new Refused(answer.status, messageOf(said) ?? `The server answered with ${answer.status}.`);
	return said as T;
}

function messageOf(said: unknown): string | undefined {
	return typeof said === 'object' && said !== null && 'message' in said && typeof said.message === 'string' ? said.message : undefined;
}

export const askSession = () => ask<Welcome>('/api/session');
export const logIn = (name: string, passphrase: string | null) =>
	ask<Session>('/api/login', passphrase === null ? { name } : { name, referee: true, passphrase });
export const logOut = () => ask<unknown>('/api/logout', {});
/** A token of ten minutes, as what the library gives to the broker. */
export const askToken = () => ask<{ username: string; password: string }>('/api/token', {});
