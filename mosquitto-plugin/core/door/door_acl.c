#include "mosquitto-plugin/core/door/door_priv.h"

#include "base/topic.h"

#include <stdlib.h>

/* ---- reading: asked once per delivery, so most answers are remembered ones ---- */

/* The answer for a client of this role of which nothing else is known. NULL: it cannot be kept. */
static const struct verdict *role_verdict(struct door *d, int role, struct str topic)
{
	const struct rules *rules = &d->policy->roles[role].subscribe;
	const struct who nobody = { .open = &d->policy->rooms };
	struct verdicts *v = d->verdicts[role];
	const struct verdict *known;

	if (!topic.len || topic.len > VERDICT_TOPIC_BYTES)
		return NULL;
	if (!v)
		v = d->verdicts[role] = calloc(1, sizeof(*v));
	known = v ? verdict_find(v, topic) : NULL;
	if (known || !v)
		return known;
	return verdict_keep(v, topic, rules_allow(rules, &nobody, topic), rules_depend_on_who(rules, topic));
}

/* Is nothing known of this client but its role, as far as these filters ask? */
static bool is_nobody(const struct client *c, const struct rules *rules)
{
	return !client_user(c) && !rules->client_ids;
}

static bool may_read(struct door *d, const struct client *c, struct str topic)
{
	const struct rules *rules = &d->policy->roles[c->role].subscribe;
	const struct verdict *v = role_verdict(d, c->role, topic);
	struct who who;

	if (v && (!v->personal || is_nobody(c, rules)))
		return v->allowed;
	who = client_who(d, c);
	return rules_allow(rules, &who, topic);
}

/* What brokers tell each other has addresses and names of all clients: a filter such as "#" brings it to nobody but the bridges of edges. (The
 * broker asks nobody about its own bridge.) */
static bool may_hear(const struct door *d, int role, const struct who *who, struct str topic)
{
	return !door_is_ask(d, topic) || door_may_ask(d, role, who);
}

static bool client_may_hear(const struct door *d, const struct client *c, struct str topic)
{
	struct who who;

	if (!door_is_ask(d, topic))
		return true;
	who = client_who(d, c);
	return may_hear(d, c->role, &who, topic);
}

static enum reason read_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	(void)now;
	if (!may_read(d, c, m->topic) || !client_may_hear(d, c, m->topic)) {
		d->n.refused[REASON_READ]++;
		return REASON_READ;
	}
	d->n.messages_out[c->role]++;
	d->n.bytes_out[c->role] += m->payload.len;
	return REASON_NONE;
}

/* ---- rooms ---- */

/* Is it a topic of a room, or a filter for one, that is closed? */
static bool is_closed(const struct door *d, struct str topic, mono now)
{
	struct str room = d->policy->rooms.on ? room_of_topic(topic) : (struct str){ NULL, 0 };

	return room.p && closed_is(&d->closed, room, now);
}

/* Roles with seats of their own are not held to what a room may hold: who looks after a room must be able to come in and to write. */
static bool is_held_to_rooms(const struct door *d, int role)
{
	return d->policy->rooms.on && !policy_is_reserved(d->policy, role);
}

static bool room_may_retain(const struct door *d, int role, const struct retained_message *m)
{
	const struct room_rules *r = &d->policy->rooms;
	const struct retained_sum most = { (size_t)r->retained_topics, (uint64_t)r->retained_bytes };

	return !is_held_to_rooms(d, role) || !room_of_topic(m->topic).p || retained_fits(&d->retained, m, &most);
}

/* ---- subscribing ---- */

/* Reduces a shared subscription, $share/GROUP/FILTER, to its filter; leaves others as they are. False when the role may not share, or
 * there is no filter. */
static bool unshare(const struct role *role, struct str *filter)
{
	struct str head;

	if (!str_starts(*filter, STR("$share/")))
		return true;
	if (!role->shared_subscriptions || !str_split(filter, '/', &head) || !str_split(filter, '/', &head) ||
	    !filter->p)
		return false;
	return filter->len;
}

#define FREE_REPLAYS 16 /* a subscription that brings no more than that is limited by the rate of subscribing alone */
#define HELD_FACTOR 4   /* subscribing again to a filter that the client holds already costs so many times as much */

