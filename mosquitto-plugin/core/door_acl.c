#include "mosquitto-plugin/core/door_priv.h"

#include "base/topic.h"

#include <stdlib.h>

/* ---- reading: once per delivery, so most of it is a look at the last answer ---- */

static bool role_may_read(struct door *d, int role, struct str topic)
{
	const struct who nobody = { .n_rooms = 0 };
	struct verdicts *v = d->verdicts[role];
	const struct verdict *known;
	bool allowed;

	if (!topic.len || topic.len > VERDICT_TOPIC_BYTES)
		return rules_allow(&d->policy->roles[role].subscribe, &nobody, topic);
	if (!v)
		v = d->verdicts[role] = calloc(1, sizeof(*v));
	known = v ? verdict_find(v, topic) : NULL;
	if (known)
		return known->allowed;
	allowed = rules_allow(&d->policy->roles[role].subscribe, &nobody, topic);
	if (v)
		verdict_keep(v, topic, allowed);
	return allowed;
}

static bool may_read(struct door *d, const struct client *c, struct str topic)
{
	const struct rules *rules = &d->policy->roles[c->role].subscribe;
	struct who who;

	if (!rules->personal)
		return role_may_read(d, c->role, topic);
	who = client_who(c);
	return rules_allow(rules, &who, topic);
}

static enum reason read_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	(void)now;
	if (may_read(d, c, m->topic))
		return REASON_NONE;
	d->n.refused[REASON_READ]++;
	return REASON_READ;
}

/* ---- subscribing ---- */

/* The filter that is subscribed to; false when it is a share and the role may not have one. */
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

static enum reason judge_subscribe(struct door *d, struct client *c, struct str filter, mono now)
{
	const struct role *role = &d->policy->roles[c->role];
	struct rate rate = { (double)role->limits.subscribes_per_s, (double)role->limits.subscribes_burst };
	struct who who = client_who(c);
	struct str plain = filter;

	if (!bucket_take(&c->subscribes, rate, 1, now))
		return REASON_SUBSCRIBE_RATE;
	if (topic_levels(filter) > (size_t)role->limits.filter_levels)
		return REASON_FILTER_LEVELS;
	if (!unshare(role, &plain) || !rules_allow(&role->subscribe, &who, plain))
		return REASON_SUBSCRIBE;
	if (c->n_filters >= role->limits.subscriptions && !roster_has_filter(c, filter))
		return REASON_SUBSCRIPTIONS;
	if (roster_subscribe(&d->roster, d->policy, c, filter) == SUBSCRIBED_NO_MEMORY)
		return REASON_MEMORY;
	return REASON_NONE;
}

static enum reason subscribe_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	enum reason why = judge_subscribe(d, c, m->topic, now);

	return why ? door_refuse(d, c, why, m->topic, now) : REASON_NONE;
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

/* Control is a matter of the role's "control", whatever its filters say. */
static bool may_write(const struct door *d, int role, const struct who *who, struct str topic)
{
	if (str_starts(topic, STR("$CONTROL/")))
		return str_is(topic, "$CONTROL/scoreboard/v1") && d->policy->roles[role].control;
	return !presence_owns(&d->presence, topic) && rules_allow(&d->policy->roles[role].publish, who, topic);
}

static enum reason write_check(struct door *d, struct client *c, const struct message *m, mono now)
{
	struct who who = client_who(c);

	if (!may_write(d, c->role, &who, m->topic))
		return door_refuse(d, c, REASON_PUBLISH, m->topic, now);
	if (watches_repeats(d, m))
		repeats_announced(&d->repeats, m->topic, c->ptr, (size_t)d->policy->limits.repeat_topics);
	return REASON_NONE;
}

typedef enum reason (*check_fn)(struct door *d, struct client *c, const struct message *m, mono now);

enum reason door_may(struct door *d, const void *ptr, enum door_access access, const struct message *m, mono now)
{
	static const check_fn checks[DOOR_ACCESS_COUNT] = {
		[DOOR_READ] = read_check,
		[DOOR_WRITE] = write_check,
		[DOOR_SUBSCRIBE] = subscribe_check,
		[DOOR_UNSUBSCRIBE] = unsubscribe_check,
	};
	struct client *c = access == DOOR_READ ? roster_find_in_row(&d->roster, ptr) : roster_find(&d->roster, ptr);

	d->n.checks[access]++;
	if (!c || c->leaving)
		return REASON_STRANGER;
	return checks[access](d, c, m, now);
}

enum reason door_stranger_may(struct door *d, const struct visitor *v, enum door_access access, const struct message *m)
{
	struct who who = { .user = str_of(v->user), .client = str_of(v->id) };
	int role = who.user.len ? policy_user_role(d->policy, who.user) : d->policy->anonymous[v->transport];
	bool allowed = false;

	if (role != NO_ROLE && access == DOOR_READ)
		allowed = rules_allow(&d->policy->roles[role].subscribe, &who, m->topic);
	if (role != NO_ROLE && access == DOOR_WRITE)
		allowed = may_write(d, role, &who, m->topic) && !str_starts(m->topic, STR("$CONTROL/"));
	if (!allowed) {
		d->n.refused[REASON_STRANGER]++;
		return REASON_STRANGER;
	}
	if (access == DOOR_WRITE && watches_repeats(d, m))
		repeats_announced(&d->repeats, m->topic, v->ptr, (size_t)d->policy->limits.repeat_topics);
	return REASON_NONE;
}

/* ---- messages ---- */

static enum reason too_much(const struct role_limits *l, struct client *c, const struct message *m, mono now)
{
	struct more *more = client_more(c);
	struct rate messages = { (double)l->publishes_per_s, (double)l->publishes_burst };
	struct rate bytes = { (double)l->bytes_per_s, (double)l->bytes_burst };

	if (m->payload.len > (size_t)l->payload_bytes)
		return REASON_PAYLOAD_SIZE;
	if (!more)
		return REASON_MEMORY;
	if (!bucket_take(&more->publishes, messages, 1, now))
		return REASON_PUBLISH_RATE;
	if (!bucket_borrow(&more->bytes, bytes, (double)(m->payload.len + m->topic.len), now))
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
	c->more->messages_in++; /* too_much() has made it */
	c->more->bytes_in += m->payload.len;
	d->n.messages[c->role]++;
	d->n.bytes[c->role] += m->payload.len;
}

/* Where a refused message may have been announced, the topic becomes unknown by itself at the next announcement. */
enum door_message door_message(struct door *d, const void *ptr, const struct message *m, mono now, enum reason *why)
{
	struct client *c = ptr ? roster_find(&d->roster, ptr) : NULL;

	*why = REASON_NONE;
	if (ptr && !c)
		*why = REASON_STRANGER;
	else if (c)
		*why = too_much(&d->policy->roles[c->role].limits, c, m, now);
	if (*why && c)
		door_refuse(d, c, *why, m->topic, now);
	if (*why)
		return DOOR_MESSAGE_REFUSED;
	count_message(d, c, m);
	if (presence_take(d, c, m))
		return DOOR_MESSAGE_TAKEN;
	presence_note(d, c, m, now);
	if (!watches_repeats(d, m) || repeats_is_news(&d->repeats, m->topic, ptr, m->payload, m->qos < 2,
						      (size_t)d->policy->limits.repeat_topics))
		return DOOR_MESSAGE_PASS;
	d->n.repeats_dropped++;
	return DOOR_MESSAGE_REPEAT;
}

void door_wrote(struct door *d, const char *topic)
{
	repeats_forget(&d->repeats, str_of(topic));
}
