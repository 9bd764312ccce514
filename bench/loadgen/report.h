/* report - the result of a run, as a table for people and as JSON for scripts. */
#ifndef LOADGEN_REPORT_H
#define LOADGEN_REPORT_H

#include "bench/loadgen/conductor.h"

/* These return 0, or -1 when the result could not be written. */
int report_table(const struct plan *plan, const struct result *r);
int report_json(const struct plan *plan, const struct result *r) __attribute__((warn_unused_result));

/* Did every viewer get everything, in order? */
bool result_is_whole(const struct plan *plan, const struct result *r);

#endif
