/* Messages of a feed, a line each, from somebody who need not be trusted, as a history folds them: its memory stays below the ceiling, and what
 * it writes is a snapshot that folds to the same picture. */
#include "tests/fuzz/fuzz.h"

#include "publisher/core/history/picture.h"

#define CEILING ((size_t)1 << 14)

static void write_snapshot(const struct picture *p, struct buf *out)
{
	buf_puts(out, "{\"state\":");
	picture_write(p, out);
	buf_char(out, '}');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct picture one = { .max_bytes = CEILING }, other = { .max_bytes = CEILING };
	BUF_CLEANUP struct buf text = { 0 };
	BUF_CLEANUP struct buf again = { 0 };
	struct str rest = { (const char *)data, size }, line;

	while (rest.p && str_split(&rest, '\n', &line)) {
		bool folded = picture_take(&one, line);

		(void)folded; /* a part of what is damaged is folded all the same */
		PROMISE(one.bytes <= CEILING);
	}
	write_snapshot(&one, &text);
	PROMISE(picture_take(&other, buf_view(&text)));
	PROMISE(other.bytes == one.bytes);
	write_snapshot(&other, &again);
	PROMISE(str_eq(buf_view(&text), buf_view(&again)));
	picture_free(&one);
	PROMISE(one.bytes == 0);
	picture_free(&other);
	return 0;
}
