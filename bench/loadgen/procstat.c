#include "bench/loadgen/procstat.h"

#include <dirent.h>
#include <stdio.h>

/* One thread's time on a CPU, in nanoseconds: /proc/PID/stat has the same in steps of 10 ms. */
static int64_t thread_ns(int64_t pid, const char *thread)
{
	char path[96];
	long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%lld/task/%.16s/schedstat", (long long)pid, thread);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lld", &ns) != 1)
		ns = 0;
	fclose(f);
	return ns;
}

static int read_cpu(int64_t pid, int64_t *us)
{
	const struct dirent *entry;
	char path[64];
	int64_t ns = 0;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%lld/task", (long long)pid);
	threads = opendir(path);
	if (!threads)
		return -1;
	while ((entry = readdir(threads)))
		ns += entry->d_name[0] == '.' ? 0 : thread_ns(pid, entry->d_name);
	closedir(threads);
	*us = ns / 1000;
	return 0;
}

int procstat_read(int64_t pid, struct procstat *out)
{
	char path[64], line[256];
	long long kb;
	FILE *f;

	*out = (struct procstat){ 0 };
	if (read_cpu(pid, &out->cpu_us))
		return -1;
	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %lld kB", &kb) == 1)
			out->rss_kb = kb;
		else if (sscanf(line, "VmHWM: %lld kB", &kb) == 1)
			out->peak_kb = kb;
	}
	fclose(f);
	return 0;
}
