#include "base/process.h"

#include "base/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STAT_START_TIME 20 /* its place in /proc/self/stat, counted from the field behind the program's name */

static bool read_small(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return false;
	n = fread(out, 1, size - 1, f);
	fclose(f);
	out[n] = '\0';
	return n > 0;
}

static double seconds(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* proc(5): the 22nd field is the start in clock ticks since boot. The second one is the program's name in brackets, in which anything may
 * stand. */
static double start_time(void)
{
	char text[1024], *rest;
	int n = 0;

	if (!read_small("/proc/self/stat", text, sizeof(text)) || !(rest = strrchr(text, ')')))
		return 0;
	for (rest++; *rest && n < STAT_START_TIME; rest++)
		n += *rest == ' ';
	return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) + strtod(rest, NULL) / (double)sysconf(_SC_CLK_TCK);
}

/* The second number is how many pages are in memory. */
static double resident_bytes(void)
{
	char text[256], *rest;

	if (!read_small("/proc/self/statm", text, sizeof(text)) || !(rest = strchr(text, ' ')))
		return 0;
	return strtod(rest, NULL) * (double)sysconf(_SC_PAGESIZE);
}

void process_look(struct process *p)
{
	struct rlimit files = { 0 };

	if (p->started_s <= 0) /* once, since the system's clock may be set later */
		p->started_s = start_time();
	p->cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID);
	p->resident_bytes = resident_bytes();
	getrlimit(RLIMIT_NOFILE, &files);
	p->max_files = files.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)files.rlim_cur;
	p->open_files = -1;
}

int64_t process_count_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	int64_t n = -1; /* the directory's own */

	if (!d)
		return -1;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

void process_write(struct buf *out, const struct process *p, const char *names)
{
	const struct {
		enum metric_type type;
		const char *name, *help; /* the help is that of Prometheus' own libraries */
		double value;
	} rows[] = {
		{ METRIC_COUNTER, "cpu_seconds", "Total user and system CPU time spent in seconds.", p->cpu_s },
		{ METRIC_GAUGE, "resident_memory_bytes", "Resident memory size in bytes.", p->resident_bytes },
		{ METRIC_GAUGE, "start_time_seconds", "Start time of the process since unix epoch in seconds.", p->started_s },
		{ METRIC_GAUGE, "max_fds", "Maximum number of open file descriptors.", (double)p->max_files },
		{ METRIC_GAUGE, "open_fds", "Number of open file descriptors.", (double)p->open_files },
	};
	size_t n = sizeof(rows) / sizeof(rows[0]) - (p->open_files < 0);
	char name[64];

	for (size_t i = 0; i < n; i++) {
		const struct metric_row row = { rows[i].type, name, NULL, rows[i].help };

		snprintf(name, sizeof(name), "%s%s", names, rows[i].name);
		metrics_write(out, &row, &rows[i].value, 1);
	}
}
