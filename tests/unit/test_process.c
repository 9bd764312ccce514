/* process - what the system says of the test itself. */
#include "base/metrics.h"
#include "base/mono.h"
#include "base/process.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

const char *const unit_name = "process";

static volatile unsigned sink;

static void burn_cpu(void)
{
	for (unsigned i = 0; i < 50000000; i++)
		sink += i;
}

static void what_the_system_says_is_plausible(void)
{
	struct process p = { 0 };
	double cpu;

	process_look(&p);
	CU_ASSERT(p.resident_bytes > 100000 && p.resident_bytes < 1e10);
	CU_ASSERT(p.started_s > (double)wall_now_ms() / 1000 - 60 && p.started_s < (double)wall_now_ms() / 1000 + 2);
	cpu = p.cpu_s;
	burn_cpu();
	process_look(&p);
	CU_ASSERT(p.cpu_s > cpu && p.cpu_s < cpu + 30);
}

static void memory_that_is_used_is_counted(void)
{
	struct process p = { 0 };
	double before;
	char *mb;

	process_look(&p);
	before = p.resident_bytes;
	mb = malloc(64 << 20);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mb);
	memset(mb, 1, 64 << 20);
	sink += (unsigned)mb[sink % 1000];
	process_look(&p);
	CU_ASSERT(p.resident_bytes > before + (50 << 20));
	free(mb);
}

static void open_files_are_counted_and_the_limit_is_the_one_in_force(void)
{
	const struct rlimit low = { 200, 200 };
	struct process p = { 0 };
	int64_t before = process_count_files();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CU_ASSERT(before >= 3 && fd >= 0);
	CHECK_INT(process_count_files(), before + 1);
	close(fd);
	CHECK_INT(process_count_files(), before);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
	process_look(&p);
	CHECK_INT(p.max_files, 200);
}

static void the_names_begin_as_the_program_likes(void)
{
	struct process p = { .started_s = 1764165000.5, .cpu_s = 1.5, .resident_bytes = 4096, .open_files = 12, .max_files = 1024 };
	BUF_CLEANUP struct buf out = { 0 };

	process_write(&out, &p, "x_");
	CHECK_STR(out.p, "# HELP x_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
			 "# TYPE x_cpu_seconds_total counter\n"
			 "x_cpu_seconds_total 1.5\n"
			 "# HELP x_resident_memory_bytes Resident memory size in bytes.\n"
			 "# TYPE x_resident_memory_bytes gauge\n"
			 "x_resident_memory_bytes 4096\n"
			 "# HELP x_start_time_seconds Start time of the process since unix epoch in seconds.\n"
			 "# TYPE x_start_time_seconds gauge\n"
			 "x_start_time_seconds 1764165000.5\n"
			 "# HELP x_max_fds Maximum number of open file descriptors.\n"
			 "# TYPE x_max_fds gauge\n"
			 "x_max_fds 1024\n"
			 "# HELP x_open_fds Number of open file descriptors.\n"
			 "# TYPE x_open_fds gauge\n"
			 "x_open_fds 12\n");
	buf_clear(&out);
	p.open_files = -1;
	process_write(&out, &p, "x_");
	CU_ASSERT_PTR_NULL(strstr(out.p, "open_fds"));
}

const struct unit_test unit_tests[] = {
	UNIT(what_the_system_says_is_plausible),
	UNIT(memory_that_is_used_is_counted),
	UNIT(open_files_are_counted_and_the_limit_is_the_one_in_force),
	UNIT(the_names_begin_as_the_program_likes),
	{ NULL, NULL },
};
