#include "mosquitto-plugin/core/door_priv.h"

#include <inttypes.h>

#define PRESENCE_MS 1000
#define MAX_NAMES 200

static void tell(struct door *d, const char *what, const char *name, struct str payload)
{
	BUF_CLEANUP struct buf topic = { .max = 2048 };

	buf_printf(&topic, "%s%s%s", d->presence, what, name);
	if (!topic.failed)
		d->ops.publish(d->ops.ctx, NULL, topic.p, payload, true);
}

static void tell_count(struct door *d, struct told *told, const char *what, const char *name, unsigned value)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (told->ever && told->value == value)
		return;
	*told = (struct told){ value, true };
	buf_printf(&text, "%u", value);
	tell(d, what, name, buf_view(&text));
}

static bool is_member(const struct client *c, const struct group *g)
{
	for (unsigned i = 0; i < c->n_filters; i++)
		if (c->filters[i]->group == g)
			return true;
	return false;
}

/* {"count":3,"names":["ann","bob"]}: of those who have one; the rest is only counted. */
static void group_names(const struct door *d, const struct group *g, struct buf *out)
{
	unsigned names = 0;

	buf_printf(out, "{\"count\":%u,\"names\":[", g->n);
	for (const struct client *c = d->roster.by_ptr; c && names < MAX_NAMES; c = c->by_ptr.next) {
		if (!c->user || !is_member(c, g))
			continue;
		buf_puts(out, names++ ? "," : "");
		buf_json(out, str_of(c->user));
	}
	buf_puts(out, "]}");
}

static void tell_group(struct door *d, struct group *g)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (g->n && g->rule && g->rule->names)
		group_names(d, g, &text);
	else if (g->n)
		buf_printf(&text, "%u", g->n);
	tell(d, g->key, "", buf_view(&text));
	g->published = g->n;
	g->was_published = true;
}

/* Names may have changed where the number has not. */
static bool is_news(const struct group *g)
{
	bool names = g->rule && g->rule->names;

	return g->n != g->published || (g->n && (names || !g->was_published));
}

static bool filter_refers(const struct door *d, const struct group *g)
{
	for (const struct filter *f = d->roster.filters; f; f = f->hh.next)
		if (f->group == g)
			return true;
	return false;
}

static void presence_groups(struct door *d)
{
	struct group *g, *next;

	HASH_ITER(hh, d->roster.groups, g, next) {
		if (!g->dirty)
			continue;
		g->dirty = false;
		if (is_news(g))
			tell_group(d, g);
		if (!g->n && !filter_refers(d, g))
			roster_drop_group(&d->roster, g);
	}
}

void presence_tick(struct door *d, mono now)
{
	if (!mono_reached(now, d->presence_at))
		return;
	d->presence_at = mono_add(now, PRESENCE_MS);
	tell_count(d, &d->total, "total", "", d->books.total);
	for (size_t i = 0; i < d->policy->n_roles; i++)
		tell_count(d, &d->by_role[i], "role/", d->policy->roles[i].name, d->books.by_role[i]);
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		tell_count(d, &d->by_transport[i], "transport/", transport_names[i], d->roster.by_transport[i]);
	presence_groups(d);
}
