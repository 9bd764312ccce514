#include "mosquitto-plugin/core/roster.h"

#include "base/buf.h"

#include <stdlib.h>
#include <utlist.h>

struct client *roster_find(const struct roster *r, const void *ptr)
{
	struct client *c;

	HASH_FIND(by_ptr, r->by_ptr, &ptr, sizeof(ptr), c);
	return c;
}

static void set_follower(struct client *c, struct client *follower)
{
	if (!c || c == follower)
		return;
	if (c->follower)
		c->follower->followed = NULL;
	if (follower->followed)
		follower->followed->follower = NULL;
	c->follower = follower;
	follower->followed = c;
}

struct client *roster_find_in_row(struct roster *r, const void *ptr)
{
	struct client *c = r->row ? r->row->follower : NULL;

	if (!c || c->ptr != ptr) {
		c = roster_find(r, ptr);
		if (!c)
			return NULL;
		set_follower(r->row, c);
	}
	r->row = c;
	__builtin_prefetch(c->follower);
	return c;
}

static void leave_row(struct roster *r, struct client *c)
{
	if (r->row == c)
		r->row = NULL;
	if (c->followed)
		c->followed->follower = c->follower;
	if (c->follower)
		c->follower->followed = c->followed;
}

struct client *roster_find_id(const struct roster *r, struct str id)
{
	struct client *c;

	HASH_FIND(by_id, r->by_id, id.p, id.len, c);
	return c;
}

static void client_free(struct client *c)
{
	claims_free(&c->claims);
	free(c->filters);
	free(c->id);
	free(c->user);
	free(c);
}

static bool link_client(struct roster *r, struct client *c, size_t id_len)
{
	struct client *older = roster_find_id(r, (struct str){ c->id, id_len });

	HASH_ADD(by_ptr, r->by_ptr, ptr, sizeof(c->ptr), c);
	if (!HASH_ADDED(c, by_ptr))
		return false;
	if (older) {
		HASH_DELETE(by_id, r->by_id, older);
		older->current = false;
	}
	HASH_ADD_KEYPTR(by_id, r->by_id, c->id, id_len, c);
	if (HASH_ADDED(c, by_id))
		return c->current = true;
	HASH_DELETE(by_ptr, r->by_ptr, c);
	return false;
}

struct client *roster_add(struct roster *r, const void *ptr, struct str id, struct str user)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->ptr = ptr;
	c->claims.role = NO_ROLE;
	c->id = str_dup(id);
	c->user = user.p ? str_dup(user) : NULL;
	if (c->id && (c->user || !user.p) && link_client(r, c, id.len)) {
		r->changes++;
		return c;
	}
	client_free(c);
	return NULL;
}

/* The level of `text` that stands where the rule's filter has its '+'; p is NULL when it does not match the rule. */
static struct str group_level(struct str rule, struct str text)
{
	struct str found = { NULL, 0 }, fl, tl;

	while (str_split(&rule, '/', &fl)) {
		if (str_is(fl, "#"))
			return found;
		if (!str_split(&text, '/', &tl) || str_is(tl, "+") || str_is(tl, "#"))
			return (struct str){ NULL, 0 };
		if (str_is(fl, "+"))
			found = tl;
		else if (!str_eq(fl, tl))
			return (struct str){ NULL, 0 };
	}
	return text.p ? (struct str){ NULL, 0 } : found;
}

static struct group *make_group(struct roster *r, const struct policy *p, const struct watch_rule *rule, struct str level)
{
	BUF_CLEANUP struct buf key = { .max = 1024 };
	struct group *g;

	buf_printf(&key, "%s/", rule->name);
	buf_str(&key, level);
	if (key.failed)
		return NULL;
	HASH_FIND(hh, r->groups, key.p, key.len, g);
	if (g) {
		g->rule = rule;
		return g;
	}
	g = HASH_COUNT(r->groups) < (unsigned)p->limits.presence_groups ? calloc(1, sizeof(*g)) : NULL;
	if (!g) {
		r->groups_refused++;
		return NULL;
	}
	g->rule = rule;
	g->key = str_dup(buf_view(&key));
	if (g->key)
		HASH_ADD_KEYPTR(hh, r->groups, g->key, key.len, g);
	if (g->key && HASH_ADDED(g, hh))
		return g;
	free(g->key);
	free(g);
	return NULL;
}

/* What a shared subscription shares. */
static struct str unshared(struct str text)
{
	struct str head;

	if (!str_starts(text, STR("$share/")))
		return text;
	str_split(&text, '/', &head);
	str_split(&text, '/', &head);
	return text;
}

static struct group *group_of(struct roster *r, const struct policy *p, struct str text)
{
	text = unshared(text);
	for (size_t i = 0; text.p && i < p->n_watches; i++) {
		struct str level = group_level(str_of(p->watches[i].filter), text);

		if (level.len)
			return make_group(r, p, &p->watches[i], level);
	}
	return NULL;
}

static struct filter *find_filter(const struct roster *r, struct str text)
{
	struct filter *f;

