/* The packed feed's decoder: what every message of the vectors says, and that no damage makes it throw or take more than its ceiling. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { createPacked, takePacked } from '../../../web/client/packed.js';
import { createUnpacker, unpack } from '../../../web/client/unpacker.js';
import { seeded } from '../support/chance.mjs';
import { bytesOf, createPacker, fflate, idOf, vectors } from '../support/packed.mjs';

const skip = fflate ? false : "run 'npm ci' in web";
const say = (text) => (text === undefined ? undefined : Buffer.from(text).toString());
const hex = (id) => (id === null ? undefined : id.toString(16).padStart(8, '0'));
const told = ({ texts, trouble }) => ({ texts: texts.map(([kind, text]) => `${kind} ${say(text)}`), trouble });

/* fflate's Inflate, which notes how much of a text was ever made. */
function measured(most) {
	return class {
		#length = 0;
		#stream;
		constructor(options, take) {
			this.#stream = new fflate.Inflate(options, (part) => {
				this.#length += part.length;
				most.bytes = Math.max(most.bytes ?? 0, this.#length);
				take(part);
			});
		}
		push(...args) { this.#stream.push(...args); }
	};
}

test('every_message_of_the_vectors_says_what_is_written_beside_it', { skip }, () => {
	const unpacker = createUnpacker(fflate.Inflate, vectors.max_bytes);
	let id;
	for (const message of vectors.messages) {
		const { outcome, text } = unpack(unpacker, bytesOf(message));
		id = message.id ?? id;
		assert.deepEqual({ outcome, text: say(text), id: hex(unpacker.id) }, { outcome: message.outcome, text: message.text, id }, message.why);
	}
});

/* What the vectors say, up to a message: the state in which damage meets a client. */
function unpackerBefore(index, Inflate) {
	const unpacker = createUnpacker(Inflate, vectors.max_bytes);
	vectors.messages.slice(0, index).forEach((message) => unpack(unpacker, bytesOf(message)));
	return unpacker;
}

const copy = (unpacker) => ({ ...unpacker });
const OUTCOMES = ['text', 'nothing', 'unknown', 'bad'];

test('no_prefix_of_a_message_says_anything', { skip }, () => {
	vectors.messages.forEach((message, index) => {
		if (message.outcome === 'bad')
			return; // one of these is a whole message, and a byte
		const unpacker = unpackerBefore(index, fflate.Inflate);
		const bytes = bytesOf(message);
		const step = bytes.length > 1000 ? 97 : 1;
		for (let length = 0; length < bytes.length; length += step) {
			const { outcome } = unpack(copy(unpacker), bytes.subarray(0, length));
			assert.notEqual(outcome, 'text', `${length} bytes of "${message.why}"`);
		}
	});
});

test('a_flipped_byte_is_never_an_exception_nor_a_text_above_the_ceiling', { skip }, () => {
	const most = {};
	const Inflate = measured(most);
	vectors.messages.forEach((message, index) => {
		const unpacker = unpackerBefore(index, Inflate);
		const bytes = bytesOf(message);
		const step = bytes.length > 1000 ? 61 : 1;
		for (let at = 0; at < bytes.length; at += step)
			for (const flip of [0x01, 0xff]) {
				const damaged = Uint8Array.from(bytes);
				damaged[at] ^= flip;
				const { outcome, text } = unpack(copy(unpacker), damaged);
				assert.ok(OUTCOMES.includes(outcome));
				assert.ok((text?.length ?? 0) <= vectors.max_bytes);
			}
	});
	assert.ok(most.bytes > vectors.max_bytes && most.bytes <= vectors.max_bytes + 1032 * 1024, `${most.bytes} bytes were made`);
});

/* Empty blocks: however many there are, the text is empty. */
test('a_message_longer_than_any_text_is_not_read', { skip }, () => {
	const most = {};
	const packer = createPacker();
	const unpacker = createUnpacker(measured(most), 50000);
	unpack(unpacker, packer.base('{}'));
	const blocks = (n) => Buffer.concat([...Array(n).fill(Buffer.from([0, 0, 0, 0xff, 0xff])), Buffer.from([3, 0])]);
	const message = (n) => Buffer.concat([packer.text('{}').subarray(0, 5), blocks(n)]);
	assert.equal(unpack(unpacker, message(1000)).outcome, 'text');
	delete most.bytes;
	assert.equal(unpack(unpacker, message(30000)).outcome, 'bad');
	assert.equal(most.bytes, undefined, 'nothing was inflated');
});

test('what_it_takes_zlib_takes_with_the_same_text', { skip }, () => {
	const random = seeded(11);
	const dictionary = Buffer.from('{"epoch":"e","seq":1,"ts":1,"set":{"team/1/score":');
	const unpacker = { ...createUnpacker(fflate.Inflate, 1 << 16), dictionary, id: idOf(dictionary) };
	const head = Buffer.alloc(5);
	head[0] = 1;
	head.writeUInt32BE(unpacker.id, 1);
	let taken = 0;
	for (let round = 0; round < 4000; round++) {
		const stream = damage(someStream(random, dictionary), random);
		const { text } = unpack(unpacker, Buffer.concat([head, stream]));
		const truth = inflated(stream, dictionary);
		if (truth !== null && truth.length <= 1 << 16)
			assert.deepEqual(Buffer.from(text ?? 'none'), truth);
		taken += text === undefined ? 0 : 1;
	}
	assert.ok(taken > 100 && taken < 3900, `${taken} taken`);
});

