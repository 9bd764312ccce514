/* Seats, tries and logins: whatever one client takes, others still get theirs, and everything is given back. */
#include "mosquitto-plugin/core/seats/books.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_books";

#define POLICY \
	"{\"roles\":{\"viewer\":{\"connections\":6},\"member\":{},\"pub\":{\"reserved\":2}}," \
	"\"users\":{\"pub\":\"pub\",\"ann\":\"member\"},\"trusted_proxies\":[\"10.0.0.1\"]," \
	"\"limits\":{\"connections\":11,\"connections_per_address\":4,\"connections_per_user\":2,\"connects_per_s\":10," \
	"\"connects_burst\":12,\"connects_per_s_per_address\":1,\"connects_burst_per_address\":5,\"failed_logins\":3," \
	"\"failed_logins_window_s\":60,\"failed_logins_ban_s\":300,\"login_ms_per_s\":1,\"addresses_remembered\":16,\"bans\":2," \
	"\"replays_per_s\":10,\"replays_burst\":100,\"replays_per_s_per_address\":10,\"replays_burst_per_address\":30}}"

enum {
	VIEWER,
	MEMBER,
	PUB
};

static struct scene {
	struct policy *policy;
	struct books books;
	mono now;
} s;

static void begin(void)
{
	struct complaint why;

	s = (struct scene){ .now = { 100000 } };
	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &s.policy, &why) == 0);
	s.books.policy = s.policy;
}

static void end(void)
{
	books_free(&s.books);
	policy_free(s.policy);
}

static void pass(int64_t ms)
{
	s.now = mono_add(s.now, ms);
}

static struct address *address(const char *text)
{
	struct address *a = books_address(&s.books, policy_address_key(s.policy, addr_parse(text)));

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	return a;
}

#define CHECK_REASON(got, expected) CHECK_STR(reason_rows[got].label, reason_rows[REASON_##expected].label)

/* ---- seats ---- */

static struct charge charges[40];
static unsigned n_charges;

static enum reason sit(const char *at, int role, const char *user)
{
	struct charge *c = &charges[n_charges];
	enum reason why;

	*c = (struct charge){ .address = address(at), .role = role };
	why = books_admit(&s.books, c, str_of(user));
	CU_ASSERT_EQUAL(c->held, !why);
	n_charges += !why;
	return why;
}

static void everybody_leaves(void)
{
	while (n_charges) {
		books_release(&s.books, &charges[--n_charges]);
		books_release(&s.books, &charges[n_charges]); /* twice is legal */
	}
	CHECK_INT(s.books.total, 0);
	for (int i = 0; i < POLICY_MAX_ROLES; i++)
		CHECK_INT(s.books.by_role[i], 0);
	for (const struct address *a = s.books.addresses; a; a = a->hh.next)
		CHECK_INT(a->connections, 0);
	CU_ASSERT_PTR_NULL(s.books.users);
}

static void seats_have_limits_of_every_kind(void)
{
	begin();
	for (int i = 0; i < 4; i++)
		CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), ADDRESS_FULL);
	CHECK_REASON(sit("192.0.2.1", PUB, "pub"), NONE); /* the limit per address is not for reserved roles */
	CHECK_REASON(sit("192.0.2.2", VIEWER, ""), NONE);
	CHECK_REASON(sit("192.0.2.2", VIEWER, ""), NONE);
	CHECK_REASON(sit("192.0.2.2", VIEWER, ""), ROLE_FULL);
	CHECK_REASON(sit("192.0.2.3", MEMBER, "ann"), NONE);
	CHECK_REASON(sit("192.0.2.4", MEMBER, "ann"), NONE);
	CHECK_REASON(sit("192.0.2.5", MEMBER, "ann"), USER_FULL);
	CHECK_REASON(sit("192.0.2.5", MEMBER, "bob"), NONE);
	CHECK_REASON(sit("192.0.2.5", MEMBER, "bob"), FULL); /* ten are taken, and the eleventh is kept */
	CHECK_REASON(sit("192.0.2.5", PUB, "pub"), NONE);
	CHECK_REASON(sit("192.0.2.5", PUB, "pub2"), FULL);
	CHECK_INT(s.books.total, 11);
	everybody_leaves();
	end();
}

