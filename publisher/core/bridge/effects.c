#include "publisher/core/bridge/effects.h"

#include "base/buf.h"
#include "base/topic.h"

#include <stdlib.h>

void effects_init(struct effects *e, const char *prefix)
{
	*e = (struct effects){ .prefix = prefix };
}

static void free_queued(struct queued_effect *q)
{
	free(q->topic);
	free(q->text);
	*q = (struct queued_effect){ 0 };
}

static void take_first(struct effects *e)
{
	e->current = e->queue[e->first];
	e->first = (e->first + 1) % EFFECTS_MAX;
	e->n--;
}

void effects_free(struct effects *e)
{
	free_queued(&e->current);
	while (e->n) {
		take_first(e);
		free_queued(&e->current);
	}
}

/* NULL: there is no place, and the effect is dropped. */
static struct queued_effect *push(struct effects *e, enum effect_type type)
{
	struct queued_effect *q;

	if (e->n == EFFECTS_MAX || (type == FX_LOG && e->n > EFFECTS_MAX / 2))
		return NULL;
	q = &e->queue[(e->first + e->n++) % EFFECTS_MAX];
	*q = (struct queued_effect){ .fx = { .type = type } };
	return q;
}

void effects_push(struct effects *e, enum effect_type type)
{
	(void)push(e, type);
}

void effects_push_text(struct effects *e, enum effect_type type, const char *topic, struct str text)
{
	struct queued_effect *q = push(e, type);

	if (!q)
		return;
	q->topic = topic ? topic_join(e->prefix, topic) : NULL;
	q->text = str_dup(text);
	q->fx.topic = str_of(q->topic);
	q->fx.text = (struct str){ q->text ? q->text : "", q->text ? text.len : 0 };
}

/* Appends a field that no format has. */
static void name_broker(const struct effects *e, struct buf *text, struct log_fields *fields)
{
	buf_puts(text, fields->n ? " " : "  ");
	if (fields->n < LOG_FIELDS_MAX) {
		fields->list[fields->n].at = text->len;
		fields->list[fields->n].is_text = true;
		fields->list[fields->n++].is_quoted = false;
	}
	buf_printf(text, "broker=%s", e->log_broker);
}

void effects_log(struct effects *e, enum log_level level, const char *area, const char *fmt, ...)
{
	struct queued_effect *q = push(e, FX_LOG);
	struct buf text = { 0 };
	va_list ap;

	if (!q)
		return;
	va_start(ap, fmt);
	log_find_fields(fmt, ap, &q->fx.fields);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (e->log_broker)
		name_broker(e, &text, &q->fx.fields);
	q->text = text.p;
	q->fx.level = level;
	q->fx.area = area;
	q->fx.text = buf_view(&text);
}

bool effects_next(struct effects *e, struct effect *out)
{
	free_queued(&e->current);
	if (!e->n)
		return false;
	take_first(e);
	*out = e->current.fx;
	return true;
}
