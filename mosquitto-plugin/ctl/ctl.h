/* ctl - what the files of scoreboard-ctl share. main.c speaks to a broker; answer.c prints what that says; token.c makes keys and tokens, for
 * which no broker is needed; usage.c says how all of it is used. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum status {
	STATUS_OK,
	STATUS_REFUSED, /* the door said no */
	STATUS_USAGE,
	STATUS_NO_ANSWER,
};

/* Says on stderr how the program is used, since it was used wrongly. Returns STATUS_USAGE. */
enum status ctl_usage(void);
/* The same for who asks, with --help: on stdout. Returns STATUS_OK; STATUS_NO_ANSWER when it can't be written. */
enum status ctl_help(void);

/* "90", "90s", "10m", "2h", "7d", as seconds; false when it is none of these. */
bool ctl_duration(const char *text, int64_t *seconds) __attribute__((warn_unused_result));

/* Prints the answer to a request of one command: the JSON itself, or for people. Whatever is in it, no control character reaches their
 * terminal. */
enum status ctl_print_answer(struct str text, bool as_json);

/* `scoreboard-ctl token ...`, `scoreboard-ctl uplink ...` and `scoreboard-ctl key FILE`; argv[0] is the command's name. They say what is
 * wrong. */
enum status ctl_token(int argc, char **argv);
enum status ctl_uplink(int argc, char **argv);
enum status ctl_key(int argc, char **argv);

#endif
