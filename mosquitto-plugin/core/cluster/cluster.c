#include "mosquitto-plugin/core/cluster/cluster.h"

#include "mosquitto-plugin/core/cluster/ledger.h"
#include "mosquitto-plugin/core/policy/track.h"

#include "base/json.h"
#include "base/metrics.h"
#include "base/topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BRIDGE_CUT_MAX_MS 60000
#define STATUS_MAX_BYTES 4096
#define STATUS_TOLD_BYTES 512 /* a longer status of several is not in the beat: with all of them it has to stay within CLUSTER_BEAT_BYTES */

struct status {
	char *topic;
	struct buf payload; /* the last one that passed; empty: it has none */
	bool said_stale;    /* it is `stale`, said by this edge, and no other one has come since */
	bool due;           /* said stale, and a beat has told what it is */
};

struct cluster {
	enum cluster_part part;
	char *prefix, *beat_topic;
	char run[32];
	struct cluster_ops ops;
	struct ledger ledger;
	struct status statuses[TRACKS_MOST]; /* the first one is <prefix>/status, the others are those of tracks */
	size_t n_statuses;
	struct cluster_stats stats;

	struct buf announced_topic, announced_payload; /* of the message that is announced and may be a will; an empty topic: there is none */
	mono announced_at;

	/* hub */
	mono next_beat;    /* in any case */
	mono soonest_beat; /* no beat before, even if one is due */
	bool beat_due;     /* somebody has subscribed */
	uint64_t n;        /* of the last beat */

	/* edge */
	char hub_run[32]; /* run and n of the last beat that was heard */
	uint64_t hub_n;
	mono last_beat;                      /* when it was heard; the first tick, until there was one */
	mono last_word;                      /* when the last word was heard; the first tick, until there was one */
	mono steady_since;                   /* where the last gap began: the last beat before it, or the bridge's end */
	bool heard_beat;                     /* at least one beat was heard */
	bool said_stale;                     /* this edge has said `stale`, and the log not yet that the hub is heard again */
	bool lost;                           /* the bridge is down, or no beat came since it is back */
	bool has_heard;                      /* of the hub, a beat or a status, since the bridge was lost last */
	mono heard_since;                    /* if has_heard: when that was first */
	bool clear_due, status_due, cut_due; /* what the next tick has to do: see edge_tick() */
	unsigned unlike;                     /* how many beats in a row differed from what the edge holds */
	mono next_cut;                       /* a difference does not cut the bridge before */
	int64_t cut_wait_ms;
};

struct cluster *cluster_new(enum cluster_part part, const char *prefix, const char *run, const struct cluster_ops *ops)
{
	struct cluster *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->part = part;
	c->ops = *ops;
	c->prefix = str_dup(str_of(prefix));
	c->beat_topic = topic_join(prefix, "crew/beat");
	c->statuses[0] = (struct status){ .topic = topic_join(prefix, "status"), .payload = { .max = STATUS_MAX_BYTES } };
	c->n_statuses = 1;
	c->ledger.max_topics = CLUSTER_MAX_TOPICS;
	c->cut_wait_ms = CLUSTER_BRIDGE_CUT_MS;
	snprintf(c->run, sizeof(c->run), "%s", run);
	if (c->prefix && c->beat_topic && c->statuses[0].topic)
		return c;
	cluster_free(c);
	return NULL;
}

void cluster_free(struct cluster *c)
{
	if (!c)
		return;
	ledger_free(&c->ledger);
	for (size_t i = 0; i < c->n_statuses; i++) {
		free(c->statuses[i].topic);
		buf_free(&c->statuses[i].payload);
	}
	buf_free(&c->announced_topic);
	buf_free(&c->announced_payload);
	free(c->prefix);
	free(c->beat_topic);
	free(c);
}

static void say(struct cluster *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct cluster *c, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->ops.log(c->ops.ctx, text);
}

static bool is_live(struct str status)
{
	struct str state;

	return json_member(status, "state", &state) && str_is(state, "\"live\"");
}

/* --- the statuses: one, or one for each track --- */

/* NULL: this is no status, as a value of the scoreboard may have a topic that looks like that of a track's; or there are too many tracks, or no
 * memory: then it is compared as other topics are. */
