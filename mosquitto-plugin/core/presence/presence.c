#include "mosquitto-plugin/core/presence/presence.h"

#include "mosquitto-plugin/core/policy/track.h"

#include "base/metrics.h"
#include "base/topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define PRESENCE_MS 1000 /* at least between two reports, and between two publications */
#define FOLLOW_MS 250    /* at least between two publications of an edge, which follow the hub's sums: it waits for its hub, not once more */
#define REPEAT_MS 5000   /* after so long a report is sent again though nothing has changed */
#define GATHER_MS 4500   /* so long a hub that has just started waits for its edges to come back */
#define SHARES_MAX 256
#define READ_BYTES (1 << 18)   /* of shares that one tick reads, and then the one that it has begun */
#define UNREAD_BYTES (1 << 24) /* of shares that have come and were not read yet */
#define ROOM_ROW POLICY_ROOM_WATCH "/"
#define ROOM_SLICES 4 /* so many times in a second rooms are told at most: each is a message to all who are in it */
#define WATCHING "watching"
#define WATCHING_ROWS (1 + PAGES_KINDS)
#define MAX_ROWS_BESIDE_GROUPS (2 + POLICY_MAX_ROLES + TRANSPORT_COUNT + WATCHING_ROWS)

/* What an edge last reported. */
struct share {
	const struct client *from;
	struct crowd rows;
	uint64_t hash;     /* of the report that the rows were read from; 0: none yet */
	uint64_t reloads;  /* struct presence's, when it was read */
	struct buf unread; /* a report that has come since; empty: none has */
	struct share *prev, *next;
};

bool presence_init(struct presence *p, const struct presence_setup *setup)
{
	p->policy = setup->policy;
	p->roster = setup->roster;
	p->books = setup->books;
	p->ops = setup->ops;
	p->dirty = true;
	p->topic = topic_join(setup->prefix, "presence/");
	p->cluster_topic = topic_join(setup->prefix, "crew/presence/");
	p->share_topic = topic_join(setup->prefix, "crew/presence/share");
	p->sum_topic = topic_join(setup->prefix, "crew/presence/sum");
	p->prefix = str_dup(str_of(setup->prefix));
	p->watching_topic = topic_join(setup->prefix, "presence/" WATCHING);
	return p->topic && p->cluster_topic && p->share_topic && p->sum_topic && p->prefix && p->watching_topic;
}

void presence_join(struct presence *p, enum cluster_part part)
{
	p->part = part;
}

void presence_report(struct presence *p)
{
	p->report_due = true;
}

void presence_reload(struct presence *p, const struct policy *policy, mono now)
{
	p->policy = policy;
	crowd_forget_kinds(&p->all);
	p->reloads++;
	p->tell_at = p->own_at = now;
}

static void drop_share(struct presence *p, struct share *s)
{
	if (p->read_from == s)
		p->read_from = s->next;
	DL_DELETE(p->shares, s);
	p->n_shares--;
	p->dirty = p->shares_changed = true;
	p->unread_bytes -= s->unread.len;
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
	free(p->prefix);
	free(p->watching_topic);
}

static bool is_below(struct str topic, const char *with_slash)
{
	struct str below = str_of(with_slash);

	return str_starts(topic, below) || str_eq(topic, (struct str){ below.p, below.len - 1 });
}

bool presence_owns(const struct presence *p, struct str topic)
{
	if (part_has_edges(p->part) && str_is(topic, p->share_topic))
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
	p->report_due = true; /* this edge may have missed reports */
	return s;
}

static void put_aside(struct presence *p, struct share *s, struct str report)
{
	p->unread_bytes -= s->unread.len;
	buf_clear(&s->unread);
	buf_str(&s->unread, report);
	p->unread_bytes += s->unread.len;
}

/* The hub's sum. A broker that has edges itself passes it on to them. */
static bool take_sum(struct presence *p, struct str payload)
{
	buf_clear(&p->sum);
	buf_str(&p->sum, payload);
	p->dirty = true;
	return !part_has_edges(p->part);
}

/* A share is only put aside here, and read in a tick: an edge cannot make its hub read faster than that. What its bridge brings is the hub's
 * own share for a hub above, and no edge's: sent back to the hub it would count everybody twice. */
