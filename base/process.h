/* process - what the system says of this process, as metrics: CPU time, memory, when it started, files. Both programs have them, by different
 * names: the publisher's are process_..., as Prometheus' own libraries call them; a broker's come to Prometheus in the answer of another
 * program (node_exporter), whose own have these names. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/buf.h"

#include <stdint.h>

struct process {
	double started_s; /* seconds since 1970; 0: not looked up yet */
	double cpu_s, resident_bytes;
	int64_t open_files; /* negative: not known, and not written */
	int64_t max_files;  /* the limit that is in force */
};

/* Looks everything up, but the files that are open: counting these takes time with their number (process_count_files()), and the caller may
 * know it. A zeroed struct is fine. */
void process_look(struct process *p);
int64_t process_count_files(void); /* negative: not known */

/* names: what the metrics' names begin with, "process_". */
void process_write(struct buf *out, const struct process *p, const char *names);

#endif
