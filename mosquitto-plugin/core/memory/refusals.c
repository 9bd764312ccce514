#include "mosquitto-plugin/core/memory/refusals.h"

/* As many whole characters as fit. What is not UTF-8 ends the text: it goes into JSON. */
static void copy(char *out, size_t size, struct str text)
{
	uint32_t character;
	size_t len = 0, n;

	while (len < text.len && (n = utf8_next(str_skip(text, len), &character)) > 0 && len + n < size)
		len += n;
	if (len)
		memcpy(out, text.p, len);
	out[len] = '\0';
}

void refusals_note(struct refusals *r, const struct refusal_note *note)
{
	struct refusal_kept *k = &r->kept[r->next];

	r->next = (r->next + 1) % REFUSALS_KEPT;
	r->n += r->n < REFUSALS_KEPT;
	k->at_ms = note->at_ms;
	k->why = note->why;
	copy(k->client, sizeof(k->client), note->client);
	copy(k->user, sizeof(k->user), note->user);
	copy(k->address, sizeof(k->address), note->address);
	copy(k->topic, sizeof(k->topic), note->topic);
	copy(k->text, sizeof(k->text), note->text);
}

const struct refusal_kept *refusals_at(const struct refusals *r, unsigned i)
{
	return i < r->n ? &r->kept[(r->next + REFUSALS_KEPT - 1 - i) % REFUSALS_KEPT] : NULL;
}