function someStream(random, dictionary) {
	const text = Array.from({ length: 1 + random() * 60 }, () => `"key/${Math.floor(random() * 30)}":${Math.floor(random() * 99)},`).join('');
	const strategy = random() < 0.3 ? constants.Z_FIXED : constants.Z_DEFAULT_STRATEGY;
	return deflateRawSync(text, { dictionary, strategy, level: Math.floor(random() * 10) });
}

function damage(stream, random) {
	const bytes = Buffer.from(stream);
	for (let n = Math.floor(random() * 3); n > 0; n--)
		bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
	return random() < 0.1 ? Buffer.concat([bytes, Buffer.from([0])]) : bytes;
}

/* What zlib makes of a stream that ends with its last byte; null for any other. */
function inflated(stream, dictionary) {
	try {
		const { buffer, engine } = inflateRawSync(stream, { dictionary, info: true, maxOutputLength: 1 << 20 });
		return engine.bytesWritten === stream.length ? buffer : null;
	} catch {
		return null;
	}
}

/* --- packed.js: which messages of the feed they are --- */

test('a_recent_that_comes_before_its_base_is_told_after_it', { skip }, () => {
	const packer = createPacker();
	const base = packer.base('{"seq":1,"state":{}}');
	const recent = packer.text('{"seq":2}');
	const delta = packer.text('{"seq":3}');
	const packed = createPacked(fflate.Inflate);
	assert.deepEqual(told(takePacked(packed, 'recent', recent)), { texts: [], trouble: null });
	assert.deepEqual(told(takePacked(packed, 'delta', delta)), { texts: [], trouble: null });
	assert.deepEqual(told(takePacked(packed, 'snapshot', base)).texts, ['snapshot {"seq":1,"state":{}}', 'recent {"seq":2}', 'delta {"seq":3}']);
	assert.deepEqual(told(takePacked(packed, 'snapshot', base)).texts, ['snapshot {"seq":1,"state":{}}'], 'once');
});

test('an_unknown_dictionary_is_trouble_for_who_has_one', { skip }, () => {
	const packer = createPacker();
	const packed = createPacked(fflate.Inflate);
	takePacked(packed, 'snapshot', packer.base('{"seq":1,"state":{}}'));
	packer.kept('{"seq":2}'); // it is lost on the way
	assert.deepEqual(told(takePacked(packed, 'delta', packer.text('{"seq":3}'))), { texts: [], trouble: 'unknown' });
	assert.deepEqual(told(takePacked(packed, 'delta', packer.dictionary('{"seq":2,"state":{}}'))), { texts: [], trouble: null }, 'a dictionary');
	assert.deepEqual(told(takePacked(packed, 'delta', Buffer.from('{"seq":3}'))), { texts: [], trouble: 'bad' });
});

test('the_delta_with_which_a_base_was_made_is_no_news_to_who_begins_with_it', { skip }, () => {
	const packer = createPacker();
	const [stays, comes] = [createPacked(fflate.Inflate), createPacked(fflate.Inflate)];
	takePacked(stays, 'snapshot', packer.base('{"seq":1,"state":{}}'));
	const delta = packer.kept('{"seq":2}');
	const base = packer.base('{"seq":2,"state":{}}');
	for (const packed of [stays, comes])
		assert.deepEqual(told(takePacked(packed, 'snapshot', base)).texts, ['snapshot {"seq":2,"state":{}}']);
	assert.deepEqual(told(takePacked(comes, 'delta', delta)), { texts: [], trouble: null });
	assert.deepEqual(told(takePacked(stays, 'delta', delta)), { texts: ['delta {"seq":2}'], trouble: null });
});

/* The first base of a publisher names 0 as the dictionary before; what the next publisher packs before its own first base has that id. */
test('what_was_packed_without_a_dictionary_is_news_to_who_has_a_first_base', { skip }, () => {
	const packed = createPacked(fflate.Inflate);
	takePacked(packed, 'snapshot', createPacker().base('{"seq":1,"state":{}}'));
	const restarted = createPacker();
	assert.deepEqual(told(takePacked(packed, 'delta', restarted.text('{"seq":1}'))), { texts: [], trouble: 'unknown' });
	assert.deepEqual(told(takePacked(packed, 'snapshot', restarted.base('{"seq":2,"state":{}}'))).texts, ['snapshot {"seq":2,"state":{}}']);
	assert.deepEqual(told(takePacked(packed, 'delta', createPacker().text('{"seq":1}'))), { texts: [], trouble: 'unknown' });
});

test('a_base_without_a_dictionary_is_refused', { skip }, () => {
	const nothing = deflateRawSync('');
	const head = Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, nothing.length]);
	const unpacker = createUnpacker(fflate.Inflate, vectors.max_bytes);
	assert.equal(unpack(unpacker, Buffer.concat([head, nothing, deflateRawSync('{"seq":1}')])).outcome, 'bad');
	assert.equal(unpacker.id, null);
});

test('what_is_held_is_bounded', { skip }, () => {
	const packed = createPacked(fflate.Inflate);
	for (let i = 0; i < 5000; i++)
		takePacked(packed, 'delta', Buffer.from([1, 0, 0, 0, i & 0xff, 3, 0]));
	takePacked(packed, 'delta', Buffer.concat([Buffer.from([1, 0, 0, 0, 1]), Buffer.alloc(1 << 20)]));
	assert.ok(packed.held.length <= 64 && packed.held.every(({ bytes }) => bytes.length <= 65536));
});
