#include "publisher/core/display/discovery.h"

#include <ctype.h>
#include <stdlib.h>

void discovery_init(struct discovery *d, const char *root, const char *prefix)
{
	*d = (struct discovery){ .root = root && *root ? root : NULL, .prefix = prefix };
}

static void free_entry(struct discovery_entry *e)
{
	free(e->topic);
	free(e->payload);
	*e = (struct discovery_entry){ 0 };
}

void discovery_free(struct discovery *d)
{
	for (size_t i = 0; i < d->n; i++)
		free_entry(&d->list[i]);
	d->n = 0;
}

/* Home Assistant takes letters, digits, `_` and `-` only. No two names are written alike. */
static void write_id(struct buf *out, const char *name)
{
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (c < 0x80 && (isalnum(c) || c == '-'))
			buf_char(out, (char)c);
		else
			buf_printf(out, "_%02X", c);
	}
}

static const char *name_of(const struct text_rule *t)
{
	return strrchr(t->topic, '/') + 1;
}

static void write_topic(const struct discovery *d, const struct text_rule *t, struct buf *out)
{
	buf_printf(out, "%s/sensor/", d->root);
	write_id(out, d->prefix);
	buf_char(out, '/');
	write_id(out, name_of(t));
	buf_puts(out, "/config");
}

/* Appends "name":"prefix/below" to an object; below NULL: "name":"prefix". */
static void write_member(const struct discovery *d, const char *name, const char *below, struct buf *out)
{
	BUF_CLEANUP struct buf topic = { 0 };

	buf_puts(&topic, d->prefix);
	if (below)
		buf_printf(&topic, "/%s", below);
	out->failed |= topic.failed;
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, buf_view(&topic));
}

/* An empty text has been cleared, which is no value: Home Assistant's word for that is None. */
static void write_payload(const struct discovery *d, const struct text_rule *t, struct buf *out)
{
	buf_puts(out, "{\"name\":");
	buf_json(out, str_of(name_of(t)));
	write_member(d, "unique_id", t->topic, out);
	write_member(d, "state_topic", t->topic, out);
	buf_puts(out, ",\"value_template\":\"{{ value if value else None }}\"");
	write_member(d, "availability_topic", "status", out);
	buf_puts(out, ",\"availability_template\":\"{{ 'online' if value_json.state == 'live' else 'offline' }}\"");
	buf_puts(out, ",\"device\":{\"manufacturer\":\"scoreboard-mqtt\"");
	write_member(d, "identifiers", NULL, out);
	write_member(d, "name", NULL, out);
	buf_puts(out, "},\"origin\":{\"name\":\"scoreboard-mqtt\"}}");
}

static struct discovery_entry entry_of(const struct discovery *d, const struct text_rule *t)
{
	BUF_CLEANUP struct buf topic = { 0 };
	BUF_CLEANUP struct buf payload = { 0 };
	struct discovery_entry e = { .due = true };

	write_topic(d, t, &topic);
	write_payload(d, t, &payload);
	if (topic.failed || payload.failed)
		return e;
	e.topic = str_dup(buf_view(&topic));
	e.payload = str_dup(buf_view(&payload));
	return e;
}

static bool has(const struct discovery *d, const char *topic)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->list[i].topic, topic) == 0)
			return true;
	return false;
}

/* What was told before and is not any more. */
static void withdraw(struct discovery *d, struct discovery_entry *e)
{
	if (d->n == DISCOVERY_MAX || has(d, e->topic)) {
		free_entry(e);
		return;
	}
	free(e->payload);
	d->list[d->n++] = (struct discovery_entry){ .topic = e->topic, .due = true };
}

void discovery_set(struct discovery *d, const struct schema *s)
{
	struct discovery before = *d;
	const struct text_rule *t;

	d->n = 0;
	for (size_t i = 0; d->root && (t = schema_text(s, i)) != NULL; i++) {
		struct discovery_entry e = entry_of(d, t);

		if (e.topic && e.payload)
			d->list[d->n++] = e;
		else
			free_entry(&e);
	}
	for (size_t i = 0; i < before.n; i++)
		withdraw(d, &before.list[i]);
}

void discovery_connected(struct discovery *d)
{
	for (size_t i = 0; i < d->n; i++)
		d->list[i].due = true;
	d->in_flight = false;
}

bool discovery_next(struct discovery *d, struct discovery_message *out)
{
	for (size_t i = 0; !d->in_flight && i < d->n; i++) {
		struct discovery_entry *e = &d->list[i];

		if (!e->due)
			continue;
		e->due = false;
		d->in_flight = true;
		*out = (struct discovery_message){ str_of(e->topic), str_of(e->payload ? e->payload : "") };
		return true;
	}
	return false;
}

void discovery_answered(struct discovery *d)
{
	d->in_flight = false;
}