	HASH_FIND(hh, r->filters, text.p, text.len, f);
	return f;
}

static struct filter *take_filter(struct roster *r, const struct policy *p, struct str text)
{
	struct filter *f = find_filter(r, text);

	if (f) {
		f->refs++;
		return f;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->refs = 1;
	f->text = str_dup(text);
	if (f->text)
		HASH_ADD_KEYPTR(hh, r->filters, f->text, text.len, f);
	if (!f->text || !HASH_ADDED(f, hh)) {
		free(f->text);
		free(f);
		return NULL;
	}
	f->group = group_of(r, p, text);
	return f;
}

static void drop_filter(struct roster *r, struct filter *f)
{
	if (--f->refs)
		return;
	HASH_DEL(r->filters, f);
	free(f->text);
	free(f);
}

static bool is_in_group(const struct client *c, const struct group *g)
{
	for (unsigned i = 0; i < c->n_filters; i++)
		if (c->filters[i]->group == g)
			return true;
	return false;
}

static void count(struct roster *r, struct group *g, int by)
{
	g->n = (unsigned)((int)g->n + by);
	r->changes++;
}

bool roster_has_filter(const struct client *c, struct str text)
{
	for (unsigned i = 0; i < c->n_filters; i++)
		if (str_is(text, c->filters[i]->text))
			return true;
	return false;
}

static bool grow_filters(struct client *c)
{
	unsigned cap = c->cap_filters ? c->cap_filters * 2 : 2;
	struct filter **grown;

	if (c->n_filters < c->cap_filters)
		return true;
	grown = realloc(c->filters, cap * sizeof(struct filter *));
	if (!grown)
		return false;
	c->filters = grown;
	c->cap_filters = cap;
	return true;
}

enum subscribed roster_subscribe(struct roster *r, const struct policy *p, struct client *c, struct str text)
{
	struct filter *f;

	if (roster_has_filter(c, text))
		return SUBSCRIBED_AGAIN;
	f = grow_filters(c) ? take_filter(r, p, text) : NULL;
	if (!f)
		return SUBSCRIBED_NO_MEMORY;
	if (f->group && !is_in_group(c, f->group))
		count(r, f->group, 1);
	c->filters[c->n_filters++] = f;
	r->n_subscriptions++;
	return SUBSCRIBED_NEW;
}

static void remove_filter(struct roster *r, struct client *c, unsigned i)
{
	struct filter *f = c->filters[i];

	c->filters[i] = c->filters[--c->n_filters];
	r->n_subscriptions--;
	if (f->group && !is_in_group(c, f->group))
		count(r, f->group, -1);
	drop_filter(r, f);
}

void roster_unsubscribe(struct roster *r, struct client *c, struct str text)
{
	for (unsigned i = 0; i < c->n_filters; i++) {
		if (str_is(text, c->filters[i]->text)) {
			remove_filter(r, c, i);
			return;
		}
	}
}

void roster_remove(struct roster *r, struct books *b, struct client *c)
{
	while (c->n_filters)
		remove_filter(r, c, c->n_filters - 1);
	if (c->queued)
		DL_DELETE(r->leaving, c);
	if (c->current)
		HASH_DELETE(by_id, r->by_id, c);
	HASH_DELETE(by_ptr, r->by_ptr, c);
	leave_row(r, c);
	r->changes++;
	if (c->charge.held)
		r->by_transport[c->transport]--;
	if (c->claims.expires_ms)
		r->n_tokens--;
	books_release(b, &c->charge);
	client_free(c);
}

void roster_send_away(struct roster *r, struct client *c)
{
	if (c->leaving)
		return;
	c->leaving = c->queued = true;
	DL_APPEND(r->leaving, c);
}

void roster_drop_group(struct roster *r, struct group *g)
{
	HASH_DEL(r->groups, g);
	free(g->key);
	free(g);
}

void roster_regroup(struct roster *r, const struct policy *p)
{
	for (struct group *g = r->groups; g; g = g->hh.next) {
		g->n = 0;
		g->rule = NULL;
	}
	for (struct filter *f = r->filters; f; f = f->hh.next)
		f->group = group_of(r, p, str_of(f->text));
	for (struct client *c = r->by_ptr; c; c = c->by_ptr.next) {
		unsigned n = c->n_filters;

		/* as if it subscribed to one after the other */
		for (c->n_filters = 0; c->n_filters < n; c->n_filters++)
			if (c->filters[c->n_filters]->group && !is_in_group(c, c->filters[c->n_filters]->group))
				count(r, c->filters[c->n_filters]->group, 1);
	}
}

void roster_free(struct roster *r, struct books *b)
{
	struct client *c, *next;
	struct group *g, *next_g;

	HASH_ITER(by_ptr, r->by_ptr, c, next)
		roster_remove(r, b, c);
	HASH_ITER(hh, r->groups, g, next_g)
		roster_drop_group(r, g);
	*r = (struct roster){ 0 };
}
