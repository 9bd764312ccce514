/* asks - what brokers ask each other. An operator speaks to one broker; what he wants done is to be done at all of them. So the broker that he
 * speaks to does it, and publishes what it did on cluster/ask, which crosses the bridges and nothing else:
 *   {"ask":"closeRoom","room":"match:42","seconds":3600,"by":"operator"}      seconds 0: open it again
 * A hub gets it from a bridge, and the broker sends it on to the other edges; an edge gets it from its own bridge. Nobody else may write it:
 * whoever may write <prefix>/crew/presence/share is a bridge. It is not answered, and not repeated: a broker that is away does not hear it, as
 * it forgets what is closed when it restarts. */
#include "mosquitto-plugin/core/door/door_priv.h"

#include "base/json.h"

#include <inttypes.h>

#define ASK_TOPIC "cluster/ask"
#define ASK_MAX_BYTES 2048

static bool is_of_cluster(struct str topic)
{
	return str_is(topic, ASK_TOPIC) || str_is(topic, "cluster/answer");
}

bool door_is_ask(const struct door *d, struct str topic)
{
	return d->presence.part != CLUSTER_NONE && is_of_cluster(topic);
}

bool door_may_ask(const struct door *d, int role, const struct who *who)
{
	return part_has_edges(d->presence.part) && rules_allow(&d->policy->roles[role].publish, who, str_of(d->presence.share_topic));
}

static int read_ask(const struct json *root, struct closing *out)
{
	const struct json *seconds = json_get(root, "seconds");

	out->room = json_get_text(root, "room");
	out->by = json_get_text(root, "by");
	if (!str_is(json_get_text(root, "ask"), "closeRoom") || !room_name_valid(out->room) || !out->by.p)
		return 1;
	if (!seconds || seconds->type != JSON_NUMBER || !(seconds->number >= 0 && seconds->number <= CLOSE_MAX_S))
		return 1;
	out->seconds = (int64_t)seconds->number;
	return 0;
}

static void do_ask(struct door *d, struct str payload)
{
	static const struct json_bounds bounds = { ASK_MAX_BYTES, 20, 2 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;
	struct closing ask;

	if (json_parse_within(&doc, payload, &bounds, &why) || read_ask(doc.root, &ask)) {
		d->n.asks_refused++;
		if (may_log(d, &d->asks_pace, d->roster.groups.now))
			door_log(d, LOG_LEVEL_WARN, "what another broker asks is not understood");
		return;
	}
	d->n.asks++;
	door_log(d, LOG_LEVEL_INFO, "asked by another broker: %s a room, by=%.*s", ask.seconds ? "close" : "open",
		 (int)(ask.by.len < 60 ? ask.by.len : 60), ask.by.p);
	if (door_close(d, &ask) || !ask.seconds)
		return;
	door_log(d, LOG_LEVEL_WARN, "a room stays open: too many are closed");
}

/* At a hub it goes on, to the other edges, and between hub and edges also to the hub; at an edge nobody else is to read it. */
bool door_take_ask(struct door *d, const struct client *from, const struct message *m)
{
	if (!door_is_ask(d, m->topic) || !(from ? part_has_edges(d->presence.part) : part_has_hub(d->presence.part)))
		return false;
	if (str_is(m->topic, ASK_TOPIC))
		do_ask(d, m->payload);
	return d->presence.part == CLUSTER_EDGE;
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
		d->ops.publish(d->ops.ctx, NULL, ASK_TOPIC, buf_view(&out), false);
}