static struct status *status_at(struct cluster *c, struct str topic, struct str payload)
{
	struct str state;
	struct status *s;

	for (size_t i = 0; i < c->n_statuses; i++)
		if (str_is(topic, c->statuses[i].topic))
			return &c->statuses[i];
	if (c->n_statuses == TRACKS_MOST || !track_topic_is(str_of(c->prefix), topic, STR("status")) || !payload.len ||
	    payload.p[0] != '{' || !json_member(payload, "state", &state))
		return NULL;
	s = &c->statuses[c->n_statuses];
	*s = (struct status){ .topic = str_dup(topic), .payload = { .max = STATUS_MAX_BYTES } };
	c->n_statuses += s->topic != NULL;
	return s->topic ? s : NULL;
}

/* Of several the first that is live, since one track that plays is reason enough to compare; NULL: no status has passed. */
static const struct status *best_status(const struct cluster *c)
{
	const struct status *best = NULL;

	for (size_t i = 0; i < c->n_statuses; i++) {
		const struct status *s = &c->statuses[i];

		if (s->payload.len && (!best || (is_live(buf_view(&s->payload)) && !is_live(buf_view(&best->payload)))))
			best = s;
	}
	return best;
}

/* --- the hub's beat --- */

/* Of several tracks the beat has all, by topic. */
static void write_statuses(const struct cluster *c, struct buf *out)
{
	bool some = false;

	for (size_t i = 0; c->n_statuses > 1 && i < c->n_statuses; i++) {
		struct str payload = buf_view(&c->statuses[i].payload);

		if (!payload.len || payload.len > STATUS_TOLD_BYTES)
			continue;
		buf_puts(out, some ? "," : ",\"statuses\":{");
		buf_json(out, str_of(c->statuses[i].topic));
		buf_char(out, ':');
		buf_str(out, payload);
		some = true;
	}
	if (some)
		buf_char(out, '}');
}

static void beat(struct cluster *c)
{
	const struct status *status = best_status(c);
	BUF_CLEANUP struct buf out = { 0 };

	buf_printf(&out, "{\"run\":\"%s\",\"n\":%" PRIu64 ",\"topics\":%zu,\"digest\":\"%016" PRIx64 "\",\"status\":%s",
		   c->run, ++c->n, c->ledger.n, c->ledger.digest, status ? status->payload.p : "null");
	write_statuses(c, &out);
	buf_char(&out, '}');
	if (!out.failed)
		c->ops.publish(c->ops.ctx, c->beat_topic, buf_view(&out), false);
	c->stats.beats++;
}

/* --- what an edge does with a beat --- */

struct beat {
	struct str run, digest, status;
	struct str statuses; /* p is NULL: there is but the one */
	int64_t n, topics;
};

static bool read_int(struct str text, const char *name, int64_t *out)
{
	struct str value;

	return json_member(text, name, &value) && str_to_int(value, out);
}

static bool read_beat(struct str text, struct beat *b)
{
	if (text.len > CLUSTER_BEAT_BYTES)
		return false;
	if (!json_member(text, "statuses", &b->statuses))
		b->statuses = (struct str){ NULL, 0 };
	return json_member(text, "run", &b->run) && b->run.len < 32 &&
	       json_member(text, "digest", &b->digest) && json_member(text, "status", &b->status) && read_int(text, "n", &b->n) &&
	       read_int(text, "topics", &b->topics) && b->n >= 0;
}

static bool digest_is(struct str text, uint64_t digest)
{
	char own[24];

	snprintf(own, sizeof(own), "\"%016" PRIx64 "\"", digest);
	return str_is(text, own);
}

/* Was every beat since the last one heard, from the same run of the hub? */
static bool is_gapless(const struct cluster *c, const struct beat *b)
{
	return c->heard_beat && str_is(b->run, c->hub_run) && (uint64_t)b->n == c->hub_n + 1;
}

