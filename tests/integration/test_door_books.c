/* 20,000 connects, good and bad, polite and not; and in the end nobody is in, by every count. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 100
#define BATCH 200
#define MAX_LIVE 400
#define N_IDS 600
#define N_ADDRESSES 50

#define POLICY \
	"{\"passwords\":\"passwd\",\"roles\":{\"viewer\":{\"subscribe\":[\"scoreboard/#\"]},\"member\":{\"subscribe\":[\"#\"],\"limits\":{\"sessions\":1000}}," \
	"\"staff\":{\"subscribe\":[\"#\"],\"control\":true,\"reserved\":5}}," \
	"\"users\":{\"ann\":\"member\",\"operator\":\"staff\"}," \
	"\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"}," \
	"\"presence\":{\"watch\":[{\"name\":\"view\",\"filter\":\"scoreboard/feed/+/delta\"}]}," \
	"\"limits\":{\"connections_per_user\":1000,\"connects_per_s\":100000,\"connects_burst\":100000," \
	"\"connects_per_s_per_address\":10000,\"connects_burst_per_address\":10000,\"failed_logins_ban_s\":2," \
	"\"login_ms_per_s\":1000}}"

struct guest {
	struct dc *c;
	unsigned id;
	bool websocket, in;
};

static struct guest live[MAX_LIVE + BATCH];
static size_t n_live;
static unsigned n_refused, n_takeovers, n_kicked, n_connects;

static void dial(struct broker *b, struct guest *g, unsigned id)
{
	char from[20];

	/* who comes back comes from the same address, or he would not be given his id while it is in use */
	snprintf(from, sizeof(from), "127.0.8.%u", 1 + id % N_ADDRESSES);
	g->id = id;
	g->websocket = chance(10) < 3;
	g->c = dc_dial(g->websocket ? broker_ws_port(b) : broker_port(b), g->websocket, from);
}

static void say_connect(struct guest *g)
{
	char id[20];
	bool is_ann = g->id % 4 == 0;
	/* viewers may not keep a session, ann may */
	struct dc_login login = { .id = id, .keep_session = chance(is_ann ? 2 : 20) == 0 };

	snprintf(id, sizeof(id), "g%u", g->id);
	if (is_ann)
		login.user = "ann", login.password = chance(5) == 0 ? "wrong" : "pw-ann";
	if (chance(20) == 0)
		login.will_topic = "scoreboard/x", login.will_payload = "gone";
	dc_send_connect(g->c, &login);
}

static void forget(size_t i)
{
	live[i] = live[--n_live];
}

/* The one with this id who is in was thrown out by another. */
static void taken_over(unsigned id)
{
	for (size_t i = 0; i < n_live; i++) {
		if (live[i].id != id)
			continue;
		n_takeovers++;
		dc_drop(live[i].c);
		forget(i);
		return;
	}
}

static void leave(size_t i)
{
	if (chance(2))
		dc_leave(live[i].c);
	else
		dc_drop(live[i].c);
	forget(i);
}

/* Some never say what they want, or only half of it. */
static bool half_open(struct guest *g)
{
	if (chance(20))
		return false;
	if (chance(2))
		dc_send_raw(g->c, STR("\x10\x40\0\x04MQ"));
	return true;
}

static void arrive(struct broker *b)
{
	static struct guest batch[BATCH];
	unsigned first = chance(N_IDS);

	for (unsigned i = 0; i < BATCH; i++)
		dial(b, &batch[i], (first + i) % N_IDS);
	for (unsigned i = 0; i < BATCH; i++) {
		batch[i].in = dc_upgraded(batch[i].c) && !half_open(&batch[i]);
		if (batch[i].in)
			say_connect(&batch[i]);
	}
	for (unsigned i = 0; i < BATCH; i++) {
		n_connects++;
		if (batch[i].in && dc_connack(batch[i].c) == 0) {
			taken_over(batch[i].id);
			if (!chance(3))
				dc_subscribe(batch[i].c, "scoreboard/feed/overlay/delta");
			live[n_live++] = batch[i];
			continue;
		}
		n_refused += batch[i].in;
		dc_drop(batch[i].c);
	}
}

static void kick_somebody(struct dc *o)
{
	BUF_CLEANUP struct buf out = { 0 };
	char request[100];
	size_t i = n_live ? chance((uint32_t)n_live) : 0;

	if (!n_live)
		return;
	snprintf(request, sizeof(request), "{\"commands\":[{\"command\":\"kick\",\"client\":\"g%u\"}]}", live[i].id);
	CU_ASSERT(door_control(o, request, &out));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "\"data\":{}"));
	CU_ASSERT(dc_wait_end(live[i].c, 5000) != DC_SILENT);
	dc_drop(live[i].c);
	forget(i);
	n_kicked++;
}

/* Presence says so many, two seconds after the last change at the latest. */
static bool presence_is(struct dc *monitor, size_t n)
{
	char text[20];

	snprintf(text, sizeof(text), "%zu", n);
	/* the newest count is retained: asking again brings it, whether it has changed or not */
	for (mono until = mono_add(mono_now(), patience_ms(2000)); !mono_reached(mono_now(), until);) {
		if (dc_subscribe(monitor, "scoreboard/presence/total") == 0 &&
		    dc_expect(monitor, "scoreboard/presence/total", text, 200))
			return true;
	}
	printf("\n    presence is not %s\n", text);
	return false;
}

static void a_round(struct broker *b, struct dc *o, unsigned i)
{
	arrive(b);
	while (n_live > MAX_LIVE / 2 || (n_live && chance(30)))
		leave(chance((uint32_t)n_live));
	kick_somebody(o);
	dc_ping(o);
	if (i % 5 == 0)
		CU_ASSERT(presence_is(o, n_live + 1));
}

static void the_books_balance_after_20000_connects(void)
{
	struct broker *b = door_start(POLICY, "log_type warning\nlog_type error\nmax_connections -1\n");
	struct dc *o = door_enter(b, "op", "operator");

	for (unsigned i = 0; i < ROUNDS; i++)
		a_round(b, o, i);
	while (n_live)
		leave(n_live - 1);
	CU_ASSERT(presence_is(o, 1));
	dc_leave(o);
	CU_ASSERT(door_wait_metric("held", 0, 15000));
	CHECK_INT(door_metric("connections{role=\"viewer\"}"), 0);
	CHECK_INT(door_metric("connections{role=\"member\"}"), 0);
	CHECK_INT(door_metric("connections{role=\"staff\"}"), 0);
	CHECK_INT(door_metric("subscriptions"), 0);
	printf("\n    %u connects, %u refused, %u takeovers, %u kicked\n    ", n_connects, n_refused, n_takeovers, n_kicked);
	CHECK_INT(n_connects, ROUNDS * BATCH);
	CU_ASSERT(n_takeovers > 1000 && n_refused > 100 && n_kicked > 50);
	door_stop(b);
}

const char *const unit_name = "door_books";
const struct unit_test unit_tests[] = {
	UNIT(the_books_balance_after_20000_connects),
	{ NULL, NULL },
};
