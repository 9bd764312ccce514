/* proc - a program under test: started, watched, signalled, reaped. Its output goes to files, so it never blocks on
 * us. Whatever still runs when the test program ends, in whatever way, is killed. Start only from the main thread. */
#ifndef SUPPORT_PROC_H
#define SUPPORT_PROC_H

#include "base/buf.h"

#include <signal.h>
#include <sys/types.h>

struct proc;

struct proc_options {
	const char *const *argv; /* NULL-terminated; argv[0] is a path or found by PATH */
	const char *const *env;  /* "NAME=value" added to ours, NULL-terminated; or NULL */
	bool with_stdin;         /* a pipe for proc_write(); otherwise /dev/null */
};

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct proc *proc_start(const struct proc_options *options); /* never NULL: fatal when it cannot start */
void proc_free(struct proc *p);                              /* kills and reaps; NULL is fine */

bool proc_running(struct proc *p);
void proc_signal(struct proc *p, int signal);

#define PROC_RUNNING (-1)
/* The exit status, 128 + signal when it was killed, PROC_RUNNING when it has not ended in time. */
int proc_wait(struct proc *p, int64_t timeout_ms);

/* False when the program has closed its end. Blocks while the pipe is full. */
bool proc_write(struct proc *p, struct str bytes);
void proc_close_stdin(struct proc *p);

/* Appends all that was written so far. */
void proc_stdout(const struct proc *p, struct buf *out);
void proc_stderr(const struct proc *p, struct buf *out);

/* Lines of stderr: a mark is a position; lines before it are not looked at. 0 is the beginning. */
size_t proc_mark(const struct proc *p);
bool proc_wait_line(struct proc *p, size_t mark, const char *text, int64_t timeout_ms);
unsigned int proc_count_lines(const struct proc *p, size_t mark, const char *text);
void proc_print_tail(const struct proc *p); /* the end of stderr to our stdout, for failed tests */

long proc_rss_kb(const struct proc *p);      /* resident now */
long proc_rss_peak_kb(const struct proc *p); /* resident at most */
double proc_cpu_s(const struct proc *p);     /* user + system so far */

/* Runs to the end. `input` becomes stdin. out and err may be NULL. The same status as proc_wait(); a program that
 * does not end in time is killed. */
int proc_run(const char *const *argv, struct str input, struct buf *out, struct buf *err);

#endif
