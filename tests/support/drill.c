#include "tests/support/drill.h"

#include "tests/support/place.h"

#include <CUnit/Basic.h>
#include <stdio.h>

#define ROUNDS 5

int64_t drill_healed_after(const struct drill *d)
{
	mono from = mono_now();

	if (WAIT_FOR(d->equal(d->fleet, false), HEAL_MS))
		return mono_diff(mono_now(), from);
	d->equal(d->fleet, true);
	printf("\n");
	return -1;
}

void drill_vanish(const struct drill *d, int fault, int64_t ms)
{
	int64_t took;

	board_says(d->fleet->board, "ScoreBoard.CurrentGame.EventInfo(Tournament)", "\"here\"");
	CU_ASSERT(drill_healed_after(d) >= 0);
	d->fault_break(fault, 0);
	nap_ms(100);
	board_says(d->fleet->board, "ScoreBoard.CurrentGame.EventInfo(Tournament)", "null");
	nap_ms(ms);
	d->fault_heal(fault, 0);
	took = drill_healed_after(d);
	printf("\n    %s for %lld ms: equal after %lld ms", d->fault_names[fault], (long long)ms, (long long)took);
	fflush(stdout);
	CU_ASSERT(took >= 0);
}

/* Some names vanish, some return, and the game goes on. */
static void go_on(const struct drill *d)
{
	TREE_CLEANUP struct tree state = { NULL };
	size_t from = chance((uint32_t)d->game->n_frames - 60);

	board_state(d->fleet->board, &state);
	tree_each(&state, leaf)
		if (chance(20) == 0)
			board_says(d->fleet->board, leaf->name.p, "null");
	recording_play(d->game, from, from + 1 + chance(60), d->fleet->board);
}

/* Up to 9 seconds, mostly short, the game going on. */
static void let_pass(const struct drill *d)
{
	int64_t ms = chance(3) ? chance(1500) : chance(9000);

	for (mono until = mono_add(mono_now(), ms); !mono_reached(mono_now(), until); nap_ms(100 + chance(300)))
		go_on(d);
}

static int64_t one_round(const struct drill *d)
{
	int what = (int)chance(d->n_faults), second = (int)chance(d->n_faults);
	int place = (int)chance(d->n_places), other = (int)chance(d->n_places);
	/* two at once, unless they are the same program or cable */
	bool both = chance(3) == 0 && what / 2 != second / 2;
	mono from = mono_now();
	int64_t took;

	go_on(d);
	d->fault_break(what, place);
	if (both)
		d->fault_break(second, other);
	let_pass(d);
	if (both)
		d->fault_heal(second, other);
	d->fault_heal(what, place);
	printf("\n    %s (%d)", d->fault_names[what], place + 1);
	if (both)
		printf(" and %s (%d)", d->fault_names[second], other + 1);
	printf(" for %lld ms", (long long)mono_diff(mono_now(), from));
	took = drill_healed_after(d);
	printf(": equal after %lld ms", (long long)took);
	fflush(stdout);
	return took;
}

void drill_rounds(const struct drill *d)
{
	unsigned int rounds = place_number("SB_CLUSTER_ROUNDS", ROUNDS);
	int64_t worst = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		int64_t took = one_round(d);

		CU_ASSERT(took >= 0);
		worst = took > worst ? took : worst;
	}
	printf("\n    %u rounds, at most %lld ms until equal\n", rounds, (long long)worst);
}
