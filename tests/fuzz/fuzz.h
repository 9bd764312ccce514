/* fuzz - the one function that each fuzz target is. Findings are crashes: abort() on a broken promise. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(cond) ((cond) ? (void)0 : abort())

#endif
