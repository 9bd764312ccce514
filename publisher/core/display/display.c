#include "publisher/core/display/display.h"

#include "base/json.h"

struct state {
	const struct outbox *values; /* all outboxes have the same */
	const struct clocks *clocks;
};

/* Of a string what is in its quotes; all else is shown as it is written. */
static bool write_value(struct buf *out, struct str json)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;

	if (json.p[0] != '"') {
		buf_str(out, json);
		return true;
	}
	if (json_parse(&doc, json, &why) != JSON_GOOD)
		return false;
	buf_str(out, doc.root->text);
	return true;
}

static bool get(const void *arg, struct str key, struct buf *out)
{
	const struct state *state = arg;
	struct str json = outbox_get(state->values, key);

	if (!json.len)
		return clocks_write_text(state->clocks, key, out);
	return json.len <= DISPLAY_MAX_VALUE && write_value(out, json);
}

/* False: it was refused. */
static bool show(const struct outboxes *o, const struct text_rule *t, struct str text, mono now)
{
	const struct outbox_value v = {
		.topic = str_of(t->topic),
		.payload = text,
		.treatment = { .class = t->treatment.class, .qos = t->treatment.qos, .interval_ms = t->treatment.interval_ms },
	};

	return text.len && !(outboxes_set(o, &v, now) & OUTBOX_FULL);
}

size_t display_show(const struct outboxes *o, const struct schema *s, const struct clocks *c, mono now)
{
	const struct state state = { o->list[0], c };
	const struct text_values values = { get, &state };
	const struct text_rule *t;
	size_t refused = 0;

	for (size_t i = 0; (t = schema_text(s, i)) != NULL; i++) {
		BUF_CLEANUP struct buf text = { 0 };

		text_write(t->cases, t->n_cases, &values, &text);
		if (!text.failed && show(o, t, buf_view(&text), now))
			continue;
		refused += text.failed || text.len;
		outboxes_remove(o, str_of(t->topic), now); /* an old text must not stay where there is none, or no room for the new one */
	}
	return refused;
}

void display_clear(const struct outboxes *o, const struct schema *s, mono now)
{
	const struct text_rule *t;

	for (size_t i = 0; (t = schema_text(s, i)) != NULL; i++)
		outboxes_remove(o, str_of(t->topic), now);
}