bool presence_take(struct presence *p, const struct client *from, const struct message *m, mono now)
{
	struct share *s;

	if (from && track_topic_is(str_of(p->prefix), m->topic, STR("crew/watching"))) {
		p->shares_refused += !pages_take(&p->pages, from, m->payload, now);
		return true;
	}
	if (part_has_hub(p->part) && !from && str_is(m->topic, p->sum_topic))
		return take_sum(p, m->payload);
	if (!str_is(m->topic, p->share_topic) || p->part == CLUSTER_NONE || (from && !part_has_edges(p->part)))
		return false;
	if (!from)
		return true;
	s = share_of(p, from);
	if (!s || p->unread_bytes - s->unread.len + m->payload.len > UNREAD_BYTES) {
		p->shares_refused++;
		return true;
	}
	put_aside(p, s, m->payload);
	return p->unread = true;
}

/* When another connection has taken over the client id, it is the same edge's, and gets the share. */
void presence_gone(struct presence *p, const struct client *c)
{
	struct share *s = find_share(p, c);
	const struct client *newer = s && !c->current ? roster_find_id(p->roster, str_of(c->id)) : NULL;

	pages_gone(&p->pages, c);
	if (s && newer && !find_share(p, newer))
		s->from = newer;
	else if (s)
		drop_share(p, s);
}

static void refuse_report(struct presence *p, const char *whose, const char *why, mono now)
{
	char text[512];

	p->shares_refused++;
	if (!log_pace_allows(&p->pace, now)) {
		p->log_lines_held_back++;
		return;
	}
	snprintf(text, sizeof(text), "presence as %.100s counts it is ignored: %s", whose, why);
	p->ops.warn(p->ops.ctx, text);
}

/* Starts counting: there are no rows yet, and the policy says of which kinds there may be how many. */
static void begin(const struct policy *p, struct crowd *c)
{
	unsigned rooms = p->rooms.on ? (unsigned)p->rooms.rooms : 0;

	c->max_rows = (unsigned)p->limits.presence_groups + MAX_ROWS_BESIDE_GROUPS + 2 * rooms;
	crowd_begin(c);
	crowd_allow(c, (struct crowd_kind){ .name = "total", .max = 1, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = "users", .max = 1, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = "role", .max = POLICY_MAX_ROLES, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = "transport", .max = TRANSPORT_COUNT, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = WATCHING, .max = WATCHING_ROWS, .at_once = true });
	for (size_t i = 0; i < p->n_watches; i++)
		crowd_allow(c, (struct crowd_kind){ .name = p->watches[i].name,
						    .max = (unsigned)p->watches[i].groups,
						    .lane = p->watches[i].rooms ? CROWD_ROOMS : CROWD_COMMON });
	if (rooms)
		crowd_allow(c, (struct crowd_kind){ .name = "room", .max = rooms, .local = true });
}

/* Reads the report into the share, unless it is the same as before. 0; or 1, and `why` says what is wrong with it. */
static int keep_rows(struct presence *p, struct share *s, struct str report, struct complaint *why)
{
	uint64_t hash = hash_bytes(report.p, report.len) | 1;
	struct crowd rows = { 0 };

	if (hash == s->hash && s->reloads == p->reloads)
		return 0;
	begin(p->policy, &rows);
	if (crowd_read(&rows, report, why)) {
		crowd_free(&rows);
		return 1;
	}
	crowd_forget_kinds(&rows); /* the names of kinds are the policy's, which a reload frees */
	p->all.refused += rows.refused;
	p->dirty = p->shares_changed = true;
	crowd_free(&s->rows);
	s->rows = rows;
	s->hash = hash;
	s->reloads = p->reloads;
	return 0;
}

static void read_share(struct presence *p, struct share *s, mono now)
{
	struct complaint why;

	if (s->unread.failed ? complaint_say(&why, 0, "it is too large") : keep_rows(p, s, buf_view(&s->unread), &why))
		refuse_report(p, s->from->id, why.text, now);
	put_aside(p, s, STR(""));
}

static bool any_unread(const struct presence *p)
{
	const struct share *s;

	DL_FOREACH(p->shares, s)
		if (s->unread.len || s->unread.failed)
			return true;
	return false;
}

