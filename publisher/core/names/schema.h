/* schema - the rules of schema/crg.json, or of another file of its kind: what the topic of each path of a scoreboard is called, and how
 * the path is to be treated. Knows no values and no connection, and nothing of any scoreboard but what the file says. The file's format is
 * described in schema/README.md and schema/mapping.schema.json. */
#ifndef PUBLISHER_SCHEMA_H
#define PUBLISHER_SCHEMA_H

#include "base/complaint.h"
#include "publisher/core/names/naming.h"
#include "publisher/core/names/pattern.h"
#include "publisher/core/names/text.h"

/* How urgent a value is. When there is a queue, values of an earlier class leave first. */
enum schema_class {
	CLASS_CRITICAL,
	CLASS_HIGH,
	CLASS_NORMAL,
	CLASS_LOW,
	CLASS_COUNT,
};

/* Who may see a value. */
enum schema_visibility {
	VISIBLE_PUBLIC,
	VISIBLE_CREW, /* below `<prefix>/crew/`, which viewers may not read */
	VISIBLE_DROP, /* never leaves the publisher */
};

/* The register lists: which paths the scoreboard is asked for. Who asks for one asks for those before it, too. */
enum schema_list {
	LIST_LIVE, /* what is needed while a game is on */
	LIST_FULL, /* the whole current game */
	LIST_COUNT,
	LIST_NONE = LIST_COUNT, /* of a path that no list covers */
};

#define SCHEMA_MAX_VIEWS 8
#define SCHEMA_MAX_VIEW_NAME 64 /* bytes of a view's name, without NUL */
#define SCHEMA_MAX_TEXTS 16

struct rule {
	enum schema_class class;
	enum schema_visibility visibility;
	int qos;             /* 0 or 1 */
	int64_t interval_ms; /* at least this long between two publishes of one topic; 0: no limit */
	uint32_t views;      /* bit i: member of schema_view(i) */
	bool file;           /* its value says where a picture is on the scoreboard's own web server */
};

/* A clock of the scoreboard: one object of the feed made of several paths below `path`. */
struct clock_rule {
	struct pattern path;              /* e.g. ScoreBoard.CurrentGame.Clock(*) */
	char *time, *running, *direction; /* names of the steps below it: milliseconds, bool, bool */
	uint32_t views;
};

/* A text for small displays. */
struct text_rule {
	char *topic;           /* without the prefix: `display/` and its name */
	struct rule treatment; /* its visibility and views mean nothing: a text is public, and in no view */
	struct text_case *cases;
	size_t n_cases;
};

#define HISTORY_MAX_KEYS 8

/* What a history keeps of one view (publisher/core/history). Keys are those of the view: topics without the prefix. */
struct history_rules {
	char *view;
	char *game;                         /* the key whose value tells one game from another */
	char *title;                        /* what a game is called: a text with {key} for the value of a key */
	char *over;                         /* the key that is true when the result stands */
	char *name;                         /* what a chapter is called */
	char *during;                       /* the key that is true in a chapter */
	char *number[HISTORY_MAX_KEYS + 1]; /* the keys whose values tell a game's chapters from each other; NULL behind the last */
	char *series[HISTORY_MAX_KEYS + 1]; /* the keys whose course is told; likewise */
};

struct mapping {
	const struct rule *rule; /* the schema's, never NULL */
	enum schema_list list;   /* the narrowest register list that covers the path */
};

enum map_result {
	MAP_OK = 0,
	MAP_DROPPED = 1,  /* its visibility is drop: no topic; *out is set */
	MAP_TOO_LONG = 2, /* the topic would be longer or deeper than MQTT or Mosquitto take */
};

struct schema;

/* Reads a schema from the text of a file. 0; or a positive number, and `why` has the line, and in its text the place as a JSON
 * Pointer and the reason: "/rules/3/class: must be one of ...". */
int schema_new(struct str text, struct schema **out, struct complaint *why) __attribute__((warn_unused_result));
void schema_free(struct schema *s); /* NULL is fine */

/* Appends the topic of the path, without the prefix. No two paths get one topic. Unless it is MAP_OK, nothing is appended. */
enum map_result schema_map(const struct schema *s, const struct path *path, struct buf *topic, struct mapping *out)
	__attribute__((warn_unused_result));

/* Does the scoreboard send the path when it is asked for this list? LIST_FULL includes what LIST_LIVE covers. */
bool schema_covers(const struct schema *s, enum schema_list list, const struct path *path);

/* The i-th entry of this list alone; NULL behind the last. */
const char *schema_entry(const struct schema *s, enum schema_list list, size_t i);

const char *schema_view(const struct schema *s, size_t i);               /* name, or NULL behind the last */
const struct clock_rule *schema_clock(const struct schema *s, size_t i); /* NULL behind the last */
const struct text_rule *schema_text(const struct schema *s, size_t i);   /* likewise */

const struct history_rules *schema_history(const struct schema *s); /* NULL: it has none */

const char *schema_class_name(enum schema_class c);
const char *schema_visibility_name(enum schema_visibility v);
const char *schema_list_name(enum schema_list l); /* "live" "full" "-" */
/* False: the name is none of these. */
bool schema_list_from_name(const char *name, enum schema_list *out) __attribute__((warn_unused_result));

#endif
