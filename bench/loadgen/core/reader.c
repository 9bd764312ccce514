#include "bench/loadgen/core/reader.h"

#include <stdlib.h>

#define TEXT_MAX (2 << 20) /* of one text, as web/client/packed.js has it */

struct reading {
	struct buf payload;
	enum unpacked outcome;
	struct feed_message message;
	uint32_t id_after;  /* of the dictionary of who has read it */
	uint32_t id_before; /* of a base: of the one that the base before it had */
};

struct reader {
	struct reading readings[READER_READINGS]; /* a ring: newest - 1 is the newest of them */
	struct dictionary dictionaries[READER_DICTIONARIES];
	size_t n_unpacked, n_dictionaries; /* ever */
};

struct reader *reader_new(void)
{
	return calloc(1, sizeof(struct reader));
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < READER_READINGS; i++)
		buf_free(&r->readings[i].payload);
	for (size_t i = 0; i < READER_DICTIONARIES; i++)
		dictionary_free(&r->dictionaries[i]);
	free(r);
}

size_t reader_n_unpacked(const struct reader *r)
{
	return r->n_unpacked;
}

/* --- unpacking --- */

static const struct dictionary *find_dictionary(const struct reader *r, uint32_t id)
{
	for (size_t i = 0; i < READER_DICTIONARIES; i++)
		if (r->dictionaries[i].text.len && r->dictionaries[i].id == id)
			return &r->dictionaries[i];
	return NULL;
}

static void learn_dictionary(struct reader *r, const struct dictionary *d)
{
	struct dictionary *slot = &r->dictionaries[r->n_dictionaries % READER_DICTIONARIES];

	if (!d->text.len || d->text.failed || find_dictionary(r, d->id))
		return;
	r->n_dictionaries++;
	dictionary_free(slot);
	dictionary_keep(slot, buf_view(&d->text));
}

/* The id of the dictionary that a message was packed with; 0: it is too short to have one. */
static uint32_t dictionary_of(struct str payload)
{
	const unsigned char *b = (const unsigned char *)payload.p;

	return payload.len < PACKED_HEAD ? 0 : (uint32_t)b[1] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 8 | b[4];
}

/* Fills a reading of its payload. The unpacker has the message's dictionary, if that is still known. */
static void unpack(struct reader *r, struct reading *out)
{
	const struct dictionary *d = find_dictionary(r, dictionary_of(buf_view(&out->payload)));
	struct buf text BUF_CLEANUP = { 0 };
	struct unpacker u;

	unpacker_init(&u, TEXT_MAX);
	if (d)
		dictionary_keep(&u.dictionary, buf_view(&d->text));
	out->outcome = unpacker_take(&u, buf_view(&out->payload), &text);
	if (out->outcome == UNPACKED_TEXT && !feed_message_read(buf_view(&text), &out->message))
		out->outcome = UNPACKED_BAD;
	out->id_after = u.dictionary.id;
	out->id_before = u.before.id;
	learn_dictionary(r, &u.dictionary);
	unpacker_free(&u);
}

/* The newest are looked at first: mostly all viewers get the same message one after the other. */
static const struct reading *find_reading(const struct reader *r, struct str payload)
{
	for (size_t i = 1; i <= READER_READINGS && i <= r->n_unpacked; i++) {
		const struct reading *reading = &r->readings[(r->n_unpacked - i) % READER_READINGS];

		if (str_eq(buf_view(&reading->payload), payload))
			return reading;
	}
	return NULL;
}

static const struct reading *read_once(struct reader *r, struct str payload)
{
	const struct reading *known = find_reading(r, payload);
	struct reading *slot = &r->readings[r->n_unpacked % READER_READINGS];

	if (known)
		return known;
	r->n_unpacked++;
	buf_clear(&slot->payload);
	buf_str(&slot->payload, payload);
	unpack(r, slot);
	return slot;
}

/* --- what one viewer may read: unpacker.c decides the same from the texts --- */

static enum unpacked take_reading(const struct reading *reading, struct feed_message *m)
{
	if (reading->outcome == UNPACKED_TEXT)
		*m = reading->message;
	return reading->outcome;
}

static enum unpacked take_base(struct reader *r, struct bookmark *at, struct str payload, struct feed_message *m)
{
	const struct reading *base = read_once(r, payload);

	if (base->outcome != UNPACKED_TEXT)
		return base->outcome;
	if (at->has_dictionary && at->id == base->id_before)
		at->had_before = true;
	else
		at->had_before = at->had_before && at->before == base->id_before;
	at->before = base->id_before;
	at->id = base->id_after;
	at->has_dictionary = true;
	return take_reading(base, m);
}

/* What has been packed with the viewer's own dictionary. */
static enum unpacked take_news(struct reader *r, struct bookmark *at, struct str payload, struct feed_message *m)
{
	const struct reading *news = read_once(r, payload);

	at->id = news->id_after; /* the same one, but after what is kept */
	return take_reading(news, m);
}

static bool is_dictionary(struct str payload)
{
	return payload.p[0] == PACKED_DICTIONARY;
}

enum unpacked reader_take(struct reader *r, struct bookmark *at, struct str payload, struct feed_message *m)
{
	uint32_t id = dictionary_of(payload);

	if (payload.len <= PACKED_HEAD || payload.p[0] < PACKED_TEXT || payload.p[0] > PACKED_BASE)
		return UNPACKED_BAD;
	if (payload.p[0] == PACKED_BASE)
		return take_base(r, at, payload, m);
	if (at->has_dictionary && id == at->id)
		return take_news(r, at, payload, m);
	if (is_dictionary(payload))
		return UNPACKED_NOTHING;
	if (!at->has_dictionary || !id || id != at->before)
		return UNPACKED_UNKNOWN;
	return at->had_before ? take_reading(read_once(r, payload), m) : UNPACKED_NOTHING;
}
