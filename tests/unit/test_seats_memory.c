/* seats - when memory runs out, a client gets no seat, and nothing else changes. */
#include "publisher/core/http/seats.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

const char *const unit_name = "seats_memory";

enum {
	ADDRESSES = 2000
}; /* so many that the table of addresses grows several times */

static enum seat_result enter(struct seats *s, unsigned int i, struct address **out)
{
	const struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0A010000U + i) };

	return seats_enter(s, (const struct sockaddr *)&from, out);
}

/* Each allocation that a new address needs fails once, the first one first. Returns how many there were. */
static size_t enter_with_failures(struct seats *s, unsigned int i, struct address **out)
{
	size_t taken = seats_taken(s, SEAT_CONNECTION);

	for (size_t n = 0;; n++) {
		enum seat_result r;

		memory_fails_at(n);
		r = enter(s, i, out);
		if (!memory_is_plenty()) {
			CHECK_INT(r, SEAT_TAKEN);
			return n;
		}
		CHECK_INT(r, SEAT_ALL_TAKEN);
		CHECK_INT(seats_taken(s, SEAT_CONNECTION), taken);
	}
}

static void without_memory_there_is_no_seat_and_nothing_else_changes(void)
{
	static struct address *a[ADDRESSES];
	const struct seat_limits limits = { { ADDRESSES + 1, 1 }, { 1, 1 } };
	struct seats *s = seats_new(&limits);
	struct address *again = NULL;
	size_t failures = 0;

	CU_ASSERT_FATAL(s != NULL);
	for (unsigned int i = 0; i < ADDRESSES; i++)
		failures += enter_with_failures(s, i, &a[i]);
	CU_ASSERT(failures > ADDRESSES + 4); /* one for each address; the table, its first buckets, and more when it grew */
	for (unsigned int i = 0; i < ADDRESSES; i++) {
		CHECK_INT(enter(s, i, &again), SEAT_ADDRESS_FULL);
		seats_give_back(s, a[i], SEAT_CONNECTION);
	}
	CHECK_INT(seats_taken(s, SEAT_CONNECTION), 0);
	seats_free(s);
}

static void without_memory_there_are_no_seats(void)
{
	const struct seat_limits limits = { { 1, 1 }, { 1, 1 } };

	memory_fails_at(0);
	CU_ASSERT(seats_new(&limits) == NULL);
	CU_ASSERT(memory_is_plenty());
}

const struct unit_test unit_tests[] = {
	UNIT(without_memory_there_is_no_seat_and_nothing_else_changes),
	UNIT(without_memory_there_are_no_seats),
	{ NULL, NULL },
};
