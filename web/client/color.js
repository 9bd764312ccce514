/* color - makes team colours that can be read: whatever colours a league has typed in, there is contrast between text and ground. Pure. */

const NAMES = {
	black: '#111111', white: '#ffffff', grey: '#808080', gray: '#808080', silver: '#c0c0c0', red: '#c8102e',
	maroon: '#7b1e3a', burgundy: '#7b1e3a', pink: '#f06ea9', magenta: '#d6249f', purple: '#6a2c91', violet: '#7f4cc4',
	blue: '#1f4e9c', navy: '#14284b', teal: '#0f7c80', turquoise: '#2fb8b3', cyan: '#2fb8d6', green: '#1c7c3c',
	lime: '#8fce2f', yellow: '#f5d327', gold: '#d4a92a', orange: '#ef7b1a', brown: '#6b4226',
};
const ENOUGH = 4.5; // WCAG 2 AA for text
const DARK = '#000000';
const LIGHT = '#ffffff';

/* "#abc", "#aabbcc", "#aabbccdd" or a plain name; null when it is none of these. */
export function parseColor(text) {
	const wanted = String(text ?? '').trim().toLowerCase();
	const hex = NAMES[wanted] ?? wanted;
	const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(hex);
	if (short)
		return short.slice(1).map((digit) => parseInt(digit + digit, 16));
	const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})?$/.exec(hex);
	return long ? long.slice(1, 4).map((pair) => parseInt(pair, 16)) : null;
}

function luminance(rgb) {
	const [r, g, b] = rgb.map((value) => {
		const share = value / 255;
		return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a, b) {
	const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (high + 0.05) / (low + 0.05);
}

/* { bg, fg } as hex; fg is kept when it can be read on bg, else black or white, whichever reads better. */
export function safePair(bg, fg, fallback) {
	const ground = parseColor(bg) ?? parseColor(fallback);
	const wanted = parseColor(fg);
	if (wanted && contrast(ground, wanted) >= ENOUGH)
		return { bg: hexOf(ground), fg: hexOf(wanted) };
	const light = contrast(ground, parseColor(LIGHT)) >= contrast(ground, parseColor(DARK));
	return { bg: hexOf(ground), fg: light ? LIGHT : DARK };
}

const hexOf = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