/* What a subscription costs: the broker answers it with every retained message that the filter matches. */
static double replays_of(const struct door *d, struct str filter, bool is_held)
{
	return (double)retained_below(&d->retained, filter) * (is_held ? HELD_FACTOR : 1);
}

static enum reason charge_replays(struct door *d, struct client *c, double n, mono now)
{
	const struct role_limits *l = &d->policy->roles[c->role].limits;
	struct rate rate = { (double)l->replays_per_s, (double)l->replays_burst };
	struct client_extra *extra;
	enum reason why;

	if (n <= FREE_REPLAYS)
		return REASON_NONE;
	extra = client_extra(c);
	if (!extra)
		return REASON_MEMORY;
	if (!bucket_borrow(&extra->replays, rate, n, now))
		return REASON_REPLAY_RATE;
	why = books_replay(&d->books, &c->charge, n, now);
	if (why)
		bucket_give_back(&extra->replays, n); /* the client gets nothing, so it pays nothing */
	return why;
}

static enum reason judge_subscribe(struct door *d, struct client *c, struct str filter, mono now)
{
	const struct role *role = &d->policy->roles[c->role];
	struct rate rate = { (double)role->limits.subscribes_per_s, (double)role->limits.subscribes_burst };
	struct who who = client_who(d, c);
	bool is_held = roster_has_filter(c, filter);
	struct str plain = filter;
	enum reason why = REASON_NONE;

	if (!bucket_take(&c->subscribes, rate, 1, now))
		return REASON_SUBSCRIBE_RATE;
	if (topic_levels(filter) > (size_t)role->limits.filter_levels)
		return REASON_FILTER_LEVELS;
	if (!unshare(role, &plain) || !rules_allow(&role->subscribe, &who, plain))
		return REASON_SUBSCRIBE;
	if (is_closed(d, plain, now))
		return REASON_ROOM_CLOSED;
	why = door_room_may_enter(d, c, plain);
	if (why)
		return why;
	if (c->n_filters >= role->limits.subscriptions && !is_held)
		return REASON_SUBSCRIPTIONS;
	if (plain.p == filter.p) /* a shared subscription brings no retained messages */
		why = charge_replays(d, c, replays_of(d, plain, is_held), now);
	if (why)
		return why;
	if (roster_subscribe(&d->roster, d->policy, c, filter) == SUBSCRIBED_NO_MEMORY)
		return REASON_MEMORY;
	door_room_entered(d, plain);
	door_edge_subscribed(d, c, plain);
	return REASON_NONE;
}

static enum reason subscribe_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	enum reason why = judge_subscribe(d, c, m->topic, now);

	return why ? door_refuse(d, c, (struct refusal){ why, m->topic }, now) : REASON_NONE;
}

static enum reason unsubscribe_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	(void)now;
	roster_unsubscribe(&d->roster, c, m->topic);
	return REASON_NONE;
}

/* ---- writing ---- */

static bool watches_repeats(const struct door *d, const struct message *m)
{
	const struct who nobody = { .n_rooms = 0 };

	return m->retain && d->policy->repeats.n && rules_allow(&d->policy->repeats, &nobody, m->topic);
}

/* The topic of a hub's beat (cluster.h). Edges clear what does not fit it, so no client may write it. */
static bool is_beat(const struct door *d, struct str topic)
{
	struct str prefix = str_of(d->prefix);

	return str_starts(topic, prefix) && str_is(str_skip(topic, prefix.len), "/crew/beat");
}

/* Is it below rooms/, but in no room? What were retained there would stay for ever. */
static bool is_in_no_room(const struct door *d, struct str topic)
{
	struct str room = d->policy->rooms.on ? room_of_topic(topic) : (struct str){ NULL, 0 };

	return room.p && !room_name_valid(room);
}

/* Is this a topic that the plugin alone writes? */
static bool is_the_plugins(const struct door *d, struct str topic)
{
	return presence_owns(&d->presence, topic) || is_beat(d, topic) || (d->policy->rooms.on && room_is_presence(topic));
}

/* Writing to the control API depends on the role's "control" alone, whatever its filters are. */
static bool may_write(const struct door *d, int role, const struct who *who, struct str topic)
{
	if (str_starts(topic, STR("$CONTROL/")))
		return str_is(topic, "$CONTROL/scoreboard/v1") && d->policy->roles[role].control;
	if (door_is_ask(d, topic) && !door_may_ask(d, role, who))
		return false;
	return !is_the_plugins(d, topic) && !is_in_no_room(d, topic) && rules_allow(&d->policy->roles[role].publish, who, topic);
}

