/* scoreboard-loadgen - a crowd of viewers, and what it sees. See bench/README.md. */
#include "bench/loadgen/conductor.h"
#include "bench/loadgen/report.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	EXIT_WHOLE = 0,
	EXIT_NOT_WHOLE = 1,
	EXIT_UNMEASURED = 2,
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int run(const struct plan *plan)
{
	struct result *r = calloc(1, sizeof(*r));
	int failed, code;

	if (!r)
		return EXIT_UNMEASURED;
	failed = conductor_run(plan, &stopped, r);
	code = failed ? EXIT_UNMEASURED : (result_is_whole(plan, r) ? EXIT_WHOLE : EXIT_NOT_WHOLE);
	/* an interrupted run is reported as well, as far as it went */
	if (r->viewers && (!plan->json_file || strcmp(plan->json_file, "-")))
		report_table(plan, r);
	if (r->viewers && plan->json_file && report_json(plan, r))
		code = EXIT_UNMEASURED;
	free(r);
	return code;
}

int main(int argc, char **argv)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	struct plan plan;
	int code;

	if (plan_read(&plan, argc, argv))
		return EXIT_UNMEASURED;
	if (plan.help) {
		plan_help();
		return 0;
	}
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	code = run(&plan);
	plan_free(&plan);
	return code;
}
