/* deflater - what zlib makes of it again is the text, whatever its length and whatever it may refer to. */
#include "publisher/core/news/deflater.h"
#include "tests/unit/unit.h"

const char *const unit_name = "deflater";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Inflates one stream, or as much of one as there is. Returns what zlib says at the end. */
static int inflate_all(struct str packed, struct str dictionary, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.len };
	unsigned char chunk[4096];
	int r = inflateInit2(&z, -MAX_WBITS);

	CU_ASSERT_FATAL(r == Z_OK);
	if (dictionary.len)
		CHECK_INT(inflateSetDictionary(&z, (const Bytef *)dictionary.p, (uInt)dictionary.len), Z_OK);
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		r = inflate(&z, Z_NO_FLUSH);
		buf_add(out, chunk, sizeof(chunk) - z.avail_out);
	} while (r == Z_OK && (z.avail_in || !z.avail_out));
	CHECK_INT(z.avail_in, 0);
	inflateEnd(&z);
	return r;
}

/* Nothing compresses it: each byte is another one than those near it. */
static void fill(struct buf *out, size_t n)
{
	uint32_t x = 1;

	while (out->len < n) {
		x = x * 1664525 + 1013904223;
		buf_char(out, (char)(x >> 24));
	}
}

static const size_t lengths[] = { 0, 1, 40, 4090, 4091, 4092, 4096, 65536, 65537, 300000 };

static void a_stream_ends_with_its_text(void)
{
	struct deflater d;

	CU_ASSERT_FATAL(deflater_init(&d) == 0);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		BUF_CLEANUP struct buf text = { 0 };
		BUF_CLEANUP struct buf packed = { 0 };
		BUF_CLEANUP struct buf again = { 0 };

		fill(&text, lengths[i]);
		deflater_write(&d, &(struct deflation){ buf_view(&text), STR(""), DEFLATER_ENDS }, &packed);
		CU_ASSERT_FALSE(packed.failed);
		CHECK_INT(inflate_all(buf_view(&packed), STR(""), &again), Z_STREAM_END);
		CU_ASSERT(str_eq(buf_view(&again), buf_view(&text)));
	}
	deflater_free(&d);
}

static void a_dictionary_makes_what_was_said_before_short(void)
{
	struct deflater d;
	BUF_CLEANUP struct buf text = { 0 };
	BUF_CLEANUP struct buf alone = { 0 };
	BUF_CLEANUP struct buf packed = { 0 };
	BUF_CLEANUP struct buf again = { 0 };

	CU_ASSERT_FATAL(deflater_init(&d) == 0);
	fill(&text, 5000);
	deflater_write(&d, &(struct deflation){ buf_view(&text), STR(""), DEFLATER_ENDS }, &alone);
	deflater_write(&d, &(struct deflation){ buf_view(&text), buf_view(&text), DEFLATER_ENDS }, &packed);
	CU_ASSERT(packed.len * 20 < alone.len);
	CHECK_INT(inflate_all(buf_view(&packed), buf_view(&text), &again), Z_STREAM_END);
	CU_ASSERT(str_eq(buf_view(&again), buf_view(&text)));
	deflater_free(&d);
}

/* Each block begins and ends with a byte, and one after the other they are one stream, that has no end. */
static void blocks_that_go_on_are_read_one_after_the_other(void)
{
	struct deflater d;
	BUF_CLEANUP struct buf packed = { 0 };
	BUF_CLEANUP struct buf whole = { 0 };
	BUF_CLEANUP struct buf again = { 0 };

	CU_ASSERT_FATAL(deflater_init(&d) == 0);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		BUF_CLEANUP struct buf text = { 0 };

		fill(&text, lengths[i]);
		buf_str(&whole, buf_view(&text));
		deflater_write(&d, &(struct deflation){ buf_view(&text), STR(""), DEFLATER_GOES_ON }, &packed);
	}
	CU_ASSERT_FALSE(packed.failed);
	CHECK_INT(inflate_all(buf_view(&packed), STR(""), &again), Z_OK);
	CU_ASSERT(str_eq(buf_view(&again), buf_view(&whole)));
	deflater_free(&d);
}

/* The window is 32 kB: what is older than that can't be referred to. */
static void of_a_long_dictionary_the_end_counts(void)
{
	struct deflater d;
	BUF_CLEANUP struct buf dictionary = { 0 };
	BUF_CLEANUP struct buf first = { 0 };
	BUF_CLEANUP struct buf last = { 0 };
	struct str text;

	CU_ASSERT_FATAL(deflater_init(&d) == 0);
	fill(&dictionary, 60000);
	text = (struct str){ dictionary.p, 1000 };
	deflater_write(&d, &(struct deflation){ text, buf_view(&dictionary), DEFLATER_ENDS }, &first);
	text = str_skip(buf_view(&dictionary), 59000);
	deflater_write(&d, &(struct deflation){ text, buf_view(&dictionary), DEFLATER_ENDS }, &last);
	CU_ASSERT(first.len > 1000 && last.len < 100);
	deflater_free(&d);
}

const struct unit_test unit_tests[] = {
	UNIT(a_stream_ends_with_its_text),
	UNIT(a_dictionary_makes_what_was_said_before_short),
	UNIT(blocks_that_go_on_are_read_one_after_the_other),
	UNIT(of_a_long_dictionary_the_end_counts),
	{ NULL, NULL },
};
