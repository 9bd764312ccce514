/* packed - what the tests of the packed feed have in common: the vectors, fflate, and a packer made of Node's zlib. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { source, webDir } from './tools.mjs';

export const vectors = JSON.parse(readFileSync(join(source, 'schema/packed.vectors.json'), 'utf8'));
export const bytesOf = ({ hex }) => Buffer.from(hex, 'hex');

/* null: `npm ci` was not run in web/. */
export const fflate = existsSync(join(webDir, 'node_modules/fflate')) ? createRequire(join(webDir, 'package.json'))('fflate') : null;

const u32 = (n) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(n); return bytes; };
export const idOf = (bytes) => { const packed = gzipSync(bytes); return packed.readUInt32LE(packed.length - 8); };

export function createPacker() {
	let dictionary = Buffer.alloc(0);
	let before = 0; // the id of the dictionary of the last base
	const deflated = (text) => deflateRawSync(text, dictionary.length > 0 ? { dictionary } : {});
	const message = (kind, text) => Buffer.concat([Buffer.from([kind]), u32(idOf(dictionary)), deflated(text)]);
	const keep = (text) => { dictionary = Buffer.concat([dictionary, Buffer.from(text)]).subarray(-32506); };
	return {
		text: (text) => message(1, text),
		kept: (text) => { const out = message(2, text); keep(text); return out; },
		dictionary: (text) => { const out = message(3, text); keep(text); return out; },
		base: (text) => {
			if (dictionary.length === 0)
				keep(text);
			const plain = deflateRawSync(dictionary);
			const out = Buffer.concat([Buffer.from([4]), u32(idOf(dictionary)), u32(before), u32(plain.length), plain, deflated(text)]);
			before = idOf(dictionary);
			return out;
		},
	};
}
