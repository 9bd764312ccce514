#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void unit_skip_all(const char *why)
{
	printf("SKIPPED: %s: %s\n", unit_name, why);
	exit(77);
}

void unit_check_str(const char *actual, const char *expected, const char *file, int line)
{
	bool same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;

	if (!same)
		printf("\n    %s:%d: got \"%s\", expected \"%s\"\n", file, line, actual ? actual : "(null)",
		       expected ? expected : "(null)");
	CU_assertImplementation(same, (unsigned int)line, "strings are equal", file, "", CU_FALSE);
}

void unit_check_int(long long actual, long long expected, const char *file, int line)
{
	if (actual != expected)
		printf("\n    %s:%d: got %lld, expected %lld\n", file, line, actual, expected);
	CU_assertImplementation(actual == expected, (unsigned int)line, "numbers are equal", file, "", CU_FALSE);
}

static bool chosen(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	CU_pSuite suite;
	unsigned int failures;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite(unit_name, NULL, NULL);
	for (const struct unit_test *t = unit_tests; suite && t->name; t++)
		if (chosen(t->name, argc, argv) && !CU_add_test(suite, t->name, t->run))
			return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 1;
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}
