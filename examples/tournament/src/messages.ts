/* messages - what people say in rooms. Whatever comes was made by somebody else's program: what does not fit is not shown. Pure. */

export const LONGEST = 300;

/** What is said, for people; null: it is nothing of that kind. */
export function lineOf(type: string, data: unknown): string | null {
	const text = type === 'chat' ? member(data, 'text') : null;
	return text?.trim().slice(0, LONGEST) || null;
}

/** The side that is cheered for; null: it is no cheer. */
export const cheerOf = (type: string, data: unknown) => (type === 'cheer' ? member(data, 'side') : null);

/** What is pinned in a room: state that only its hosts may write. */
export const pinOf = (value: unknown) => lineOf('chat', value);

function member(data: unknown, name: string): string | null {
	const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : null;
	return typeof value === 'string' ? value : null;
}

export const timeOf = (ms: number) => new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
