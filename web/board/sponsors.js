/* sponsors - a row of them below the board, as config.js has them: pictures, or names. It stands still, and each has its room before its picture is there. */

import { make, render } from './dom.js';
import { pictureOf } from './panels-model.js';

const MOST = 16;

export function drawSponsors(root, sponsors) {
	const named = (Array.isArray(sponsors) ? sponsors : []).filter((one) => typeof one?.name === 'string' && one.name !== '').slice(0, MOST);
	root.toggleAttribute('hidden', named.length === 0);
	render(root, named, () => named.map(({ name }) => make('li', {}, pictureOf(sponsors, name) === null ? textOf(name) : picture(pictureOf(sponsors, name), name))));
}

const textOf = (text) => make('bdi', { text });

/* One that can't be had is the name. */
function picture(src, alt) {
	const element = make('img', { alt, src, loading: 'lazy', decoding: 'async' });
	element.addEventListener('error', () => element.replaceWith(textOf(alt)));
	return element;
}
