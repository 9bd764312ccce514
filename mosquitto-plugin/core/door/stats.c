/* stats - the door's metrics: one row each in the table below. They are told to Prometheus, as $SYS topics, and by the control API's
 * getStats. */
#include "mosquitto-plugin/core/door/door_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define METRIC_PREFIX "scoreboard_door_"
#define SYS_PREFIX "$SYS/broker/scoreboard/"

/* X(name, type, per, help); per: the row has one value for each ROLE, TRANSPORT, REASON or ACCESS, or one alone (DOOR). read_values() says
 * where the values come from. */
#define DOOR_METRICS(X) \
	X(connections, GAUGE, ROLE, "Clients that are in.") \
	X(connections_by_transport, GAUGE, TRANSPORT, "Clients that are in.") \
	X(seats_left, GAUGE, ROLE, "Clients that could still come in.") \
	X(subscriptions, GAUGE, DOOR, "Subscriptions held.") \
	X(held, GAUGE, DOOR, "Every count that must be zero when nobody is in, added up.") \
	X(addresses, GAUGE, DOOR, "Addresses remembered.") \
	X(bans, GAUGE, DOOR, "Bans in force.") \
	X(sessions, GAUGE, ROLE, "Sessions whose client is not connected.") \
	X(retained_topics, GAUGE, DOOR, "Retained topics that came by, of whoever wrote them.") \
	X(repeat_topics, GAUGE, DOOR, "Topics whose retained payload is known.") \
	X(accepted, COUNTER, ROLE, "Connects accepted.") \
	X(refused, COUNTER, REASON, "What was refused.") \
	X(addresses_shut, COUNTER, DOOR, "Addresses shut for failed logins.") \
	X(messages_in, COUNTER, ROLE, "Messages taken from clients.") \
	X(bytes_in, COUNTER, ROLE, "Bytes of payload taken from clients.") \
	X(messages_out, COUNTER, ROLE, "Messages that clients were to be sent.") \
	X(bytes_out, COUNTER, ROLE, "Bytes of their payload.") \
	X(bridge_messages_in, COUNTER, DOOR, "Messages from this broker's own bridges.") \
	X(bridge_bytes_in, COUNTER, DOOR, "Bytes from this broker's own bridges.") \
	X(acl_checks, COUNTER, ACCESS, "Permissions asked for.") \
	X(spent_seconds, COUNTER, DOOR, "Time spent in the plugin; reads are sampled.") \
	X(repeat_topics_refused, COUNTER, DOOR, "Retained messages let through unseen: too many topics.") \
	X(sessions_not_kept, COUNTER, DOOR, "Sessions of which no account is kept: too many.") \
	X(retained_not_kept, COUNTER, DOOR, "Retained messages of which no account is kept: too many topics.") \
	X(presence_groups_refused, COUNTER, DOOR, "Groups not counted, or not told: too many.") \
	X(rooms, GAUGE, DOOR, "Rooms that are known.") \
	X(rooms_closed, GAUGE, DOOR, "Rooms that an operator has closed.") \
	X(rooms_cleared, COUNTER, DOOR, "Rooms whose retained topics were cleared, since nobody was in them for long.") \
	X(asks, COUNTER, DOOR, "What other brokers asked for, and was done.") \
	X(asks_refused, COUNTER, DOOR, "What other brokers asked for or answered, and was not understood or not allowed.") \
	X(answers_missing, COUNTER, DOOR, "Answers of other brokers that did not come in time.") \
	X(repeats_dropped, COUNTER, DOOR, "Retained messages that the broker held already.") \
	X(kicked, COUNTER, DOOR, "Clients sent away.") \
	X(tokens_expired, COUNTER, DOOR, "Clients sent away because their token expired.") \
	X(reloads, COUNTER, DOOR, "Policies put in force after the first.") \
	X(reload_failures, COUNTER, DOOR, "Policies that were refused on reload.") \
	X(control_requests, COUNTER, DOOR, "Commands over the control API.") \
	X(shares_refused, COUNTER, DOOR, "Reports of edges, or of the hub, about who watches that were none.") \
	X(wiped, COUNTER, DOOR, "Retained topics cleared for an operator, or with a room.") \
	X(log_lines_held_back, COUNTER, DOOR, \
	  "Refusals not logged, because their offender was in the log within the last minute.")

