/* packer - whatever is packed comes back at the other side, by whoever began with a base; and the dictionary changes when it should. */
#include "publisher/core/news/packer.h"
#include "publisher/core/news/unpacker.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "packer";

#define CEILING ((size_t)1 << 22)

/* A packer and two of its readers: one who stays, and one who joins with each base. */
struct stage {
	struct packer *packer;
	struct unpacker stays, joins;
	struct buf message, dictionary, text;
	size_t said_bytes, packed_bytes;
};

static struct stage *stage_new(void)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	t->packer = packer_new();
	CU_ASSERT_FATAL(t->packer != NULL);
	unpacker_init(&t->stays, CEILING);
	unpacker_init(&t->joins, CEILING);
	return t;
}

static void stage_free(struct stage *t)
{
	packer_free(t->packer);
	packer_free(NULL);
	unpacker_free(&t->stays);
	unpacker_free(&t->joins);
	buf_free(&t->message);
	buf_free(&t->dictionary);
	buf_free(&t->text);
	free(t);
}

static void check_reader(struct stage *t, struct unpacker *reader, struct str text)
{
	CHECK_INT(unpacker_take(reader, buf_view(&t->message), &t->text), UNPACKED_TEXT);
	CU_ASSERT(str_eq(buf_view(&t->text), text));
}

static void check_message(struct stage *t, struct str text)
{
	CU_ASSERT(!t->message.failed);
	check_reader(t, &t->stays, text);
	check_reader(t, &t->joins, text);
	t->said_bytes += text.len;
	t->packed_bytes += t->message.len;
}

static void say(struct stage *t, struct str text)
{
	packer_text(t->packer, text, &t->message);
	CHECK_INT(t->message.p[0], PACKED_TEXT);
	check_message(t, text);
}

static void say_and_keep(struct stage *t, struct str text)
{
	packer_kept(t->packer, text, &t->message);
	CHECK_INT(t->message.p[0], PACKED_KEPT);
	check_message(t, text);
}

static uint32_t id_of(const struct buf *message)
{
	uint32_t id = 0;

	for (int i = 1; i < PACKED_HEAD; i++)
		id = id << 8 | (unsigned char)message->p[i];
	return id;
}

/* True: who is there was told a dictionary. */
static bool renew(struct stage *t, struct str snapshot)
{
	packer_base(t->packer, snapshot, &t->message, &t->dictionary);
	if (t->dictionary.len && t->stays.dictionary.text.len)
		CHECK_INT(unpacker_take(&t->stays, buf_view(&t->dictionary), &t->text), UNPACKED_NOTHING);
	if (t->stays.dictionary.text.len)
		CHECK_INT(id_of(&t->message), t->stays.dictionary.id); /* so without the base he would go on as well */
	unpacker_free(&t->joins);
	unpacker_init(&t->joins, CEILING);
	check_message(t, snapshot);
	return t->dictionary.len > 0;
}

/* --- texts --- */

/* {"key/0":"5b09f311","key/1":...}: `n` values, each another one for another seed. */
static void write_snapshot(struct buf *out, int n, uint64_t seed)
{
	struct rng r = { seed };

	buf_clear(out);
	for (int i = 0; i < n; i++)
		buf_printf(out, "%s\"key/%d\":\"%08x\"", i ? "," : "{", i, rng_next(&r));
	buf_char(out, '}');
}

/* The value of one key is another one now. */
static void change(struct buf *snapshot, int key, struct rng *r)
{
	char name[32], value[16];
	char *at;

	snprintf(name, sizeof(name), "\"key/%d\":\"", key);
	snprintf(value, sizeof(value), "%08x", rng_next(r));
	at = strstr(snapshot->p, name);
	CU_ASSERT_FATAL(at != NULL);
	memcpy(at + strlen(name), value, 8);
}

static void write_random(struct buf *out, size_t len, struct rng *r)
{
	bool is_text = rng_chance(r, 50);

	buf_clear(out);
	while (out->len < len)
		buf_char(out, is_text ? "ab\":{}"[rng_below(r, 6)] : (char)rng_next(r));
}

/* --- */

static void random_texts_come_back(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct rng r = { 7 };
	struct stage *t = stage_new();

	renew(t, STR("the first text of all"));
	for (int i = 0; i < 2000; i++) {
		write_random(&text, rng_below(&r, rng_chance(&r, 3) ? 40000 : 400), &r);
		if (rng_chance(&r, 10))
			renew(t, buf_view(&text));
		else if (rng_chance(&r, 20))
			say_and_keep(t, buf_view(&text));
		else
			say(t, buf_view(&text));
	}
	stage_free(t);
}

/* Where zlib's windows and the pieces of both sides end. */
static void texts_of_any_length_come_back(void)
{
	static const size_t lengths[] = { 0, 1, 257, 4095, 4096, 4097, 16383, 16384, 16385, 32505, 32506, 32507, 32768, 65536, 300000 };
	BUF_CLEANUP struct buf text = { 0 };
	struct rng r = { 3 };
	struct stage *t = stage_new();

	renew(t, STR("{}"));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		write_random(&text, lengths[i], &r);
		say(t, buf_view(&text));
		say_and_keep(t, buf_view(&text));
		renew(t, buf_view(&text));
		say(t, buf_view(&text));
	}
	stage_free(t);
}

