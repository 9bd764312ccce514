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

/* Fills a reading of its payload. The unpacker has the message's dictionary, if that is still known. */
static void unpack(struct reader *r, struct reading *out)
{
	const struct dictionary *d = NULL;
	struct buf text BUF_CLEANUP = { 0 };
	struct packed_message m;
	struct unpacker u;

	unpacker_init(&u, TEXT_MAX);
	if (!packed_open(buf_view(&out->payload), &m))
		d = find_dictionary(r, m.id);
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

enum unpacked reader_take(struct reader *r, struct bookmark *at, struct str payload, struct feed_message *m)
{
	struct packed_message packed;

	if (packed_open(payload, &packed))
		return UNPACKED_BAD;
	if (packed.kind == PACKED_BASE)
		return take_base(r, at, payload, m);
	if (at->has_dictionary && packed.id == at->id)
		return take_news(r, at, payload, m);
	if (packed.kind == PACKED_DICTIONARY)
		return UNPACKED_NOTHING;
	if (!at->has_dictionary || !packed.id || packed.id != at->before)
		return UNPACKED_UNKNOWN;
	return at->had_before ? take_reading(read_once(r, payload), m) : UNPACKED_NOTHING;
}
