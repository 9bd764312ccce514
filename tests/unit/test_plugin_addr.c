#include "mosquitto-plugin/core/policy/addr.h"
#include "mosquitto-plugin/core/seats/bucket.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text, *key;
} keys[] = {
	{ "192.0.2.7", "192.0.2.7" },
	{ "::ffff:192.0.2.7", "192.0.2.7" },
	{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
	{ "2001:db8:1:2::1", "2001:db8:1:2::/64" },
	{ "fe80::1%eth0", "fe80::/64" },
	{ "::1", "local" }, /* the /64 of ::1 is all zero */
	{ "", "local" },
	{ NULL, "local" },
	{ "/run/mosquitto.sock", "local" },
	{ "999.1.1.1", "local" },
};

static void addresses_become_keys(void)
{
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		CHECK_STR(addr_text(addr_key(addr_parse(keys[i].text)), text), keys[i].key);
}

static const struct {
	const char *cidr, *address;
	bool has;
} nets[] = {
	{ "10.0.0.0/8", "10.255.0.1", true },
	{ "10.0.0.0/8", "11.0.0.1", false },
	{ "192.0.2.0/25", "192.0.2.127", true },
	{ "192.0.2.0/25", "192.0.2.128", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "0.0.0.0/0", "203.0.113.1", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "203.0.113.1", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::1", false },
	{ "::1", "::1", true },
};

static void networks_hold_addresses(void)
{
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct cidr c;

		CU_ASSERT_FATAL(cidr_parse(str_of(nets[i].cidr), &c));
		CHECK_INT(cidr_has(&c, addr_parse(nets[i].address)), nets[i].has);
	}
}

static void bad_networks_are_refused(void)
{
	static const char *const bad[] = { "", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8",
					   "::/129", "10.0.0/8", "/8", "10.0.0.0/0x8" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cidr c;

		CU_ASSERT_FALSE(cidr_parse(str_of(bad[i]), &c));
	}
}

static void a_bucket_fills_with_time(void)
{
	struct rate r = { 10, 5 };
	struct bucket b = { 0 };
	mono t = { 1000 };

	for (int i = 0; i < 5; i++)
		CU_ASSERT_TRUE(bucket_take(&b, r, 1, t));
	CU_ASSERT_FALSE(bucket_take(&b, r, 1, t));
	CU_ASSERT_TRUE(bucket_take(&b, r, 1, mono_add(t, 100)));
	CU_ASSERT_FALSE(bucket_take(&b, r, 1, mono_add(t, 199)));
	CU_ASSERT_TRUE(bucket_take(&b, r, 5, mono_add(t, 10000)));
	CU_ASSERT_FALSE(bucket_take(&b, r, 1, t)); /* a clock that goes back gives nothing */
}

static void a_bucket_that_lends_is_owed(void)
{
	struct rate r = { 10, 5 };
	struct bucket b = { 0 };
	mono t = { 1000 };

	CU_ASSERT_TRUE(bucket_borrow(&b, r, 100, t));
	CU_ASSERT_FALSE(bucket_borrow(&b, r, 1, mono_add(t, 9000)));
	CU_ASSERT_TRUE(bucket_borrow(&b, r, 1, mono_add(t, 9600)));
}

const char *const unit_name = "plugin_addr";
const struct unit_test unit_tests[] = {
	UNIT(addresses_become_keys),
	UNIT(networks_hold_addresses),
	UNIT(bad_networks_are_refused),
	UNIT(a_bucket_fills_with_time),
	UNIT(a_bucket_that_lends_is_owed),
	{ NULL, NULL },
};
