/* source_kinds - the kinds of source that the option `source` can name: a scoreboard, a recording, and so on. Each is a row, and all
 * that the program knows of their schemes is in these rows: the option's help, the check of its value, and the choice of the
 * constructor read them.
 *
 * A new kind is a row here and a file in publisher/io/sources that defines the row's constructor. This module itself makes no
 * source and calls no constructor: their names are for publisher/io/sources, source.h and sources.c. */
#ifndef PUBLISHER_SOURCE_KINDS_H
#define PUBLISHER_SOURCE_KINDS_H

#include "publisher/core/options/url.h"

/* How a value of the kind is written. */
enum source_form {
	SOURCE_FORM_URL,  /* SCHEME://HOST[:PORT][/PATH]; an `s` behind the scheme means TLS */
	SOURCE_FORM_PATH, /* SCHEME:PATH, where PATH is not empty */
	SOURCE_FORM_WORD, /* the scheme alone */
};

/* X(scheme, form, constructor, help). `help` continues the help of the option, so it begins with a comma or the like. */
#define SOURCE_KINDS(X) \
	X("ws", URL, ws_source_new, ": ws://HOST:8000/WS/, wss://...") \
	X("file", PATH, file_source_new, ", file:RECORDING") \
	X("history", PATH, history_source_new, ", a game of a history history:FILE?game=ID") \
	X("-", WORD, stdin_source_new, ", - (stdin: one frame per line)") \
	X("relay+mqtt", URL, uplink_source_new, ", a scoreboard that uplink.html relays over a broker relay+mqtt://HOST, relay+mqtts://HOST") \
	X("mqtt", URL, mqtt_source_new, ", or a broker's feed mqtt://HOST, mqtts://HOST")

/* The help of all rows as one string literal. */
#define SOURCE_KINDS_HELP SOURCE_KINDS(SOURCE_KIND_HELP)
#define SOURCE_KIND_HELP(scheme, form, constructor, help) help

/* What a value of the option says. The strings view that value. What a kind's form does not have is not to be read. */
struct source_address {
	size_t kind;     /* number of the row, from 0 */
	struct url url;  /* of a kind of SOURCE_FORM_URL */
	bool tls;        /* likewise */
	struct str path; /* of a kind of SOURCE_FORM_PATH */
};

/* 0; or 1 and a complaint when the text names no source. */
int source_address_read(struct str text, struct source_address *out, struct complaint *why) __attribute__((warn_unused_result));

#endif
