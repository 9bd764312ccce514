#include "bench/loadgen/core/tally.h"

const char *const count_names[N_COUNTS] = {
#define X(name, help) #name,
	COUNTS(X)
#undef X
};

const char *const count_help[N_COUNTS] = {
#define X(name, help) help,
	COUNTS(X)
#undef X
};
