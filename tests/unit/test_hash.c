/* hash - known answers of the function, and tables that outlive a lack of memory. */
#include <stdbool.h>
#include <stdlib.h>

/* What uthash allocates with: from here on the test says when there is no memory. */
static unsigned may_allocate;
static void *scarce_malloc(size_t size);
#define uthash_malloc(size) scarce_malloc(size)

#include "base/hash.h"
#include "tests/unit/unit.h"

#include <string.h>

static void *scarce_malloc(size_t size)
{
	if (!may_allocate)
		return NULL;
	may_allocate--;
	return malloc(size);
}

/* SipHash-1-3 of the bytes 0, 1, 2... with the key 00 01 .. 0f. The vectors of the paper are those of SipHash-2-4; these come from its
 * algorithm written down in Python, which gives the paper's vectors with 2 and 4 rounds, and whose first one with 1 and 3 is that
 * of Rust's SipHasher13. */
static void the_function_is_siphash_1_3(void)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {
		{ 0, 0xabac0158050fc4dc },
		{ 1, 0xc9f49bf37d57ca93 },
		{ 7, 0xd3927d989bb11140 },
		{ 8, 0x369095118d299a8e },
		{ 9, 0x25a48eb36c063de4 },
		{ 15, 0xd320d86d2a519956 },
		{ 16, 0xcc4fdd1a7d908b66 },
		{ 63, 0x9d199062b7bbb3a8 },
	};
	unsigned char bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	hash_set_key(0x0706050403020100, 0x0f0e0d0c0b0a0908);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_INT(hash_bytes(bytes, rows[i].len), rows[i].hash);
}

static void another_key_gives_other_hashes(void)
{
	uint64_t before;

	hash_set_key(1, 2);
	before = hash_bytes("scoreboard", 10);
	CHECK_INT(hash_bytes("scoreboard", 10), before);
	hash_set_key(1, 3);
	CU_ASSERT(hash_bytes("scoreboard", 10) != before);
	hash_set_key(2, 2);
	CU_ASSERT(hash_bytes("scoreboard", 10) != before);
}

static void a_drawn_key_is_known_to_nobody(void)
{
	uint64_t known, drawn;

	hash_set_key(1, 2);
	known = hash_bytes("scoreboard", 10);
	hash_draw_key();
	drawn = hash_bytes("scoreboard", 10);
	CU_ASSERT(drawn != known);
	hash_draw_key();
	CU_ASSERT(hash_bytes("scoreboard", 10) != drawn);
}

/* ---- tables ---- */

#define N_ITEMS 2000

struct item {
	int key;
	UT_hash_handle hh;
};

static struct item items[N_ITEMS];

/* In a table that has no more than `allocations` blocks to itself: how many of the items went in. */
static int fill(struct item **table, unsigned allocations)
{
	int n = 0;

	may_allocate = allocations;
	for (int i = 0; i < N_ITEMS; i++) {
		items[i] = (struct item){ .key = i };
		HASH_ADD_INT(*table, key, &items[i]);
		if (HASH_ADDED(&items[i], hh))
			n++;
	}
	return n;
}

static int count_found(struct item *table)
{
	struct item *found;
	int n = 0;

	for (int key = 0; key < N_ITEMS; key++) {
		HASH_FIND_INT(table, &key, found);
		n += found == &items[key];
	}
	return n;
}

/* The first blocks are the table itself, later ones more room for it. */
static void without_memory_an_item_is_not_added_and_the_program_goes_on(void)
{
	bool was_short = false, was_enough = false;

	for (unsigned allocations = 0; allocations < 12; allocations++) {
		struct item *table = NULL;
		int n = fill(&table, allocations);

		CHECK_INT(HASH_COUNT(table), n);
		CHECK_INT(count_found(table), n);
		was_short |= n < N_ITEMS;
		was_enough |= n == N_ITEMS;
		HASH_CLEAR(hh, table);
	}
	CU_ASSERT(was_short && was_enough);
}

static void an_item_is_added_once_there_is_memory_again(void)
{
	struct item *table = NULL;

	CHECK_INT(fill(&table, 0), 0);
	CU_ASSERT_PTR_NULL(table);
	CHECK_INT(fill(&table, 100), N_ITEMS);
	CHECK_INT(count_found(table), N_ITEMS);
	HASH_CLEAR(hh, table);
}

const char *const unit_name = "hash";
const struct unit_test unit_tests[] = {
	UNIT(the_function_is_siphash_1_3),
	UNIT(another_key_gives_other_hashes),
	UNIT(a_drawn_key_is_known_to_nobody),
	UNIT(without_memory_an_item_is_not_added_and_the_program_goes_on),
	UNIT(an_item_is_added_once_there_is_memory_again),
	{ NULL, NULL },
};
