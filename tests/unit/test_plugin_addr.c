#include "mosquitto-plugin/core/policy/addr.h"
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
					   "::/129", "10.0.0/8", "/8", "10.0.0.0/0x8", NULL,
					   "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cidr c;

		CU_ASSERT_FALSE(cidr_parse(str_of(bad[i]), &c));
	}
}

const char *const unit_name = "plugin_addr";
const struct unit_test unit_tests[] = {
	UNIT(addresses_become_keys),
	UNIT(networks_hold_addresses),
	UNIT(bad_networks_are_refused),
	{ NULL, NULL },
};
