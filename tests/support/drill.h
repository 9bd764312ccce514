/* drill - something of a fleet breaks while the game goes on, and heals: five seconds later all must be equal again. What there is to break,
 * and what equal means, is the test's. Everything is printed, with how long it took. */
#ifndef SUPPORT_DRILL_H
#define SUPPORT_DRILL_H

#include "tests/support/fleet.h"
#include "tests/support/recording.h"

#define HEAL_MS 5000

struct drill {
	struct fleet *fleet;
	const struct recording *game;
	bool (*equal)(struct fleet *f, bool print); /* fleet_equal(), or like it */

	/* What can break, at one place of several: faults 2n and 2n + 1 are of the same program or cable. */
	const char *const *fault_names;
	uint32_t n_faults, n_places;
	void (*fault_break)(int fault, int place);
	void (*fault_heal)(int fault, int place);
};

/* Milliseconds until all is equal; -1, with what is not, when it took too long. Needs no faults. */
int64_t drill_healed_after(const struct drill *d);

/* CUnit assertions. A topic vanishes while the fault at the first place lasts, some milliseconds: */
void drill_vanish(const struct drill *d, int fault, int64_t ms);
/* One or two faults at a time, anywhere, for up to nine seconds; SB_CLUSTER_ROUNDS of them, or five. */
void drill_rounds(const struct drill *d);

#endif
