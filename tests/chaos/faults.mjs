/* faults - how a part of what startParts() gives can break, and how it heals. Which ones break is drawn from a seed. */

const breakBy = {
	killed: (part) => part.kill(),
	frozen: (part) => part.freeze(),
	'cut off': (part) => part.machine.cut(),
	unplugged: (part) => part.machine.down(),
	restarted: async (part) => { await part.end(); part.start(); },
};
const healBy = {
	killed: (part) => part.start(),
	frozen: (part) => part.thaw(),
	'cut off': (part) => part.machine.mend(),
	unplugged: (part) => part.machine.up(),
	restarted: () => {},
};
export const KINDS = Object.keys(breakBy);
export const ENDING = ['killed', 'restarted']; // those that need another process afterwards

const GONE_MS = [3000, 14000];

export const drawGoneMs = (random) => Math.round(GONE_MS[0] + random() * (GONE_MS[1] - GONE_MS[0]));
const pick = (list, random) => list.splice(Math.floor(random() * list.length), 1)[0];

/* So many parts at once: [{ part, kind }]. */
export function drawFaults(parts, count, random) {
	const left = [...parts];
	return Array.from({ length: count }, () => ({ part: pick(left, random), kind: pick([...KINDS], random) }));
}

/* A function that gives one fault after the other, each of all there are before any comes again. */
export function createDeck(parts, random) {
	let deck = [];
	return () => {
		if (deck.length === 0)
			deck = parts.flatMap((part) => KINDS.map((kind) => ({ part, kind })));
		return pick(deck, random);
	};
}

/* "hub2 frozen, edge1 killed" as faults, for who wants to see just these. */
export const readFaults = (text, parts) => text.split(',').map((one) => {
	const [name, ...kind] = one.trim().split(' ');
	const fault = { part: parts.find((part) => part.name === name), kind: kind.join(' ') };
	if (!fault.part || !KINDS.includes(fault.kind))
		throw new Error(`"${one}" is no part and a kind of fault: ${parts.map((part) => part.name).join(' ')}; ${KINDS.join(', ')}`);
	return fault;
});

export const faultsText = (faults) => faults.map(({ part, kind }) => `${part.name} ${kind}`).join(', ');
export const breakAll = (faults) => Promise.all(faults.map(({ part, kind }) => breakBy[kind](part)));
export const healAll = (faults) => faults.forEach(({ part, kind }) => healBy[kind](part));
