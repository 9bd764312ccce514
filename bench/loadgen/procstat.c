#include "bench/loadgen/procstat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int read_cpu(int64_t pid, int64_t *ms)
{
	char path[64], line[1024] = "";
	const char *behind_name;
	unsigned long long user, sys;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	behind_name = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!behind_name ||
	    sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &sys) != 2)
		return -1;
	*ms = (int64_t)(user + sys) * 1000 / sysconf(_SC_CLK_TCK);
	return 0;
}

int procstat_read(int64_t pid, struct procstat *out)
{
	char path[64], line[256];
	long long kb;
	FILE *f;

	*out = (struct procstat){ 0 };
	if (read_cpu(pid, &out->cpu_ms))
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
