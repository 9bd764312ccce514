/* dial - makes the sockets of the load. Each may come from another address of 127.0.0.0/8, so that there can be more of them
 * than one address has ports. */
#ifndef LOADGEN_DIAL_H
#define LOADGEN_DIAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/time.h>

struct dial {
	struct sockaddr_in to;
	uint32_t source; /* host byte order; 0: the system chooses */
	bool blocking;
	const struct timeval *patience; /* how long each step of a blocking socket may take; NULL: as long as the system lets it */
};

/* The address 127.0.<net>.<1 + index % n>, in host byte order. */
uint32_t dial_source(unsigned net, int64_t index, int64_t n);

/* A socket that is connected; if it is not blocking, one that may still be connecting. -1: it failed, see errno. */
int dial(const struct dial *d) __attribute__((warn_unused_result));

/* Closes with a reset, so that no TIME_WAIT is left on this side. */
void dial_drop(int fd);

#endif
