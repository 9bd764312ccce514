/* event_stream - what a client is told, in which order; and that a compressed stream says the same, byte for byte, whatever happens. The
 * bridge is played by this file: one feed, a status and a notice. */
#include "publisher/io/http/event_stream.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <zlib.h>

const char *const unit_name = "event_stream";

/* --- the bridge --- */

static struct feed *feed;
static char status[64] = "{\"state\":\"live\"}";

const struct feed *bridge_view(const struct bridge *b, struct str name)
{
	(void)b;
	return feed && str_is(name, feed_name(feed)) ? feed : NULL;
}

struct str bridge_status(const struct bridge *b)
{
	(void)b;
	return str_of(status);
}

static const char *notice = "";
static unsigned int notices;

struct str bridge_notice(const struct bridge *b)
{
	(void)b;
	return str_of(notice);
}

unsigned int bridge_notices(const struct bridge *b)
{
	(void)b;
	return notices;
}

static void set_notice(const char *text)
{
	notice = text;
	notices++;
}

/* --- two clients, of which one is compressed --- */

struct stage {
	struct io io;
	struct event_streams streams;
	struct event_stream *plain, *gzip;
	z_stream z;
	struct moment now;
	int n_news; /* how many times an owner was told that there is an event */
	struct buf said, unpacked;
	unsigned int i;
};

static void count_news(void *arg)
{
	struct stage *t = arg;

	t->n_news++;
}

static struct event_stream *open_stream(struct stage *t, struct str last_id, bool gzip)
{
	const struct event_stream_owner owner = { count_news, t };
	const struct event_stream_wish wish = { STR("v"), last_id, gzip };
	struct event_stream *s = event_stream_new(&t->streams, &wish, &owner);

	CU_ASSERT_FATAL(s != NULL);
	return s;
}

static void new_feed(const char *epoch)
{
	feed_free(feed);
	feed = feed_new("v", epoch, 1 << 20);
	CU_ASSERT_FATAL(feed != NULL);
}

static void inflate_more(struct stage *t, struct buf *bytes)
{
	unsigned char chunk[4096];
	int r;

	t->z.next_in = (Bytef *)bytes->p;
	t->z.avail_in = (uInt)bytes->len;
	do {
		t->z.next_out = chunk;
		t->z.avail_out = sizeof(chunk);
		r = inflate(&t->z, Z_SYNC_FLUSH);
		buf_add(&t->unpacked, chunk, sizeof(chunk) - t->z.avail_out);
	} while (r == Z_OK && (t->z.avail_in || !t->z.avail_out));
	CU_ASSERT(r == Z_OK || r == Z_BUF_ERROR);
}

static void open_both(struct stage *t, struct str last_id)
{
	const int gzip_header = 16;
	BUF_CLEANUP struct buf head = { 0 };

	t->plain = open_stream(t, last_id, false);
	t->gzip = open_stream(t, last_id, true);
	CU_ASSERT_FATAL(inflateInit2(&t->z, MAX_WBITS + gzip_header) == Z_OK);
	event_gzip_head(&head);
	inflate_more(t, &head);
}

static void begin(struct stage *t, struct str last_id)
{
	*t = (struct stage){ .now = { .wall_ms = 1795320684724 } };
	t->streams = (struct event_streams){ .io = &t->io, .gzip = event_gzip_new() };
	CU_ASSERT_FATAL(t->streams.gzip != NULL);
	snprintf(status, sizeof(status), "{\"state\":\"live\"}");
	new_feed("e1");
	open_both(t, last_id);
}

static void end(struct stage *t)
{
	event_stream_free(t->plain);
	event_stream_free(t->gzip);
	event_stream_free(NULL);
	CU_ASSERT(t->streams.first == NULL);
	event_gzip_free(t->streams.gzip);
	inflateEnd(&t->z);
	buf_free(&t->said);
	buf_free(&t->unpacked);
	feed_free(feed);
	feed = NULL;
	notice = "";
	notices = 0;
}

