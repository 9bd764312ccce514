/* unit - a test program is a table of claims:
 *
 *   const struct unit_test unit_tests[] = { UNIT(argument_may_contain_dots), { NULL, NULL } };
 *
 * main() runs them as one CUnit suite; arguments choose tests by name. Exit status 0 when all pass, 1 when one
 * fails, 77 (skipped, to ctest) when a test called unit_skip_all(). */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/Basic.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define UNIT(fn) \
	{ \
#fn, fn \
	}

extern const struct unit_test unit_tests[];
extern const char *const unit_name; /* the suite's name */

/* The whole program can't run here; why is printed. Does not return. */
void unit_skip_all(const char *why) __attribute__((noreturn));

/* Fails with both values printed when they differ. */
#define CHECK_STR(actual, expected) unit_check_str(actual, expected, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) unit_check_int((long long)(actual), (long long)(expected), __FILE__, __LINE__)
void unit_check_str(const char *actual, const char *expected, const char *file, int line);
void unit_check_int(long long actual, long long expected, const char *file, int line);

#endif
