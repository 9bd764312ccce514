/* asks - what brokers ask each other. An operator speaks to one broker; what he wants done is to be done at all of them. Messages on
 * cluster/ask cross the bridges and nothing else. Nobody may write them but bridges: whoever may write <prefix>/crew/presence/share is one.
 *   {"ask":"closeRoom","room":"match:42","seconds":3600,"by":"operator"}      seconds 0: open it again
 *   {"ask":"control",...}                                                     an operator's commands (control_all.c)
 *   {"ask":"bans","hub":"hub","bans":[{"user":"eve","seconds":590},...]}      a hub tells an edge that has connected who is banned
 * The first one is done by every broker that hears of it: a hub gets it from a bridge, and the broker sends it on to the other edges. It is not
 * answered, and not repeated: a broker that is away does not hear it, as it forgets what is closed when it restarts. Whatever else an edge
 * writes on cluster/ goes no further than its hub, which does not believe it (control_all.c). A broker between a hub and edges (CLUSTER_MID)
 * is to its edges the hub, and to its hub an edge: it sends closeRoom and an operator's commands on both ways, and down what bans it is
 * told. */
#include "mosquitto-plugin/core/door/control_priv.h"

#include "base/json.h"

#include <inttypes.h>

#define ASK_SMALL_BYTES 2048 /* of one that is read without a charge to the edge */
#define ASK_MAX_BYTES (1 << 18)
#define ASK_VALUES 10000
#define BANS_BYTES (1 << 16) /* of one message with bans, and one ban more */

/* ---- rooms ---- */

static int read_closing(const struct json *root, struct closing *out)
{
	const struct json *seconds = json_get(root, "seconds");

	out->room = json_get_text(root, "room");
	out->by = json_get_text(root, "by");
	if (!room_name_valid(out->room) || !out->by.p)
		return 1;
	if (!seconds || seconds->type != JSON_NUMBER || !(seconds->number >= 0 && seconds->number <= CLOSE_MAX_S))
		return 1;
	out->seconds = (int64_t)seconds->number;
	return 0;
}

static bool take_closing(struct door *d, struct client *from, const struct json *root)
{
	struct closing ask;

	if (read_closing(root, &ask) || (from && !(d->policy->roles[from->role].asks & 1u << ASK_closeRoom)))
		return false;
	if (from && !door_charge_edge(d, from, DOOR_COST_OF_CLOSING))
		return false; /* each one clears a room at every broker, and is a line of every log */
	d->n.asks++;
	door_log(d, LOG_LEVEL_INFO, "asked by another broker  command=%s user=%.*s", ask.seconds ? "closeRoom" : "openRoom",
		 (int)(ask.by.len < 60 ? ask.by.len : 60), ask.by.p);
	if (!door_close(d, &ask) && ask.seconds)
		door_log(d, LOG_LEVEL_WARN, "a room stays open: too many are closed");
	return true;
}

void door_ask_close(struct door *d, const struct closing *c)
{
	BUF_CLEANUP struct buf out = { 0 };

	if (d->presence.part == CLUSTER_NONE)
		return;
	buf_puts(&out, "{\"ask\":\"closeRoom\",\"room\":");
	buf_json(&out, c->room);
	buf_printf(&out, ",\"seconds\":%" PRId64 ",\"by\":", c->seconds);
	buf_json(&out, c->by);
	buf_puts(&out, "}");
	if (!out.failed)
		d->ops.publish(d->ops.ctx, NULL, DOOR_ASK_TOPIC, buf_view(&out), false);
}

/* ---- bans, for an edge that has just connected ---- */

void door_edge_subscribed(struct door *d, struct client *c, struct str filter)
{
	if (!str_starts(filter, STR("cluster/")) || !c->extra || !door_is_edge(d, c))
		return;
	c->extra->bans_due = true;
	d->bans_due = true;
}

static void put_ban(struct buf *out, const struct ban *b, mono now)
{
	struct str whom = str_of(b->what), kind;

	str_split(&whom, ' ', &kind);
	if (!utf8_valid(whom) || mono_reached(now, b->until))
		return;
	buf_printf(out, "%s{\"%.*s\":", out->p[out->len - 1] == '[' ? "" : ",", STR_ARGS(kind));
	buf_json(out, whom);
	buf_printf(out, ",\"seconds\":%" PRId64 "%s}", (mono_diff(b->until, now) + 999) / 1000, b->spares_reserved ? ",\"weak\":true" : "");
}

