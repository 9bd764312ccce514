/* dom - the few ways in which the pages touch the document. Anybody may have
 * made up the names that are shown: they go in as text, never as HTML. */

export const find = (selector, root = document) => root.querySelector(selector);

/* Writes the text when it is another one, since a clock calls this sixty times a second. Returns whether it was. */
export function setText(element, value) {
	const wanted = String(value);
	if (element.textContent === wanted)
		return false;
	element.textContent = wanted;
	return true;
}

export function setFlag(element, name, on) {
	element.toggleAttribute(`data-${name}`, Boolean(on));
}

export function setData(element, name, value) {
	if (value === null || value === undefined || value === '')
		element.removeAttribute(`data-${name}`);
	else if (element.getAttribute(`data-${name}`) !== String(value))
		element.setAttribute(`data-${name}`, value);
}

export function make(tag, { text, label, ...attributes } = {}, ...children) {
	const element = document.createElement(tag);
	if (text !== undefined)
		element.textContent = text;
	if (label !== undefined)
		element.setAttribute('aria-label', label);
	for (const [name, value] of Object.entries(attributes))
		if (value !== undefined && value !== false && value !== null)
			element.setAttribute(name, value === true ? '' : value);
	element.append(...children);
	return element;
}

/* Seconds left in the penalty box, while there are any; `key` is the penalty's clock, or null. */
export function secondsLeft(board, key) {
	const clock = key ? board.clockAt(key) : null;
	return clock?.time > 0 ? String(Math.ceil(clock.time / 1000)) : '';
}

/* Makes the text of an element as small as it must be to stand in its room, down to the share `least` of its size. The
 * style sheet multiplies its font-size by --fit. */
export function fit(element, least) {
	element.style.setProperty('--fit', 1);
	const share = element.clientWidth / element.scrollWidth;
	if (share < 1)
		element.style.setProperty('--fit', Math.max(least, Math.floor(share * 98) / 100));
}

/* Builds the children again only when what they show has changed. */
const shown = new WeakMap();
export function render(element, data, build) {
	const key = JSON.stringify(data);
	if (shown.get(element) === key)
		return;
	shown.set(element, key);
	element.replaceChildren(...build(data));
}

/* Restarts a CSS animation that a data attribute names. */
export function flash(element, name, ms) {
	element.removeAttribute(`data-${name}`);
	void element.offsetWidth;
	element.setAttribute(`data-${name}`, '');
	setTimeout(() => element.removeAttribute(`data-${name}`), ms);
}

/* What the page itself says, in the viewer's language: the attribute data-say names a text, data-say-label an accessible name, data-say-content a meta element's. */
export function translate({ lang, say }) {
	document.documentElement.lang = lang;
	const roots = [document, ...[...document.querySelectorAll('template')].map((template) => template.content)];
	const each = (name, put) => roots.forEach((root) => root.querySelectorAll(`[${name}]`).forEach((element) => put(element, say(element.getAttribute(name)))));
	each('data-say', setText);
	each('data-say-label', (element, text) => element.setAttribute('aria-label', text));
	each('data-say-content', (element, text) => element.setAttribute('content', text));
}

/* The hosts that only the page's address has named, see settings.js. */
export function showSource(hosts, { say }) {
	const element = find('#source');
	element.toggleAttribute('hidden', hosts.length === 0);
	setText(element, say('page.source', { hosts: hosts.join(', ') }));
}
