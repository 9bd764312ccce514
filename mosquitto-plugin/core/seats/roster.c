#include "mosquitto-plugin/core/seats/roster.h"

#include <stdlib.h>
#include <utlist.h>

/* ---- finding ---- */

static uint64_t hash_of(const struct client *c, enum index_key key)
{
	return key == BY_PTR ? hash_bytes(&c->ptr, sizeof(c->ptr)) : hash_bytes(c->id, strlen(c->id));
}

static struct client **chain(const struct index *x, uint64_t hash)
{
	return &x->heads[hash & (x->n_heads - 1)];
}

static bool index_grow(struct index *x, enum index_key key)
{
	struct index grown = { .n_heads = x->n_heads ? x->n_heads * 2 : 16, .n = x->n };

	grown.heads = calloc(grown.n_heads, sizeof(struct client *));
	if (!grown.heads)
		return x->heads; /* without memory for more heads the chains get longer, and clients are found as before */
	for (size_t i = 0; i < x->n_heads; i++) {
		while (x->heads[i]) {
			struct client *c = x->heads[i], **to = chain(&grown, hash_of(c, key));

			x->heads[i] = c->next_in[key];
			c->next_in[key] = *to;
			*to = c;
		}
	}
	free(x->heads);
	*x = grown;
	return true;
}

static bool index_put(struct roster *r, enum index_key key, struct client *c)
{
	struct index *x = &r->index[key];
	struct client **head;

	if (x->n >= 2 * x->n_heads && !index_grow(x, key))
		return false;
	head = chain(x, hash_of(c, key));
	c->next_in[key] = *head;
	*head = c;
	x->n++;
	return true;
}

static void index_take(struct roster *r, enum index_key key, struct client *c)
{
	struct index *x = &r->index[key];
	struct client **at = chain(x, hash_of(c, key));

	while (*at != c)
		at = &(*at)->next_in[key];
	*at = c->next_in[key];
	x->n--;
}

struct client *roster_find(const struct roster *r, const void *ptr)
{
	const struct index *x = &r->index[BY_PTR];
	struct client *c = x->heads ? *chain(x, hash_bytes(&ptr, sizeof(ptr))) : NULL;

	while (c && c->ptr != ptr)
		c = c->next_in[BY_PTR];
	return c;
}

struct client *roster_find_id(const struct roster *r, struct str id)
{
	const struct index *x = &r->index[BY_ID];
	struct client *c = x->heads ? *chain(x, hash_bytes(id.p, id.len)) : NULL;

	while (c && !str_is(id, c->id))
		c = c->next_in[BY_ID];
	return c;
}

/* ---- the order of deliveries ---- */

static void set_next_delivered(struct client *c, struct client *next)
{
	if (!c || c == next)
		return;
	if (c->next_delivered)
		c->next_delivered->prev_delivered = NULL;
	if (next->prev_delivered)
		next->prev_delivered->next_delivered = NULL;
	c->next_delivered = next;
	next->prev_delivered = c;
}

struct client *roster_find_for_delivery(struct roster *r, const void *ptr)
{
	struct client *c = r->delivered_last ? r->delivered_last->next_delivered : NULL;

	if (!c || c->ptr != ptr) {
		c = roster_find(r, ptr);
		if (!c)
			return NULL;
		set_next_delivered(r->delivered_last, c);
	}
	r->delivered_last = c;
	__builtin_prefetch(c->next_delivered);
	return c;
}

static void leave_delivery_order(struct roster *r, struct client *c)
{
	if (r->delivered_last == c)
		r->delivered_last = NULL;
	if (c->prev_delivered)
		c->prev_delivered->next_delivered = c->next_delivered;
	if (c->next_delivered)
		c->next_delivered->prev_delivered = c->prev_delivered;
}

/* ---- coming ---- */

struct client_extra *client_extra(struct client *c)
{
	if (!c->extra)
		c->extra = calloc(1, sizeof(*c->extra));
	return c->extra;
}

struct bucket *client_new_groups(struct client *c)
{
	if (c->charge.user)
		return &c->charge.user->new_groups;
	return client_extra(c) ? &c->extra->new_groups : NULL;
}

static void client_free(struct client *c)
{
	if (c->extra) {
		claims_free(&c->extra->claims);
		free(c->extra->user);
		free(c->extra);
	}
	if (c->cap_filters)
		free(c->filters.many);
	free(c);
}