static void cut_bridge(struct cluster *c, mono now)
{
	if (!mono_reached(now, c->next_cut))
		return;
	say(c, "this edge differs from its hub: the bridge is made to bring everything again");
	c->next_cut = mono_add(now, c->cut_wait_ms);
	c->cut_wait_ms = c->cut_wait_ms * 2 < BRIDGE_CUT_MAX_MS ? c->cut_wait_ms * 2 : BRIDGE_CUT_MAX_MS;
	c->cut_due = true;
}

static void compare(struct cluster *c, const struct beat *b, mono now)
{
	size_t n;
	uint64_t since = ledger_digest_since(&c->ledger, c->steady_since, &n);
	bool equal = digest_is(b->digest, c->ledger.digest) && (size_t)b->topics == c->ledger.n;

	c->stats.in_sync = equal;
	if (!equal && digest_is(b->digest, since) && (size_t)b->topics == n)
		equal = c->stats.in_sync = c->clear_due = true;
	if (equal) {
		c->unlike = 0;
		c->cut_wait_ms = CLUSTER_BRIDGE_CUT_MS;
	} else if (++c->unlike >= 2) {
		/* a single beat may arrive before the messages that it counts */
		cut_bridge(c, now);
	}
}

static void steady_from(struct cluster *c, mono t)
{
	if (t.ms > c->steady_since.ms)
		c->steady_since = t;
}

void cluster_bridge_lost(struct cluster *c, mono now)
{
	steady_from(c, mono_add(now, 1)); /* messages of this very millisecond came before the end */
	c->lost = true;
	c->has_heard = false;
}

static void note_heard(struct cluster *c, mono now)
{
	if (!c->has_heard)
		c->heard_since = now;
	c->has_heard = true;
}

/* What this edge has said stale is to be what the hub says by this beat. What that leaves out the hub does not know: it stays stale until its
 * publisher says something. */
static void take_statuses(struct cluster *c, const struct beat *b)
{
	for (size_t i = 0; i < c->n_statuses; i++) {
		struct status *s = &c->statuses[i];
		struct str told = b->status;

		if (!s->said_stale)
			continue;
		if (b->statuses.p ? !json_member(b->statuses, s->topic, &told) : i > 0)
			continue;
		c->status_due = s->due = true;
		buf_clear(&s->payload);
		buf_str(&s->payload, told);
	}
}

static void take_beat(struct cluster *c, struct str payload, mono now)
{
	struct beat b;
	bool gapless;

	if (!read_beat(payload, &b))
		return;
	gapless = is_gapless(c, &b);
	if (c->heard_beat && !gapless)
		steady_from(c, c->last_beat);
	if (!gapless || c->lost)
		c->ops.back(c->ops.ctx);
	c->lost = false;
	note_heard(c, now);
	snprintf(c->hub_run, sizeof(c->hub_run), "%.*s", STR_ARGS(b.run));
	c->hub_n = (uint64_t)b.n;
	c->last_beat = now;
	c->heard_beat = true;
	c->stats.beats++;
	if (str_is(b.status, "null"))
		return; /* the hub has just started: there is nothing to compare with, and this is no word */
	c->last_word = now;
	c->stats.cut_off = false;
	if (is_live(b.status))
		compare(c, &b, now);
	take_statuses(c, &b);
}

/* Each status that there is; when there is none, <prefix>/status, or nobody would hear of it. */
static void say_all_stale(struct cluster *c, struct str text)
{
	bool none = !best_status(c);

	for (size_t i = 0; i < c->n_statuses; i++) {
		struct status *s = &c->statuses[i];

		if (!s->payload.len && !(none && i == 0))
			continue;
		s->said_stale = true;
		c->ops.publish(c->ops.ctx, s->topic, text, true);
	}
}

static void say_heard_again(struct cluster *c)
{
	if (c->said_stale)
		say(c, "the hub is heard again: no longer stale");
	c->said_stale = false;
}

/* Where the hub has none, it is cleared. */
static void say_no_longer_stale(struct cluster *c)
{
	for (size_t i = 0; i < c->n_statuses; i++) {
		struct status *s = &c->statuses[i];

		if (!s->due)
			continue;
		s->said_stale = s->due = false;
		c->ops.publish(c->ops.ctx, s->topic, buf_view(&s->payload), true);
	}
	say_heard_again(c);
}

