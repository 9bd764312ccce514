/* The packed feed of a real publisher at a real broker, as examples/packed_feed.py reads it from mosquitto_sub: the same texts as the topic
 * `delta` beside it. */
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "packed_feed";

#define FEED "scoreboard/feed/spectator/"

static struct stage stage;

static struct proc *subscribe(const char *topic, const char *format)
{
	char port[16];

	snprintf(port, sizeof(port), "%d", broker_port(stage.broker));
	return proc_start(&(struct proc_options){ .argv = ARGV("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", topic, "-F", format) });
}

/* What the example makes of all that mosquitto_sub has said so far. */
static void unpack(const struct proc *subscriber, struct buf *texts, struct buf *complaints)
{
	BUF_CLEANUP struct buf lines = { 0 };

	proc_stdout(subscriber, &lines);
	CHECK_INT(proc_run(ARGV("python3", "-B", place_source("examples/packed_feed.py")), buf_view(&lines), texts, complaints), 0);
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return n;
}

/* How many of these lines the text has, each behind the one before it. */
static size_t count_found(struct str lines, struct str text)
{
	struct str line;
	size_t n = 0;

	while (str_split(&lines, '\n', &line) && line.len) {
		const char *at = text.len ? memmem(text.p, text.len, line.p, line.len + 1) : NULL; /* with its line break */

		if (!at)
			return n;
		text = str_skip(text, (size_t)(at - text.p) + line.len);
		n++;
	}
	return n;
}

static size_t lines_of(const struct proc *p)
{
	BUF_CLEANUP struct buf out = { 0 };

	proc_stdout(p, &out);
	return count_lines(buf_view(&out));
}

static bool has_all(const struct proc *packed, const struct proc *json)
{
	BUF_CLEANUP struct buf texts = { 0 };
	BUF_CLEANUP struct buf complaints = { 0 };
	BUF_CLEANUP struct buf deltas = { 0 };

	proc_stdout(json, &deltas);
	unpack(packed, &texts, &complaints);
	return count_found(buf_view(&deltas), buf_view(&texts)) == count_lines(buf_view(&deltas)) && complaints.len == 0;
}

static bool has_python(void)
{
	if (place_exists("/usr/bin/python3"))
		return true;
	printf("\n    SKIPPED: no python3 on this machine\n");
	return false;
}

static void the_example_reads_what_the_json_topic_says(void)
{
	struct proc *packed, *json;
	struct recording r;

	if (!has_python())
		return;
	recording_load(&r, recording_path());
	stage_set(&stage, "live", NULL);
	stage_play(&stage, &r, 0, 5);
	CHECK_READY(stage.publisher);
	packed = subscribe(FEED "z/#", "%t %x");
	CU_ASSERT(WAIT_FOR(lines_of(packed) >= 2, 5000)); /* base and recent */
	json = subscribe(FEED "delta", "%p");
	for (size_t i = 5; i < r.n_frames; i += 10) {
		stage_play(&stage, &r, i, i + 10);
		nap_ms(20);
	}
	CU_ASSERT(WAIT_FOR(lines_of(json) > 20 && has_all(packed, json), 10000));
	printf("\n    %zu deltas, %zu packed messages ", lines_of(json), lines_of(packed));
	proc_free(packed);
	proc_free(json);
	stage_strike(&stage);
	recording_free(&r);
}

const struct unit_test unit_tests[] = {
	UNIT(the_example_reads_what_the_json_topic_says),
	{ NULL, NULL },
};