/* Reads shares, but not more in one tick than READ_BYTES, since clients wait meanwhile. The next tick goes on. */
static void read_shares(struct presence *p, mono now)
{
	struct share *s = p->read_from ? p->read_from : p->shares;

	for (size_t bytes = 0; s && bytes < READ_BYTES; s = s->next) {
		bytes += s->unread.len;
		if (s->unread.len || s->unread.failed)
			read_share(p, s, now);
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
	return g && g->list == GROUP_TOLD && g->watch->names;
}

/* Adds the names of those who are in groups with names. Looks at each subscription of each client with a name. */
static void count_names(const struct roster *r, struct crowd *to)
{
	for (const struct client *c = r->clients; c; c = c->next) {
		const char *user = client_user(c);

		for (unsigned i = 0; user && i < c->n_filters; i++) {
			const struct group *g = client_filters(c)[i]->group;

			if (has_names(g))
				crowd_name(to, str_of(g->key), str_of(user));
		}
	}
}

/* How many edges' bridges are among the clients (transport < 0: of any transport): they are counted in role/ and nowhere else. */
static unsigned bridges(const struct presence *p, int transport)
{
	const struct share *s;
	unsigned n = 0;

	DL_FOREACH(p->shares, s)
		n += transport < 0 || s->from->transport == (enum transport)transport;
	return n;
}

static void count_watching(const struct presence *p, struct crowd *to)
{
	const struct policy *policy = p->policy;
	const struct share *s;
	uint64_t n = 0;

	for (size_t i = 0; i < policy->n_roles; i++)
		n += policy->roles[i].audience ? p->books->by_role[i] : 0;
	DL_FOREACH(p->shares, s)
		n -= policy->roles[s->from->role].audience; /* a bridge watches nothing, whatever its role */
	count_row(to, WATCHING "/", "mqtt", n);
	for (int i = 0; i < PAGES_KINDS; i++)
		count_row(to, WATCHING "/", pages_kind_names[i], pages_count(&p->pages, (enum pages_kind)i));
}

/* How many different users are in. Those of roles with reserved seats are the crew and our own programs. */
static unsigned users(const struct presence *p)
{
	const struct user_book *u;
	unsigned n = 0;

	for (u = p->books->users; u; u = u->hh.next)
		n += u->connections && !policy_is_reserved(p->policy, policy_user_role(p->policy, str_of(u->name)));
	return n;
}

static void count_own(const struct presence *p, struct crowd *to)
{
	const struct policy *policy = p->policy;
	bool names = false;

	count_row(to, "total", "", p->books->total - bridges(p, -1));
	count_row(to, "users", "", users(p));
	for (size_t i = 0; i < policy->n_roles; i++)
		count_row(to, "role/", policy->roles[i].name, p->books->by_role[i]);
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		count_row(to, "transport/", transport_names[i], p->roster->by_transport[i] - bridges(p, i));
	count_watching(p, to);
	for (const struct group *g = p->roster->groups.lists[GROUP_TOLD]; g; g = g->next) {
		count_row(to, g->key, "", g->n);
		if (g->watch->rooms)
			crowd_date(to, str_of(g->key), (struct crowd_dates){ g->since_ms, g->change_ms });
		if (has_names(g))
			crowd_name(to, str_of(g->key), STR(""));
		names |= has_names(g);
	}
	if (names)
		count_names(p->roster, to);
}

/* ---- which groups there are ---- */

/* Who has a reserved seat pays nothing for rooms: what he leaves in them is to be cleared one day, and an edge's members have paid there. */
void presence_note(struct presence *p, struct client *from, const struct message *m, mono now)
{
	struct groups *gs = &p->roster->groups;
	bool is_free = !from || (room_of_topic(m->topic).p && p->policy->rooms.on && policy_is_reserved(p->policy, from->role));
	struct bucket *bucket;
	double per_hour;

	/* an empty message clears a topic, and makes no group known */
	if (!m->payload.len || !groups_heard(gs, p->policy, m->topic, now))
		return;
	if (!is_free) {
		bucket = client_new_groups(from);
		per_hour = (double)p->policy->roles[from->role].limits.new_groups_per_hour;
		if (!bucket || !bucket_take(bucket, (struct rate){ per_hour / 3600, per_hour }, 1, now)) {
			gs->refused++;
			return;
		}
	}
	groups_learn(gs, p->policy, m->topic, now);
}

bool presence_knows_room(const struct presence *p, struct str topic)
{
	const struct group *g;
	struct str first, room;

	if (!p->policy->rooms.on || !str_split(&topic, '/', &first) || !str_is(first, "rooms") || !str_split(&topic, '/', &room))
		return false;
	g = groups_room(&p->roster->groups, p->policy, room);
	return g && g->known;
}

bool presence_in_room(const struct presence *p, struct str room, struct crowd_view *out)
{
	char key[sizeof(ROOM_ROW) + ROOM_NAME_MAX];
	int n = snprintf(key, sizeof(key), ROOM_ROW "%.*s", STR_ARGS(room));

	return room_name_valid(room) && crowd_find(&p->all, (struct str){ key, (size_t)n }, out) && out->n;
}

/* ---- rooms, when all is counted ---- */

/* Of an open room, the number is told to everybody. And a room that is known at another broker is known here. */
static void see_room(void *ctx, const struct crowd_view *row)
{
	struct str room = str_skip(row->key, strlen(ROOM_ROW));
	struct presence *p = ctx;
	char name[ROOM_NAME_MAX + 1];

	if (!room_name_valid(room))
		return;
	snprintf(name, sizeof(name), "%.*s", STR_ARGS(room));
	if (policy_room_is_open(p->policy, room))
		count_row(&p->all, "room/", name, row->n);
	if (row->n && p->part != CLUSTER_NONE)
		groups_elsewhere(&p->roster->groups, p->policy, room);
}

static void see_rooms(struct presence *p)
{
	if (p->policy->rooms.on)
		crowd_each(&p->all, POLICY_ROOM_WATCH, see_room, p);
}

/* ---- telling ---- */

/* A room's presence is told in the room, and so is the end of one that was told while the policy had rooms. */
static void name_topic(const struct presence *p, struct str key, struct buf *out)
{
	if (!str_starts(key, STR(ROOM_ROW)))
		buf_printf(out, "%s%.*s", p->topic, STR_ARGS(key));
	else if (room_name_valid(str_skip(key, strlen(ROOM_ROW))))
		buf_printf(out, "rooms/%.*s/presence", STR_ARGS(str_skip(key, strlen(ROOM_ROW))));
}

static void tell(void *ctx, const char *key, struct str payload)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct presence *p = ctx;

	if (str_starts(str_of(key), STR(WATCHING "/"))) {
		p->watching_due = true;
		return;
	}
	name_topic(p, str_of(key), &topic);
	if (!topic.failed && topic.len)
		p->ops.publish(p->ops.ctx, topic.p, payload, true);
}