static void the_seats_that_are_left_are_those_that_could_be_taken(void)
{
	int64_t left;

	begin();
	s.books.seats_by_files = 6;
	for (int i = 0; i < 3; i++) {
		left = books_seats_left(&s.books, VIEWER);
		CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
		CHECK_INT(books_seats_left(&s.books, VIEWER), left - 1);
	}
	while (books_seats_left(&s.books, VIEWER) > 0)
		CHECK_REASON(sit("10.0.0.1", VIEWER, ""), NONE);
	CHECK_REASON(sit("10.0.0.1", VIEWER, ""), FULL);
	CHECK_INT(books_seats_left(&s.books, PUB), 2); /* those that are kept for it */
	CHECK_REASON(sit("192.0.2.2", PUB, "pub"), NONE);
	CHECK_INT(books_seats_left(&s.books, PUB), 1);
	CHECK_INT(books_seats_left(&s.books, MEMBER), 0);
	s.books.seats_by_files = 2; /* the limit has been lowered, as by a reload */
	CHECK_INT(books_seats_left(&s.books, VIEWER), 0);
	everybody_leaves();
	s.books.seats_by_files = 0;
	CHECK_INT(books_seats_left(&s.books, VIEWER), s.policy->roles[VIEWER].connections);
	end();
}

static void a_proxy_is_no_address_to_be_full(void)
{
	begin();
	for (int i = 0; i < 6; i++)
		CHECK_REASON(sit("10.0.0.1", VIEWER, ""), NONE);
	everybody_leaves();
	end();
}

static void open_files_may_allow_fewer_seats(void)
{
	begin();
	s.books.seats_by_files = 4;
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), FULL);
	CHECK_REASON(sit("192.0.2.1", PUB, "pub"), NONE);
	s.books.seats_by_files = 0; /* not known */
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
	everybody_leaves();
	end();
}

static void charges_move_to_the_roles_of_another_policy(void)
{
	begin();
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
	CHECK_REASON(sit("192.0.2.1", MEMBER, "ann"), NONE);
	memset(s.books.by_role, 0, sizeof(s.books.by_role));
	for (unsigned i = 0; i < n_charges; i++)
		books_move(&s.books, &charges[i], 2);
	CHECK_INT(s.books.by_role[2], 2);
	CHECK_INT(s.books.by_role[VIEWER], 0);
	everybody_leaves();
	end();
}

static void the_longest_silent_address_is_forgotten_first(void)
{
	char text[20];

	begin();
	for (int i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		address(text);
	}
	CHECK_REASON(sit("192.0.2.1", VIEWER, ""), NONE);
	address("192.0.2.0"); /* it is no longer the longest silent */
	address("192.0.2.100");
	CHECK_INT(HASH_COUNT(s.books.addresses), 16);
	CU_ASSERT_PTR_NULL(books_find_address(&s.books, addr_key(addr_parse("192.0.2.2"))));
	CU_ASSERT_PTR_NOT_NULL(books_find_address(&s.books, addr_key(addr_parse("192.0.2.0"))));
	CU_ASSERT_PTR_NOT_NULL(books_find_address(&s.books, addr_key(addr_parse("192.0.2.1")))); /* in use */
	everybody_leaves();
	end();
}

static void there_is_no_room_for_an_address_while_all_are_in_use(void)
{
	struct charge all[16] = { { .role = MEMBER } };
	char text[20];

	begin();
	s.policy->limits.connections = 100;
	for (int i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		all[i] = (struct charge){ .address = address(text), .role = MEMBER };
		CHECK_REASON(books_admit(&s.books, &all[i], STR("")), NONE);
	}
	CU_ASSERT_PTR_NULL(books_address(&s.books, addr_key(addr_parse("192.0.2.99"))));
	books_release(&s.books, &all[7]);
	CU_ASSERT_PTR_NOT_NULL(books_address(&s.books, addr_key(addr_parse("192.0.2.99"))));
	CU_ASSERT_PTR_NULL(books_find_address(&s.books, addr_key(addr_parse("192.0.2.7"))));
	end();
}

/* ---- tries ---- */

static enum reason knock(const char *at, int role)
{
	return books_knock(&s.books, address(at), role, s.now);
}