/* One event for each. False: there is none. */
static bool tell_one(struct stage *t)
{
	BUF_CLEANUP struct buf plain = { 0 };
	BUF_CLEANUP struct buf gzip = { 0 };
	bool told = event_stream_next(t->plain, t->now, &plain);

	CHECK_INT(event_stream_next(t->gzip, t->now, &gzip), told);
	CU_ASSERT(!plain.failed && !gzip.failed);
	buf_clear(&t->unpacked);
	inflate_more(t, &gzip);
	CU_ASSERT(str_eq(buf_view(&t->unpacked), buf_view(&plain)));
	buf_str(&t->said, buf_view(&plain));
	return told;
}

/* The kinds and ids of all events that there are now: "snapshot e1:1, status e1:1". */
static const char *tell_all(struct stage *t)
{
	static char out[8000];
	struct str rest, line;

	buf_clear(&t->said);
	while (tell_one(t))
		continue;
	*out = '\0';
	rest = buf_view(&t->said);
	while (str_split(&rest, '\n', &line)) {
		if (str_starts(line, STR("event: ")))
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%.*s", *out ? ", " : "", STR_ARGS(str_skip(line, 7)));
		else if (str_starts(line, STR("id: ")))
			snprintf(out + strlen(out), sizeof(out) - strlen(out), " %.*s", STR_ARGS(str_skip(line, 4)));
	}
	return out;
}

static void change(struct stage *t)
{
	char value[80];

	t->now.mono.ms += 50;
	t->now.wall_ms += 50;
	snprintf(value, sizeof(value), "\"%u, after some words that are always the same\"", t->i++ * 2654435761u);
	CU_ASSERT(feed_set(feed, STR("team/1/name"), str_of(value), CLASS_CRITICAL));
	feed_commit(feed, t->now.mono);
	CU_ASSERT(feed_flush(feed, t->now.mono, t->now.wall_ms) != FEED_NOTHING);
}

/* --- */

static void a_client_gets_the_view_and_then_what_changes(void)
{
	struct stage t;

	begin(&t, STR(""));
	change(&t);
	CHECK_STR(tell_all(&t), "snapshot e1:1, status e1:1, delta e1:1"); /* the last one is the publisher's time */
	CHECK_STR(tell_all(&t), "");
	change(&t);
	change(&t);
	CHECK_STR(tell_all(&t), "delta e1:2, delta e1:3");
	snprintf(status, sizeof(status), "{\"state\":\"stale\"}");
	CHECK_STR(tell_all(&t), "status e1:3");
	t.now.mono.ms += FEED_HEARTBEAT_MS;
	CHECK_STR(tell_all(&t), "delta e1:3");
	end(&t);
}

