/* dial - sockets of this machine's load: from a chosen address of 127.0.0.0/8, so that the ports of one address are no
 * limit. */
#ifndef LOADGEN_DIAL_H
#define LOADGEN_DIAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/time.h>

struct dial {
	struct sockaddr_in to;
	uint32_t source; /* host byte order; 0: the system chooses */
	bool blocking;
	const struct timeval *patience; /* of a blocking one, for each step; NULL: the system's */
};

/* 127.0.<net>.<1 + index % n> */
uint32_t dial_source(unsigned net, int64_t index, int64_t n);

/* A socket that is connected or (not blocking) on the way; -1 with errno. */
int dial(const struct dial *d) __attribute__((warn_unused_result));

/* Closes with a reset: no TIME_WAIT is left on this side. */
void dial_drop(int fd);

#endif
