/* seats - how many there may be, in all and from one address; and every seat that is taken is given back. */
#include "publisher/core/http/seats.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>

const char *const unit_name = "seats";

static enum seat_result enter(struct seats *s, const char *text, struct address **out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return seats_enter(s, (struct sockaddr *)&v4, out);
	CU_ASSERT_FATAL(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
	return seats_enter(s, (struct sockaddr *)&v6, out);
}

static struct seats *seats_of(size_t total, size_t per_address)
{
	const struct seat_limits limits = { { total, total / 2 }, { per_address, 1 } };
	struct seats *s = seats_new(&limits);

	CU_ASSERT_FATAL(s != NULL);
	return s;
}

static void an_address_is_ipv4_or_a_64_of_ipv6(void)
{
	static const struct {
		const char *first, *second;
		enum seat_result expected;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", SEAT_ADDRESS_FULL },
		{ "192.0.2.1", "192.0.2.2", SEAT_TAKEN },
		{ "192.0.2.1", "::ffff:192.0.2.1", SEAT_ADDRESS_FULL },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.2", SEAT_TAKEN },
		{ "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", SEAT_ADDRESS_FULL },
		{ "2001:db8:0:1::1", "2001:db8:0:2::1", SEAT_TAKEN },
		{ "127.0.0.1", "127.0.0.1", SEAT_TAKEN },
		{ "127.9.9.9", "127.9.9.9", SEAT_TAKEN },
		{ "::ffff:127.0.0.1", "127.0.0.1", SEAT_TAKEN },
		{ "::1", "::1", SEAT_TAKEN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seats *s = seats_of(10, 1);
		struct address *a = NULL, *b = NULL;

		CHECK_INT(enter(s, rows[i].first, &a), SEAT_TAKEN);
		CHECK_INT(enter(s, rows[i].second, &b), rows[i].expected);
		seats_free(s);
	}
}

static void all_together_have_a_limit_loopback_included(void)
{
	struct seats *s = seats_of(3, 3);
	struct address *a[3], *one_more = NULL;

	for (int i = 0; i < 3; i++)
		CHECK_INT(enter(s, "127.0.0.1", &a[i]), SEAT_TAKEN);
	CHECK_INT(enter(s, "127.0.0.1", &one_more), SEAT_ALL_TAKEN);
	CHECK_INT(enter(s, "192.0.2.1", &one_more), SEAT_ALL_TAKEN);
	seats_give_back(s, a[0], SEAT_CONNECTION);
	CHECK_INT(enter(s, "192.0.2.1", &one_more), SEAT_TAKEN);
	CHECK_INT(seats_taken(s, SEAT_CONNECTION), 3);
	seats_give_back(s, a[1], SEAT_CONNECTION);
	seats_give_back(s, a[2], SEAT_CONNECTION);
	seats_give_back(s, one_more, SEAT_CONNECTION);
	CHECK_INT(seats_taken(s, SEAT_CONNECTION), 0);
	seats_free(s);
	seats_free(NULL);
}

static void streams_are_counted_beside_connections(void)
{
	struct seats *s = seats_of(10, 5);
	struct address *a = NULL, *b = NULL;

	CHECK_INT(enter(s, "192.0.2.1", &a), SEAT_TAKEN);
	CHECK_INT(seats_take(s, a, SEAT_STREAM), SEAT_TAKEN);
	CHECK_INT(seats_take(s, a, SEAT_STREAM), SEAT_ADDRESS_FULL);
	CHECK_INT(enter(s, "192.0.2.1", &b), SEAT_TAKEN);
	CHECK_INT(seats_taken(s, SEAT_STREAM), 1);
	seats_give_back(s, a, SEAT_STREAM);
	CHECK_INT(seats_take(s, b, SEAT_STREAM), SEAT_TAKEN);
	seats_give_back(s, b, SEAT_STREAM);
	seats_give_back(s, a, SEAT_CONNECTION);
	seats_give_back(s, b, SEAT_CONNECTION);
	CHECK_INT(seats_taken(s, SEAT_STREAM) + seats_taken(s, SEAT_CONNECTION), 0);
	seats_free(s);
}

static void limits_fit_below_the_files(void)
{
	const struct seat_limits wanted = { { 10000, SIZE_MAX }, { 1000, 500 } };
	static const struct {
		size_t files, connections, streams, per_address, streams_per_address;
	} rows[] = {
		{ 16384, 10000, 5000, 1000, 500 },
		{ 1024, 960, 480, 480, 240 },
		{ 400, 336, 168, 168, 84 },
		{ 64, 8, 4, 4, 2 },
		{ 0, 8, 4, 4, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seat_limits l = seats_fit(wanted, rows[i].files);

		CHECK_INT(l.total[SEAT_CONNECTION], rows[i].connections);
		CHECK_INT(l.total[SEAT_STREAM], rows[i].streams);
		CHECK_INT(l.per_address[SEAT_CONNECTION], rows[i].per_address);
		CHECK_INT(l.per_address[SEAT_STREAM], rows[i].streams_per_address);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(an_address_is_ipv4_or_a_64_of_ipv6),
	UNIT(all_together_have_a_limit_loopback_included),
	UNIT(streams_are_counted_beside_connections),
	UNIT(limits_fit_below_the_files),
	{ NULL, NULL },
};