/* What a user of this role may hold in retained topics. */
static struct retained_limits retained_limits_of(const struct door *d, int role)
{
	const struct role_limits *l = &d->policy->roles[role].limits;

	return (struct retained_limits){ (size_t)d->policy->limits.retained_topics, (size_t)l->retained_topics, (uint64_t)l->retained_bytes };
}

static enum reason will_may_stay(const struct door *d, int role, const struct retained_message *will)
{
	const struct retained_limits limits = retained_limits_of(d, role);

	if (!retained_may(&d->retained, will, &limits))
		return REASON_RETAINED;
	if (!room_may_retain(d, role, will))
		return REASON_ROOM_RETAINED;
	return !will->payload_bytes || door_room_is_known(d, role, will->topic) ? REASON_NONE : REASON_ROOMS;
}

/* The broker publishes a will once it has asked whether its client may write it, and does not show it as a message. So a retained will is
 * held to the limits, and entered among the retained topics, when the broker asks. */
static enum reason take_will(struct door *d, struct str user, int role, const struct message *m)
{
	const struct retained_message will = { user, m->topic, m->payload.len };
	const struct retained_limits limits = retained_limits_of(d, role);
	enum reason why = REASON_NONE;

	if (str_starts(m->topic, STR("$CONTROL/")))
		return REASON_PUBLISH; /* only a message reaches the control API */
	if (door_is_ask(d, m->topic))
		return REASON_PUBLISH; /* nobody would look at it before it reaches the edges */
	if (m->retain)
		why = will_may_stay(d, role, &will);
	if (why)
		return why;
	if (m->retain)
		retained_wrote(&d->retained, &will, &limits);
	door_room_will(d, m);
	door_notice_heard(d, m);
	return REASON_NONE;
}

/* When a new connection takes over a client id, the broker sends the will of the old one at once, and reads nothing more from it: what a
 * client writes that is no longer current is its will. */
static enum reason write_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	struct who who = client_who(d, c);
	enum reason why = may_write(d, c->role, &who, m->topic) ? REASON_NONE : REASON_PUBLISH;

	if (!why && is_closed(d, m->topic, now))
		why = REASON_ROOM_CLOSED;
	if (!why && !c->current)
		why = take_will(d, who.user, c->role, m);
	if (why)
		return door_refuse(d, c, (struct refusal){ why, m->topic }, now);
	if (watches_repeats(d, m))
		repeats_announced(&d->repeats, m->topic, c->ptr, (size_t)d->policy->limits.repeat_topics);
	return REASON_NONE;
}

typedef enum reason (*check_fn)(struct door *d, struct client *c, const struct message *m, mono now);

enum reason door_may(struct door *d, const void *ptr, const struct door_request *rq, mono now)
{
	static const check_fn checks[DOOR_ACCESS_COUNT] = {
		[DOOR_READ] = read_check,
		[DOOR_WRITE] = write_check,
		[DOOR_SUBSCRIBE] = subscribe_check,
		[DOOR_UNSUBSCRIBE] = unsubscribe_check,
	};
	struct client *c = rq->access == DOOR_READ ? roster_find_for_delivery(&d->roster, ptr) : roster_find(&d->roster, ptr);

	d->n.checks[rq->access]++;
	if (!c || c->leaving)
		return REASON_STRANGER;
	if (rq->access != DOOR_READ)
		d->roster.groups.now = now;
	return checks[rq->access](d, c, rq->message, now);
}

/* ---- sessions without a client, wills, authors ---- */

/* For a session without its client. The broker keeps messages for it only if the policy gives its role sessions. */
static bool session_may_read_or_subscribe(const struct door *d, const struct who *who, int role, struct str topic)
{
	return role != NO_ROLE && d->policy->roles[role].limits.sessions > 0 && may_hear(d, role, who, topic) &&
	       rules_allow(&d->policy->roles[role].subscribe, who, topic);
}

/* The role of the session with this client id; NO_ROLE when the session is one too many. role: the answer when the session is not known. */
static int role_of_session(const struct door *d, struct str id, int role)
{
	const struct session *s = id.p ? sessions_find(&d->sessions, id) : NULL;

	if (!s)
		return role;
	return s->over ? NO_ROLE : s->role;
}

