/* pictures - small pictures, made here: bytes of a real PNG, and of what only claims to be a picture. */
import { deflateSync } from 'node:zlib';

function chunk(name, data) {
	const body = Buffer.concat([Buffer.from(name), data]);
	const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(data.length);
	sum.writeUInt32BE(crcOf(body));
	return Buffer.concat([length, body, sum]);
}

function crcOf(bytes) {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let i = 0; i < 8; i++)
			crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc >>> 0;
}

/* A picture drawn by `pixel(x, y)`, which gives [red, green, blue, alpha]. */
export function png(width, height, pixel) {
	const rows = Buffer.alloc(height * (1 + 4 * width));
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++)
			rows.set(pixel(x, y), y * (1 + 4 * width) + 1 + 4 * x);
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 6, 0, 0, 0], 8);
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/* A disc with a ring and a bar, on nothing: something like a logo. */
export const logo = ([r, g, b], size = 96) => png(size, size, (x, y) => {
	const d = Math.hypot(x - size / 2 + 0.5, y - size / 2 + 0.5) / (size / 2);
	if (d > 1)
		return [0, 0, 0, 0];
	const bar = Math.abs(x - y) < size / 8;
	return d > 0.82 || bar ? [255, 255, 255, 255] : [r, g, b, 255];
});
