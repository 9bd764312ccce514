#include "mosquitto-plugin/core/presence.h"

#include "base/topic.h"
#include "mosquitto-plugin/core/door_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define PRESENCE_MS 1000   /* at least between two words of the same */
#define REPEAT_MS 5000     /* of a report, though nothing changed */
#define GATHER_MS 4500     /* until the edges of a hub that has just started are back */
#define SHARES_MAX 256
#define READ_BYTES (4 * CROWD_REPORT_BYTES) /* of shares in one tick: some 10 ms, whatever they hold */
#define MAX_ROWS_BESIDE_GROUPS (1 + POLICY_MAX_ROLES + TRANSPORT_COUNT)

/* What an edge last reported. */
struct share {
	const struct client *from;
	struct crowd rows;
	uint64_t hash;     /* of the report that these are; 0: none yet */
	uint64_t reloads;  /* at that time: the policy says what is kept of a report */
	struct buf unread; /* has come since; empty: nothing */
	struct share *prev, *next;
};

bool presence_init(struct presence *p, const char *prefix)
{
	p->dirty = true;
	p->topic = topic_join(prefix, "presence/");
	p->cluster_topic = topic_join(prefix, "crew/presence/");
	p->share_topic = topic_join(prefix, "crew/presence/share");
	p->sum_topic = topic_join(prefix, "crew/presence/sum");
	return p->topic && p->cluster_topic && p->share_topic && p->sum_topic;
}

static void drop_share(struct presence *p, struct share *s)
{
	if (p->read_from == s)
		p->read_from = s->next;
	DL_DELETE(p->shares, s);
	p->n_shares--;
	p->dirty = true;
	crowd_free(&s->rows);
	buf_free(&s->unread);
	free(s);
}

void presence_free(struct presence *p)
{
	while (p->shares)
		drop_share(p, p->shares);
	crowd_free(&p->all);
	crowd_free(&p->own);
	buf_free(&p->sum);
	free(p->topic);
	free(p->cluster_topic);
	free(p->share_topic);
	free(p->sum_topic);
}

static bool is_below(struct str topic, const char *with_slash)
{
	struct str below = str_of(with_slash);

	return str_starts(topic, below) || str_eq(topic, (struct str){ below.p, below.len - 1 });
}

bool presence_owns(const struct presence *p, struct str topic)
{
	if (p->part == CLUSTER_HUB && str_is(topic, p->share_topic))
		return false;
	return is_below(topic, p->topic) || is_below(topic, p->cluster_topic);
}

/* ---- shares ---- */

static struct share *find_share(const struct presence *p, const struct client *c)
{
	struct share *s;

	DL_SEARCH_SCALAR(p->shares, s, from, c);
	return s;
}

static struct share *share_of(struct presence *p, const struct client *c)
{
	struct share *s = find_share(p, c);

	if (s)
		return s;
	s = p->n_shares < SHARES_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return NULL;
	s->from = c;
	s->unread.max = CROWD_REPORT_BYTES;
	DL_APPEND(p->shares, s);
	p->n_shares++;
	p->report_due = true; /* to one who may have missed some */
	return s;
}

/* Read at the next tick only: an edge cannot make its hub read faster than that. */
bool presence_take(struct door *d, const struct client *from, const struct message *m)
{
	struct presence *p = &d->presence;
	struct share *s;

	if (p->part == CLUSTER_EDGE && !from && str_is(m->topic, p->sum_topic)) {
		buf_clear(&p->sum);
		buf_str(&p->sum, m->payload);
		return p->dirty = true;
	}
	if (p->part != CLUSTER_HUB || !from || !str_is(m->topic, p->share_topic))
		return false;
	s = share_of(p, from);
	if (!s) {
		d->n.shares_refused++;
		return true;
	}
	buf_clear(&s->unread);
	buf_str(&s->unread, m->payload);
	return p->unread = true;
}

