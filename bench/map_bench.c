/* map_bench - how long it takes to map paths to topics, compared with the time that cJSON takes to parse the frames that bring them.
 * Prints a table.
 *
 *   map_bench [SCHEMA [RECORDING...]]     to be called in the top of the source tree */
#include "base/mono.h"
#include "publisher/core/names/schema.h"
#include "tests/unit/fixture.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#define SECONDS_EACH 2.0

/* The text of a path, or of a frame. */
struct item {
	UT_hash_handle hh;
	char *text;
	size_t len;
};

struct load {
	struct item *paths; /* each path once */
	struct item **frames;
	size_t n_frames, frame_bytes, n_keys;
};

static struct item *new_item(struct str text)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item || !(item->text = str_dup(text)))
		exit(1);
	item->len = text.len;
	return item;
}

static void add_path(struct load *l, const char *path)
{
	struct item *item;

	HASH_FIND(hh, l->paths, path, strlen(path), item);
	l->n_keys++;
	if (item)
		return;
	item = new_item(str_of(path));
	HASH_ADD_KEYPTR(hh, l->paths, item->text, item->len, item);
}

static void add_frame(void *arg, struct str frame, int64_t at_ms)
{
	struct load *l = arg;
	cJSON *root = cJSON_ParseWithLength(frame.p, frame.len);
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(root, "state"), *update;

	(void)at_ms;
	cJSON_ArrayForEach(update, state)
		add_path(l, update->string);
	cJSON_Delete(root);
	l->frames = realloc(l->frames, (l->n_frames + 1) * sizeof(struct item *));
	if (!l->frames)
		exit(1);
	l->frames[l->n_frames++] = new_item(frame);
	l->frame_bytes += frame.len;
}

static struct schema *load_schema(const char *file)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct schema *s = NULL;
	struct complaint why;

	if (!fixture_read(file, &text)) {
		fprintf(stderr, "%s: can't be read\n", file);
		exit(1);
	}
	if (schema_new(buf_view(&text), &s, &why)) {
		fprintf(stderr, "%s: line %u: %s\n", file, why.line, why.text);
		exit(1);
	}
	return s;
}

/* Maps each path once. Returns a number that depends on all results, so that no compiler can leave the work out. */
static size_t map_all(const struct schema *s, const struct load *l)
{
	BUF_CLEANUP struct buf topic = { 0 };
	size_t bytes = 0;

	for (const struct item *i = l->paths; i; i = i->hh.next) {
		struct mapping m;
		struct path path;

		buf_clear(&topic);
		if (path_parse((struct str){ i->text, i->len }, &path) == PATH_OK)
			bytes += schema_map(s, &path, &topic, &m) == MAP_OK ? topic.len : 1;
	}
	return bytes;
}

static size_t parse_all(const struct load *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_frames; i++) {
		cJSON *root = cJSON_ParseWithLength(l->frames[i]->text, l->frames[i]->len);

		n += root != NULL;
		cJSON_Delete(root);
	}
	return n;
}

/* How many seconds one pass takes: the mean of as many as fit into SECONDS_EACH. */
static double time_map(const struct schema *s, const struct load *l)
{
	uint64_t start = mono_now_ns(), end;
	size_t passes = 0, bytes = 0;

	do {
		bytes += map_all(s, l);
		passes++;
		end = mono_now_ns();
	} while ((double)(end - start) < SECONDS_EACH * 1e9);
	return bytes ? (double)(end - start) / 1e9 / (double)passes : 0;
}

static double time_parse(const struct load *l)
{
	uint64_t start = mono_now_ns(), end;
	size_t passes = 0, parsed = 0;

	do {
		parsed += parse_all(l);
		passes++;
		end = mono_now_ns();
	} while ((double)(end - start) < SECONDS_EACH * 1e9);
	return parsed ? (double)(end - start) / 1e9 / (double)passes : 0;
}

static void free_load(struct load *l)
{
	struct item *item, *tmp;

	HASH_ITER(hh, l->paths, item, tmp) {
		HASH_DEL(l->paths, item);
		free(item->text);
		free(item);
	}
	for (size_t i = 0; i < l->n_frames; i++) {
		free(l->frames[i]->text);
		free(l->frames[i]);
	}
	free(l->frames);
}

static void measure(const struct schema *s, const char *recording)
{
	struct load l = { 0 };
	double map, parse;
	size_t n;

	if (!fixture_frames(recording, add_frame, &l)) {
		fprintf(stderr, "%s: no frames\n", recording);
		exit(1);
	}
	n = HASH_COUNT(l.paths);
	map = time_map(s, &l);
	parse = time_parse(&l);
	printf("%-28s %8zu %9zu %11.0f %9.0f %12.0f %12.1f %8.1f\n", recording, n, l.n_keys, (double)n / map,
	       map * 1e9 / (double)n, (double)l.n_keys / parse, (double)l.frame_bytes / parse / 1e6,
	       map / (double)n * (double)l.n_keys / parse);
	free_load(&l);
}

int main(int argc, char **argv)
{
	struct schema *s = load_schema(argc > 1 ? argv[1] : "schema/crg.json");
	const char *recording;

	printf("%-28s %8s %9s %11s %9s %12s %12s %8s\n", "recording", "paths", "keys", "paths/s", "ns/path",
	       "cJSON keys/s", "cJSON MB/s", "x cJSON");
	if (argc > 2)
		for (int i = 2; i < argc; i++)
			measure(s, argv[i]);
	else
		for (size_t i = 0; (recording = fixture_recording(i)) != NULL; i++)
			measure(s, recording);
	schema_free(s);
	return 0;
}
