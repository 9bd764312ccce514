/* A path is refused, or written back as it was; and its topic is valid, and undone to the path, under any rules. */
#include "tests/fuzz/fuzz.h"

#include "base/topic.h"
#include "publisher/core/names/schema.h"
#include "tests/unit/unmap.h"

static const char rules[] = "{\"words\":[\"Jam\",\"LineUp\"],\"register\":{\"live\":[\"B.Team(*).Score\",\"B.C*\"],\"full\":[\"B\"]},"
			    "\"roots\":[{\"path\":\"B\",\"topic\":\"\"},{\"path\":\"B.G(*)\",\"topic\":\"g/{1}\"},"
			    "{\"path\":\"B.T(*).P(*)\",\"topic\":\"{2}/of/{1}\"},{\"path\":\"B.Jam\",\"topic\":\"jam\"}],"
			    "\"rules\":[{\"paths\":[\"**.*Secret*.**\",\"B.S(x*y)\"],\"visibility\":\"drop\"},"
			    "{\"paths\":[\"**.Nso(*)\"],\"visibility\":\"crew\"},"
			    "{\"paths\":[\"B.Setting(*)\"],\"topic\":\"setting/{1}\"}]}";

static struct schema *load(void)
{
	static struct schema *s; /* for the life of the process */
	struct complaint why;

	if (!s)
		PROMISE(schema_new(str_of(rules), &s, &why) == 0);
	return s;
}

static const struct unmap *way_back(void)
{
	static struct unmap *u; /* for the life of the process */

	if (!u)
		PROMISE((u = unmap_new(str_of(rules), load())) != NULL);
	return u;
}

static void check_topic(const struct schema *s, const struct path *path, struct str text)
{
	BUF_CLEANUP struct buf topic = { 0 };
	BUF_CLEANUP struct buf again = { 0 };
	struct mapping m;

	if (schema_map(s, path, &topic, &m) != MAP_OK) {
		PROMISE(topic.len == 0);
		return;
	}
	PROMISE(topic_name_valid(buf_view(&topic)));
	PROMISE(unmap_topic(way_back(), buf_view(&topic), &again) && str_eq(buf_view(&again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	BUF_CLEANUP struct buf written = { 0 };
	BUF_CLEANUP struct buf unmapped = { 0 };
	struct path path;

	/* any bytes may come as a topic, too */
	if (unmap_topic(way_back(), text, &unmapped))
		PROMISE(path_parse(buf_view(&unmapped), &path) == PATH_OK);
	if (path_parse(text, &path))
		return 0;
	PROMISE(path.n >= 1 && path.n <= PATH_MAX_STEPS);
	path_write(&written, &path);
	PROMISE(str_eq(buf_view(&written), text));
	check_topic(load(), &path, text);
	return 0;
}