static void addresses_and_the_broker_have_a_rate_of_tries(void)
{
	char text[20];

	begin();
	for (int i = 0; i < 5; i++)
		CHECK_REASON(knock("192.0.2.1", NO_ROLE), NONE);
	CHECK_REASON(knock("192.0.2.1", NO_ROLE), ADDRESS_RATE);
	for (int i = 0; i < 7; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", 10 + i);
		CHECK_REASON(knock(text, MEMBER), NONE);
	}
	CHECK_REASON(knock("10.0.0.1", NO_ROLE), CONNECT_RATE);
	pass(1000);
	CHECK_REASON(knock("192.0.2.1", NO_ROLE), NONE);
	CHECK_REASON(knock("192.0.2.1", NO_ROLE), ADDRESS_RATE);
	end();
}

static void a_claim_pays_from_rates_of_its_own_and_gets_it_back(void)
{
	begin();
	for (int i = 0; i < 25; i++)
		(void)(knock("10.0.0.1", NO_ROLE) == REASON_NONE);
	CHECK_REASON(knock("10.0.0.1", NO_ROLE), CONNECT_RATE); /* the crowd's are used up */
	for (int i = 0; i < 5; i++)
		CHECK_REASON(knock("192.0.2.1", PUB), NONE);
	CHECK_REASON(knock("192.0.2.1", PUB), ADDRESS_RATE);
	books_knock_back(&s.books, address("192.0.2.1"), PUB);
	CHECK_REASON(knock("192.0.2.1", PUB), NONE);
	books_knock_back(&s.books, address("192.0.2.1"), MEMBER); /* nobody else gets anything back */
	CHECK_REASON(knock("192.0.2.1", PUB), ADDRESS_RATE);
	for (int i = 0; i < 12 - 5; i++) /* 5 were paid, beside the one that was given back */
		CHECK_REASON(knock("10.0.0.1", PUB), NONE);
	CHECK_REASON(knock("10.0.0.1", PUB), CONNECT_RATE);
	books_knock_back(&s.books, address("10.0.0.1"), PUB);
	CHECK_REASON(knock("10.0.0.1", PUB), NONE);
	end();
}

/* ---- logins ---- */

/* A hash costs 60 us, and what may be spent at once is 100. */
static struct login login(const char *at, const char *user, const char *password)
{
	return (struct login){ address(at), TRANSPORT_MQTT, str_of(user), str_of(password),
			       policy_user_role(s.policy, str_of(user)), 60 };
}

static enum reason may_try(const char *at, const char *user)
{
	struct login l = login(at, user, "x");

	return books_login(&s.books, &l, s.now);
}

static void fails(const char *at, const char *user)
{
	struct login l = login(at, user, "wrong");

	books_login_failed(&s.books, &l, true, s.now);
}

static void comes_in(const char *at, const char *user, const char *password)
{
	struct login l = login(at, user, password);

	books_login_good(&s.books, &l);
}

static enum recall recall(const char *at, const char *user, const char *password)
{
	struct login l = login(at, user, password);

	return books_login_recall(&s.books, &l, s.now);
}

static void login_work_has_a_budget_and_claims_have_another(void)
{
	begin();
	CHECK_REASON(may_try("192.0.2.1", "ann"), NONE);
	CHECK_REASON(may_try("192.0.2.2", "eve"), NONE); /* owed */
	CHECK_REASON(may_try("192.0.2.3", "bob"), LOGIN_BUSY);
	CHECK_REASON(may_try("192.0.2.3", "pub"), NONE);
	CHECK_REASON(books_token(&s.books, 300, s.now), NONE); /* tokens, too */
	CHECK_REASON(books_token(&s.books, 300, s.now), LOGIN_BUSY);
	pass(21);
	CHECK_REASON(may_try("192.0.2.3", "bob"), NONE);
	end();
}

static void an_address_is_shut_after_failures_and_a_proxy_is_not(void)
{
	begin();
	for (int i = 0; i < 2; i++)
		fails("192.0.2.1", "nobody");
	pass(61000); /* the window is over, and counting begins anew */
	for (int i = 0; i < 2; i++)
		fails("192.0.2.1", "nobody");
	CHECK_REASON(may_try("192.0.2.1", "ann"), NONE);
	fails("192.0.2.1", "nobody");
	CHECK_REASON(may_try("192.0.2.1", "ann"), TOO_MANY_FAILURES);
	CHECK_INT(s.books.shut, 1);
	for (int i = 0; i < 5; i++)
		fails("10.0.0.1", "eve");
	CHECK_INT(s.books.shut, 1);
	pass(300000);
	CHECK_REASON(may_try("192.0.2.1", "ann"), NONE);
	end();
}

