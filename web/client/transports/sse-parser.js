/* sse-parser - text in, events out, as the HTML standard says. Knows no network. Bounded: an event longer than
 * MAX_EVENT is an error. */

const MAX_EVENT = 4 * 1024 * 1024;

export function createSseParser(onEvent) {
	let rest = '';
	let event = { type: '', data: [], id: null };

	const dispatch = () => {
		if (event.data.length > 0)
			onEvent({ type: event.type || 'message', data: event.data.join('\n'), id: event.id });
		event = { type: '', data: [], id: event.id };
	};
	const FIELDS = {
		event: (value) => { event.type = value; },
		data: (value) => { event.data.push(value); },
		id: (value) => { event.id = value; },
	};
	const line = (text) => {
		if (text === '')
			return dispatch();
		const colon = text.indexOf(':');
		const name = colon < 0 ? text : text.slice(0, colon);
		const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
		FIELDS[name]?.(value);
	};

	return function feed(text) {
		rest += text;
		const lines = rest.split(/\r\n|\n|\r(?!$)/);
		rest = lines.pop();
		if (rest.length > MAX_EVENT)
			throw new Error('event too long');
		lines.forEach(line);
	};
}