/* While one connection takes over from another, the edge is the same. */
void presence_gone(struct door *d, const struct client *c)
{
	struct share *s = find_share(&d->presence, c);
	const struct client *newer = s && !c->current ? roster_find_id(&d->roster, str_of(c->id)) : NULL;

	if (s && newer && !find_share(&d->presence, newer))
		s->from = newer;
	else if (s)
		drop_share(&d->presence, s);
}

static void refuse_report(struct door *d, const char *whose, const char *why, mono now)
{
	d->n.shares_refused++;
	if (may_log(d, &d->presence.has_logged, &d->presence.logged, now))
		door_log(d, LOG_LEVEL_WARN, "presence as %.100s counts it is ignored: %s", whose, why);
}

/* What may be told of, at a broker with this policy. */
static void begin(const struct door *d, struct crowd *c)
{
	const struct policy *p = d->policy;

	c->max_rows = (unsigned)p->limits.presence_groups + MAX_ROWS_BESIDE_GROUPS;
	crowd_begin(c);
	crowd_allow(c, (struct crowd_kind){ .name = "total", .max = 1, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = "role", .max = POLICY_MAX_ROLES, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = "transport", .max = TRANSPORT_COUNT, .at_once = true });
	for (size_t i = 0; i < p->n_watches; i++)
		crowd_allow(c, (struct crowd_kind){ .name = p->watches[i].name, .max = (unsigned)p->watches[i].groups });
}

/* 0; or 1, and what is wrong with the report. */
static int keep_rows(struct door *d, struct share *s, struct str report, struct complaint *why)
{
	uint64_t hash = hash_bytes(report.p, report.len) | 1;
	struct crowd rows = { 0 };

	if (hash == s->hash && s->reloads == d->n.reloads)
		return 0;
	begin(d, &rows);
	if (crowd_read(&rows, report, why)) {
		crowd_free(&rows);
		return 1;
	}
	d->presence.all.refused += rows.refused;
	d->presence.dirty = true;
	crowd_free(&s->rows);
	s->rows = rows;
	s->hash = hash;
	s->reloads = d->n.reloads;
	return 0;
}

static void read_share(struct door *d, struct share *s, mono now)
{
	struct complaint why;

	if (s->unread.failed ? complaint_say(&why, 0, "it is too large") : keep_rows(d, s, buf_view(&s->unread), &why))
		refuse_report(d, s->from->id, why.text, now);
	buf_clear(&s->unread);
}

static bool any_unread(const struct presence *p)
{
	const struct share *s;

	DL_FOREACH(p->shares, s)
		if (s->unread.len || s->unread.failed)
			return true;
	return false;
}

/* Not all in one tick when there is much: clients wait meanwhile. The next tick goes on. */
static void read_shares(struct door *d, mono now)
{
	struct presence *p = &d->presence;
	struct share *s = p->read_from ? p->read_from : p->shares;

	for (size_t bytes = 0; s && bytes < READ_BYTES; s = s->next) {
		bytes += s->unread.len;
		if (s->unread.len || s->unread.failed)
			read_share(d, s, now);
	}
	p->read_from = s;
	if (s)
		return;
	p->unread = any_unread(p);
	p->read_at = mono_add(now, PRESENCE_MS);
}

/* ---- what this broker counts ---- */

static void count_row(struct crowd *to, const char *kind, const char *name, uint64_t n)
{
	char key[CROWD_KEY_BYTES + 1];
	int len = snprintf(key, sizeof(key), "%s%s", kind, name);

	if (len > 0 && (size_t)len < sizeof(key))
		crowd_count(to, (struct str){ key, (size_t)len }, n);
}

static bool has_names(const struct group *g)
{
	return g && g->list == GROUP_TOLD && g->rule->names;
}

