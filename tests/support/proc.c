#include "tests/support/proc.h"

#include "tests/support/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_TIMEOUT_MS 60000
#define TAIL_BYTES 3000

struct proc {
	struct proc *next;
	pid_t pid;
	int stdin_fd; /* -1: none */
	int status;   /* PROC_RUNNING until reaped */
	const char *out_path, *err_path;
};

static struct proc *all; /* for the exit handler, which takes no argument */

static void kill_all(void)
{
	while (all)
		proc_free(all);
}

static int open_output(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		fatal("cannot write %s: %s", path, strerror(errno));
	return fd;
}

/* Descriptors of ours that the child still has between fork and exec, a listener among them, would outlive our own
 * close(): so nothing goes on before it has let them go. */
static void wait_for_exec(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	close(fd);
}

static void child(const struct proc_options *o, int in, int out, int err)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (size_t i = 0; o->env && o->env[i]; i++)
		putenv((char *)(uintptr_t)o->env[i]);
	execvp(o->argv[0], (char *const *)(uintptr_t)o->argv);
	dprintf(err, "cannot run %s: %s\n", o->argv[0], strerror(errno));
	_exit(127);
}

static int open_stdin(const struct proc_options *o, struct proc *p)
{
	int ends[2];

	p->stdin_fd = -1;
	if (!o->with_stdin)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (pipe2(ends, O_CLOEXEC) != 0)
		fatal("pipe: %s", strerror(errno));
	p->stdin_fd = ends[1];
	return ends[0];
}

static void name_outputs(struct proc *p, const char *program)
{
	static unsigned int n;
	const char *slash = strrchr(program, '/');
	char name[200];

	n++;
	snprintf(name, sizeof(name), "%03u-%.100s.out", n, slash ? slash + 1 : program);
	p->out_path = place_temp(name);
	snprintf(name, sizeof(name), "%03u-%.100s.err", n, slash ? slash + 1 : program);
	p->err_path = place_temp(name);
}

struct proc *proc_start(const struct proc_options *o)
{
	struct proc *p = calloc(1, sizeof(*p));
	int in, out, err, gone[2];

	if (!p)
		fatal("out of memory");
	name_outputs(p, o->argv[0]);
	if (!all)
		atexit(kill_all);
	signal(SIGPIPE, SIG_IGN);
	in = open_stdin(o, p);
	out = open_output(p->out_path);
	err = open_output(p->err_path);
	p->status = PROC_RUNNING;
	if (pipe2(gone, O_CLOEXEC) != 0)
		fatal("pipe: %s", strerror(errno));
	fflush(NULL);
	p->pid = fork();
	if (p->pid < 0)
		fatal("fork: %s", strerror(errno));
	if (p->pid == 0)
		child(o, in, out, err);
	close(in);
	close(out);
	close(err);
	close(gone[1]);
	wait_for_exec(gone[0]);
	p->next = all;
	all = p;
	return p;
}

static void forget(struct proc *p)
{
	for (struct proc **at = &all; *at; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			return;
		}
	}
}

void proc_free(struct proc *p)
{
	if (!p)
		return;
	proc_close_stdin(p);
	if (p->status == PROC_RUNNING) {
		kill(p->pid, SIGKILL);
		proc_wait(p, 10000);
	}
	forget(p);
	free(p);
}

static bool reap(struct proc *p)
{
	int status;

	if (p->status != PROC_RUNNING)
		return true;
	if (waitpid(p->pid, &status, WNOHANG) != p->pid)
		return false;
	p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

bool proc_running(struct proc *p)
{
	return !reap(p);
}

void proc_signal(struct proc *p, int signal_number)
{
	if (proc_running(p))
		kill(p->pid, signal_number);
}

int proc_wait(struct proc *p, int64_t timeout_ms)
{
	(void)WAIT_FOR(reap(p), timeout_ms);
	return p->status;
}

bool proc_write(struct proc *p, struct str bytes)
{
	while (bytes.len) {
		ssize_t n = write(p->stdin_fd, bytes.p, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = str_skip(bytes, (size_t)n);
	}
	return true;
}

void proc_close_stdin(struct proc *p)
{
	if (p->stdin_fd >= 0)
		close(p->stdin_fd);
	p->stdin_fd = -1;
}

void proc_stdout(const struct proc *p, struct buf *out)
{
	place_read(p->out_path, out);
}

void proc_stderr(const struct proc *p, struct buf *out)
{
	place_read(p->err_path, out);
}

size_t proc_mark(const struct proc *p)
{
	struct stat st;

	return stat(p->err_path, &st) == 0 ? (size_t)st.st_size : 0;
}

unsigned int proc_count_lines(const struct proc *p, size_t mark, const char *text)
{
	BUF_CLEANUP struct buf err = { 0 };
	struct str rest, line;
	unsigned int n = 0;

	proc_stderr(p, &err);
	if (mark > err.len)
		return 0;
	rest = str_skip(buf_view(&err), mark);
	while (str_split(&rest, '\n', &line))
		n += line.len && memmem(line.p, line.len, text, strlen(text)) != NULL;
	return n;
}

bool proc_wait_line(struct proc *p, size_t mark, const char *text, int64_t timeout_ms)
{
	return WAIT_FOR(proc_count_lines(p, mark, text) > 0, timeout_ms);
}

void proc_print_tail(const struct proc *p)
{
	BUF_CLEANUP struct buf err = { 0 };
	struct str text;

	proc_stderr(p, &err);
	text = buf_view(&err);
	if (text.len > TAIL_BYTES)
		text = str_skip(text, text.len - TAIL_BYTES);
	printf("\n    --- end of %s\n%.*s    ---\n", p->err_path, STR_ARGS(text));
}

static long status_kb(const struct proc *p, const char *field)
{
	char path[64], line[256];
	long kb = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (kb < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field), NULL, 10);
	fclose(f);
	return kb;
}

long proc_rss_kb(const struct proc *p)
{
	return status_kb(p, "VmRSS:");
}

long proc_rss_peak_kb(const struct proc *p)
{
	return status_kb(p, "VmHWM:");
}

double proc_cpu_s(const struct proc *p)
{
	unsigned long user = 0, system = 0;
	char path[64], line[1024] = "";
	const char *after_name;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	after_name = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!after_name ||
	    sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		return -1;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

int proc_run(const char *const *argv, struct str input, struct buf *out, struct buf *err)
{
	struct proc *p = proc_start(&(struct proc_options){ .argv = argv, .with_stdin = true });
	int status;

	proc_write(p, input);
	proc_close_stdin(p);
	status = proc_wait(p, RUN_TIMEOUT_MS);
	if (out)
		proc_stdout(p, out);
	if (err)
		proc_stderr(p, err);
	proc_free(p);
	return status;
}
