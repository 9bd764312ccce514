/* procstat - what a process has cost so far, from /proc. */
#ifndef LOADGEN_PROCSTAT_H
#define LOADGEN_PROCSTAT_H

#include <stdint.h>

struct procstat {
	int64_t cpu_us;          /* user and system, all threads that live */
	int64_t rss_kb, peak_kb; /* VmRSS, VmHWM */
};

/* 0; -1: there is no such process. */
int procstat_read(int64_t pid, struct procstat *out) __attribute__((warn_unused_result));

#endif
