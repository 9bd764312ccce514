#include "mosquitto-plugin/core/memory/sessions.h"

#include <stdlib.h>

static void entry_free(struct session *entry)
{
	free(entry->id);
	free(entry->user);
	free(entry);
}

void sessions_remove(struct sessions *s, struct session *entry)
{
	s->n_unsure -= entry->unsure;
	HASH_DEL(s->all, entry);
	entry_free(entry);
}

void sessions_free(struct sessions *s)
{
	while (s->all)
		sessions_remove(s, s->all);
}

struct session *sessions_find(const struct sessions *s, struct str id)
{
	struct session *entry;

	HASH_FIND(hh, s->all, id.p, id.len, entry);
	return entry;
}

static struct session *new_entry(struct str id, struct str user)
{
	struct session *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->id = str_dup(id);
	entry->user = user.p ? str_dup(user) : NULL;
	if (entry->id && (entry->user || !user.p))
		return entry;
	entry_free(entry);
	return NULL;
}

struct session *sessions_add(struct sessions *s, struct str id, struct str user, size_t max)
{
	struct session *entry = sessions_find(s, id);

	if (entry)
		sessions_remove(s, entry);
	entry = HASH_COUNT(s->all) < max ? new_entry(id, user) : NULL;
	if (!entry)
		return NULL;
	HASH_ADD_KEYPTR(hh, s->all, entry->id, id.len, entry);
	if (HASH_ADDED(entry, hh))
		return entry;
	entry_free(entry);
	return NULL;
}

struct session *sessions_last(const struct sessions *s)
{
	return s->all ? ELMT_FROM_HH(s->all->hh.tbl, s->all->hh.tbl->tail) : NULL;
}

struct session *sessions_before(const struct session *entry)
{
	return entry->hh.prev;
}