static uint64_t watching(const struct presence *p, const char *by)
{
	char key[32];

	snprintf(key, sizeof(key), WATCHING "/%s", by);
	return crowd_get(&p->all, str_of(key));
}

/* All rows of those who watch, in one message. */
static void tell_watching(struct presence *p)
{
	uint64_t total = watching(p, "mqtt");
	BUF_CLEANUP struct buf out = { 0 };

	if (!p->watching_due)
		return;
	p->watching_due = false;
	for (int i = 0; i < PAGES_KINDS; i++)
		total += watching(p, pages_kind_names[i]);
	buf_printf(&out, "{\"total\":%" PRIu64 ",\"mqtt\":%" PRIu64, total, watching(p, "mqtt"));
	for (int i = 0; i < PAGES_KINDS; i++)
		buf_printf(&out, ",\"%s\":%" PRIu64, pages_kind_names[i], watching(p, pages_kind_names[i]));
	buf_char(&out, '}');
	if (!out.failed)
		p->ops.publish(p->ops.ctx, p->watching_topic, buf_view(&out), true);
}

static void send_report(struct presence *p, struct crowd *c, const char *topic, mono now)
{
	BUF_CLEANUP struct buf out = { 0 };

	crowd_report(c, &out);
	if (!out.failed)
		p->ops.publish(p->ops.ctx, topic, buf_view(&out), false);
	p->repeat_at = mono_add(now, REPEAT_MS);
	p->report_due = false;
}

