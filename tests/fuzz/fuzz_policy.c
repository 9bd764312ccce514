/* A policy is understood or refused with a reason and a line that exists. */
#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "mosquitto-plugin/core/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct who who = { .user = STR("ann"), .client = STR("c1") };
	struct complaint why = { 0, "" };
	struct policy *p;

	if (policy_parse(text, &p, &why)) {
		PROMISE(!p && why.text[0] && why.line <= json_line(text, size));
		return 0;
	}
	PROMISE(p->n_roles <= POLICY_MAX_ROLES && p->n_users <= POLICY_MAX_USERS);
	for (size_t i = 0; i < p->n_roles; i++) {
		rules_allow(&p->roles[i].subscribe, &who, STR("scoreboard/team/1/score"));
		rules_allow(&p->roles[i].publish, &who, STR("#"));
	}
	policy_free(p);
	return 0;
}