static void say_frame(void *arg, struct str frame, int64_t at_ms)
{
	struct stage *t = arg;

	if (!t->packed_bytes || at_ms % 97 == 0)
		renew(t, frame);
	else if (at_ms % 7 == 0)
		say_and_keep(t, frame);
	else
		say(t, frame);
}

static void a_game_comes_back_and_is_small(void)
{
	const char *recording;

	for (size_t i = 0; (recording = fixture_recording(i)) != NULL; i++) {
		struct stage *t = stage_new();

		CU_ASSERT(fixture_frames(recording, say_frame, t) > 100);
		CU_ASSERT(t->packed_bytes < t->said_bytes / 2);
		stage_free(t);
	}
}

static void what_was_said_before_costs_little(void)
{
	BUF_CLEANUP struct buf snapshot = { 0 };
	struct stage *t = stage_new();

	write_snapshot(&snapshot, 500, 1);
	CU_ASSERT(!renew(t, buf_view(&snapshot)));
	say(t, STR("{\"epoch\":\"mwrbkg81\",\"seq\":1,\"ts\":1795320684724,\"set\":{\"key/17\":\"another text\"}}"));
	CU_ASSERT(t->message.len > 60);
	say_and_keep(t, STR("{\"epoch\":\"mwrbkg81\",\"seq\":2,\"ts\":1795320684999,\"set\":{\"key/18\":\"another text\"}}"));
	say(t, STR("{\"epoch\":\"mwrbkg81\",\"seq\":3,\"ts\":1795320685001,\"set\":{\"key/19\":\"another text\"}}"));
	CU_ASSERT(t->message.len < 30);
	stage_free(t);
}

/* --- the dictionary --- */

static void a_dictionary_has_the_last_32506_bytes(void)
{
	BUF_CLEANUP struct buf all = { 0 };
	BUF_CLEANUP struct buf text = { 0 };
	struct stage *t = stage_new();

	renew(t, STR("the beginning, which goes"));
	buf_puts(&all, "the beginning, which goes");
	for (uint64_t seed = 1; all.len < 4 * PACKED_DICTIONARY_MAX; seed++) {
		size_t expected;

		write_snapshot(&text, (int)(seed * 97 % 1700 + 1), seed);
		say_and_keep(t, buf_view(&text));
		buf_str(&all, buf_view(&text));
		expected = all.len < PACKED_DICTIONARY_MAX ? all.len : PACKED_DICTIONARY_MAX;
		CHECK_INT(t->stays.dictionary.text.len, expected);
		CU_ASSERT(str_ends(buf_view(&all), buf_view(&t->stays.dictionary.text)));
		say(t, STR("and what follows can be read"));
	}
	CU_ASSERT(!renew(t, buf_view(&text)));
	stage_free(t);
}

static void a_dictionary_is_told_when_the_snapshot_has_drifted_away(void)
{
	BUF_CLEANUP struct buf snapshot = { 0 };
	struct rng r = { 99 };
	struct stage *t = stage_new();
	int changed = 0;

	write_snapshot(&snapshot, 600, 1);
	CU_ASSERT(!renew(t, buf_view(&snapshot)));
	CU_ASSERT(!renew(t, buf_view(&snapshot)));
	for (; changed < 600; changed += 20) {
		for (int i = 0; i < 20; i++)
			change(&snapshot, changed + i, &r);
		if (renew(t, buf_view(&snapshot)))
			break;
	}
	CU_ASSERT(changed > 100 && changed < 400);
	CHECK_INT(t->dictionary.p[0], PACKED_DICTIONARY);
	CU_ASSERT(!renew(t, buf_view(&snapshot))); /* it fits again */
	CU_ASSERT(t->message.len < t->said_bytes / 10);
	say(t, STR("{\"key/5\":\"0\"}"));
	stage_free(t);
}

static void a_snapshot_that_no_dictionary_can_hold_is_not_kept(void)
{
	BUF_CLEANUP struct buf snapshot = { 0 };
	struct stage *t = stage_new();

	for (uint64_t seed = 1; seed < 5; seed++) {
		write_snapshot(&snapshot, 2000, seed);
		CU_ASSERT(snapshot.len > PACKED_DICTIONARY_MAX);
		CU_ASSERT(!renew(t, buf_view(&snapshot)));
		CHECK_INT(t->stays.dictionary.text.len, PACKED_DICTIONARY_MAX);
		say(t, buf_view(&snapshot));
	}
	stage_free(t);
}

/* Its every name is new: the crowd is not made to come back for that. */
static void another_game_costs_one_delta(void)
{
	BUF_CLEANUP struct buf snapshot = { 0 };
	struct stage *t = stage_new();
	size_t first, second;

	write_snapshot(&snapshot, 400, 1);
	renew(t, buf_view(&snapshot));
	write_snapshot(&snapshot, 400, 2);
	say_and_keep(t, buf_view(&snapshot));
	first = t->message.len;
	CU_ASSERT(!renew(t, buf_view(&snapshot)));
	say(t, buf_view(&snapshot));
	second = t->message.len;
	CU_ASSERT(second < first / 20);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(random_texts_come_back),
	UNIT(texts_of_any_length_come_back),
	UNIT(a_game_comes_back_and_is_small),
	UNIT(what_was_said_before_costs_little),
	UNIT(a_dictionary_has_the_last_32506_bytes),
	UNIT(a_dictionary_is_told_when_the_snapshot_has_drifted_away),
	UNIT(a_snapshot_that_no_dictionary_can_hold_is_not_kept),
	UNIT(another_game_costs_one_delta),
	{ NULL, NULL },
};
