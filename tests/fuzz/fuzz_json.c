/* A text is refused with a place in it, or it is within the bounds and no object has a key twice. */
#include "tests/fuzz/fuzz.h"

#include "base/json.h"

static const struct json_bounds bounds = { 4096, 200, 5 };

static bool has_twice(const struct json *object)
{
	for (const struct json *a = object->child; a; a = a->next)
		for (const struct json *b = a->next; b; b = b->next)
			if (str_eq(a->key, b->key))
				return true;
	return false;
}

static size_t check_value(const struct json *v, unsigned depth)
{
	size_t n = 1;

	PROMISE(depth <= bounds.depth);
	PROMISE(v->type != JSON_OBJECT || !has_twice(v));
	for (const struct json *m = v->child; m; m = m->next)
		n += check_value(m, depth + (m->type == JSON_OBJECT || m->type == JSON_ARRAY));
	return n;
}

/* Whatever the text is, what is found in it is a part of it. */
static void scan(struct str text)
{
	static const char *const names[] = { "", "a", "b", "\\u0061" };
	struct str value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_member(text, names[i], &value))
			PROMISE(value.p >= text.p && value.p + value.len <= text.p + text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct complaint why = { 0, "" };
	struct json_doc doc;

	scan(text);
	if (json_parse_within(&doc, text, &bounds, &why)) {
		PROMISE(why.text[0] && why.line > 0 && why.line <= json_line(text, size) && !doc.root);
		return 0;
	}
	PROMISE(size <= bounds.bytes);
	PROMISE(check_value(doc.root, doc.root->child ? 1 : 0) <= bounds.values);
	json_free(&doc);
	return 0;
}
