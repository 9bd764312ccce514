/* event_gzip - whoever comes when, and whatever is said in between: each client inflates the text of its events, as soon as it has
 * been sent. And the work is done once for all of them. */
#include "publisher/io/http/event_gzip.h"
#include "publisher/io/http/event_text.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <zlib.h>

const char *const unit_name = "event_gzip";

/* --- the compressor is counted: the linker puts this before zlib's own (tests/unit/publisher.cmake) --- */

static int n_deflated;

int __real_deflateReset(z_stream *z);
int __wrap_deflateReset(z_stream *z);

int __wrap_deflateReset(z_stream *z)
{
	n_deflated++;
	return __real_deflateReset(z);
}

/* --- a client --- */

struct client {
	z_stream z;
	uint64_t seq;
	unsigned int run;
};

/* What a client makes of the bytes that have come is the text, all of it. */
static void check_receives(struct client *c, struct buf *bytes, struct str text)
{
	BUF_CLEANUP struct buf got = { 0 };
	unsigned char chunk[1000];
	int r = Z_OK;

	CU_ASSERT(!bytes->failed);
	c->z.next_in = (Bytef *)bytes->p;
	c->z.avail_in = (uInt)bytes->len;
	do {
		c->z.next_out = chunk;
		c->z.avail_out = sizeof(chunk);
		r = inflate(&c->z, Z_SYNC_FLUSH);
		buf_add(&got, chunk, sizeof(chunk) - c->z.avail_out);
	} while (r == Z_OK && (c->z.avail_in || !c->z.avail_out));
	CU_ASSERT(r == Z_OK || r == Z_BUF_ERROR);
	CU_ASSERT(str_eq(buf_view(&got), text));
	if (!str_eq(buf_view(&got), text))
		CHECK_STR(got.p, text.p);
	buf_clear(bytes);
}

static void client_joins(struct client *c, struct event_gzip *z, const struct feed *f)
{
	const int gzip_header = 16;
	BUF_CLEANUP struct buf bytes = { 0 };
	BUF_CLEANUP struct buf text = { 0 };

	*c = (struct client){ .seq = feed_seq(f) };
	CU_ASSERT_FATAL(inflateInit2(&c->z, MAX_WBITS + gzip_header) == Z_OK);
	event_gzip_head(&bytes);
	event_gzip_snapshot(z, f, &bytes);
	event_write_snapshot(&text, f);
	check_receives(c, &bytes, buf_view(&text));
}

static void client_leaves(struct client *c)
{
	inflateEnd(&c->z);
}

static void client_hears(struct client *c, struct str text)
{
	BUF_CLEANUP struct buf bytes = { 0 };

	event_gzip_plain(text, &bytes);
	check_receives(c, &bytes, text);
	c->run = 0;
}

/* Returns how many bytes that was; 0: the delta is not kept any more. */
static size_t client_goes_on(struct client *c, struct event_gzip *z, const struct feed *f)
{
	BUF_CLEANUP struct buf bytes = { 0 };
	BUF_CLEANUP struct buf text = { 0 };
	struct event_run next = { c->seq + 1, c->run };
	size_t len;

	if (!event_gzip_delta(z, f, &next, &bytes))
		return 0;
	CU_ASSERT(event_write_delta(&text, f, next.seq));
	len = bytes.len;
	check_receives(c, &bytes, buf_view(&text));
	c->seq++;
	c->run++;
	return len;
}

/* --- a feed --- */

static struct feed *new_feed(const char *name)
{
	struct feed *f = feed_new(name, "mwrbkg81", 1 << 22);

	CU_ASSERT_FATAL(f != NULL);
	return f;
}

static void flush(struct feed *f)
{
	static int64_t ms;

	ms += 100;
	feed_commit(f, (mono){ ms });
	CU_ASSERT(feed_flush(f, (mono){ ms }, 1795320684724 + ms) != FEED_NOTHING);
}

