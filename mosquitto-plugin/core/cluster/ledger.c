#include "mosquitto-plugin/core/cluster/ledger.h"

#include "base/hash.h"

#include <openssl/sha.h>
#include <stdlib.h>

struct ledger_entry {
	UT_hash_handle hh;
	char *topic;
	size_t topic_len;
	uint64_t hash;
	mono noted;
};

void ledger_free(struct ledger *l)
{
	struct ledger_entry *e, *next;

	HASH_ITER(hh, l->entries, e, next) {
		HASH_DEL(l->entries, e);
		free(e->topic);
		free(e);
	}
	*l = (struct ledger){ 0 };
}

/* Part of a cryptographic hash, so that nobody can choose payloads that make two different trees look alike. */
static uint64_t hash_of(struct str topic, struct str payload)
{
	unsigned char parts[2 * SHA256_DIGEST_LENGTH], whole[SHA256_DIGEST_LENGTH];
	uint64_t h;

	SHA256((const unsigned char *)topic.p, topic.len, parts);
	SHA256((const unsigned char *)(payload.p ? payload.p : ""), payload.len, parts + SHA256_DIGEST_LENGTH);
	SHA256(parts, sizeof(parts), whole);
	memcpy(&h, whole, sizeof(h));
	return h;
}

static void remove_entry(struct ledger *l, struct ledger_entry *e)
{
	l->digest ^= e->hash;
	l->n--;
	HASH_DEL(l->entries, e);
	free(e->topic);
	free(e);
}

static struct ledger_entry *add_entry(struct ledger *l, struct str topic)
{
	struct ledger_entry *e = l->n < l->max_topics ? calloc(1, sizeof(*e)) : NULL;

	if (e)
		e->topic = str_dup(topic);
	if (e && e->topic) {
		e->topic_len = topic.len;
		HASH_ADD_KEYPTR(hh, l->entries, e->topic, e->topic_len, e);
	}
	if (e && e->topic && HASH_ADDED(e, hh)) {
		l->n++;
		return e;
	}
	if (e)
		free(e->topic);
	free(e);
	l->not_kept++;
	return NULL;
}

void ledger_note(struct ledger *l, struct str topic, struct str payload, mono now)
{
	struct ledger_entry *e;

	HASH_FIND(hh, l->entries, topic.p, topic.len, e);
	if (!payload.len) {
		if (e)
			remove_entry(l, e);
		return;
	}
	if (!e)
		e = add_entry(l, topic);
	if (!e)
		return;
	l->digest ^= e->hash;
	e->hash = hash_of(topic, payload);
	l->digest ^= e->hash;
	e->noted = now;
}

uint64_t ledger_digest_since(const struct ledger *l, mono since, size_t *n)
{
	uint64_t digest = 0;

	*n = 0;
	for (const struct ledger_entry *e = l->entries; e; e = e->hh.next) {
		if (e->noted.ms < since.ms)
			continue;
		digest ^= e->hash;
		++*n;
	}
	return digest;
}

bool ledger_take_older(struct ledger *l, mono since, char **topic)
{
	for (struct ledger_entry *e = l->entries; e; e = e->hh.next) {
		if (e->noted.ms >= since.ms)
			continue;
		*topic = e->topic;
		e->topic = NULL;
		remove_entry(l, e);
		return true;
	}
	return false;
}
