#include "mosquitto-plugin/core/memory/repeats.h"

#include <openssl/sha.h>
#include <stdlib.h>

struct repeat {
	char *topic;
	unsigned char hash[SHA256_DIGEST_LENGTH];
	bool known;            /* the hash is that of what the broker holds */
	bool doubtful;         /* a message with QoS 2 was seen: the last one to pass may not be the one retained, so `known` stays false */
	const void *announced; /* the writer of an announcement that is pending; NULL: none is */
	UT_hash_handle hh;
};

static void drop(struct repeats *r, struct repeat *t)
{
	HASH_DEL(r->topics, t);
	free(t->topic);
	free(t);
}

void repeats_free(struct repeats *r)
{
	struct repeat *t, *next;

	HASH_ITER(hh, r->topics, t, next)
		drop(r, t);
	*r = (struct repeats){ 0 };
}

unsigned repeats_count(const struct repeats *r)
{
	return HASH_COUNT(r->topics);
}

static struct repeat *add(struct repeats *r, struct str topic)
{
	struct repeat *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->topic = str_dup(topic);
	if (t->topic)
		HASH_ADD_KEYPTR(hh, r->topics, t->topic, topic.len, t);
	if (t->topic && HASH_ADDED(t, hh))
		return t;
	free(t->topic);
	free(t);
	return NULL;
}

static struct repeat *find(struct repeats *r, struct str topic, size_t max_topics)
{
	struct repeat *t;

	HASH_FIND(hh, r->topics, topic.p, topic.len, t);
	if (!t && HASH_COUNT(r->topics) < max_topics)
		t = add(r, topic);
	if (!t)
		r->not_kept++;
	return t;
}

void repeats_announced(struct repeats *r, struct str topic, const void *writer, size_t max_topics)
{
	struct repeat *t = find(r, topic, max_topics);

	if (!t)
		return;
	if (t->announced)
		t->known = false;
	t->announced = writer;
}

static bool is_same(const struct repeat *t, const unsigned char *hash)
{
	return t->known && memcmp(t->hash, hash, SHA256_DIGEST_LENGTH) == 0;
}

bool repeats_is_news(struct repeats *r, const struct repeat_message *m, size_t max_topics)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct repeat *t = find(r, m->topic, max_topics);

	if (!t)
		return true;
	if (t->announced && t->announced != m->writer)
		t->known = false;
	t->announced = NULL;
	SHA256((const unsigned char *)(m->payload.p ? m->payload.p : ""), m->payload.len, hash);
	if (is_same(t, hash))
		return false;
	memcpy(t->hash, hash, sizeof(hash));
	t->doubtful |= !m->sure;
	t->known = !t->doubtful;
	if (!m->payload.len && t->known) /* the broker has cleared the topic. If it is cleared again, that passes as news, which is harmless. */
		drop(r, t);
	return true;
}

void repeats_forget(struct repeats *r, struct str topic)
{
	struct repeat *t;

	HASH_FIND(hh, r->topics, topic.p, topic.len, t);
	if (t)
		t->known = false;
}