static void a_name_that_fails_everywhere_is_slow_but_not_at_home(void)
{
	begin();
	s.policy->limits.login_ms_per_s = 1000;
	comes_in("192.0.2.1", "ann", "secret");
	for (int i = 0; i < 3; i++)
		fails("10.0.0.1", "ann");
	CHECK_REASON(may_try("10.0.0.1", "ann"), NONE); /* one in five seconds for all behind proxies */
	CHECK_REASON(may_try("10.0.0.1", "ann"), USER_FAILURES);
	CHECK_REASON(may_try("192.0.2.7", "ann"), NONE); /* an address has two of its own */
	fails("192.0.2.7", "ann");
	fails("192.0.2.7", "ann");
	CHECK_REASON(may_try("192.0.2.7", "ann"), USER_FAILURES);
	CHECK_REASON(may_try("192.0.2.1", "ann"), NONE); /* at home, once a second */
	pass(1000);
	CHECK_REASON(may_try("192.0.2.1", "ann"), NONE);
	pass(300000);
	CHECK_REASON(may_try("192.0.2.7", "ann"), NONE);
	end();
}

/* A publisher and its standby are one user at two places; at a third one the older of them is forgotten. */
static void a_user_has_two_homes(void)
{
	begin();
	for (int i = 0; i < 3; i++) {
		comes_in("192.0.2.1", "pub", "secret");
		comes_in("192.0.2.2", "pub", "secret");
	}
	for (int i = 0; i < 3; i++)
		fails("10.0.0.1", "pub");
	CHECK_INT(recall("192.0.2.1", "pub", "secret"), RECALL_MATCH);
	CHECK_INT(recall("192.0.2.2", "pub", "secret"), RECALL_MATCH);
	CHECK_INT(recall("192.0.2.3", "pub", "secret"), RECALL_UNKNOWN);
	comes_in("192.0.2.3", "pub", "secret");
	CHECK_INT(recall("192.0.2.3", "pub", "secret"), RECALL_MATCH);
	CHECK_INT(recall("192.0.2.2", "pub", "secret"), RECALL_MATCH);
	CHECK_INT(recall("192.0.2.1", "pub", "secret"), RECALL_UNKNOWN);
	end();
}

static void a_good_password_is_remembered_and_asking_costs_nothing(void)
{
	begin();
	CHECK_INT(recall("192.0.2.1", "ann", "secret"), RECALL_UNKNOWN);
	comes_in("192.0.2.1", "ann", "secret");
	for (int i = 0; i < 1000; i++)
		CHECK_INT(recall("192.0.2.2", "ann", "wrong"), RECALL_MISMATCH);
	CHECK_INT(recall("192.0.2.2", "ann", "secret"), RECALL_MATCH);
	CHECK_INT(recall("192.0.2.2", "bob", "secret"), RECALL_UNKNOWN);
	CHECK_REASON(may_try("192.0.2.2", "bob"), NONE); /* the budget of work is whole */
	books_login_forget(books_find_user(&s.books, STR("ann")));
	CHECK_INT(recall("192.0.2.1", "ann", "secret"), RECALL_UNKNOWN);
	end();
}

/* Guessing is no way around: where passwords are not checked, what is remembered is not asked either. */
static void where_nobody_may_try_nothing_is_recalled(void)
{
	begin();
	comes_in("192.0.2.1", "ann", "secret");
	comes_in("192.0.2.1", "pub", "secret");
	for (int i = 0; i < 3; i++)
		fails("192.0.2.5", "nobody");
	CHECK_INT(recall("192.0.2.5", "ann", "secret"), RECALL_UNKNOWN); /* shut */
	CHECK_INT(recall("192.0.2.6", "ann", "secret"), RECALL_MATCH);
	for (int i = 0; i < 3; i++) {
		fails("10.0.0.1", "ann");
		fails("10.0.0.1", "pub");
	}
	CHECK_INT(recall("192.0.2.6", "ann", "secret"), RECALL_UNKNOWN); /* slow */
	CHECK_INT(recall("192.0.2.6", "pub", "secret"), RECALL_UNKNOWN);
	CHECK_INT(recall("192.0.2.1", "ann", "secret"), RECALL_UNKNOWN);
	CHECK_INT(recall("192.0.2.1", "pub", "secret"), RECALL_MATCH); /* a reserved role, at home */
	end();
}

