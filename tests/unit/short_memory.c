#include "tests/unit/short_memory.h"

#include <stdint.h>

/* the linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static size_t left = SIZE_MAX; /* allocations before the one that fails */
static bool failed;

static bool fails(void)
{
	if (left == SIZE_MAX || left-- > 0)
		return false;
	failed = true;
	return true;
}

void memory_fails_at(size_t n)
{
	left = n;
	failed = false;
}

bool memory_is_plenty(void)
{
	left = SIZE_MAX;
	return failed;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}
