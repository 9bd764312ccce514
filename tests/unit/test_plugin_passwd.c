#include "base/buf.h"
#include "mosquitto-plugin/core/login/passwd.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* All written by mosquitto_passwd itself: 2.0.11 and 2.1.2; the password is "secret". */
#define PBKDF2_20 "ann:$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define PBKDF2_21 "bob:$7$1000$LQ1N/EwbLPTuP7nE8LMYHWSifjHh6Q2DCIH6zmYC4NdvIj3DVsDq+iEB63KW0L/Cyef//fKKBckkxAr3W0sQ4A==$AkxgnJ/SjmNqdjucmbgRHLY52iddgzr7pItOLdfCEoswrgnMAUKlG+T3cVlP9ktArMLtx55Tm4+CBbsCX4VUdw=="
/* the same, but by libargon2 with the parameters of 2.1: Debian builds mosquitto_passwd without argon2 */
#define ARGON2ID "cy:$argon2id$v=19$m=47104,t=1,p=1$WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWg$aKWkbdJZFmHgSPoiKAzbzW4MPf5Gxtsvqu/aOyj7W2E6P/11XpBW5zJrCuw7HgtMuG6JLTerg8woYnzClejnFw"
/* as 1.6 wrote it */
#define SHA512 "dan:$6$c2FsdHNhbHQxMjM0$/0C1FrmgYAJVf4u5SX25qtl6BLuzCQ3pnatuw8/FbVp02lFNUTA6iMk28G7KK5mKe/CaMR0Pe2DIa2KARlJ2cA=="

static bool check(const struct passwd *p, const char *user, const char *password)
{
	const struct passwd_entry *e = passwd_find(p, str_of(user));

	return e && passwd_check(e, str_of(password));
}

static void every_scheme_of_mosquitto_passwd_is_understood(void)
{
	static const char *const users[] = { "ann", "bob", "cy", "dan" };
	struct passwd p;
	struct complaint why = { 0, "" };

	CHECK_INT(passwd_parse(&p, STR("# users\n\n" PBKDF2_20 "\n" PBKDF2_21 "\r\n  \n" ARGON2ID "\n" SHA512), &why), 0);
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(check(&p, users[i], "secret"));
		CU_ASSERT_FALSE(check(&p, users[i], "Secret"));
		CU_ASSERT_FALSE(check(&p, users[i], ""));
		CU_ASSERT_FALSE(check(&p, users[i], NULL));
		CU_ASSERT_FALSE(check(&p, users[i], "secret "));
	}
	CU_ASSERT_FALSE(check(&p, "eve", "secret"));
	CU_ASSERT_FALSE(check(&p, "", "secret"));
	passwd_free(&p);
	passwd_free(&p);
}

static void the_cost_is_known_beforehand(void)
{
	struct passwd p;
	struct complaint why = { 0, "" };

	CHECK_INT(passwd_parse(&p, STR(PBKDF2_20 "\n" PBKDF2_21 "\n" ARGON2ID), &why), 0);
	CHECK_INT(passwd_cost_us(passwd_find(&p, STR("ann"))), 102);
	CHECK_INT(passwd_cost_us(passwd_find(&p, STR("bob"))), 1001);
	CU_ASSERT(passwd_cost_us(passwd_find(&p, STR("cy"))) > 10000);
	passwd_free(&p);
}

static const struct {
	const char *text;
	unsigned line;
	const char *why;
} bads[] = {
	{ "ann", 1, "name:hash" },
	{ ":$6$a$b", 1, "name:hash" },
	{ "ann:", 1, "not hashed" },
	{ "ann:secret", 1, "not hashed" },
	{ "ann:$5$a$b", 1, "not hashed" },
	{ "\n#\nann:$6$a", 3, "salt and hash" },
	{ "ann:$6$c2FsdA==$aGFzaA==", 1, "bad hash" },
	{ "ann:$6$====$aGFzaA==", 1, "bad salt" },
	{ "ann:$6$$aGFzaA==", 1, "bad salt" },
	{ "ann:$6$c2*sdA==$aGFzaA==", 1, "bad salt" },
	{ "ann:$6$c2F=dA==$aGFzaA==", 1, "bad salt" },
	{ "ann:$6$c2FsdA==$x$y", 1, "salt and hash" },
	{ "ann:$7$0$c2FsdA==$aGFzaA==", 1, "iterations" },
	{ "ann:$7$-5$c2FsdA==$aGFzaA==", 1, "iterations" },
	{ "ann:$7$99999999$c2FsdA==$aGFzaA==", 1, "iterations" },
	{ "ann:$7$x$c2FsdA==$aGFzaA==", 1, "iterations" },
	{ "ann:$argon2id$v=16$m=8,t=1,p=1$c2FsdA$aGFzaA", 1, "bad argon2id" },
	{ "ann:$argon2id$v=19$m=8,t=1$c2FsdA$aGFzaA", 1, "parameters" },
	{ "ann:$argon2id$v=19$m=4000000,t=1,p=1$c2FsdA$aGFzaA", 1, "parameters" },
	{ "ann:$argon2id$v=19$m=1000000,t=1000000,p=1$c2FsdA$aGFzaA", 1, "costly" },
	{ "ann:$argon2id$v=19$m=8,t=1,p=99$c2FsdA$aGFzaA", 1, "costly" },
	{ PBKDF2_20 "\n" PBKDF2_20, 2, "twice" },
};

static void bad_lines_are_named(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct complaint why = { 0, "" };
		struct passwd p;

		CHECK_INT(passwd_parse(&p, str_of(bads[i].text), &why), 1);
		CHECK_INT(why.line, bads[i].line);
		if (!strstr(why.text, bads[i].why))
			printf("\n    row %zu: \"%s\", expected \"%s\"\n", i, why.text, bads[i].why);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, bads[i].why));
		CU_ASSERT_PTR_NULL(p.entries);
	}
}

static void a_broken_argon2_hash_lets_nobody_in(void)
{
	struct complaint why = { 0, "" };
	struct passwd p;

	CHECK_INT(passwd_parse(&p, STR("cy:$argon2id$v=19$m=64,t=1,p=1$!!$??"), &why), 0);
	CU_ASSERT_FALSE(check(&p, "cy", "secret"));
	passwd_free(&p);
}

static void a_name_holds_no_nul(void)
{
	static const char text[] = "an\0n:$6$c2FsdA==$aGFzaA==";
	struct complaint why = { 0, "" };
	struct passwd p;

	CHECK_INT(passwd_parse(&p, (struct str){ text, sizeof(text) - 1 }, &why), 1);
	CHECK_STR(why.text, "NUL in a name");
}

const char *const unit_name = "plugin_passwd";
const struct unit_test unit_tests[] = {
	UNIT(every_scheme_of_mosquitto_passwd_is_understood),
	UNIT(the_cost_is_known_beforehand),
	UNIT(bad_lines_are_named),
	UNIT(a_broken_argon2_hash_lets_nobody_in),
	UNIT(a_name_holds_no_nul),
	{ NULL, NULL },
};
