/* place - what surrounds a test program: paths of the source tree and the build, a temporary directory, free ports, timeouts,
 * chance. Knows nothing of scoreboards or brokers. The strings that it returns are valid until exit.
 *
 * Environment: SB_BUILD_DIR, SB_SOURCE_DIR (set by integration_test()), SB_SHARED (recordings kept beside the
 * source), SB_KEEP (keep the temporary directory), SB_PATIENCE (multiplies every timeout). */
#ifndef SUPPORT_PLACE_H
#define SUPPORT_PLACE_H

#include "base/buf.h"
#include "base/mono.h"

const char *place_build(const char *relative);  /* a build product */
const char *place_source(const char *relative); /* a file of the source tree */
const char *place_shared(const char *relative); /* NULL when there is no such file on this machine */
const char *place_temp(const char *relative);   /* inside this program's directory, which is removed at exit */
bool place_exists(const char *path);

/* The publisher's program, as the build made it; fatal when it did not. */
const char *publisher_program(void);

/* Whole files. place_read() appends to out and is false when the file cannot be read. */
void place_write(const char *path, struct str bytes);
bool place_read(const char *path, struct buf *out);

/* A 127.0.0.1 TCP port that nobody listens on now, below the range the kernel hands out by itself. No other test program gets it before this
 * one ends. */
int port_free(void);

/* The timeout, made longer for slow machines and sanitizers: for bounds that only tell "works" from "hangs". */
int64_t patience_ms(int64_t ms);
void nap_ms(int64_t ms);

/* Is this built with a sanitizer? Then memory and CPU time mean nothing. */
bool place_instrumented(void);

/* For when the harness itself cannot go on: prints, and exits with status 1. */
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A number of the environment, or this one where it is not set. */
unsigned int place_number(const char *variable, unsigned int otherwise);

/* A random number from 0 to below - 1. The seed is printed at first use; with SB_SEED set to it, the run repeats. */
uint32_t chance(uint32_t below);

/* True as soon as cond is; false when that takes longer than `ms` (made longer by patience_ms()). */
#define WAIT_FOR(cond, ms) \
	__extension__({ \
		mono wait_end_ = mono_add(mono_now(), patience_ms(ms)); \
		bool wait_ok_; \
		while (!(wait_ok_ = (cond)) && !mono_reached(mono_now(), wait_end_)) \
			nap_ms(5); \
		wait_ok_; \
	})

#endif