/* Has anything changed, and is it time to say so? */
static bool is_due(struct presence *p, mono now)
{
	if (!p->dirty || !mono_reached(now, p->tell_at))
		return false;
	p->dirty = false;
	p->tell_at = mono_add(now, part_has_hub(p->part) ? FOLLOW_MS : PRESENCE_MS);
	return true;
}

static uint64_t changes(const struct presence *p)
{
	return p->roster->changes + p->roster->groups.changes + p->pages.changes;
}

static void note_changes(struct presence *p)
{
	p->dirty |= p->seen != changes(p);
	p->seen = changes(p);
}

/* Tells rows of this lane, as many as the rate has left. */
static unsigned tell_lane(struct presence *p, enum crowd_lane lane, struct rate rate, mono now)
{
	struct bucket *told = &p->told[lane];
	double may;
	unsigned n;

	bucket_refill(told, rate, now);
	may = rate.burst - told->missing;
	n = crowd_tell(&p->all, (struct crowd_turn){ lane, may > 0 ? (unsigned)may : 0 }, tell, p);
	told->missing += p->all.n_paced;
	return n;
}

/* Rooms are told a slice at a time: telling a thousand at once would hold up everybody. */
static unsigned tell_rooms(struct presence *p, mono now)
{
	double per_s = (double)p->policy->rooms.presence_per_s;

	return tell_lane(p, CROWD_ROOMS, (struct rate){ per_s, per_s / ROOM_SLICES + 1 }, now);
}

/* Rows beyond the rate are told later, rooms a slice later. True: something was told. */
static bool tell_changes(struct presence *p, mono now)
{
	double per_s = (double)p->policy->limits.presence_topics_per_s;
	unsigned n = tell_lane(p, CROWD_COMMON, (struct rate){ per_s, per_s }, now);

	p->dirty |= p->all.behind[CROWD_COMMON];
	tell_watching(p);
	return n + tell_rooms(p, now);
}

static void go_on_with_rooms(struct presence *p, mono now)
{
	if (p->all.behind[CROWD_ROOMS])
		tell_rooms(p, now);
}

/* Counts this broker's clients and all shares, and tells what has changed. True: something was told. */
static bool tell_all(struct presence *p, mono now)
{
	const struct share *s;

	begin(p->policy, &p->all);
	count_own(p, &p->all);
	DL_FOREACH(p->shares, s)
		crowd_add(&p->all, &s->rows);
	crowd_settle(&p->all, p->wall_ms);
	see_rooms(p);
	return tell_changes(p, now);
}

/* While only some edges of a hub that has restarted are back, it would tell too small a sum, so it tells nothing. */
static void hub_tick(struct presence *p, mono now)
{
	if (!p->gathered_at.ms)
		p->gathered_at = mono_add(now, GATHER_MS);
	if (!mono_reached(now, p->gathered_at))
		return;
	if (p->unread && mono_reached(now, p->tell_at) && mono_reached(now, p->read_at))
		read_shares(p, now);
	note_changes(p);
	p->dirty |= mono_reached(now, p->repeat_at); /* nothing may change for hours, and rooms of edges are not quiet all the same */
	go_on_with_rooms(p, now);
	if (!p->read_from && is_due(p, now) && tell_all(p, now))
		p->report_due = true;
	if (p->all.n_kinds && ((p->report_due && !p->unread) || mono_reached(now, p->repeat_at)))
		send_report(p, &p->all, p->sum_topic, now);
}

static void edge_reports(struct presence *p, mono now)
{
	const struct share *s;

	p->own_at = mono_add(now, PRESENCE_MS);
	p->seen = changes(p);
	p->shares_changed = false;
	begin(p->policy, &p->own);
	count_own(p, &p->own);
	DL_FOREACH(p->shares, s)
		crowd_add(&p->own, &s->rows);
	crowd_end(&p->own);
	send_report(p, &p->own, p->share_topic, now);
}

