/* unpacker - what schema/packed.vectors.json says of each message comes of it; and what is damaged changes nothing. */
#include "publisher/core/news/unpacker.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "unpacker";

#define SMALL ((size_t)1 << 14) /* a ceiling for damaged messages: there are thousands, and some are bombs */

/* --- the vectors --- */

static cJSON *read_vectors(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	cJSON *json;

	CU_ASSERT_FATAL(fixture_read("schema/packed.vectors.json", &text));
	json = cJSON_ParseWithLength(text.p, text.len);
	CU_ASSERT_FATAL(json != NULL);
	return json;
}

/* "" when there is none. */
static const char *member(const cJSON *vector, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(vector, name));

	return value ? value : "";
}

static void read_message(const cJSON *vector, struct buf *out)
{
	unsigned int byte;

	buf_clear(out);
	for (const char *digits = member(vector, "hex"); sscanf(digits, "%2x", &byte) == 1; digits += 2)
		buf_char(out, (char)byte);
	CU_ASSERT(out->len * 2 == strlen(member(vector, "hex")));
}

static enum unpacked read_outcome(const cJSON *vector)
{
	static const char *const names[] = { "text", "nothing", "unknown", "bad" };
	int i = 0;

	while (i < UNPACKED_BAD && strcmp(names[i], member(vector, "outcome")) != 0)
		i++;
	CHECK_STR(member(vector, "outcome"), names[i]);
	return (enum unpacked)i;
}

static void check_vector(struct unpacker *u, const cJSON *vector, const struct buf *message)
{
	BUF_CLEANUP struct buf text = { 0 };
	enum unpacked outcome = unpacker_take(u, buf_view(message), &text);
	char id[9];

	CHECK_INT(outcome, read_outcome(vector));
	if (outcome == UNPACKED_TEXT)
		CHECK_STR(text.p, member(vector, "text"));
	snprintf(id, sizeof(id), "%08x", u->dictionary.id);
	if (*member(vector, "id"))
		CHECK_STR(id, member(vector, "id"));
}

static size_t take_all(void (*before_each)(const struct unpacker *u, struct str message))
{
	BUF_CLEANUP struct buf message = { 0 };
	cJSON *vectors = read_vectors();
	const cJSON *vector;
	struct unpacker u;
	size_t n = 0;

	unpacker_init(&u, (size_t)cJSON_GetNumberValue(cJSON_GetObjectItem(vectors, "max_bytes")));
	cJSON_ArrayForEach(vector, cJSON_GetObjectItem(vectors, "messages")) {
		read_message(vector, &message);
		if (before_each)
			before_each(&u, buf_view(&message));
		check_vector(&u, vector, &message);
		n++;
	}
	unpacker_free(&u);
	unpacker_free(&u);
	cJSON_Delete(vectors);
	return n;
}

static void every_message_comes_to_what_is_said_of_it(void)
{
	CU_ASSERT(take_all(NULL) > 20);
}

/* --- damage --- */

static void copy_unpacker(const struct unpacker *from, struct unpacker *to)
{
	unpacker_init(to, SMALL);
	dictionary_keep(&to->dictionary, buf_view(&from->dictionary.text));
	dictionary_keep(&to->before, buf_view(&from->before.text));
	to->before.id = from->before.id;
}

static void check_damaged(const struct unpacker *u, struct str message)
{
	BUF_CLEANUP struct buf text = { 0 };
	char *exact = malloc(message.len ? message.len : 1); /* so that a sanitizer sees every byte too far */
	struct unpacker victim;
	enum unpacked outcome;

	CU_ASSERT_FATAL(exact != NULL);
	memcpy(exact, message.p, message.len);
	copy_unpacker(u, &victim);
	outcome = unpacker_take(&victim, (struct str){ exact, message.len }, &text);
	CU_ASSERT(text.len <= SMALL);
	CU_ASSERT(victim.dictionary.text.len <= PACKED_DICTIONARY_MAX);
	if (outcome == UNPACKED_UNKNOWN || outcome == UNPACKED_BAD)
		CU_ASSERT(victim.dictionary.id == u->dictionary.id &&
			  str_eq(buf_view(&victim.dictionary.text), buf_view(&u->dictionary.text)));
	unpacker_free(&victim);
	free(exact);
}

/* Of long messages some of the places. */
static void damage(const struct unpacker *u, struct str message)
{
	char *copy = str_dup(message);
	size_t step = message.len / 300 + 1;

	CU_ASSERT_FATAL(copy != NULL);
	for (size_t i = 0; i < message.len; i += step) {
		check_damaged(u, (struct str){ copy, i });
		copy[i] = (char)(copy[i] ^ 1 << i % 8);
		check_damaged(u, (struct str){ copy, message.len });
		copy[i] = message.p[i];
	}
	free(copy);
}

static void what_is_damaged_changes_nothing_unless_it_can_be_read(void)
{
	CU_ASSERT(take_all(damage) > 20);
}

/* --- the ceiling --- */

static const cJSON *first_base(const cJSON *vectors)
{
	const cJSON *vector;

	cJSON_ArrayForEach(vector, cJSON_GetObjectItem(vectors, "messages")) {
		if (strcmp(member(vector, "topic"), "z/base") == 0)
			return vector;
	}
	return NULL;
}

static void a_text_may_be_as_long_as_the_ceiling_and_no_longer(void)
{
	BUF_CLEANUP struct buf message = { 0 };
	BUF_CLEANUP struct buf text = { 0 };
	cJSON *vectors = read_vectors();
	size_t length = strlen(member(first_base(vectors), "text"));

	read_message(first_base(vectors), &message);
	for (size_t less = 0; less < 2; less++) {
		struct unpacker u;

		unpacker_init(&u, length - less);
		CHECK_INT(unpacker_take(&u, buf_view(&message), &text), less ? UNPACKED_BAD : UNPACKED_TEXT);
		CHECK_INT(text.len, less ? 0 : length);
		CHECK_INT(u.dictionary.text.len == 0, less);
		unpacker_free(&u);
	}
	cJSON_Delete(vectors);
}

const struct unit_test unit_tests[] = {
	UNIT(every_message_comes_to_what_is_said_of_it),
	UNIT(what_is_damaged_changes_nothing_unless_it_can_be_read),
	UNIT(a_text_may_be_as_long_as_the_ceiling_and_no_longer),
	{ NULL, NULL },
};