enum per {
	PER_DOOR, /* one value, no label */
	PER_ROLE,
	PER_TRANSPORT,
	PER_REASON,
	PER_ACCESS,
};

/* By `per`: the name of the label, and how many values the row may have. */
#define LABEL_DOOR NULL
#define LABEL_ROLE "role"
#define LABEL_TRANSPORT "transport"
#define LABEL_REASON "reason"
#define LABEL_ACCESS "access"
#define MOST_DOOR 1
#define MOST_ROLE POLICY_MAX_ROLES
#define MOST_TRANSPORT TRANSPORT_COUNT
#define MOST_REASON REASON_COUNT
#define MOST_ACCESS DOOR_ACCESS_COUNT

struct values {
#define X(name, type, per, help) double name[MOST_##per];
	DOOR_METRICS(X)
#undef X
};

static const struct door_metric {
	struct metric_row row;
	enum per per;
	size_t offset; /* of its values in struct values */
} metrics[] = {
#define X(name, type, per, help) \
	{ { METRIC_##type, METRIC_PREFIX #name, LABEL_##per, help }, PER_##per, offsetof(struct values, name) },
	DOOR_METRICS(X)
#undef X
};

static const char *const access_names[DOOR_ACCESS_COUNT] = { "read", "write", "subscribe", "unsubscribe" };

/* ---- where the values come from ---- */

static void read_gauges(const struct door *d, struct values *v)
{
	for (int i = 0; i < POLICY_MAX_ROLES; i++)
		v->connections[i] = d->books.by_role[i];
	for (size_t i = 0; i < d->policy->n_roles; i++)
		v->seats_left[i] = (double)books_seats_left(&d->books, (int)i);
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		v->connections_by_transport[i] = d->roster.by_transport[i];
	for (const struct session *s = d->sessions.all; s; s = s->hh.next)
		if (s->role != NO_ROLE)
			v->sessions[s->role]++;
	*v->subscriptions = d->roster.n_subscriptions;
	*v->held = door_held(d);
	*v->addresses = HASH_COUNT(d->books.addresses);
	*v->bans = HASH_COUNT(d->books.bans);
	*v->retained_topics = (double)retained_count(&d->retained);
	*v->repeat_topics = repeats_count(&d->repeats);
	*v->rooms = d->roster.groups.n_rooms;
	*v->rooms_closed = closed_count(&d->closed);
}

static void read_labelled_counters(const struct counters *n, struct values *v)
{
	for (int i = 0; i < POLICY_MAX_ROLES; i++) {
		v->accepted[i] = (double)n->accepted[i];
		v->messages_in[i] = (double)n->messages[i];
		v->bytes_in[i] = (double)n->bytes[i];
		v->messages_out[i] = (double)n->messages_out[i];
		v->bytes_out[i] = (double)n->bytes_out[i];
	}
	for (int i = 0; i < REASON_COUNT; i++)
		v->refused[i] = (double)n->refused[i];
	for (int i = 0; i < DOOR_ACCESS_COUNT; i++)
		v->acl_checks[i] = (double)n->checks[i];
}

static void read_counters(const struct counters *n, struct values *v)
{
	*v->bridge_messages_in = (double)n->bridge_messages;
	*v->bridge_bytes_in = (double)n->bridge_bytes;
	*v->spent_seconds = (double)n->spent_ns / 1e9;
	*v->repeats_dropped = (double)n->repeats_dropped;
	*v->kicked = (double)n->kicked;
	*v->tokens_expired = (double)n->tokens_expired;
	*v->reloads = (double)n->reloads;
	*v->reload_failures = (double)n->reload_failures;
	*v->control_requests = (double)n->control_requests;
	*v->wiped = (double)n->wiped;
	*v->rooms_cleared = (double)n->rooms_cleared;
	*v->asks = (double)n->asks;
	*v->asks_refused = (double)n->asks_refused;
}

static void read_counters_of_parts(const struct door *d, struct values *v)
{
	const struct presence *p = &d->presence;

	*v->answers_missing = (double)d->gathers.missing;
	*v->addresses_shut = (double)d->books.shut;
	*v->repeat_topics_refused = (double)d->repeats.not_kept;
	*v->sessions_not_kept = (double)d->sessions.not_kept;
	*v->retained_not_kept = (double)d->retained.not_kept;
	*v->presence_groups_refused = (double)(d->roster.groups.refused + p->all.refused + p->own.refused);
	*v->shares_refused = (double)p->shares_refused;
	*v->log_lines_held_back = (double)(d->n.log_lines_held_back + p->log_lines_held_back);
}

static void read_values(const struct door *d, struct values *v)
{
	read_gauges(d, v);
	read_labelled_counters(&d->n, v);
	read_counters(&d->n, v);
	read_counters_of_parts(d, v);
}

/* ---- going through the values ---- */

/* *value: what the label of a row's i-th value says, NULL when the row has no label. False: the row has no i-th value. */
static bool label_of(const struct door *d, enum per per, size_t i, const char **value)
{
	const size_t n[] = { 1, d->policy->n_roles, TRANSPORT_COUNT, REASON_COUNT, DOOR_ACCESS_COUNT };

	if (i >= n[per])
		return false;
	*value = per == PER_ROLE        ? d->policy->roles[i].name
		 : per == PER_TRANSPORT ? transport_names[i]
		 : per == PER_REASON    ? reason_rows[i].label
		 : per == PER_ACCESS    ? access_names[i]
					: NULL;
	return true;
}

void door_samples(const struct door *d, sample_fn fn, void *ctx)
{
	struct values v = { .held = { 0 } };

	read_values(d, &v);
	for (size_t m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		const struct door_metric *metric = &metrics[m];
		const double *numbers = (const double *)(const void *)((const char *)&v + metric->offset);
		size_t first = metric->per == PER_REASON; /* REASON_NONE refuses nothing */
		struct sample s = { .row = &metric->row, .name = metric->row.name + strlen(METRIC_PREFIX) };

		for (size_t i = first; label_of(d, metric->per, i, &s.value); i++) {
			s.first = i == first;
			s.number = numbers[i];
			fn(ctx, &s);
		}
	}
}

/* ---- Prometheus ---- */

static void write_sample(void *ctx, const struct sample *s)
{
	struct buf *out = ctx;

	if (!s->value) {
		metrics_write(out, s->row, &s->number, 1);
		return;
	}
	if (s->first)
		metrics_head(out, s->row);
	metrics_line(out, s->row, str_of(s->value), s->number);
}

void door_metrics(const struct door *d, struct buf *out)
{
	door_samples(d, write_sample, out);
	presence_metrics(&d->presence, out);
}

/* ---- $SYS ---- */

struct sys {
	struct door *d;
	size_t i; /* of the sample that comes next */
};

/* Remembers the value of the next sample; true when the topic does not say it already. */
static bool remember(struct sys *s, double number)
{
	struct door *d = s->d;
	double *grown;
	size_t i = s->i++;

	if (i < d->n_sys_told) {
		bool same = !(d->sys_told[i] < number || d->sys_told[i] > number);

		d->sys_told[i] = number;
		return !same;
	}
	grown = realloc(d->sys_told, (i + 1) * sizeof(*grown));
	if (!grown)
		return true;
	d->sys_told = grown;
	d->sys_told[i] = number;
	d->n_sys_told = i + 1;
	return true;
}

static void publish_sample(void *ctx, const struct sample *s)
{
	struct sys *sys = ctx;
	char topic[256], text[64];
	int n;

	if (!remember(sys, s->number))
		return;
	snprintf(topic, sizeof(topic), SYS_PREFIX "%s%s%s", s->name, s->value ? "/" : "", s->value ? s->value : "");
	n = snprintf(text, sizeof(text), "%.15g", s->number);
	sys->d->ops.publish(sys->d->ops.ctx, NULL, topic, (struct str){ text, (size_t)n }, true);
}

void door_publish_metrics(struct door *d)
{
	struct sys sys = { d, 0 };

	door_samples(d, publish_sample, &sys);
}
