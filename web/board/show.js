/* show - what the crew has on air: the text of `<prefix>/show/overlay`, as schema/overlay.schema.json has it. Pure.
 *
 * It is taken whole or not at all: what the schema does not allow counts as no direction, so that a newcomer, who finds only what the
 * broker keeps, shows the same as who was there before. A test holds this file and the schema together. */

export const PANELS = Object.freeze(['score', 'lower', 'roster', 'penalties', 'jams', 'sponsor']);
export const STYLES = Object.freeze(['lower', 'bug', 'strip']);
export const POSITIONS = Object.freeze(['top-left', 'top', 'top-right', 'bottom-left', 'bottom', 'bottom-right']);
export const SCALE = Object.freeze({ min: 0.5, max: 2 });
export const LENGTHS = Object.freeze({ id: 64, by: 64, title: 80, line: 160, sponsor: 80 });

const MAX_CHARACTERS = 8192;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
const COLOR = /^#[0-9A-Fa-f]{6}$/;

const isText = (most) => (value) => typeof value === 'string' && value.length <= 2 * most && [...value].length <= most && !CONTROLS.test(value);
const isOneOf = (list) => (value) => list.includes(value);
const isPanels = (value) => Array.isArray(value) && value.every(isOneOf(PANELS)) && new Set(value).size === value.length;

const MEMBERS = {
	id: (value) => isText(LENGTHS.id)(value) && value !== '',
	by: isText(LENGTHS.by),
	panels: isPanels,
	style: isOneOf(STYLES),
	position: isOneOf(POSITIONS),
	scale: (value) => typeof value === 'number' && value >= SCALE.min && value <= SCALE.max,
	color: (value) => typeof value === 'string' && COLOR.test(value),
	title: isText(LENGTHS.title),
	line: isText(LENGTHS.line),
	sponsor: isText(LENGTHS.sponsor),
};

/* What overlays show that nobody directs. */
export const UNDIRECTED = Object.freeze({ panels: Object.freeze(['score']) });

export const isShow = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
	&& 'id' in value && 'panels' in value
	&& Object.entries(value).every(([name, member]) => Object.hasOwn(MEMBERS, name) && MEMBERS[name](member));

/* A direction; null: there is none; undefined: this is none, and counts as none. */
export function readShow(text) {
	if (text === '')
		return null;
	const value = text.length <= MAX_CHARACTERS ? parse(text) : undefined;
	return isShow(value) ? Object.freeze(value) : undefined;
}

function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