static void guesses_in_a_name_make_it_slow_whoever_lets_them_in(void)
{
	begin();
	comes_in("192.0.2.1", "pub", "secret");
	for (int i = 0; i < 3; i++)
		fails("192.0.2.5", "pub");
	CU_ASSERT_FALSE(mono_reached(s.now, books_find_user(&s.books, STR("pub"))->slow_until));
	end();
}

/* ---- replays ---- */

static void replays_are_paid_by_address_and_broker_and_given_back(void)
{
	struct charge one, other, pub;

	begin();
	one = (struct charge){ .address = address("192.0.2.1"), .role = VIEWER };
	other = (struct charge){ .address = address("192.0.2.2"), .role = VIEWER };
	pub = (struct charge){ .address = address("192.0.2.1"), .role = PUB };
	CHECK_REASON(books_replay(&s.books, &one, 90, s.now), NONE); /* owed: 60 more than fit */
	CHECK_REASON(books_replay(&s.books, &one, 1, s.now), REPLAY_RATE);
	CHECK_REASON(books_replay(&s.books, &other, 20, s.now), NONE);
	CHECK_REASON(books_replay(&s.books, &other, 1, s.now), REPLAY_RATE); /* the broker's budget */
	CHECK_REASON(books_replay(&s.books, &pub, 1000, s.now), NONE);
	CHECK_INT((int)other.address->replays.missing, 20); /* what was not sent is not owed */
	pass(2000);
	CHECK_REASON(books_replay(&s.books, &other, 1, s.now), NONE);
	end();
}

/* ---- users and bans ---- */

