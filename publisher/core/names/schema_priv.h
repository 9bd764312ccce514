/* schema_priv - the inside of struct schema, for the two files that make it up: schema_load.c builds it from a file's text, schema.c
 * answers from it. Everything is owned by the struct, and nothing changes once it is built. */
#ifndef PUBLISHER_SCHEMA_PRIV_H
#define PUBLISHER_SCHEMA_PRIV_H

#include "publisher/core/names/schema.h"

#define TEMPLATE_MAX_LEVELS 16
#define RULE_BUCKETS 256
#define RULE_NONE UINT32_MAX

/* One level of a topic template: a literal, `{n}` (the n-th `*` of the pattern) or `{rest}`. */
struct template_level {
	struct str literal;
	int capture; /* from 1; 0: literal; -1: the rest */
};

/* What the paths of a subtree are called as topics. No two of them get one topic, because every `*` of the pattern stands in the
 * template. */
struct name_rule {
	struct pattern path; /* `*` only as a whole argument */
	char *template_text; /* owned; the levels view it */
	struct template_level levels[TEMPLATE_MAX_LEVELS];
	size_t n_levels;
	bool rest; /* it is for everything below `path`; else for `path` itself */
};

/* One pattern of one rule. Patterns that end in the same literal name, or whose names have the same hash, form a chain in the
 * order of the file: to find the rule of a path, one chain is looked at instead of all patterns. */
struct rule_pattern {
	struct pattern pattern;
	uint32_t rule, next; /* indices into rules and patterns; RULE_NONE ends the chain */
};

/* Of a register entry: how many steps it has, and what the last of them is called. To find the entry that covers a path, most entries
 * can be passed over because of these, without a look at their patterns. */
struct cover_key {
	uint16_t n_steps;
	uint16_t name_hash; /* schema_hash_name() of the last step; RULE_BUCKETS: it is a wildcard */
};

struct schema {
	struct rule *rules; /* [0] is the default */
	size_t n_rules;
	struct rule_pattern *patterns;
	uint32_t n_patterns;
	uint32_t bucket[RULE_BUCKETS]; /* first pattern that ends in a literal name of this hash */
	uint32_t any;                  /* first pattern that ends in a wildcard name */
	struct name_rule *names;       /* in the order in which they claim topics; one has an empty path */
	size_t n_names;
	struct words words;
	char **entries[LIST_COUNT]; /* NULL-terminated */
	struct pattern *covers[LIST_COUNT];
	struct cover_key *cover_keys[LIST_COUNT]; /* one for each of covers */
	size_t n_covers[LIST_COUNT];
	char *views[SCHEMA_MAX_VIEWS];
	size_t n_views;
	struct clock_rule *clocks;
	size_t n_clocks;
	struct text_rule texts[SCHEMA_MAX_TEXTS];
	size_t n_texts;
	struct history_rules history; /* `view` NULL: there are none */
};

/* The names of all classes and visibilities in the order of their enums, with NULL behind the last. */
extern const char *const schema_class_names[CLASS_COUNT + 1];
extern const char *const schema_visibility_names[];

uint32_t schema_hash_name(struct str name); /* below RULE_BUCKETS */

#endif
