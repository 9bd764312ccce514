#include "mosquitto-plugin/core/door_priv.h"

#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#define METRIC_PREFIX "scoreboard_door_"
#define SYS_PREFIX "$SYS/broker/scoreboard/"

static void put(sample_fn fn, void *ctx, bool counter, const char *name, const char *help, double number)
{
	fn(ctx, &(struct sample){ name, help, NULL, NULL, counter, number });
}

static void put_roles(const struct door *d, sample_fn fn, void *ctx, const char *name, const char *help,
		      const uint64_t *values)
{
	for (size_t i = 0; i < d->policy->n_roles; i++)
		fn(ctx, &(struct sample){ name, i ? NULL : help, "role", d->policy->roles[i].name, true,
					  (double)values[i] });
}

static void put_connections(const struct door *d, sample_fn fn, void *ctx)
{
	for (size_t i = 0; i < d->policy->n_roles; i++)
		fn(ctx, &(struct sample){ "connections", i ? NULL : "Clients that are in.", "role",
					  d->policy->roles[i].name, false, d->books.by_role[i] });
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		fn(ctx, &(struct sample){ "connections_by_transport", i ? NULL : "Clients that are in.", "transport",
					  transport_names[i], false, d->roster.by_transport[i] });
}

static void put_refusals(const struct door *d, sample_fn fn, void *ctx)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		fn(ctx, &(struct sample){ "refused", i > REASON_NONE + 1 ? NULL : "What was refused.", "reason",
					  reason_rows[i].label, true, (double)d->n.refused[i] });
}

static void put_checks(const struct door *d, sample_fn fn, void *ctx)
{
	static const char *const names[DOOR_ACCESS_COUNT] = { "read", "write", "subscribe", "unsubscribe" };

	for (int i = 0; i < DOOR_ACCESS_COUNT; i++)
		fn(ctx, &(struct sample){ "acl_checks", i ? NULL : "Permissions asked for.", "access", names[i], true,
					  (double)d->n.checks[i] });
}

static void put_sessions(const struct door *d, sample_fn fn, void *ctx)
{
	double n[POLICY_MAX_ROLES] = { 0 };

	for (const struct session *s = d->sessions.all; s; s = s->hh.next)
		if (s->role != NO_ROLE)
			n[s->role]++;
	for (size_t i = 0; i < d->policy->n_roles; i++)
		fn(ctx, &(struct sample){ "sessions", i ? NULL : "Sessions whose client is not connected.", "role",
					  d->policy->roles[i].name, false, n[i] });
}

void door_samples(struct door *d, sample_fn fn, void *ctx)
{
	const struct counters *n = &d->n;

	put_connections(d, fn, ctx);
	put(fn, ctx, false, "subscriptions", "Subscriptions held.", d->roster.n_subscriptions);
	put(fn, ctx, false, "held", "Every count that must be zero when nobody is in, added up.", door_held(d));
	put(fn, ctx, false, "addresses", "Addresses remembered.", HASH_COUNT(d->books.addresses));
	put(fn, ctx, false, "bans", "Bans in force.", HASH_COUNT(d->books.bans));
	put_sessions(d, fn, ctx);
	put(fn, ctx, false, "retained_topics", "Retained topics that came by, of whoever wrote them.",
	    (double)retained_count(&d->retained));
	put(fn, ctx, false, "repeat_topics", "Topics whose retained payload is known.", repeats_count(&d->repeats));
	put_roles(d, fn, ctx, "accepted", "Connects accepted.", n->accepted);
	put_refusals(d, fn, ctx);
	put(fn, ctx, true, "addresses_shut", "Addresses shut for failed logins.", (double)d->books.shut);
	put_roles(d, fn, ctx, "messages_in", "Messages taken from clients.", n->messages);
	put_roles(d, fn, ctx, "bytes_in", "Bytes of payload taken from clients.", n->bytes);
	put(fn, ctx, true, "bridge_messages_in", "Messages from this broker's own bridges.", (double)n->bridge_messages);
	put(fn, ctx, true, "bridge_bytes_in", "Bytes from this broker's own bridges.", (double)n->bridge_bytes);
	put_checks(d, fn, ctx);
	put(fn, ctx, true, "spent_seconds", "Time spent in the plugin; reads are sampled.", (double)n->spent_ns / 1e9);
	put(fn, ctx, true, "repeat_topics_refused", "Retained messages let through unseen: too many topics.",
	    (double)d->repeats.not_kept);
	put(fn, ctx, true, "sessions_not_kept", "Sessions of which no account is kept: too many.", (double)d->sessions.not_kept);
	put(fn, ctx, true, "retained_not_kept", "Retained messages of which no account is kept: too many topics.",
	    (double)d->retained.not_kept);
	put(fn, ctx, true, "presence_groups_refused", "Groups not counted, or not told: too many.",
	    (double)(d->roster.groups.refused + d->presence.all.refused + d->presence.own.refused));
#define X(name, help) put(fn, ctx, true, #name, help, (double)n->name);
	DOOR_COUNTERS(X)
#undef X
}

/* ---- Prometheus ---- */

struct prom {
	struct buf *out;
};

static void write_sample(void *ctx, const struct sample *s)
{
	struct prom *p = ctx;
	char name[128], labels[256];
	struct metric_row row = { s->counter ? METRIC_COUNTER : METRIC_GAUGE, name, s->label ? labels : NULL, s->help };

	snprintf(name, sizeof(name), METRIC_PREFIX "%s", s->name);
	if (s->label)
		snprintf(labels, sizeof(labels), "%s=\"%s\"", s->label, s->value);
	if (s->help) {
		metrics_write(p->out, &row, &s->number, 1);
		return;
	}
	/* a further row of the name before: no second head */
	buf_printf(p->out, "%s%s{%s} %.17g\n", name, s->counter ? "_total" : "", labels, s->number);
}

void door_metrics(struct door *d, struct buf *out, mono now)
{
	struct prom p = { out };

	(void)now;
	door_samples(d, write_sample, &p);
	presence_metrics(d, out);
}

/* ---- $SYS ---- */

struct sys {
	struct door *d;
	size_t i;
};

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

void door_publish_metrics(struct door *d, mono now)
{
	struct sys sys = { d, 0 };

	(void)now;
	door_samples(d, publish_sample, &sys);
}