/* Some of them, from *from on, which is then where to go on. */
static void send_bans(struct door *d, const struct client *to, const struct ban **from, mono now)
{
	BUF_CLEANUP struct buf out = { 0 };

	buf_printf(&out, "{\"ask\":\"bans\",\"hub\":\"%s\",\"bans\":[", d->name);
	for (; *from && !out.failed && out.len < BANS_BYTES; *from = (*from)->hh.next)
		put_ban(&out, *from, now);
	buf_puts(&out, "]}");
	if (!out.failed)
		d->ops.publish(d->ops.ctx, to->id, DOOR_ASK_TOPIC, buf_view(&out), false);
}

void door_tell_bans(struct door *d, mono now)
{
	if (!d->bans_due)
		return;
	d->bans_due = false;
	for (struct client *c = d->roster.clients; c; c = c->next) {
		const struct ban *b = d->books.bans;

		if (!c->extra || !c->extra->bans_due)
			continue;
		c->extra->bans_due = false;
		do { /* also when there is none: the edge is to know what its hub is called */
			send_bans(d, c, &b, now);
		} while (b);
	}
}

static void take_ban(struct control *c)
{
	const struct json *weak = json_get(c->args, "weak");
	struct ban_order order = { .spares_reserved = weak && weak->number > 0 };
	struct control_target t;
	int64_t seconds = 0;

	if (control_read_target(c, &t) || !control_int(c, "seconds", (struct range){ 1, INT32_MAX }, &seconds) ||
	    (*t.kind == 'a' && policy_is_proxy(c->d->policy, t.address)))
		return;
	order.kind = t.kind;
	order.whom = t.whom;
	order.until = mono_add(c->now, seconds * 1000);
	c->kick_due |= books_ban_some(&c->d->books, &order);
}

/* Edges that have connected before this broker did hear of what it has been told since. */
static void tell_all_edges(struct door *d)
{
	for (struct client *c = d->roster.clients; c; c = c->next)
		if (c->extra && door_is_edge(d, c))
			c->extra->bans_due = d->bans_due = true;
}

static bool take_bans(struct door *d, const struct json *root)
{
	const struct json *list = json_get(root, "bans");
	struct control c = { .d = d, .now = d->roster.groups.now };
	struct str hub = json_get_text(root, "hub");

	if (!list || list->type != JSON_ARRAY)
		return false;
	if (broker_name_valid(hub))
		str_copy(d->hub_name, sizeof(d->hub_name), hub.p);
	if (list->child && part_has_edges(d->presence.part))
		tell_all_edges(d);
	for (c.args = list->child; c.args; c.args = c.args->next)
		take_ban(&c);
	if (c.kick_due)
		control_kick_banned(&c);
	d->n.asks++;
	return true;
}

/* ---- asks ---- */

/* *passes: the broker is to send it on to the edges. */
static bool do_ask(struct door *d, struct client *from, struct str payload, bool *passes)
{
	static const struct json_bounds bounds = { ASK_MAX_BYTES, ASK_VALUES, 16 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;
	struct str what;

	if (from && payload.len > ASK_SMALL_BYTES && !door_charge_edge(d, from, DOOR_COST_OF_LARGE_ASK))
		return false;
	if (json_parse_within(&doc, payload, &bounds, &why))
		return false;
	what = json_get_text(doc.root, "ask");
	if (str_is(what, "closeRoom"))
		return *passes = payload.len <= ASK_SMALL_BYTES && take_closing(d, from, doc.root);
	if (str_is(what, "control"))
		return door_take_control(d, from, doc.root);
	return str_is(what, "bans") && !from && take_bans(d, doc.root);
}

/* At an edge nobody else is to read it; who has edges sends on what it has understood, and no answers. */
bool door_take_ask(struct door *d, struct client *from, const struct message *m)
{
	bool passes = false, good;

	if (!door_is_ask(d, m->topic) || !(from ? part_has_edges(d->presence.part) : part_has_hub(d->presence.part)))
		return false;
	good = str_is(m->topic, DOOR_ASK_TOPIC) ? do_ask(d, from, m->payload, &passes) : door_take_answer(d, from, m);
	if (!good) {
		d->n.asks_refused++;
		if (may_log(d, &d->asks_pace, d->roster.groups.now))
			door_log(d, LOG_LEVEL_WARN, "what another broker asks or answers is not understood, not allowed, or not in its own name (plugin_opt_name)  client=%.100s",
				 from ? from->id : "hub");
	}
	return d->presence.part == CLUSTER_EDGE || !passes;
}