/* Looks at each subscription of everybody who has a name. */
static void count_names(const struct door *d, struct crowd *to)
{
	for (const struct client *c = d->roster.clients; c; c = c->next) {
		const char *user = client_user(c);

		for (unsigned i = 0; user && i < c->n_filters; i++) {
			const struct group *g = client_filters(c)[i]->group;

			if (has_names(g))
				crowd_name(to, str_of(g->key), str_of(user));
		}
	}
}

/* The bridges of edges stand in role/ and nowhere else: nobody watches there. */
static unsigned bridges(const struct presence *p, int transport)
{
	const struct share *s;
	unsigned n = 0;

	DL_FOREACH(p->shares, s)
		n += transport < 0 || s->from->transport == (enum transport)transport;
	return n;
}

static void count_own(const struct door *d, struct crowd *to)
{
	const struct presence *p = &d->presence;
	bool names = false;

	count_row(to, "total", "", d->books.total - bridges(p, -1));
	for (size_t i = 0; i < d->policy->n_roles; i++)
		count_row(to, "role/", d->policy->roles[i].name, d->books.by_role[i]);
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		count_row(to, "transport/", transport_names[i], d->roster.by_transport[i] - bridges(p, i));
	for (const struct group *g = d->roster.groups.lists[GROUP_TOLD]; g; g = g->next) {
		count_row(to, g->key, "", g->n);
		if (has_names(g))
			crowd_name(to, str_of(g->key), STR(""));
		names |= has_names(g);
	}
	if (names)
		count_names(d, to);
}

/* ---- which groups there are ---- */

void presence_note(struct door *d, struct client *from, const struct message *m, mono now)
{
	struct groups *gs = &d->roster.groups;
	double per_hour;

	/* an empty one clears the topic */
	if (!m->payload.len || !groups_heard(gs, d->policy, m->topic, now))
		return;
	if (from) {
		per_hour = (double)d->policy->roles[from->role].limits.new_groups_per_hour;
		if (!bucket_take(&from->more->new_groups, (struct rate){ per_hour / 3600, per_hour }, 1, now)) {
			gs->refused++;
			return;
		}
	}
	groups_learn(gs, d->policy, m->topic, now);
}

/* ---- telling ---- */

static void tell(void *ctx, const char *key, struct str payload)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct door *d = ctx;

	buf_printf(&topic, "%s%s", d->presence.topic, key);
	if (!topic.failed)
		d->ops.publish(d->ops.ctx, NULL, topic.p, payload, true);
}

static void send_report(struct door *d, struct crowd *c, const char *topic, mono now)
{
	BUF_CLEANUP struct buf out = { 0 };

	crowd_report(c, &out);
	if (!out.failed)
		d->ops.publish(d->ops.ctx, NULL, topic, buf_view(&out), false);
	d->presence.repeat_at = mono_add(now, REPEAT_MS);
	d->presence.report_due = false;
}

/* Has anything changed, and is it time to say so? */
static bool is_due(struct presence *p, mono now)
{
	if (!p->dirty || !mono_reached(now, p->tell_at))
		return false;
	p->dirty = false;
	p->tell_at = mono_add(now, PRESENCE_MS);
	return true;
}

static uint64_t changes(const struct door *d)
{
	return d->roster.changes + d->roster.groups.changes;
}

static void note_changes(struct door *d)
{
	d->presence.dirty |= d->presence.seen != changes(d);
	d->presence.seen = changes(d);
}

/* What has to wait is told a second later. */
static bool tell_changes(struct door *d)
{
	struct presence *p = &d->presence;
	unsigned n = crowd_tell(&p->all, (unsigned)d->policy->limits.presence_topics_per_s, tell, d);

	p->dirty |= p->all.behind;
	return n;
}

/* Own clients and all shares. Returns whether that is news. */
static bool tell_all(struct door *d)
{
	struct presence *p = &d->presence;
	const struct share *s;

	begin(d, &p->all);
	count_own(d, &p->all);
	DL_FOREACH(p->shares, s)
		crowd_add(&p->all, &s->rows);
	return tell_changes(d);
}

