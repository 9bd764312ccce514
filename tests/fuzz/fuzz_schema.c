/* A mapping file is refused with a line, or no two paths share a topic under it. */
#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/topic.h"
#include "publisher/core/names/schema.h"
#include "tests/unit/unmap.h"

static const char *const paths[] = {
	"A",
	"B",
	"A.B",
	"A(1)",
	"A(1).B",
	"A(Jam).B",
	"A(jam).B",
	"A().B()",
	"A.B.C",
	"A(x).B(y)",
	"A(x).B(y).C(z)",
	"A.B(1)",
	"S.T(*).U",
	"S.T(1).U(2)",
	"B(status)",
	"Status",
	"Feed(v)",
	"Crew(x).A",
	"A(%).B",
	"B(a/b)",
	"A.A.A",
	"A(1).A(1).A(1)",
};

static void check(const struct schema *s, const struct unmap *back, struct str text)
{
	BUF_CLEANUP struct buf topic = { 0 };
	BUF_CLEANUP struct buf whole = { 0 };
	BUF_CLEANUP struct buf again = { 0 };
	struct mapping m;
	struct path path;

	PROMISE(path_parse(text, &path) == PATH_OK);
	if (schema_map(s, &path, &topic, &m) != MAP_OK)
		return;
	buf_puts(&whole, "p/");
	buf_str(&whole, buf_view(&topic));
	PROMISE(topic_name_valid(buf_view(&whole)));
	PROMISE(m.rule && m.rule->class < CLASS_COUNT && m.rule->qos <= 1 && m.rule->interval_ms >= 0);
	PROMISE(schema_covers(s, LIST_FULL, &path) == (m.list != LIST_NONE));
	PROMISE(unmap_topic(back, buf_view(&topic), &again) && str_eq(buf_view(&again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct schema *s = NULL;
	struct complaint why;
	struct unmap *back;

	if (schema_new(text, &s, &why)) {
		PROMISE(!s && why.line > 0 && why.line <= json_line(text, size) && why.text[0]);
		return 0;
	}
	PROMISE((back = unmap_new(text, s)) != NULL);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check(s, back, str_of(paths[i]));
	for (size_t i = 0; schema_entry(s, LIST_LIVE, i); i++)
		check(s, back, str_of(schema_entry(s, LIST_LIVE, i)));
	unmap_free(back);
	schema_free(s);
	return 0;
}
