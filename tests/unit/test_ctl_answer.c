/* What scoreboard-ctl prints: whatever a broker answers, nothing in it steers the operator's terminal. */
#include "mosquitto-plugin/ctl/ctl.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char printed[4000];

/* What is printed for it, on stdout and on stderr. */
static enum status print(const char *answer)
{
	FILE *file = tmpfile();
	int kept[2] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
	enum status status;
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	status = ctl_print_answer(str_of(answer), false);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(kept[i], i ? STDERR_FILENO : STDOUT_FILENO);
		close(kept[i]);
	}
	rewind(file);
	n = fread(printed, 1, sizeof(printed) - 1, file);
	printed[n] = '\0';
	fclose(file);
	return status;
}

#define ESC "\\u001b[31m"

static void no_part_of_an_answer_steers_the_terminal(void)
{
	static const char *const answers[] = {
		"{\"responses\":[{\"data\":{\"brokers\":[{\"broker\":\"edge1\",\"stats\":{\"" ESC "\":{\"" ESC "\":\"" ESC "\"}}}],\"missing\":[\"" ESC "\"]}}]}",
		"{\"responses\":[{\"data\":{\"brokers\":[{\"broker\":\"edge1\",\"list\":[\"" ESC "\"]},{\"broker\":\"edge2\",\"error\":\"" ESC "\"}],\"missing\":[]}}]}",
		"{\"responses\":[{\"data\":{\"brokers\":[{\"broker\":\"edge1\",\"bans\":[{\"user\":\"" ESC "\",\"why\":\"\\u009b31m\"}]}],\"missing\":[]}}]}",
		"{\"responses\":[{\"data\":{\"clients\":[{\"client\":\"\\u009b31m\",\"rooms\":[\"" ESC "\"]}],\"total\":1,\"brokers\":[{\"broker\":\"" ESC
		"\",\"error\":\"\\u007f\\u0085\"}],\"missing\":[]}}]}",
		"{\"responses\":[{\"error\":\"" ESC "\\u009b\"}]}",
		"{\"responses\":[{\"data\":{\"refusals\":[{\"at\":\"" ESC "\",\"client\":\"" ESC "\",\"topic\":\"\\u009b31m\"}]}}]}",
		"{\"responses\":[{\"data\":{\"minutes\":[[\"" ESC "\",\"" ESC "\"],\"" ESC "\",{\"here\":\"" ESC "\"}]}}]}",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		print(answers[i]);
		CU_ASSERT(*printed != '\0');
		for (const unsigned char *c = (const unsigned char *)printed; *c; c++)
			CU_ASSERT((*c >= 0x20 && *c < 0x7F) || *c == '\n'); /* these texts have nothing beyond ASCII but C1 */
	}
}

static void what_people_write_is_shown(void)
{
	CHECK_INT(print("{\"responses\":[{\"data\":{\"stats\":{\"bans\":1,\"caf\\u00e9 \xe2\x82\xac\":2}}}]}"), STATUS_OK);
	CHECK_STR(printed, "bans                                         1\ncaf\u00e9 \u20ac                                    2\n");
	CHECK_INT(print("{\"responses\":[{\"error\":\"no such client\"}]}"), STATUS_REFUSED);
	CHECK_STR(printed, "scoreboard-ctl: no such client\n");
	CHECK_INT(print("{\"responses\":["), STATUS_NO_ANSWER);
	CHECK_STR(printed, "scoreboard-ctl: the answer cannot be read\n");
}

static void what_was_is_a_table_with_the_time_of_day(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	CHECK_INT(print("{\"responses\":[{\"data\":{\"refusals\":[{\"at\":1764165000500,\"reason\":\"login\",\"client\":\"c\",\"user\":null,"
			"\"address\":\"192.0.2.7\",\"topic\":null,\"text\":\"wrong\"},{\"at\":1e300,\"reason\":\"read\",\"topic\":\"a/b\"}]}}]}"),
		  STATUS_OK);
	CHECK_STR(printed, "at                   reason  client  user  address    topic  text\n"
			   "2025-11-26 13:50:00  login   c       -     192.0.2.7  -      wrong\n"
			   "-                    read    -       -     -          a/b    -\n");
	CHECK_INT(print("{\"responses\":[{\"data\":{\"brokers\":[{\"broker\":\"edge1\",\"part\":\"edge\",\"minutes\":"
			"[[1764165000000,1200,811,3],[1764165060000]]},"
			"{\"broker\":\"hub\",\"error\":\"no\"}],\"missing\":[\"edge2\"]}}]}"),
		  STATUS_OK);
	CHECK_STR(printed, "edge1:\n"
			   "at                   watching  here  refused\n"
			   "2025-11-26 13:50:00  1200      811   3\n"
			   "2025-11-26 13:51:00  -         -     -\n"
			   "hub: no\n"
			   "scoreboard-ctl: no answer from edge2\n");
}

const char *const unit_name = "ctl_answer";
const struct unit_test unit_tests[] = {
	UNIT(no_part_of_an_answer_steers_the_terminal),
	UNIT(what_people_write_is_shown),
	UNIT(what_was_is_a_table_with_the_time_of_day),
	{ NULL, NULL },
};
