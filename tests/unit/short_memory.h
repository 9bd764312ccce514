/* short_memory - a test's malloc, calloc and realloc, of which one call can be made to fail. Only for a program that is linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc (short_memory_test() in tests/unit/base.cmake); what libc allocates for itself is not touched.
 *
 *   for (size_t n = 0; !done; n++) {
 *           memory_fails_at(n);
 *           done = operation() == SUCCESS;
 *           memory_is_plenty();
 *           ... nothing may have changed unless it is done
 *   }
 */
#ifndef TESTS_UNIT_SHORT_MEMORY_H
#define TESTS_UNIT_SHORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on fails, counted from 0; all others succeed. */
void memory_fails_at(size_t n);
/* None fails any more. True: one has failed since memory_fails_at(). */
bool memory_is_plenty(void);

#endif
