#include "publisher/map_command.h"

#include <stdlib.h>

static const char *refusal(enum path_result r)
{
	static const char *const texts[] = {
		[PATH_BAD_UTF8] = "refused: not UTF-8",
		[PATH_BAD_SYNTAX] = "refused: not of the form Name(argument).Name",
		[PATH_TOO_DEEP] = "refused: too many steps",
	};

	return texts[r];
}

static void map_line(const struct schema *schema, const char *prefix, struct str line, FILE *out)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct mapping m;
	struct path path;
	enum path_result parsed = path_parse(line, &path);
	enum map_result mapped;

	fwrite(line.p, 1, line.len, out);
	if (parsed) {
		fprintf(out, "\t%s\t-\t-\t-\n", refusal(parsed));
		return;
	}
	mapped = schema_map(schema, &path, &topic, &m);
	if (mapped == MAP_OK)
		fprintf(out, "\t%s/%s", prefix, topic.p);
	else
		fprintf(out, "\t%s", mapped == MAP_DROPPED ? "-" : "refused: topic too long");
	fprintf(out, "\t%s\t%s\t%s\n", schema_class_name(m.rule->class), schema_visibility_name(m.rule->visibility),
		schema_list_name(m.list));
}

int map_command(const struct schema *schema, const char *prefix, FILE *in, FILE *out)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, in)) > 0) {
		size_t len = (size_t)n - (line[n - 1] == '\n');

		if (len)
			map_line(schema, prefix, (struct str){ line, len }, out);
	}
	free(line);
	return fflush(out) != 0;
}
