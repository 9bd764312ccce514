/* qr - a text as a QR code, drawn as one path: large and sharp on paper and projector. Dark on light whatever the page's colours: not every camera reads
 * the other way round. */

import qrcode from '../vendor/qrcode.js';

const QUIET = 4; // modules of empty ground that readers need around it
const SVG = 'http://www.w3.org/2000/svg';

function part(name, attributes) {
	const element = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes))
		element.setAttribute(key, value);
	return element;
}

/* Throws for a text that is too long for a code, some 2,300 characters. */
export function drawQr(text) {
	const code = qrcode(0, 'M');
	code.addData(text);
	code.make();
	const size = code.getModuleCount();
	const places = [...Array(size).keys()];
	const path = places.flatMap((y) => places.filter((x) => code.isDark(y, x)).map((x) => `M${x} ${y}h1v1h-1z`)).join('');
	const svg = part('svg', { viewBox: `${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`, 'shape-rendering': 'crispEdges', role: 'img', 'aria-label': text });
	svg.append(part('rect', { x: -QUIET, y: -QUIET, width: size + 2 * QUIET, height: size + 2 * QUIET, fill: '#fff' }), part('path', { d: path, fill: '#000' }));
	return svg;
}