static void edge_tells(struct presence *p, mono now)
{
	struct complaint why;

	if (!p->sum.len)
		return;
	begin(p->policy, &p->all);
	if (crowd_read(&p->all, buf_view(&p->sum), &why)) {
		crowd_forget_kinds(&p->all); /* no row is here, and nobody shall be told that */
		refuse_report(p, "the hub", why.text, now);
		return;
	}
	see_rooms(p);
	tell_changes(p, now);
}

/* An edge of this edge may have missed it. */
static void repeat_sum(struct presence *p)
{
	if (part_has_edges(p->part) && p->sum.len)
		p->ops.publish(p->ops.ctx, p->sum_topic, buf_view(&p->sum), false);
}

/* An edge publishes the hub's last sum, whether it is cut off or not. */
static void edge_tick(struct presence *p, mono now)
{
	bool changed = (p->shares_changed || p->seen != changes(p)) && mono_reached(now, p->own_at);

	if (p->unread && mono_reached(now, p->read_at))
		read_shares(p, now);
	if (p->report_due)
		repeat_sum(p);
	if (changed || p->report_due || mono_reached(now, p->repeat_at))
		edge_reports(p, now);
	go_on_with_rooms(p, now);
	if (is_due(p, now))
		edge_tells(p, now);
}

void presence_tick(struct presence *p, struct moment at)
{
	mono now = at.now;

	p->wall_ms = at.wall_ms;
	pages_tick(&p->pages, now);
	groups_tick(&p->roster->groups, p->policy, at);
	if (p->part == CLUSTER_HUB) {
		hub_tick(p, now);
		return;
	}
	if (part_has_hub(p->part)) {
		edge_tick(p, now);
		return;
	}
	note_changes(p);
	go_on_with_rooms(p, now);
	if (is_due(p, now))
		tell_all(p, now);
}

/* ---- metrics ---- */

static void write_edges(const struct presence *p, struct buf *out)
{
	static const struct metric_row row = { METRIC_GAUGE, "scoreboard_cluster_connections", "edge", "Clients that are in, by edge." };
	const struct share *s;

	metrics_head(out, &row);
	DL_FOREACH(p->shares, s) {
		struct str name = str_of(s->from->id), head = STR("edge-");

		metrics_line(out, &row, str_starts(name, head) ? str_skip(name, head.len) : name, (double)crowd_get(&s->rows, STR("total")));
	}
}

static void write_watching(const struct presence *p, struct buf *out)
{
	static const struct metric_row row = { METRIC_GAUGE, "scoreboard_watching", "by", "Who watches: clients of the audience, and pages over HTTP." };

	metrics_head(out, &row);
	metrics_line(out, &row, STR("mqtt"), (double)watching(p, "mqtt"));
	for (int i = 0; i < PAGES_KINDS; i++)
		metrics_line(out, &row, str_of(pages_kind_names[i]), (double)watching(p, pages_kind_names[i]));
}

static const struct metric_row group_row = { METRIC_GAUGE, "scoreboard_presence", "group", "Who has subscribed to what a watch of the policy counts." };

static void write_group(void *ctx, const struct crowd_view *row)
{
	metrics_line(ctx, &group_row, row->key, (double)row->n);
}

/* Rooms have no metric: a private one's name is nobody else's business. */
static void write_groups(const struct presence *p, struct buf *out)
{
	metrics_head(out, &group_row);
	for (size_t i = 0; i < p->policy->n_watches; i++)
		if (!p->policy->watches[i].rooms)
			crowd_each(&p->all, p->policy->watches[i].name, write_group, out);
}

void presence_metrics(const struct presence *p, struct buf *out)
{
	static const struct metric_row rows[] = {
		{ METRIC_GAUGE, "scoreboard_cluster_crowd", NULL,
		  "Clients that are in, of all edges and of the hub without their bridges." },
		{ METRIC_GAUGE, "scoreboard_cluster_edges", NULL, "Edges that are connected." },
	};
	uint64_t total = p->books->total - bridges(p, -1);
	const struct share *s;

	if (!part_has_hub(p->part)) {
		write_watching(p, out);
		write_groups(p, out);
	}
	if (!part_has_edges(p->part))
		return;
	write_edges(p, out);
	DL_FOREACH(p->shares, s)
		total += crowd_get(&s->rows, STR("total"));
	METRICS_WRITE(out, rows, (double)total, p->n_shares);
}
