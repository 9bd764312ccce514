/* text - the first case that holds and has all its values; one line of a promised length; and what is no template. */
#include "publisher/core/names/text.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "text";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Values as "key=value" lines. */
static bool get(const void *arg, struct str key, struct buf *out)
{
	struct str rest = str_of(arg), line, name;

	while (str_split(&rest, '\n', &line)) {
		if (!str_split(&line, '=', &name) || !str_eq(name, key))
			continue;
		buf_str(out, line);
		return true;
	}
	return false;
}

static struct text_case make_case(const char *template)
{
	struct complaint why = { 0, "" };
	struct text_case c = { 0 };

	CHECK_INT(text_template_parse(str_of(template), &c.template, &why), TEXT_OK);
	CHECK_STR(why.text, "");
	return c;
}

static void add_condition(struct text_case *c, const char *key, const char *value, bool is_key)
{
	c->conditions[c->n_conditions++] = (struct text_condition){
		.key = str_dup(str_of(key)),
		.value = value ? str_dup(str_of(value)) : NULL,
		.is_key = is_key,
	};
}

static void check_text(const struct text_case *cases, size_t n, const char *values, const char *expected)
{
	const struct text_values v = { get, values };
	BUF_CLEANUP struct buf out = { 0 };

	buf_puts(&out, "=");
	text_write(cases, n, &v, &out);
	CHECK_STR(out.p + 1, expected);
}

static void keys_stand_for_their_values(void)
{
	struct text_case c = make_case("{a}:{b/c} of {a}");

	check_text(&c, 1, "a=23\nb/c=17", "23:17 of 23");
	check_text(&c, 1, "a=23", "");
	check_text(&c, 1, "a=23\nb/c=", ""); /* a value that is empty is as good as none */
	text_case_free(&c);
	text_case_free(&c);
}

static void the_first_case_counts_that_holds_and_has_its_values(void)
{
	struct text_case cases[] = { make_case("{word}"), make_case("Jam {n}"), make_case("same"), make_case(""), make_case("other") };

	add_condition(&cases[0], "is", "word", false);
	add_condition(&cases[1], "is", "jam", false);
	add_condition(&cases[1], "off", NULL, false);
	add_condition(&cases[2], "n", "m", true);
	add_condition(&cases[3], "quiet", "true", false);
	check_text(cases, COUNT(cases), "is=word\nword=Pause", "Pause");
	check_text(cases, COUNT(cases), "is=word", "other");
	check_text(cases, COUNT(cases), "is=jam\nn=3", "Jam 3");
	check_text(cases, COUNT(cases), "is=jam\nn=3\noff=", "other"); /* it has a value, if an empty one */
	check_text(cases, COUNT(cases), "n=2\nm=2", "same");
	check_text(cases, COUNT(cases), "n=2\nm=3", "other");
	check_text(cases, COUNT(cases), "n=2", "other");
	check_text(cases, COUNT(cases), "m=2", "other");
	check_text(cases, COUNT(cases), "quiet=true", ""); /* an empty template is no text, and ends the search */
	check_text(cases, 1, "", "");
	for (size_t i = 0; i < COUNT(cases); i++)
		text_case_free(&cases[i]);
}

static void a_text_is_one_line_of_a_promised_length(void)
{
	struct text_case c = make_case("{a}{b}");
	char values[400], expected[TEXT_MAX_LENGTH + 1];

	check_text(&c, 1, "a=x\ty\x7f\x1b[0m\nb=\xc2\x85z", "x y  [0m  z");
	memset(values, 'x', sizeof(values));
	memcpy(values, "a=", 2);
	/* 127 bytes, and a character of two that would end behind the limit */
	snprintf(values + 2 + TEXT_MAX_LENGTH - 1, sizeof(values) - 2 - TEXT_MAX_LENGTH + 1, "\nb=\xc3\xa4zzz");
	memset(expected, 'x', sizeof(expected));
	expected[TEXT_MAX_LENGTH - 1] = '\0';
	check_text(&c, 1, values, expected);
	text_case_free(&c);
}

static void what_is_no_template_is_refused_with_a_reason(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "{a", "a `{` without" },
		{ "x {", "a `{` without" },
		{ "a}", "a `}` without" },
		{ "a} {b}", "a `}` without" },
		{ "{}", "\"\" is no topic" },
		{ "{a{b}", "\"a{b\" is no topic" },
		{ "{a/+}", "\"a/+\" is no topic" },
		/* what others write, the crew above all, is not for everybody's displays */
		{ "{crew/nso/1/name}", "is no topic of the scoreboard's" },
		{ "{status}", "is no topic of the scoreboard's" },
		{ "{display/clock}", "is no topic of the scoreboard's" },
		{ "{notice}", "is no topic of the scoreboard's" },
		{ "{presence/total}", "is no topic of the scoreboard's" },
		{ "{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}", "at most 16 parts" },
		{ "a text of one hundred and twenty-nine bytes, which is one more than any may have, so that no display is told a whole novel: no, no, no",
		  "at most 128 bytes" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct text_case c = { 0 };

		CHECK_INT(text_template_parse(str_of(rows[i].text), &c.template, &why), TEXT_BAD);
		if (!strstr(why.text, rows[i].says))
			CHECK_STR(why.text, rows[i].says);
		text_case_free(&c);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(keys_stand_for_their_values),
	UNIT(the_first_case_counts_that_holds_and_has_its_values),
	UNIT(a_text_is_one_line_of_a_promised_length),
	UNIT(what_is_no_template_is_refused_with_a_reason),
	{ NULL, NULL },
};
