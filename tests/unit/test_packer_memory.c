/* packer, when there is no memory: what can't be packed has failed, nobody ever reads another text than was packed, and the next base that
 * there is memory for helps everybody. */
#include "publisher/core/news/packer.h"
#include "publisher/core/news/unpacker.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "packer_memory";

#define CEILING ((size_t)1 << 20)
#define NEVER_DONE 200 /* allocations that no single call makes */

struct stage {
	struct packer *packer;
	struct unpacker reader;
	struct buf message, dictionary;
};

static void begin(struct stage *t)
{
	*t = (struct stage){ .packer = packer_new() };
	CU_ASSERT_FATAL(t->packer != NULL);
	unpacker_init(&t->reader, CEILING);
}

static void end(struct stage *t)
{
	packer_free(t->packer);
	unpacker_free(&t->reader);
	buf_free(&t->message);
	buf_free(&t->dictionary);
}

/* The reader gets what can be sent. */
static enum unpacked deliver(struct stage *t, const struct buf *message, struct str text)
{
	BUF_CLEANUP struct buf out = { 0 };
	enum unpacked r = UNPACKED_UNKNOWN;

	if (!message->failed && message->len)
		r = unpacker_take(&t->reader, buf_view(message), &out);
	CU_ASSERT(r != UNPACKED_BAD);
	if (r == UNPACKED_TEXT)
		CU_ASSERT(str_eq(buf_view(&out), text));
	return r;
}

static void renew(struct stage *t, struct str text)
{
	packer_base(t->packer, text, &t->message, &t->dictionary);
}

static enum unpacked deliver_base(struct stage *t, struct str text)
{
	deliver(t, &t->dictionary, text);
	return deliver(t, &t->message, text);
}

/* The buffers come anew, so that each has to be allocated. */
static void forget_buffers(struct stage *t)
{
	buf_free(&t->message);
	buf_free(&t->dictionary);
}

static void write_text(struct buf *out, unsigned int seed)
{
	buf_clear(out);
	for (unsigned int i = 0; i < 300; i++)
		buf_printf(out, "%s\"key/%u\":\"%08x\"", i ? "," : "{", i, (i + seed) * 2654435761u);
	buf_char(out, '}');
}

static void check_that_all_is_well(struct stage *t, struct str text)
{
	renew(t, text);
	CHECK_INT(deliver_base(t, text), UNPACKED_TEXT);
	packer_text(t->packer, STR("{\"a\":1}"), &t->message);
	CHECK_INT(deliver(t, &t->message, STR("{\"a\":1}")), UNPACKED_TEXT);
}

static void a_packer_needs_memory(void)
{
	memory_fails_at(0);
	CU_ASSERT(packer_new() == NULL);
	CU_ASSERT(memory_is_plenty());
}

/* One allocation fails in the call, and what comes then is packed with plenty. */
static void check_calls(void (*call)(struct stage *t, struct str text))
{
	BUF_CLEANUP struct buf text = { 0 };
	bool failed = true;
	size_t n;

	for (n = 0; failed && n < NEVER_DONE; n++) {
		struct stage t;

		begin(&t);
		write_text(&text, 1);
		check_that_all_is_well(&t, buf_view(&text));
		write_text(&text, 5000);
		forget_buffers(&t);
		memory_fails_at(n);
		call(&t, buf_view(&text));
		failed = memory_is_plenty();
		deliver(&t, &t.dictionary, buf_view(&text));
		deliver(&t, &t.message, buf_view(&text));
		packer_text(t.packer, STR("{\"b\":1}"), &t.message);
		deliver(&t, &t.message, STR("{\"b\":1}"));
		check_that_all_is_well(&t, buf_view(&text));
		end(&t);
	}
	CU_ASSERT(n > 2 && n < NEVER_DONE);
}

static void call_text(struct stage *t, struct str text)
{
	packer_text(t->packer, text, &t->message);
	CU_ASSERT(!t->message.failed || !t->message.len || t->message.len < text.len);
}

static void call_kept(struct stage *t, struct str text)
{
	packer_kept(t->packer, text, &t->message);
}

static void any_message_may_fail_and_the_next_base_heals(void)
{
	check_calls(call_text);
	check_calls(call_kept);
	check_calls(renew);
}

/* A text that was sent and could not be kept: the packer knows that it has not the readers' dictionary any more. */
static void without_its_dictionary_nothing_is_packed_until_the_next_base(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct stage t;
	bool seen = false;

	for (size_t n = 0; !seen && n < NEVER_DONE; n++) {
		begin(&t);
		write_text(&text, 1);
		check_that_all_is_well(&t, buf_view(&text));
		forget_buffers(&t);
		memory_fails_at(n);
		packer_kept(t.packer, buf_view(&text), &t.message);
		CU_ASSERT(memory_is_plenty());
		packer_text(t.packer, STR("{}"), &t.dictionary);
		seen = !t.message.failed && t.dictionary.failed;
		check_that_all_is_well(&t, buf_view(&text));
		end(&t);
	}
	CU_ASSERT(seen);
}

static void who_reads_without_memory_reads_nothing_wrong(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	bool failed = true;
	size_t n;

	write_text(&text, 1);
	for (n = 0; failed && n < NEVER_DONE; n++) {
		BUF_CLEANUP struct buf out = { 0 };
		enum unpacked r;
		struct stage t;

		begin(&t);
		renew(&t, buf_view(&text));
		memory_fails_at(n);
		r = unpacker_take(&t.reader, buf_view(&t.message), &out);
		failed = memory_is_plenty();
		CHECK_INT(r, failed ? UNPACKED_BAD : UNPACKED_TEXT);
		check_that_all_is_well(&t, buf_view(&text));
		end(&t);
	}
	CU_ASSERT(n > 2 && n < NEVER_DONE);
}

const struct unit_test unit_tests[] = {
	UNIT(a_packer_needs_memory),
	UNIT(any_message_may_fail_and_the_next_base_heals),
	UNIT(without_its_dictionary_nothing_is_packed_until_the_next_base),
	UNIT(who_reads_without_memory_reads_nothing_wrong),
	{ NULL, NULL },
};
