#include "publisher/core/parts.h"

#include <inttypes.h>

static struct part *find(struct parts *p, const char *kind, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].kind, kind) == 0 && strcmp(p->list[i].name, name) == 0)
			return &p->list[i];
	return NULL;
}

static struct part *add(struct parts *p, const struct part_report *r, const char *name, int64_t wall_ms)
{
	struct part *part;

	if (p->n == PARTS_MAX)
		return NULL;
	part = &p->list[p->n++];
	*part = (struct part){ .kind = r->kind, .ok = r->ok, .since = wall_ms };
	str_copy(part->name, sizeof(part->name), name);
	return part;
}

void parts_tell(struct parts *p, const struct part_report *r, int64_t wall_ms)
{
	char name[PART_NAME_SIZE];
	struct part *part;

	str_copy(name, sizeof(name), r->name ? r->name : "");
	part = find(p, r->kind, name);
	if (!part)
		part = add(p, r, name, wall_ms);
	if (!part)
		return;
	if (part->ok != r->ok)
		part->since = wall_ms;
	part->ok = r->ok;
	str_copy(part->why, sizeof(part->why), r->why);
}

static void write_part(const struct part *part, struct buf *out)
{
	buf_puts(out, "{\"part\":");
	buf_json(out, str_of(part->kind));
	if (*part->name) {
		buf_puts(out, ",\"name\":");
		buf_json(out, str_of(part->name));
	}
	buf_printf(out, ",\"ok\":%s,\"since\":%" PRId64 ",\"why\":", part->ok ? "true" : "false", part->since);
	buf_json(out, str_of(part->why));
	buf_char(out, '}');
}

void parts_write(const struct parts *p, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_char(out, ',');
		write_part(&p->list[i], out);
	}
	buf_char(out, ']');
}

const struct part *parts_first_unwell(const struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->list[i].ok)
			return &p->list[i];
	return NULL;
}
