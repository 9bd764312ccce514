/* What a browser asks of the history: a path, and behind the first '?' a query. What is read of it is within its bounds, and names a game by
 * characters that no file and no statement of SQL minds. */
#include "tests/fuzz/fuzz.h"

#include "publisher/core/history/ask.h"

#define PREFIX "sb"

static void check_good(const struct ask *a)
{
	size_t len = strlen(a->game);

	PROMISE(a->number >= 0);
	PROMISE((a->kind == ASK_GAMES) == (len == 0));
	PROMISE(len < sizeof(a->game));
	PROMISE(len == 0 || story_is_id(str_of(a->game)));
	PROMISE(!strpbrk(a->game, "/\\%'\"\r\n "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str query = { (const char *)data, size }, path;
	struct ask a;
	enum ask_result r;

	if (!str_split(&query, '?', &path))
		return 0;
	r = ask_read(path, query, PREFIX, &a);
	PROMISE(r == ASK_GOOD || r == ASK_OTHER || r == ASK_BAD);
	PROMISE(r == ASK_OTHER || str_starts(path, STR("/" PREFIX "/games")));
	if (r == ASK_GOOD)
		check_good(&a);
	return 0;
}