static bool link_client(struct roster *r, struct client *c)
{
	struct client *older = roster_find_id(r, str_of(c->id));

	if (!index_put(r, BY_PTR, c))
		return false;
	if (older) {
		index_take(r, BY_ID, older);
		older->current = false;
	}
	if (index_put(r, BY_ID, c)) {
		DL_APPEND(r->clients, c);
		return c->current = true;
	}
	index_take(r, BY_PTR, c);
	return false;
}

static bool name_client(struct client *c, struct str user)
{
	if (!user.p)
		return true;
	if (client_extra(c))
		c->extra->user = str_dup(user);
	return client_user(c);
}

struct client *roster_add(struct roster *r, const void *ptr, struct str id, struct str user)
{
	struct client *c = calloc(1, offsetof(struct client, id) + id.len + 1);

	if (!c)
		return NULL;
	c->ptr = ptr;
	memcpy(c->id, id.p, id.len);
	if (name_client(c, user) && link_client(r, c)) {
		r->changes++;
		return c;
	}
	client_free(c);
	return NULL;
}

/* ---- what they subscribe to ---- */

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
	f->group = groups_of(&r->groups, p, text);
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

bool roster_is_in(const struct client *c, const struct group *g)
{
	for (unsigned i = 0; i < c->n_filters; i++)
		if (client_filters(c)[i]->group == g)
			return true;
	return false;
}

/* Does the token of this client name the group? */
static bool has_room(const struct client *c, const struct group *g)
{
	const struct claims *claims = c->extra ? &c->extra->claims : NULL;
	const char *level = strchr(g->key, '/') + 1;

	for (size_t i = 0; claims && i < claims->n_rooms; i++)
		if (strcmp(claims->rooms[i], level) == 0)
			return true;
	for (size_t i = 0; claims && i < claims->n_hosts; i++)
		if (strcmp(claims->hosts[i], level) == 0)
			return true;
	return false;
}

/* A client with a name makes the room known that he enters, as a message of his would, and at the same price; one with a reserved seat pays
 * nothing. (What is told of a room is told
 * to those who may be in it; the level of another watch's group anybody could invent.) */
static bool pays_for_room(const struct roster *r, const struct policy *p, struct client *c, const struct group *g)
{
	double per_hour = (double)p->roles[c->role].limits.new_groups_per_hour;

	if (!g->watch->rooms || !client_user(c))
		return false;
	return policy_is_reserved(p, c->role) ||
	       bucket_take(client_new_groups(c), (struct rate){ per_hour / 3600, per_hour }, 1, r->groups.now);
}

static void enter_group(struct roster *r, const struct policy *p, struct client *c, struct group *g)
{
	groups_enter(&r->groups, p, g);
	if (!g->known && (has_room(c, g) || pays_for_room(r, p, c, g)))
		groups_vouch(&r->groups, p, g);
}

bool roster_has_filter(const struct client *c, struct str text)
{
	for (unsigned i = 0; i < c->n_filters; i++)
		if (str_is(text, client_filters(c)[i]->text))
			return true;
	return false;
}

/* Where to put the next filter of this client; NULL: no memory. Most clients hold one filter most of the time, so a single one stands in the
 * client itself. */
static struct filter **room_for_filter(struct client *c)
{
	unsigned cap = c->cap_filters ? c->cap_filters * 2 : 4;
	struct filter **grown;

	if (c->n_filters == 0 && !c->cap_filters)
		return &c->filters.one;
	if (c->n_filters < c->cap_filters)
		return &c->filters.many[c->n_filters];
	grown = realloc(c->cap_filters ? c->filters.many : NULL, cap * sizeof(struct filter *));
	if (!grown)
		return NULL;
	if (!c->cap_filters)
		grown[0] = c->filters.one;
	c->filters.many = grown;
	c->cap_filters = cap;
	return &grown[c->n_filters];
}

/* When at most one filter is left, it moves into the client. */
static void give_back_room(struct client *c)
{
	struct filter **many = c->filters.many;

	if (c->n_filters > 1 || !c->cap_filters)
		return;
	c->filters.one = many[0];
	c->cap_filters = 0;
	free(many);
}

