/* limits - the table of all limits: its rows make sense, are found by name, and are what the schema and the documentation tell. */
#include "base/buf.h"
#include "mosquitto-plugin/core/policy/limits.h"
#include "mosquitto-plugin/files.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static void limits_have_sane_defaults(void)
{
	const struct limit_row *tables[] = { door_limit_rows, role_limit_rows };

	for (size_t t = 0; t < 2; t++) {
		for (const struct limit_row *row = tables[t]; row->name; row++) {
			CU_ASSERT(row->min <= row->def && row->def <= row->max);
			CU_ASSERT_PTR_EQUAL(limits_find(tables[t], row->name, strlen(row->name)), row);
		}
	}
}

static void a_name_that_is_none_is_not_found(void)
{
	CU_ASSERT_PTR_NULL(limits_find(door_limit_rows, "", 0));
	CU_ASSERT_PTR_NULL(limits_find(door_limit_rows, "connection", 10));
	CU_ASSERT_PTR_NULL(limits_find(door_limit_rows, "connectionss", 12));
	CU_ASSERT_PTR_NULL(limits_find(door_limit_rows, "subscriptions", 13)); /* a role's */
	CU_ASSERT_PTR_NULL(limits_find(role_limit_rows, "connections", 11));   /* the door's */
	CU_ASSERT_PTR_NOT_NULL(limits_find(role_limit_rows, "subscriptions, and what follows", 13));
}

static void every_row_has_a_member_of_its_own(void)
{
	struct door_limits door;
	struct role_limits role;

	limits_default(door_limit_rows, &door);
	limits_default(role_limit_rows, &role);
	CHECK_INT(door.connections, 10000);
	CHECK_INT(door.retained_topics, 200000);
	CHECK_INT(role.subscriptions, 20);
	CHECK_INT(role.new_groups_per_hour, 20);
	for (const struct limit_row *row = door_limit_rows; row->name; row++) {
		CHECK_INT(limits_get(row, &door), row->def);
		*limits_at(row, &door) = -1;
	}
	for (size_t i = 0; i < sizeof(door) / sizeof(int64_t); i++)
		CHECK_INT(((const int64_t *)&door)[i], -1);
}

static void read_source(const char *path, struct buf *out)
{
	struct complaint why = { 0, "" };

	if (file_read(path, 1u << 20, out, &why))
		printf("\n    %s: %s\n", path, why.text);
	CU_ASSERT_FATAL(!*why.text);
}

/* Each limit with its bounds in the schema, and with its default in the documentation. */
static void check_documented(const struct limit_row *row, const char *schema, const char *docs)
{
	char text[200];

	snprintf(text, sizeof(text), "\"%s\": { \"type\": \"integer\", \"minimum\": %lld, \"maximum\": %lld, \"default\": %lld }",
		 row->name, (long long)row->min, (long long)row->max, (long long)row->def);
	if (!strstr(schema, text))
		printf("\n    schema/policy.schema.json lacks %s\n", text);
	CU_ASSERT_PTR_NOT_NULL(strstr(schema, text));
	snprintf(text, sizeof(text), "| `%s` | %lld |", row->name, (long long)row->def);
	if (!strstr(docs, text))
		printf("\n    docs/policy.md lacks %s\n", text);
	CU_ASSERT_PTR_NOT_NULL(strstr(docs, text));
}

static void every_limit_is_in_the_schema_and_the_docs(void)
{
	BUF_CLEANUP struct buf schema = { 0 }, docs = { 0 };

	read_source("schema/policy.schema.json", &schema);
	read_source("docs/policy.md", &docs);
	for (const struct limit_row *row = door_limit_rows; row->name; row++)
		check_documented(row, schema.p, docs.p);
	for (const struct limit_row *row = role_limit_rows; row->name; row++)
		check_documented(row, schema.p, docs.p);
}

const char *const unit_name = "plugin_limits";
const struct unit_test unit_tests[] = {
	UNIT(limits_have_sane_defaults),
	UNIT(a_name_that_is_none_is_not_found),
	UNIT(every_row_has_a_member_of_its_own),
	UNIT(every_limit_is_in_the_schema_and_the_docs),
	{ NULL, NULL },
};