static void say_stale(struct cluster *c, mono now, int64_t wall_ms)
{
	bool no_beats = mono_diff(now, c->last_beat) >= CLUSTER_CUT_OFF_MS;
	char text[120];

	snprintf(text, sizeof(text), "{\"state\":\"stale\",\"since\":%" PRId64 ",\"reason\":\"%s\"}", wall_ms,
		 no_beats ? "this edge is cut off from its hub" : "the hub has no publisher");
	c->said_stale = c->stats.cut_off = true;
	c->stats.in_sync = false;
	c->stats.times_cut_off++;
	say(c, "no %s for %d s: stale", no_beats ? "beat of the hub" : "publisher at the hub", CLUSTER_CUT_OFF_MS / 1000);
	say_all_stale(c, str_of(text));
}

/* Once for each connection: when the next one has brought nothing yet, cutting it would only lose what it is about to bring. */
static bool is_silent(const struct cluster *c, mono now)
{
	mono last = c->heard_since.ms > c->last_beat.ms ? c->heard_since : c->last_beat;

	return c->has_heard && mono_diff(now, last) >= CLUSTER_SILENT_MS;
}

/* --- both --- */

/* Presence differs from broker to broker, and a notice may expire, of which no plugin hears. */
static bool is_compared(const struct cluster *c, struct str topic)
{
	struct str prefix = str_of(c->prefix);

	return !str_starts(str_skip(topic, prefix.len), STR("/presence/")) && !track_topic_is(prefix, topic, STR("notice"));
}

/* This edge's `stale` is overwritten, and has to be said again if no word follows. */
static void note_status(struct cluster *c, struct status *s, struct str payload, mono now)
{
	buf_clear(&s->payload);
	buf_str(&s->payload, payload);
	s->said_stale = s->due = false;
	say_heard_again(c);
	c->stats.cut_off = false;
	note_heard(c, now);
	c->last_word = now;
}

/* The broker keeps this retained message. */
static void note(struct cluster *c, struct str topic, struct str payload, mono now)
{
	struct status *status = status_at(c, topic, payload);

	if (status)
		note_status(c, status, payload, now);
	else if (is_compared(c, topic))
		ledger_note(&c->ledger, topic, payload, now);
}

void cluster_refused(struct cluster *c)
{
	buf_clear(&c->announced_topic);
}

/* A message that was announced, and neither came by nor was refused, was a will: the broker retains it. */
static void settle(struct cluster *c)
{
	if (!c->announced_topic.len)
		return;
	note(c, buf_view(&c->announced_topic), buf_view(&c->announced_payload), c->announced_at);
	cluster_refused(c);
}

static bool is_below_prefix(const struct cluster *c, struct str topic)
{
	struct str prefix = str_of(c->prefix);

	return topic.len > prefix.len && topic.p[prefix.len] == '/' && str_starts(topic, prefix);
}

void cluster_announced(struct cluster *c, const struct message *m, mono now)
{
	if (c->part != CLUSTER_HUB || !is_below_prefix(c, m->topic))
		return;
	settle(c);
	buf_clear(&c->announced_payload);
	buf_str(&c->announced_payload, m->payload);
	buf_str(&c->announced_topic, m->topic);
	c->announced_at = now;
}

/* What clients of an edge write there, its bridge takes to the hub, and does not bring back. */
static bool goes_to_hub(const struct cluster *c, struct str topic)
{
	return track_rest(str_of(c->prefix), topic, STR("show/")).p != NULL;
}

void cluster_message(struct cluster *c, const struct message *m, bool from_bridge, mono now)
{
	if (c->part == CLUSTER_NONE)
		return;
	if (c->announced_topic.len && str_eq(m->topic, buf_view(&c->announced_topic)))
		cluster_refused(c);
	settle(c);
	if (!is_below_prefix(c, m->topic) || (part_has_hub(c->part) && !from_bridge && !goes_to_hub(c, m->topic)))
		return;
	if (m->retain)
		note(c, m->topic, m->payload, now);
	else if (part_has_hub(c->part) && str_is(m->topic, c->beat_topic))
		take_beat(c, m->payload, now);
}

void cluster_subscribed(struct cluster *c)
{
	c->beat_due = true;
}

