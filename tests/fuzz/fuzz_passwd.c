/* A password file is understood or refused with a line; cheap hashes are also checked. */
#include "tests/fuzz/fuzz.h"

#include "mosquitto-plugin/core/login/passwd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	static const struct str names[] = { { "ann", 3 }, { "bob", 3 }, { "cy", 2 } };
	struct complaint why = { 0, "" };
	struct passwd p;

	if (passwd_parse(&p, text, &why)) {
		PROMISE(why.text[0] && why.line && !p.entries);
		return 0;
	}
	for (size_t i = 0; i < 3; i++) {
		struct passwd_entry *e = passwd_find(&p, names[i]);

		if (e && passwd_cost_us(e) < 2000)
			PROMISE(!passwd_check(e, STR("wrong")));
	}
	passwd_free(&p);
	return 0;
}