static void a_user_is_forgotten_when_nothing_refers_to_him(void)
{
	struct user_book *u;

	begin();
	u = books_user(&s.books, STR("tmp"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	u->sessions = 1;
	books_user_release(&s.books, u);
	CU_ASSERT_PTR_EQUAL(books_find_user(&s.books, STR("tmp")), u);
	u->sessions = 0;
	books_user_release(&s.books, u);
	CU_ASSERT_PTR_NULL(books_find_user(&s.books, STR("tmp")));
	comes_in("192.0.2.1", "ann", "secret"); /* the entry of a user with a home stays */
	books_user_release(&s.books, books_find_user(&s.books, STR("ann")));
	CU_ASSERT_PTR_NOT_NULL(books_find_user(&s.books, STR("ann")));
	end();
}

static void a_ban_may_spare_the_reserved_or_hold_elsewhere(void)
{
	struct ban_order weak = { "user", STR("ann"), { 0 }, true, false }, far = { "address", STR("192.0.2.1"), { 0 }, false, true };

	begin();
	weak.until = mono_add(s.now, 1000);
	CU_ASSERT(books_ban_some(&s.books, &weak));
	CU_ASSERT(books_is_banned(&s.books, "user", STR("ann"), s.now));
	CU_ASSERT_FALSE(books_is_banned_all_the_same(&s.books, "user", STR("ann"), s.now));
	CU_ASSERT(books_unban(&s.books, "user", STR("ann")));
	CU_ASSERT(books_ban(&s.books, "user", STR("ann"), mono_add(s.now, 5000)));
	CU_ASSERT(books_ban_some(&s.books, &weak));
	pass(2000); /* the stronger one is neither shorter nor weaker for it */
	CU_ASSERT(books_is_banned_all_the_same(&s.books, "user", STR("ann"), s.now));
	CU_ASSERT(books_unban(&s.books, "user", STR("ann")));
	far.until = mono_add(s.now, 1000);
	CU_ASSERT(books_ban_some(&s.books, &far));
	CU_ASSERT_FALSE(books_is_banned(&s.books, "address", STR("192.0.2.1"), s.now));
	CHECK_INT(HASH_COUNT(s.books.bans), 1);
	CU_ASSERT(books_ban(&s.books, "address", STR("192.0.2.1"), mono_add(s.now, 1000)));
	CU_ASSERT(books_is_banned(&s.books, "address", STR("192.0.2.1"), s.now));
	CU_ASSERT(books_ban_some(&s.books, &far)); /* it holds here all the same */
	CU_ASSERT(books_is_banned_all_the_same(&s.books, "address", STR("192.0.2.1"), s.now));
	end();
}

static void a_weak_ban_makes_room_for_one_that_holds_for_all(void)
{
	struct ban_order weak = { "user", STR("w1"), { 0 }, true, false };

	begin();
	weak.until = mono_add(s.now, 100000);
	CU_ASSERT(books_ban(&s.books, "user", STR("ann"), mono_add(s.now, 1000)));
	CU_ASSERT(books_ban_some(&s.books, &weak));
	CU_ASSERT(books_ban(&s.books, "user", STR("bob"), mono_add(s.now, 1000)));
	CU_ASSERT_FALSE(books_is_banned(&s.books, "user", STR("w1"), s.now));
	CU_ASSERT(books_is_banned(&s.books, "user", STR("ann"), s.now));
	CU_ASSERT(books_is_banned(&s.books, "user", STR("bob"), s.now));
	CU_ASSERT_FALSE(books_ban_some(&s.books, &weak)); /* not the other way round */
	CU_ASSERT_FALSE(books_ban(&s.books, "user", STR("eve"), mono_add(s.now, 1000)));
	CHECK_INT(HASH_COUNT(s.books.bans), 2);
	end();
}

static void bans_have_an_end_and_a_number(void)
{
	begin();
	CU_ASSERT(books_ban(&s.books, "user", STR("ann"), mono_add(s.now, 1000)));
	CU_ASSERT(books_ban(&s.books, "address", STR("ann"), mono_add(s.now, 2000))); /* an address, not the user of this name */
	CU_ASSERT_FALSE(books_ban(&s.books, "user", STR("bob"), mono_add(s.now, 1000)));
	CU_ASSERT(books_ban(&s.books, "user", STR("ann"), mono_add(s.now, 1500))); /* longer */
	CU_ASSERT(books_is_banned(&s.books, "user", STR("ann"), s.now));
	CU_ASSERT_FALSE(books_is_banned(&s.books, "user", STR("bob"), s.now));
	pass(1500);
	CU_ASSERT_FALSE(books_is_banned(&s.books, "user", STR("ann"), s.now));
	CU_ASSERT(books_is_banned(&s.books, "address", STR("ann"), s.now));
	books_expire(&s.books, s.now);
	CHECK_INT(HASH_COUNT(s.books.bans), 1);
	CU_ASSERT(books_unban(&s.books, "address", STR("ann")));
	CU_ASSERT_FALSE(books_unban(&s.books, "address", STR("ann")));
	CU_ASSERT_FALSE(books_is_banned(&s.books, "address", STR("ann"), s.now));
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(a_ban_may_spare_the_reserved_or_hold_elsewhere),
	UNIT(seats_have_limits_of_every_kind),
	UNIT(a_proxy_is_no_address_to_be_full),
	UNIT(open_files_may_allow_fewer_seats),
	UNIT(the_seats_that_are_left_are_those_that_could_be_taken),
	UNIT(charges_move_to_the_roles_of_another_policy),
	UNIT(the_longest_silent_address_is_forgotten_first),
	UNIT(there_is_no_room_for_an_address_while_all_are_in_use),
	UNIT(addresses_and_the_broker_have_a_rate_of_tries),
	UNIT(a_claim_pays_from_rates_of_its_own_and_gets_it_back),
	UNIT(login_work_has_a_budget_and_claims_have_another),
	UNIT(an_address_is_shut_after_failures_and_a_proxy_is_not),
	UNIT(a_name_that_fails_everywhere_is_slow_but_not_at_home),
	UNIT(a_user_has_two_homes),
	UNIT(a_good_password_is_remembered_and_asking_costs_nothing),
	UNIT(where_nobody_may_try_nothing_is_recalled),
	UNIT(guesses_in_a_name_make_it_slow_whoever_lets_them_in),
	UNIT(replays_are_paid_by_address_and_broker_and_given_back),
	UNIT(a_user_is_forgotten_when_nothing_refers_to_him),
	UNIT(a_weak_ban_makes_room_for_one_that_holds_for_all),
	UNIT(bans_have_an_end_and_a_number),
	{ NULL, NULL },
};
