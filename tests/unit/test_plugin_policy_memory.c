/* policy and passwords - when memory runs out, a file is refused for that reason, and nothing of it stays. */
#include "mosquitto-plugin/core/login/passwd.h"
#include "mosquitto-plugin/core/policy/policy.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_policy_memory";

#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\",\"!sb/crew/#\"]},\"crew\":{\"publish\":[\"sb/%u/#\"],\"client_ids\":[\"a\",\"b*\"]}}," \
	"\"users\":{\"ann\":\"crew\",\"bob\":\"viewer\"},\"passwords\":\"pw\"," \
	"\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\"roles\":[\"crew\"],\"issuer\":\"i\",\"audience\":\"a\"}," \
	"\"drop_repeats\":[\"sb/#\"],\"rooms\":{\"open\":[\"match:*\",\"global\"]},\"presence\":{\"watch\":[{\"name\":\"hall\",\"filter\":\"halls/+\"}]}}"

static void a_policy_is_read_whole_or_refused(void)
{
	struct policy *p = NULL;
	size_t n;

	for (n = 0; !p; n++) {
		struct complaint why = { 0, "" };
		int r;

		memory_fails_at(n);
		r = policy_parse(STR(POLICY), &p, &why);
		CHECK_INT(memory_is_plenty(), r);
		CHECK_INT(p == NULL, r);
		if (r)
			CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "out of memory"));
	}
	CU_ASSERT(n > 20);
	CHECK_INT(policy_user_role(p, STR("ann")), policy_role(p, STR("crew")));
	policy_free(p);
}

#define HASH "$6$c2FsdHNhbHQxMjM0$/0C1FrmgYAJVf4u5SX25qtl6BLuzCQ3pnatuw8/FbVp02lFNUTA6iMk28G7KK5mKe/CaMR0Pe2DIa2KARlJ2cA=="

static void passwords_are_read_whole_or_refused(void)
{
	struct passwd p = { NULL };
	size_t n;

	for (n = 0; !p.entries; n++) {
		struct complaint why = { 0, "" };
		int r;

		memory_fails_at(n);
		r = passwd_parse(&p, STR("ann:" HASH "\nbob:" HASH "\n"), &why);
		CHECK_INT(memory_is_plenty(), r);
		CHECK_INT(p.entries == NULL, r);
		if (r)
			CHECK_STR(why.text, "out of memory");
	}
	CU_ASSERT(n > 4);
	CU_ASSERT_PTR_NOT_NULL(passwd_find(&p, STR("bob")));
	passwd_free(&p);
}

const struct unit_test unit_tests[] = {
	UNIT(a_policy_is_read_whole_or_refused),
	UNIT(passwords_are_read_whole_or_refused),
	{ NULL, NULL },
};