/* With those of its edges that are back it would say less than before it restarted, and then more: it says nothing. */
static void hub_tick(struct door *d, mono now)
{
	struct presence *p = &d->presence;

	if (!p->gathered_at.ms)
		p->gathered_at = mono_add(now, GATHER_MS);
	if (!mono_reached(now, p->gathered_at))
		return;
	if (p->unread && mono_reached(now, p->tell_at) && mono_reached(now, p->read_at))
		read_shares(d, now);
	note_changes(d);
	if (!p->read_from && is_due(p, now) && tell_all(d))
		p->report_due = true;
	if ((p->report_due && !p->unread) || mono_reached(now, p->repeat_at))
		send_report(d, &p->all, p->sum_topic, now);
}

static void edge_reports(struct door *d, mono now)
{
	struct presence *p = &d->presence;

	p->own_at = mono_add(now, PRESENCE_MS);
	p->seen = changes(d);
	begin(d, &p->own);
	count_own(d, &p->own);
	crowd_end(&p->own);
	send_report(d, &p->own, p->share_topic, now);
}

static void edge_tells(struct door *d, mono now)
{
	struct presence *p = &d->presence;
	struct complaint why;

	if (!p->sum.len)
		return;
	begin(d, &p->all);
	if (crowd_read(&p->all, buf_view(&p->sum), &why))
		refuse_report(d, "the hub", why.text, now);
	else
		tell_changes(d);
}

/* What it says is what the hub says; without one, what that said last. */
static void edge_tick(struct door *d, mono now)
{
	struct presence *p = &d->presence;
	bool changed = p->seen != changes(d) && mono_reached(now, p->own_at);

	if (changed || p->report_due || mono_reached(now, p->repeat_at))
		edge_reports(d, now);
	if (is_due(p, now))
		edge_tells(d, now);
}

void presence_tick(struct door *d, mono now)
{
	groups_tick(&d->roster.groups, d->policy, now);
	if (d->presence.part == CLUSTER_HUB) {
		hub_tick(d, now);
		return;
	}
	if (d->presence.part == CLUSTER_EDGE) {
		edge_tick(d, now);
		return;
	}
	note_changes(d);
	if (is_due(&d->presence, now))
		tell_all(d);
}

/* ---- metrics ---- */

static void write_edges(const struct presence *p, struct buf *out)
{
	const struct share *s;

	buf_puts(out, "# HELP scoreboard_cluster_connections Clients that are in, by edge.\n"
		      "# TYPE scoreboard_cluster_connections gauge\n");
	DL_FOREACH(p->shares, s) {
		struct str name = str_of(s->from->id), head = STR("edge-");

		buf_puts(out, "scoreboard_cluster_connections{edge=");
		buf_json(out, str_starts(name, head) ? str_skip(name, head.len) : name);
		buf_printf(out, "} %" PRIu64 "\n", crowd_get(&s->rows, STR("total")));
	}
}

void presence_metrics(const struct door *d, struct buf *out)
{
	const struct presence *p = &d->presence;
	uint64_t total = d->books.total - bridges(p, -1);
	const struct share *s;

	if (p->part != CLUSTER_HUB)
		return;
	write_edges(p, out);
	DL_FOREACH(p->shares, s)
		total += crowd_get(&s->rows, STR("total"));
	buf_printf(out,
		   "# HELP scoreboard_cluster_crowd Clients that are in, of all edges and of the hub without their bridges.\n"
		   "# TYPE scoreboard_cluster_crowd gauge\nscoreboard_cluster_crowd %" PRIu64 "\n"
		   "# HELP scoreboard_cluster_edges Edges that are connected.\n"
		   "# TYPE scoreboard_cluster_edges gauge\nscoreboard_cluster_edges %u\n",
		   total, p->n_shares);
}