enum subscribed roster_subscribe(struct roster *r, const struct policy *p, struct client *c, struct str text)
{
	struct filter *f, **room;

	if (roster_has_filter(c, text))
		return SUBSCRIBED_AGAIN;
	room = room_for_filter(c);
	f = room ? take_filter(r, p, text) : NULL;
	if (!f)
		return SUBSCRIBED_NO_MEMORY;
	if (f->group && !roster_is_in(c, f->group))
		enter_group(r, p, c, f->group);
	*room = f;
	c->n_filters++;
	r->n_subscriptions++;
	return SUBSCRIBED_NEW;
}

static void remove_filter(struct roster *r, struct client *c, unsigned i)
{
	struct filter **filters = c->cap_filters ? c->filters.many : &c->filters.one, *f = filters[i];

	filters[i] = filters[--c->n_filters];
	give_back_room(c);
	r->n_subscriptions--;
	if (f->group && !roster_is_in(c, f->group))
		groups_leave(&r->groups, f->group);
	drop_filter(r, f);
}

void roster_unsubscribe(struct roster *r, struct client *c, struct str text)
{
	for (unsigned i = 0; i < c->n_filters; i++) {
		if (str_is(text, client_filters(c)[i]->text)) {
			remove_filter(r, c, i);
			return;
		}
	}
}

/* The client leaves each of its groups once, with the last filter that belongs to it. Counting visits keeps this linear in the number of
 * filters; asking roster_is_in() for each of them would be quadratic. */
static void leave_everything(struct roster *r, struct client *c)
{
	struct filter *const *filters = client_filters(c);

	for (unsigned i = 0; i < c->n_filters; i++)
		if (filters[i]->group)
			filters[i]->group->visits++;
	for (unsigned i = 0; i < c->n_filters; i++) {
		struct group *g = filters[i]->group;

		if (g && --g->visits == 0)
			groups_leave(&r->groups, g);
		drop_filter(r, filters[i]);
	}
	r->n_subscriptions -= c->n_filters;
	c->n_filters = 0;
}

void roster_remove(struct roster *r, struct books *b, struct client *c)
{
	leave_everything(r, c);
	r->n_queued -= c->queued;
	if (r->cursor == c)
		r->cursor = c->next;
	if (c->current)
		index_take(r, BY_ID, c);
	index_take(r, BY_PTR, c);
	DL_DELETE(r->clients, c);
	leave_delivery_order(r, c);
	r->changes++;
	if (c->charge.held)
		r->by_transport[c->transport]--;
	if (client_expires_ms(c))
		r->n_tokens--;
	books_release(b, &c->charge);
	client_free(c);
}

void roster_send_away(struct roster *r, struct client *c)
{
	if (c->leaving)
		return;
	c->leaving = c->queued = true;
	r->n_queued++;
}

struct client *roster_next_leaving(struct roster *r)
{
	struct client *c = r->cursor ? r->cursor : r->clients;

	if (!r->n_queued)
		return NULL;
	while (!c->queued)
		c = c->next ? c->next : r->clients;
	r->cursor = c->next ? c->next : r->clients;
	c->queued = false;
	r->n_queued--;
	return c;
}

/* A client that has several filters of one group enters it once. */
static void enter_groups(struct roster *r, const struct policy *p, struct client *c)
{
	struct filter *const *filters = client_filters(c);

	for (unsigned i = 0; i < c->n_filters; i++)
		if (filters[i]->group && filters[i]->group->visits++ == 0)
			enter_group(r, p, c, filters[i]->group);
	for (unsigned i = 0; i < c->n_filters; i++)
		if (filters[i]->group)
			filters[i]->group->visits = 0;
}

void roster_regroup(struct roster *r, const struct policy *p)
{
	groups_reload(&r->groups, p);
	for (struct filter *f = r->filters; f; f = f->hh.next)
		f->group = groups_of(&r->groups, p, str_of(f->text));
	for (struct client *c = r->clients; c; c = c->next)
		enter_groups(r, p, c);
	groups_reloaded(&r->groups);
}

void roster_free(struct roster *r, struct books *b)
{
	while (r->clients)
		roster_remove(r, b, r->clients);
	for (int i = 0; i < INDICES; i++)
		free(r->index[i].heads);
	groups_free(&r->groups);
	*r = (struct roster){ 0 };
}
