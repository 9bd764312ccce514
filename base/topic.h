/* topic - MQTT topic names and filters, by MQTT 5 section 4.7 and what Mosquitto accepts. Knows no scoreboard. */
#ifndef BASE_TOPIC_H
#define BASE_TOPIC_H

#include "base/str.h"

#define TOPIC_MAX_BYTES 65535 /* MQTT's two-byte length */
#define TOPIC_MAX_LEVELS 200  /* Mosquitto refuses deeper ones (TOPIC_HIERARCHY_LIMIT) */

/* Does Mosquitto refuse this character in a topic? It refuses NUL, C0 and C1 controls, DEL, surrogates and non-characters. */
bool topic_char_refused(uint32_t cp);

/* 1 to 65,535 bytes of UTF-8, no wildcard, no refused character, at most TOPIC_MAX_LEVELS levels. */
bool topic_name_valid(struct str topic);

/* The same, but `+` may stand as a whole level, and `#` as the whole last one. Of a shared subscription pass only what follows
 * `$share/NAME/`. */
bool topic_filter_valid(struct str filter);

/* "prefix/below", malloc'ed; NULL when there is no memory. Checks nothing. */
char *topic_join(const char *prefix, const char *below) __attribute__((warn_unused_result));

/* The number of levels, which is one more than there are separators. */
size_t topic_levels(struct str topic);

#endif
