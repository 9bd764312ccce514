/* procstat - what a process has cost so far, read from /proc. */
#ifndef LOADGEN_PROCSTAT_H
#define LOADGEN_PROCSTAT_H

#include <stdint.h>

struct procstat {
	int64_t cpu_us;          /* user and system time of all its threads that still run */
	int64_t rss_kb, peak_kb; /* VmRSS, VmHWM */
};

/* Returns 0, or -1 when there is no such process. */
int procstat_read(int64_t pid, struct procstat *out) __attribute__((warn_unused_result));

#endif
