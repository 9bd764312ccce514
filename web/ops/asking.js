/* asking - which answer belongs to which question. Pure. A request has some commands; each carries a number of its own as `correlationData`, so
 * that an answer finds its command in whatever order and company it comes. */

/* An answer that is larger, or has more responses, is none of ours. */
const MAX_RESPONSES = 1000;

/* `open`: number -> { take(response) } of the commands that wait for their answer. */
export const createAsking = () => ({ next: 1, open: new Map() });

/* The text of a request. take(responses) is called once, when all have come, in the order of the commands: { data } or { error } each. */
export function askingAdd(asking, commands, take) {
	const numbers = commands.map(() => asking.next++);
	const responses = [];
	let left = commands.length;
	numbers.forEach((number, i) => asking.open.set(number, {
		numbers,
		take: (response) => {
			responses[i] = response;
			asking.open.delete(number);
			if (--left === 0)
				take(responses);
		},
	}));
	return { numbers, text: JSON.stringify({ commands: commands.map((command, i) => ({ ...command, correlationData: String(numbers[i]) })) }) };
}

/* Nobody waits for these any more. */
export const askingDrop = (asking, numbers) => numbers.forEach((number) => asking.open.delete(number));

const responseOf = ({ data, error }) => (typeof error === 'string' ? { error } : { data: data ?? {} });

/* A message has come on the topic of answers. An answer to no command in particular, such as "too many requests", does not say whose it is; it is taken for that of the
 * request that waits longest, which it is unless that one waits for other brokers. */
export function askingTake(asking, text) {
	for (const response of readResponses(text)) {
		const entry = response.command === null && response.correlationData === undefined
			? asking.open.values().next().value
			: asking.open.get(Number(response.correlationData));
		if (entry && response.correlationData === undefined)
			entry.numbers.forEach((number) => asking.open.get(number)?.take(responseOf(response)));
		else
			entry?.take(responseOf(response));
	}
}

function readResponses(text) {
	try {
		const { responses } = JSON.parse(text);
		return Array.isArray(responses) ? responses.slice(0, MAX_RESPONSES).filter((one) => typeof one === 'object' && one !== null) : [];
	} catch {
		return [];
	}
}