static void change(struct feed *f, uint64_t i)
{
	char value[100];

	snprintf(value, sizeof(value), "{\"time\":%u,\"running\":true,\"direction\":\"down\",\"at\":%u}", (unsigned)(i * 7919), (unsigned)(i * 104729));
	CU_ASSERT(feed_set(f, STR("clock/jam"), str_of(value), CLASS_CRITICAL));
	snprintf(value, sizeof(value), "%u", (unsigned)i);
	CU_ASSERT(feed_set(f, STR("team/1/score"), str_of(value), CLASS_CRITICAL));
	flush(f);
}

/* --- */

static void everybody_reads_all_of_each_event_at_once(void)
{
	struct event_gzip *z = event_gzip_new();
	struct feed *f = new_feed("spectator");
	struct client clients[20];
	struct rng r = { 5 };
	size_t n = 0;

	CU_ASSERT_FATAL(z != NULL);
	change(f, 0);
	for (uint64_t i = 1; i < 300; i++) {
		if (n < 20 && rng_chance(&r, 20))
			client_joins(&clients[n++], z, f);
		change(f, i);
		for (size_t k = 0; k < n; k++) {
			if (rng_chance(&r, 3))
				client_hears(&clients[k], STR("event: status\nid: e:1\ndata: {}\n\n"));
			while (clients[k].seq < feed_seq(f) && !rng_chance(&r, 10)) /* who does not go on now is behind */
				CU_ASSERT_FATAL(client_goes_on(&clients[k], z, f) > 0);
		}
	}
	CHECK_INT(n, 20);
	for (size_t k = 0; k < n; k++)
		client_leaves(&clients[k]);
	event_gzip_free(z);
	feed_free(f);
}

static void a_thousand_clients_cost_one(void)
{
	static struct client clients[1000];
	struct event_gzip *z = event_gzip_new();
	struct feed *f = new_feed("spectator");

	CU_ASSERT_FATAL(z != NULL);
	change(f, 0);
	n_deflated = 0;
	for (size_t i = 0; i < 1000; i++)
		client_joins(&clients[i], z, f);
	CHECK_INT(n_deflated, 1);
	for (uint64_t i = 1; i < 20; i++) {
		change(f, i);
		n_deflated = 0;
		for (size_t k = 0; k < 1000; k++)
			CU_ASSERT(client_goes_on(&clients[k], z, f) > 0);
		CHECK_INT(n_deflated, 1);
	}
	for (uint64_t i = 20; i < 23; i++) /* a pause, after which all are as far behind */
		change(f, i);
	n_deflated = 0;
	for (size_t k = 0; k < 1000; k++)
		while (clients[k].seq < feed_seq(f))
			CU_ASSERT_FATAL(client_goes_on(&clients[k], z, f) > 0);
	CHECK_INT(n_deflated, 3);
	n_deflated = 0;
	for (size_t i = 0; i < 1000; i++) {
		client_hears(&clients[i], STR("event: status\n\n"));
		client_leaves(&clients[i]);
	}
	CHECK_INT(n_deflated, 0);
	event_gzip_free(z);
	feed_free(f);
}

static void clients_of_different_runs_cost_no_more_than_there_are_runs(void)
{
	static struct client clients[100];
	struct event_gzip *z = event_gzip_new();
	struct feed *f = new_feed("spectator");

	CU_ASSERT_FATAL(z != NULL);
	for (uint64_t i = 0; i < 100; i++) {
		change(f, i);
		n_deflated = 0;
		for (size_t k = 0; k < i; k++)
			CU_ASSERT(client_goes_on(&clients[k], z, f) > 0);
		CU_ASSERT(n_deflated <= (int)EVENT_GZIP_RUN + 1);
		client_joins(&clients[i], z, f);
	}
	for (size_t k = 0; k < 100; k++)
		client_leaves(&clients[k]);
	event_gzip_free(z);
	feed_free(f);
}