static void who_comes_back_goes_on_or_begins_anew(void)
{
	static const struct {
		const char *last_id, *expected;
	} rows[] = {
		{ "e1:2", "delta e1:3, delta e1:4, status e1:4, delta e1:4" },
		{ "e1:4", "status e1:4, delta e1:4" },
		{ "e1:9", "snapshot e1:4, status e1:4, delta e1:4" },
		{ "e0:2", "snapshot e1:4, status e1:4, delta e1:4" },
		{ "e1:-1", "snapshot e1:4, status e1:4, delta e1:4" },
		{ "nonsense", "snapshot e1:4, status e1:4, delta e1:4" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage t;

		begin(&t, str_of(rows[i].last_id));
		for (int k = 0; k < 4; k++)
			change(&t);
		CHECK_STR(tell_all(&t), rows[i].expected);
		end(&t);
	}
}

static void who_is_too_far_behind_gets_the_view_again(void)
{
	struct stage t;

	begin(&t, STR(""));
	change(&t);
	tell_all(&t);
	for (int i = 0; i < FEED_HISTORY + 5; i++)
		change(&t);
	CHECK_STR(tell_all(&t), "snapshot e1:70");
	change(&t);
	CHECK_STR(tell_all(&t), "delta e1:71");
	new_feed("e2");
	change(&t);
	CHECK_STR(tell_all(&t), "snapshot e2:1");
	end(&t);
}

static void a_notice_comes_first_and_goes(void)
{
	struct stage t;

	set_notice("{\"text\":\"Hi\"}");
	begin(&t, STR(""));
	change(&t);
	CHECK_STR(tell_all(&t), "notice, snapshot e1:1, status e1:1, delta e1:1");
	CU_ASSERT(str_starts(buf_view(&t.said), STR("event: notice\ndata: {\"text\":\"Hi\"}\n\nevent: snapshot\nid: e1:1\n")));
	CHECK_STR(tell_all(&t), "");
	set_notice("{\"text\":\n\"Two\"}");
	CHECK_STR(tell_all(&t), "notice e1:1");
	CHECK_STR(buf_view(&t.said).p, "event: notice\nid: e1:1\ndata: {\"text\": \"Two\"}\n\n");
	event_streams_wake(&t.streams, t.now.mono);
	CHECK_INT(t.n_news, 0);
	set_notice("");
	event_streams_wake(&t.streams, t.now.mono);
	CHECK_INT(t.n_news, 2);
	CHECK_STR(tell_all(&t), "notice e1:1");
	CHECK_STR(buf_view(&t.said).p, "event: notice\nid: e1:1\ndata: null\n\n");
	end(&t);
}

static void who_comes_when_there_is_no_notice_any_more_is_not_told(void)
{
	struct stage t;

	set_notice("{\"text\":\"Hi\"}");
	set_notice("");
	begin(&t, STR("e1:1"));
	change(&t);
	CHECK_STR(tell_all(&t), "status e1:1, delta e1:1");
	end(&t);
}

static void owners_are_woken_when_there_is_something(void)
{
	struct stage t;

	begin(&t, STR(""));
	change(&t);
	event_streams_wake(&t.streams, t.now.mono);
	CHECK_INT(t.n_news, 2);
	tell_all(&t);
	event_streams_wake(&t.streams, t.now.mono);
	CHECK_INT(t.n_news, 2);
	change(&t);
	event_streams_wake(&t.streams, t.now.mono);
	CHECK_INT(t.n_news, 4);
	end(&t);
}

static void something_happens(struct stage *t, struct rng *r)
{
	char epoch[20];

	if (rng_chance(r, 60))
		change(t);
	if (rng_chance(r, 5))
		snprintf(status, sizeof(status), "{\"state\":\"stale\",\"since\":%u}", rng_next(r));
	if (rng_chance(r, 3))
		t->now.mono.ms += FEED_HEARTBEAT_MS;
	for (int i = rng_chance(r, 1) ? FEED_HISTORY + 2 : 0; i > 0; i--)
		change(t);
	if (rng_chance(r, 1)) {
		snprintf(epoch, sizeof(epoch), "e%u", t->i); /* one that never was there before */
		new_feed(epoch);
		change(t);
	}
}

/* tell_one() compares the two. */
static void a_compressed_stream_says_the_same(void)
{
	struct rng r = { 21 };
	struct stage t;

	begin(&t, STR(""));
	change(&t);
	for (int i = 0; i < 5000; i++) {
		something_happens(&t, &r);
		for (int k = (int)rng_below(&r, 4); k > 0; k--)
			tell_one(&t);
	}
	end(&t);
}

const struct unit_test unit_tests[] = {
	UNIT(a_client_gets_the_view_and_then_what_changes),
	UNIT(who_comes_back_goes_on_or_begins_anew),
	UNIT(who_is_too_far_behind_gets_the_view_again),
	UNIT(a_notice_comes_first_and_goes),
	UNIT(who_comes_when_there_is_no_notice_any_more_is_not_told),
	UNIT(owners_are_woken_when_there_is_something),
	UNIT(a_compressed_stream_says_the_same),
	{ NULL, NULL },
};
