/* control_past - the commands of control.c that tell what was: who was refused lately, and how many watched over the evening. An operator's
 * page shows both (web/ops.html). What they tell takes the same memory whatever happens (refusals.h, history.h). */
#include "mosquitto-plugin/core/door/control_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define REFUSALS_DEFAULT 50

/* ---- who was refused ---- */

static void put_text(struct buf *out, const char *name, const char *text)
{
	control_put(out, name, *text ? str_of(text) : (struct str){ NULL, 0 });
	buf_char(out, ',');
}

static void put_refusal(struct buf *out, const struct refusal_kept *k)
{
	buf_printf(out, "{\"at\":%" PRId64 ",\"reason\":\"%s\",", k->at_ms, reason_rows[k->why].label);
	put_text(out, "client", k->client);
	put_text(out, "user", k->user);
	put_text(out, "address", k->address);
	put_text(out, "topic", k->topic);
	control_put(out, "text", str_of(k->text));
	buf_char(out, '}');
}

static int list_refusals(struct control *ctl)
{
	const struct refusals *all = &ctl->d->refusals;
	int64_t count = REFUSALS_DEFAULT;
	const struct refusal_kept *k;

	if (!control_int(ctl, "count", (struct range){ 1, REFUSALS_KEPT }, &count))
		return control_refuse(ctl, "bad count");
	buf_puts(ctl->out, "\"refusals\":[");
	for (unsigned i = 0; i < count && (k = refusals_at(all, i)) != NULL; i++) {
		buf_puts(ctl->out, i ? "," : "");
		put_refusal(ctl->out, k);
	}
	buf_puts(ctl->out, "]");
	return 0;
}

/* ---- how many watched ---- */

/* Those who are there to watch, as the policy says. */
static bool is_audience(const struct door *d, size_t role)
{
	return d->policy->roles[role].audience;
}

static uint32_t count_here(const struct door *d)
{
	uint32_t n = 0;

	for (size_t i = 0; i < d->policy->n_roles; i++)
		if (is_audience(d, i))
			n += (uint32_t)d->books.by_role[i];
	return n;
}

/* At all brokers, as presence has told last. One broker alone knows without it. */
static uint32_t count_watching(const struct door *d)
{
	uint64_t n = 0;
	char key[CROWD_KEY_BYTES];

	if (d->presence.part == CLUSTER_NONE)
		return count_here(d);
	for (size_t i = 0; i < d->policy->n_roles; i++) {
		snprintf(key, sizeof(key), "role/%s", d->policy->roles[i].name);
		n += is_audience(d, i) ? crowd_get(&d->presence.all, str_of(key)) : 0;
	}
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

void door_tick_history(struct door *d, mono now, int64_t wall_ms)
{
	struct history_counts counts = { 0 };

	if (!history_is_due(&d->history, now, wall_ms))
		return;
	counts.watching = count_watching(d);
	counts.here = count_here(d);
	for (int i = 1; i < REASON_COUNT; i++)
		counts.refused += d->n.refused[i];
	history_note(&d->history, now, wall_ms, &counts);
}

/* [when, watching at all brokers, watching at this one, refused in that minute], the oldest first. */
static void put_minutes(struct buf *out, const struct history *h, unsigned n)
{
	const unsigned first = h->n > n ? h->n - n : 0;
	const struct history_row *row;

	for (unsigned i = first; (row = history_at(h, i)) != NULL; i++) {
		buf_puts(out, i > first ? ",[" : "[");
		buf_printf(out, "%" PRId64 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 "]", row->at_ms, row->watching, row->here, row->refused);
	}
}

static int get_history(struct control *ctl)
{
	static const char *const parts[] = { [CLUSTER_NONE] = "alone", [CLUSTER_HUB] = "hub", [CLUSTER_EDGE] = "edge", [CLUSTER_MID] = "mid" };
	int64_t count = HISTORY_MINUTES;

	if (!control_int(ctl, "count", (struct range){ 1, HISTORY_MINUTES }, &count))
		return control_refuse(ctl, "bad count");
	buf_printf(ctl->out, "\"part\":\"%s\",\"minutes\":[", parts[ctl->d->presence.part]);
	put_minutes(ctl->out, &ctl->d->history, (unsigned)count);
	buf_puts(ctl->out, "]");
	return 0;
}

const struct command control_past_commands[] = {
	{ "listRefusals", list_refusals, true },
	{ "getHistory", get_history, true },
	{ NULL, NULL, false },
};
