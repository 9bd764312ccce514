/* graph - draws what model.js' plot() gives: lines in an SVG, of any size, and beside it in HTML what its axes say, so that it grows with the
 * reader's text. Who can't see it has a table of the same. */

import { make } from '../board/dom.js';

const SVG = 'http://www.w3.org/2000/svg';

function shape(tag, attributes, ...children) {
	const element = document.createElementNS(SVG, tag);
	Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
	element.append(...children);
	return element;
}

const at = ([x, y]) => `${(x * 1000).toFixed(2)},${(y * 1000).toFixed(2)}`;

/* `names`: of the lines, null for one that needs none; `label`: what the picture is; `ends`: texts for its begin and end. */
export function drawGraph({ lines, bands, most }, { label, names, ends, bandsAre }) {
	const svg = shape('svg', { viewBox: '0 0 1000 1000', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
		...bands.map(([from, to]) => shape('rect', { class: 'band', x: from * 1000, y: 0, width: Math.max(3, (to - from) * 1000), height: 1000 })),
		...[0, 0.5, 1].map((y) => shape('line', { class: 'grid', x1: 0, x2: 1000, y1: y * 1000, y2: y * 1000 })),
		...lines.map((line, i) => shape('polyline', { class: `line line-${i + 1}`, points: line.map(at).join(' ') })));
	const key = (shown, text) => make('li', {}, shown, make('bdi', { text }));
	const sample = (i) => shape('svg', { viewBox: '0 0 30 10', class: 'sample', 'aria-hidden': 'true' }, shape('line', { class: `line line-${i + 1}`, x1: 0, x2: 30, y1: 5, y2: 5 }));
	return [
		make('div', { class: 'plot' },
			make('div', { class: 'axis-y', 'aria-hidden': 'true' }, ...[most, most / 2, 0].map((value) => make('span', { text: value }))),
			svg,
			make('div', { class: 'axis-x', 'aria-hidden': 'true' }, ...ends.map((text) => make('span', { text })))),
		make('ul', { class: 'keys' },
			...lines.flatMap((_, i) => (names[i] === null ? [] : [key(sample(i), names[i])])),
			...(bands.length > 0 ? [key(make('i', { class: 'band-sample' }), bandsAre)] : [])),
	];
}