static void hub_tick(struct cluster *c, mono now)
{
	settle(c);
	if (!mono_reached(now, c->beat_due ? c->soonest_beat : c->next_beat))
		return;
	c->beat_due = false;
	c->soonest_beat = mono_add(now, CLUSTER_BEAT_MIN_MS);
	c->next_beat = mono_add(now, CLUSTER_BEAT_MS);
	beat(c);
}

static void clear_vanished(struct cluster *c)
{
	char *topic;
	size_t n = 0;

	while (ledger_take_older(&c->ledger, c->steady_since, &topic)) {
		if (topic)
			c->ops.publish(c->ops.ctx, topic, (struct str){ "", 0 }, true);
		free(topic);
		n++;
	}
	c->stats.cleared += n;
	say(c, "what vanished while this edge was cut off is cleared  topics=%zu", n);
}

/* A beat only notes what it makes necessary, and this does it, when the broker has handled all messages that it has read. Behind a beat there
 * may be a message that sets the very topic that seems to have vanished: clearing it at once would clear what is new. */
static void edge_tick(struct cluster *c, mono now, int64_t wall_ms)
{
	if (!c->last_beat.ms)
		c->last_beat = c->last_word = now;
	if (!c->stats.cut_off && mono_diff(now, c->last_word) >= CLUSTER_CUT_OFF_MS)
		say_stale(c, now, wall_ms);
	c->cut_due |= is_silent(c, now);
	if (c->clear_due)
		clear_vanished(c);
	if (c->status_due)
		say_no_longer_stale(c);
	if (c->cut_due) {
		c->stats.bridge_cuts += c->has_heard; /* or else there may be no bridge to cut */
		cluster_bridge_lost(c, now);
		c->ops.cut_bridge(c->ops.ctx);
	}
	c->clear_due = c->status_due = c->cut_due = false;
}

void cluster_tick(struct cluster *c, mono now, int64_t wall_ms)
{
	if (c->part == CLUSTER_HUB)
		hub_tick(c, now);
	else if (part_has_hub(c->part))
		edge_tick(c, now, wall_ms);
}

struct cluster_stats cluster_stats(const struct cluster *c)
{
	struct cluster_stats s = c->stats;

	s.topics = c->ledger.n;
	s.not_kept = c->ledger.not_kept;
	return s;
}

/* ---- metrics ---- */

#define METRIC_PREFIX "scoreboard_cluster_"

void cluster_metrics(const struct cluster *c, struct buf *out)
{
	static const struct metric_row of_both[] = {
		{ METRIC_COUNTER, METRIC_PREFIX "beats", NULL, "Beats that a hub said, or an edge heard." },
		{ METRIC_GAUGE, METRIC_PREFIX "topics", NULL, "Retained topics that hub and edges compare." },
		{ METRIC_COUNTER, METRIC_PREFIX "topics_not_kept", NULL, "Retained messages of which no account is kept: too many topics, or no memory." },
	};
	static const struct metric_row of_edge[] = {
		{ METRIC_GAUGE, METRIC_PREFIX "in_sync", NULL, "1 while this edge holds what its hub said last that it holds." },
		{ METRIC_GAUGE, METRIC_PREFIX "cut_off", NULL, "1 while this edge has no word of its hub, or the hub of a publisher." },
		{ METRIC_COUNTER, METRIC_PREFIX "cut_offs", NULL, "Times that this edge said stale." },
		{ METRIC_COUNTER, METRIC_PREFIX "bridge_cuts", NULL, "Times that the bridge was cut to bring everything again." },
		{ METRIC_COUNTER, METRIC_PREFIX "topics_cleared", NULL, "Topics cleared since they had vanished at the hub." },
	};
	struct cluster_stats s = cluster_stats(c);

	if (c->part == CLUSTER_NONE)
		return;
	METRICS_WRITE(out, of_both, (double)s.beats, (double)s.topics, (double)s.not_kept);
	if (part_has_hub(c->part))
		METRICS_WRITE(out, of_edge, s.in_sync, s.cut_off, (double)s.times_cut_off, (double)s.bridge_cuts, (double)s.cleared);
}