static bool will_may_be_written(struct door *d, const struct who *who, int role, const struct message *m)
{
	return role != NO_ROLE && may_write(d, role, who, m->topic) && take_will(d, who->user, role, m) == REASON_NONE;
}

enum reason door_stranger_may(struct door *d, const struct visitor *v, const struct door_request *rq, mono now)
{
	const struct message *m = rq->message;
	struct who who = { .user = str_of(v->user), .client = str_of(v->id), .open = &d->policy->rooms };
	int role = who.user.len ? policy_user_role(d->policy, who.user) : d->policy->anonymous[v->transport];
	bool allowed = false;

	if (rq->access == DOOR_READ || rq->access == DOOR_SUBSCRIBE)
		allowed = session_may_read_or_subscribe(d, &who, role_of_session(d, who.client, role), m->topic);
	else if (rq->access == DOOR_WRITE && !is_closed(d, m->topic, now))
		allowed = will_may_be_written(d, &who, role, m);
	if (!allowed) {
		d->n.refused[REASON_STRANGER]++;
		return REASON_STRANGER;
	}
	if (rq->access == DOOR_WRITE && watches_repeats(d, m))
		repeats_announced(&d->repeats, m->topic, v->ptr, (size_t)d->policy->limits.repeat_topics);
	return REASON_NONE;
}

#define AUTHOR_TOPIC_BYTES 1024 /* a longer topic is not taken for one that somebody with a token wrote */
#define AUTHOR_LEVELS 32

/* Could somebody with a token have written this topic? Which rooms his token named is no longer known, so every level of the topic may be
 * one of them. */
static bool some_token_may_write(const struct door *d, struct who *who, struct str topic)
{
	char text[AUTHOR_TOPIC_BYTES], *levels[AUTHOR_LEVELS];
	struct str rest = topic, level;
	size_t n = 0;

	if (topic.len >= sizeof(text) || topic_levels(topic) > AUTHOR_LEVELS)
		return false;
	memcpy(text, topic.p, topic.len);
	text[topic.len] = '\0';
	while (str_split(&rest, '/', &level)) {
		if (!room_name_valid(level))
			continue;
		levels[n++] = text + (level.p - topic.p);
		text[level.p - topic.p + (ptrdiff_t)level.len] = '\0';
	}
	who->rooms = who->hosts = levels;
	who->n_rooms = who->n_hosts = n;
	for (size_t i = 0; i < d->policy->n_roles; i++)
		if (d->policy->tokens.roles[i] && may_write(d, (int)i, who, topic))
			return true;
	return false;
}

enum reason door_author_may(struct door *d, const struct visitor *v, const struct message *m)
{
	struct who who = { .user = str_of(v->user), .client = str_of(v->id), .open = &d->policy->rooms };
	int role = policy_user_role(d->policy, who.user);
	bool allowed = false;

	if (!who.client.len || (d->bridge_id && str_is(who.client, d->bridge_id)))
		return REASON_NONE; /* the broker itself, or what its bridge brought */
	if (role != NO_ROLE)
		allowed = may_write(d, role, &who, m->topic);
	else if (who.user.len)
		allowed = some_token_may_write(d, &who, m->topic);
	for (int i = 0; i < TRANSPORT_COUNT && !who.user.len && !allowed; i++)
		allowed = d->policy->anonymous[i] != NO_ROLE && may_write(d, d->policy->anonymous[i], &who, m->topic);
	return allowed ? REASON_NONE : REASON_PUBLISH;
}

/* ---- messages ---- */

static enum reason too_much(const struct role_limits *l, struct client *c, const struct message *m, mono now)
{
	struct client_extra *extra = client_extra(c);
	struct rate messages = { (double)l->publishes_per_s, (double)l->publishes_burst };
	struct rate bytes = { (double)l->bytes_per_s, (double)l->bytes_burst };

	if (m->payload.len > (size_t)l->payload_bytes)
		return REASON_PAYLOAD_SIZE;
	if (!extra)
		return REASON_MEMORY;
	if (!bucket_take(&extra->publishes, messages, 1, now))
		return REASON_PUBLISH_RATE;
	if (!bucket_borrow(&extra->bytes, bytes, (double)(m->payload.len + m->topic.len), now))
		return REASON_PUBLISH_BYTES;
	return REASON_NONE;
}

