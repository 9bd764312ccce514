/* ctl - what the files of scoreboard-ctl share: main.c, which speaks to a broker, and token.c, which needs none. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

enum status {
	STATUS_OK,
	STATUS_REFUSED, /* the door said no */
	STATUS_USAGE,
	STATUS_NO_ANSWER,
};

/* "90", "90s", "10m", "2h", "7d", as seconds; false when it is none of these. */
bool ctl_duration(const char *text, int64_t *seconds) __attribute__((warn_unused_result));

#endif
