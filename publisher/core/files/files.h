/* files - the pictures that a scoreboard has on its own web server, such as the teams' logos: which are wanted, when each is to be fetched, and
 * those that we have.
 *
 * A scoreboard says only where a picture is, and viewers can't reach it there. So the publisher fetches each picture whose path the
 * schema calls a file (struct rule), serves it, and says in a topic of its own under which name:
 *
 *   team/1/logo          "/images/teamlogo/rocky.png"                      what the scoreboard says
 *   file/team/1/logo     "9f86d081884c7d659a2feaa0c55ad015.png"            what we say, while we have it
 *
 * A name is made of what is in the picture: another picture has another name, and one name means the same picture for ever and
 * everywhere.
 *
 * Whoever may set a path can have us ask the scoreboard's web server for anything, and what we get goes to every viewer. So a path is
 * taken only if it is plain (files_want() says what that is); at most FILES_MAX values are followed; one file is fetched at a time, with
 * a second between two; what can't be had is asked for again after 5 s, then twice as long each time, and after FILES_TRIES_MAX times not
 * before the path is another one or the scoreboard was away; and what is no picture (image.h) or too large is refused.
 * A picture that we have is asked for again every FILES_AGAIN_MS, since there may be another one in its place; if there is none any more,
 * ours stays.
 *
 *   files_want(f, &wish, now);                      the scoreboard says so; and files_forget() when the topic is gone
 *   if (files_next(f, now, &path))                  at files_deadline()
 *           ... get it, and say how that went:
 *   files_fetched(f, &got, now);
 *   while (files_news(f, &news))                    after any of these
 *           ... the topic's name is another one, or is gone
 *
 * Knows no connection. */
#ifndef PUBLISHER_FILES_H
#define PUBLISHER_FILES_H

#include "base/buf.h"
#include "base/mono.h"
#include "publisher/core/files/image.h"

#define FILES_TOPIC "file/" /* what our topics begin with; the rest is the topic of the path */
#define FILES_MAX 8         /* so many values may be files */
#define FILES_KEPT 16       /* so many pictures are kept: those that are wanted, and the latest of the others, for pages that are late */
#define FILE_MAX_BYTES (512u * 1024)
#define FILE_PATH_MAX_BYTES 256  /* as the scoreboard writes it */
#define FILE_TOPIC_MAX_BYTES 256 /* of a topic that may be a file's */
#define FILE_HASH_DIGITS 32      /* of the hash in a name */
#define FILE_NAME_SIZE 40        /* with its NUL */
#define FILES_TRIES_MAX 8
#define FILES_AGAIN_MS 600000

/* How it went. All but the first are failures. */
enum file_result {
	FILE_GOOD = 0,
	FILE_BAD_PATH,   /* the path is not plain: nobody was asked */
	FILE_TOO_MANY,   /* beyond FILES_MAX, or the topic is too long, or there is no memory */
	FILE_UNREACHED,  /* no connection, or it ended early */
	FILE_BAD_STATUS, /* the server's answer is not 200 */
	FILE_REDIRECT,   /* it is elsewhere, where we do not follow */
	FILE_TOO_LARGE,  /* more than FILE_MAX_BYTES */
	FILE_TOO_SLOW,
	FILE_NO_PICTURE, /* by what is in it */
	FILE_RESULTS,
};

struct file_wish {
	struct str topic; /* of the path, without the prefix */
	struct str value; /* JSON */
	uint32_t views;   /* that tell of it; given back by files_news() */
};

struct file_wanted {
	char *topic, *path;        /* owned; the path as it goes into a request; topic NULL: the place is free */
	char name[FILE_NAME_SIZE]; /* empty: we do not have it */
	uint32_t views;
	unsigned int tries; /* that have failed since the path is this one */
	mono due;
	bool is_news; /* the name is another one than files_news() has said */
};

struct file_kept {
	char name[FILE_NAME_SIZE]; /* empty: the place is free */
	enum image_kind kind;
	struct buf bytes;
	uint64_t age; /* higher: later */
};

struct files {
	struct file_wanted wanted[FILES_MAX];
	struct file_kept kept[FILES_KEPT];
	char *fetching; /* owned; the path that is being fetched; NULL: none */
	mono rests_until;
	uint64_t n_taken;
};

struct file_fetched {
	enum file_result result;
	struct str bytes; /* copied; empty unless the result is good */
	const char *hash; /* of the bytes: FILE_HASH_DIGITS hexadecimal digits at least */
};

struct file_news {
	struct str topic; /* of the path */
	struct str name;  /* empty: there is none any more */
	uint32_t views;
};

struct file_content {
	const char *type; /* static */
	struct str bytes; /* valid until the next call that is not const */
};

void files_free(struct files *f); /* a zeroed one is an empty one; twice is fine */

/* The scoreboard gives this value to a path that is a file. An empty text means that there is none. Plain is a path that begins with one
 * `/`, is at most FILE_PATH_MAX_BYTES long, and has no control character, no `\`, `?` or `#`, and no step that begins with a dot.
 * Anything else is FILE_BAD_PATH, and counts as none. */
enum file_result files_want(struct files *f, const struct file_wish *wish, mono now) __attribute__((warn_unused_result));
void files_forget(struct files *f, struct str topic);
void files_forget_all(struct files *f);          /* the rules are others; pictures are kept */
void files_connected(struct files *f, mono now); /* the scoreboard was away: what was given up is tried again */

/* What is to be fetched now: a path that can be put into a request as it is. Valid until files_fetched(), which has to follow. */
bool files_next(struct files *f, mono now, struct str *path) __attribute__((warn_unused_result));
mono files_deadline(const struct files *f); /* when files_next() may have something; MONO_NEVER: not by itself */
/* Returns the same result, or why what came is refused. */
enum file_result files_fetched(struct files *f, const struct file_fetched *got, mono now) __attribute__((warn_unused_result));

/* A topic whose name has changed since it was told. Valid until the next call that is not const. */
bool files_news(struct files *f, struct file_news *out) __attribute__((warn_unused_result));
/* False: we do not have this one. */
bool files_find(const struct files *f, struct str name, struct file_content *out) __attribute__((warn_unused_result));
size_t files_bytes(const struct files *f); /* memory of all that are kept */

#endif