static void count_message(struct door *d, struct client *c, const struct message *m)
{
	if (!c) {
		d->n.bridge_messages++;
		d->n.bridge_bytes += m->payload.len;
		return;
	}
	c->extra->messages_in++; /* too_much() has made sure that there is an extra */
	c->extra->bytes_in += m->payload.len;
	d->n.messages[c->role]++;
	d->n.bytes[c->role] += m->payload.len;
}

static struct retained_message retained_by(const struct client *c, const struct message *m)
{
	const char *user = c ? client_user(c) : NULL;

	return (struct retained_message){ user ? str_of(user) : STR(""), m->topic, m->payload.len };
}

static enum reason may_retain(const struct door *d, struct client *c, const struct message *m, mono now)
{
	const struct retained_limits limits = retained_limits_of(d, c->role);
	const struct retained_message wanted = retained_by(c, m);

	if (!m->retain)
		return REASON_NONE;
	if (!retained_may(&d->retained, &wanted, &limits))
		return REASON_RETAINED;
	if (m->payload.len && !door_room_may_be_left(d, c, m->topic, now))
		return REASON_ROOMS;
	return room_may_retain(d, c->role, &wanted) ? REASON_NONE : REASON_ROOM_RETAINED;
}

static void note_retained(struct door *d, const struct client *c, const struct message *m)
{
	const struct retained_limits limits = { .topics = (size_t)d->policy->limits.retained_topics };
	const struct retained_message written = retained_by(c, m);

	if (m->retain)
		retained_wrote(&d->retained, &written, &limits);
}

/* Does the broker hold exactly this already? A message that was announced (repeats.h) and then refused does not come here: its announcement
 * stays pending, and the next one for the topic makes the topic unknown. */
static bool is_repeat(struct door *d, const void *ptr, const struct message *m)
{
	const struct repeat_message said = { m->topic, m->payload, ptr, m->qos < 2 };

	return watches_repeats(d, m) && !repeats_is_news(&d->repeats, &said, (size_t)d->policy->limits.repeat_topics);
}

/* What this broker's own bridge brings is not limited here but where it was written. But who is in a room, and that it is closed, each broker
 * says itself. */
static enum reason may_come_by_bridge(const struct door *d, const struct message *m, mono now)
{
	if ((d->policy->rooms.on && room_is_presence(m->topic)) || is_in_no_room(d, m->topic))
		return REASON_PUBLISH;
	return is_closed(d, m->topic, now) ? REASON_ROOM_CLOSED : REASON_NONE;
}

static enum reason judge_message(struct door *d, struct client *c, const struct message *m, mono now)
{
	/* a client that is sent away may still write its will (door_stranger_may()), but a will is never shown here */
	enum reason why = c->leaving ? REASON_PUBLISH : too_much(&d->policy->roles[c->role].limits, c, m, now);

	if (!why && m->retain && door_is_ask(d, m->topic))
		why = REASON_PUBLISH; /* it would close the room again at each edge that connects */
	if (!why)
		why = may_retain(d, c, m, now);
	return why ? door_refuse(d, c, (struct refusal){ why, m->topic }, now) : REASON_NONE;
}

struct door_answer door_message(struct door *d, const void *ptr, const struct message *m, mono now)
{
	struct client *c = ptr ? roster_find(&d->roster, ptr) : NULL;
	enum reason why = REASON_STRANGER;
	bool repeat;

	if (c)
		why = judge_message(d, c, m, now);
	else if (!ptr)
		why = may_come_by_bridge(d, m, now);
	if (why)
		return (struct door_answer){ DOOR_MESSAGE_REFUSED, why };
	count_message(d, c, m);
	d->roster.groups.now = now;
	if (presence_take(&d->presence, c, m, now) || door_take_ask(d, c, m))
		return (struct door_answer){ DOOR_MESSAGE_TAKEN, REASON_NONE };
	note_retained(d, c, m);
	repeat = is_repeat(d, ptr, m);
	door_room_heard(d, c, m, repeat);
	door_notice_heard(d, m);
	if (!repeat)
		return (struct door_answer){ DOOR_MESSAGE_PASS, REASON_NONE };
	d->n.repeats_dropped++;
	return (struct door_answer){ DOOR_MESSAGE_REPEAT, REASON_NONE };
}
