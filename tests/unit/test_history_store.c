/* The file of a history: what SQLite keeps beside it. */
#include "publisher/io/history/store.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const unit_name = "history_store";

#define COMMITS 3000
#define LOG_MOST (8 << 20) /* SQLite begins its write-ahead log anew after some 4 MB */

static char dir[] = "/tmp/sb-store-XXXXXX";

static struct store *open_game(const struct store_config *cfg, int64_t t)
{
	struct complaint why;
	struct store *s;

	CU_ASSERT_FATAL(store_open(cfg, &s, &why) == 0);
	CU_ASSERT_FATAL(store_begin(s, &why) == 0);
	CU_ASSERT_FATAL(store_choose(s, "g1", t, &why) == 0);
	CU_ASSERT_FATAL(store_commit(s, t, &why) == 0);
	return s;
}

static void write_commits(struct store *s)
{
	struct complaint why;
	char text[80];

	for (int64_t i = 0; i < COMMITS; i++) {
		snprintf(text, sizeof(text), "{\"epoch\":\"e\",\"seq\":%" PRId64 ",\"set\":{\"a\":%" PRId64 "}}", i, i);
		CU_ASSERT_FATAL(store_begin(s, &why) == 0);
		CU_ASSERT_FATAL(store_event(s, &(struct store_event){ STORE_DELTA, 1000 + i, str_of(text) }, &why) == 0);
		CU_ASSERT_FATAL(store_commit(s, 1000 + i, &why) == 0);
	}
}

/* The publisher has started anew in the middle of a game. */
static void the_log_does_not_grow_with_a_game_that_goes_on(void)
{
	char path[100], log[110];
	struct store_config cfg = { .path = path };
	struct store *s;
	struct stat st;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/games.db", dir);
	snprintf(log, sizeof(log), "%s-wal", path);
	store_close(open_game(&cfg, 1));
	s = open_game(&cfg, 2);
	write_commits(s);
	CU_ASSERT_FATAL(stat(log, &st) == 0);
	CU_ASSERT(st.st_size < LOG_MOST);
	store_close(s);
	unlink(path);
	snprintf(log, sizeof(log), "%s.lock", path);
	unlink(log);
	CHECK_INT(rmdir(dir), 0);
}

const struct unit_test unit_tests[] = {
	UNIT(the_log_does_not_grow_with_a_game_that_goes_on),
	{ NULL, NULL },
};