static void a_delta_is_small_once_there_was_another(void)
{
	struct event_gzip *z = event_gzip_new();
	struct feed *f = new_feed("spectator");
	size_t first, tenth = 0;
	struct client c;

	CU_ASSERT_FATAL(z != NULL);
	change(f, 1000);
	client_joins(&c, z, f);
	change(f, 1001);
	first = client_goes_on(&c, z, f);
	for (uint64_t i = 1002; i < 1012; i++) {
		change(f, i);
		tenth = client_goes_on(&c, z, f);
	}
	CU_ASSERT(first > 120 && tenth < 60);
	client_leaves(&c);
	event_gzip_free(z);
	feed_free(f);
}

static void who_is_too_far_behind_is_told_so(void)
{
	struct event_gzip *z = event_gzip_new();
	struct feed *f = new_feed("spectator");
	struct client c;

	CU_ASSERT_FATAL(z != NULL);
	change(f, 0);
	client_joins(&c, z, f);
	for (uint64_t i = 1; i < 10; i++) {
		change(f, i);
		CU_ASSERT(client_goes_on(&c, z, f) > 0);
	}
	for (uint64_t i = 10; i < 10 + FEED_HISTORY; i++)
		change(f, i);
	/* of what it has had nothing is kept any more, but what comes is: it refers to nothing then */
	while (c.seq < feed_seq(f))
		CU_ASSERT_FATAL(client_goes_on(&c, z, f) > 0);
	for (uint64_t i = 0; i < FEED_HISTORY + 1; i++)
		change(f, 1000 + i);
	CHECK_INT(client_goes_on(&c, z, f), 0);
	client_leaves(&c);
	event_gzip_free(z);
	feed_free(f);
}

static void views_that_come_and_go_keep_their_own_events(void)
{
	struct event_gzip *z = event_gzip_new();

	CU_ASSERT_FATAL(z != NULL);
	for (uint64_t i = 0; i < 5 * SCHEMA_MAX_VIEWS; i++) {
		struct client c;
		char name[20];
		struct feed *f;

		snprintf(name, sizeof(name), "view-%u", (unsigned)(i % (2 * SCHEMA_MAX_VIEWS)));
		f = new_feed(name);
		change(f, i);
		client_joins(&c, z, f);
		change(f, i + 1);
		CU_ASSERT(feed_set(f, STR("k"), STR("1"), CLASS_CRITICAL));
		flush(f);
		client_goes_on(&c, z, f);
		client_goes_on(&c, z, f);
		client_leaves(&c);
		feed_free(f);
	}
	event_gzip_free(z);
}

static void texts_of_any_length_go_through(void)
{
	static const size_t lengths[] = { 0, 7, 4095, 4096, 65535, 65536, 200000 };
	struct event_gzip *z = event_gzip_new();
	struct feed *f = new_feed("spectator");
	struct rng r = { 11 };

	CU_ASSERT_FATAL(z != NULL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		BUF_CLEANUP struct buf value = { 0 };
		struct client c;

		buf_char(&value, '"');
		while (value.len < lengths[i])
			buf_char(&value, (char)('a' + rng_below(&r, 26)));
		buf_char(&value, '"');
		CU_ASSERT(feed_set(f, STR("long"), buf_view(&value), CLASS_CRITICAL));
		flush(f);
		client_joins(&c, z, f);
		client_hears(&c, buf_view(&value));
		change(f, i);
		CU_ASSERT(client_goes_on(&c, z, f) > 0);
		client_leaves(&c);
	}
	event_gzip_free(z);
	feed_free(f);
}

const struct unit_test unit_tests[] = {
	UNIT(everybody_reads_all_of_each_event_at_once),
	UNIT(a_thousand_clients_cost_one),
	UNIT(clients_of_different_runs_cost_no_more_than_there_are_runs),
	UNIT(a_delta_is_small_once_there_was_another),
	UNIT(who_is_too_far_behind_is_told_so),
	UNIT(views_that_come_and_go_keep_their_own_events),
	UNIT(texts_of_any_length_go_through),
	{ NULL, NULL },
};
