/* control_all - door_control(): a request of an operator, and at how many brokers it is answered. In a cluster the broker that he speaks to
 * asks the others, gathers their answers (gather.h), and answers him.
 *
 *   cluster/ask      from the broker that asks to all others: each sends it on to its hub and to its edges, but not to where it came from
 *       {"ask":"control","id":"9f..","from":"mid1/edge1","name":"edge1","by":"operator","commands":[...]}     and "hub":"..." to an edge
 *   cluster/answer   from each of them back
 *       {"id":"9f..","to":"mid1/edge1","at":"mid2","broker":"mid2","edges":["edge5"],"responses":[...]}      or "error" in place of responses
 *
 * "from", "to" and "at" are routes (route.h), as the broker sees them that gets the message: where the asking one is, where the answer goes, and
 * where it was written. "edges" are those of the broker that answers, but for the one that it has been asked through; a hub that its edge has
 * asked adds "above", what its own hub is called, if it has one. So the broker that asks hears from each one whom else to expect.
 *
 * Who is believed. An edge believes its hub, and through it the hubs above. A hub believes no edge: it knows which edge a message comes from by
 * the client id of the bridge, and what comes from there has come through that edge, by its route, or is refused. So no edge can ask or answer
 * in another's place, but a broker between can in that of those behind it. A hub does, and passes on, only what the policy lets the bridge's
 * role ask for (`asks`); it writes what it passes on itself; and what was asked for anywhere but at a hub above is done with less power
 * (control_priv.h, is_weak). An answer reaches only the broker that it is for, which reads it within bounds; others
 * look at its routes alone. */
#include "mosquitto-plugin/core/door/control_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define ROWS_BYTES (200u << 10)                         /* of lists of clients in an answer, all together */
#define MESSAGE_BYTES (GATHER_ANSWER_BYTES + (1 << 15)) /* of an answer with what stands around it: the names of all edges */

/* What other brokers may ask for. A hub charges each edge for itself, by the work that it makes for all brokers (cost_of()); an edge counts the
 * requests of its hub. */
static const struct rate rate_of_edge = { 40, 400 }, rate_of_hub = { 50, 200 };
#define COST_OF_WALK 5 /* a request, which may look at everybody once, and each of its lists of clients; a command alone costs 1 */

/* A request of a client of this broker. `by` is NULL when it has gone. */
static struct control control_of(struct door *d, const void *ptr, mono now)
{
	struct control c = { .d = d, .by = roster_find(&d->roster, ptr), .now = now };

	c.user = c.by && client_user(c.by) ? str_of(client_user(c.by)) : STR("-");
	return c;
}

/* ---- this broker's own answer ---- */

static void answer_one(struct control *c, struct buf *out)
{
	struct str target = json_get_text(c->args, "broker"), name = json_get_text(c->args, "command");

	if (target.p && !str_is(target, c->d->name))
		buf_puts(out, "null");
	else if (!ask_is_answered(ask_of(name)))
		buf_puts(out, "{\"error\":\"brokers do not ask each other this\"}");
	else
		control_answer(c, out);
}

/* [response,...]; out is failed when they are too long. */
static void answer_part(struct control *c, const struct json *commands, struct buf *out)
{
	c->is_part = true;
	c->rows_bytes = ROWS_BYTES;
	out->max = GATHER_ANSWER_BYTES;
	buf_puts(out, "[");
	for (c->args = commands->child; c->args; c->args = c->args->next) {
		answer_one(c, out);
		buf_puts(out, c->args->next ? "," : "");
	}
	buf_puts(out, "]");
	if (c->kick_due)
		control_kick_banned(c);
}

/* Reads JSON that another broker, or this one, has written. */
static int read_text(struct json_doc *doc, struct str text, struct complaint *why)
{
	static const struct json_bounds bounds = { MESSAGE_BYTES, GATHER_VALUES, 16 };

	return json_parse_within(doc, text, &bounds, why) != JSON_GOOD;
}

static void take_reply(struct door *d, struct gather *g, const struct gather_reply *reply)
{
	struct complaint why;

	if (!gather_take(&d->gathers, g, reply, &why))
		return;
	d->n.asks_refused++;
	if (may_log(d, &d->asks_pace, d->roster.groups.now))
		door_log(d, LOG_LEVEL_WARN, "the answer of %s is ignored: %s", gather_name(g, reply->route), why.text);
}

/* This broker is a member as the others are. */
static void answer_myself(struct control *c, struct gather *g)
{
	BUF_CLEANUP struct buf commands = { .max = GATHER_ANSWER_BYTES }, responses = { 0 };
	JSON_CLEANUP struct json_doc asked = { 0 }, answered = { 0 };
	struct gather_reply reply = { .route = STR("") };
	struct complaint why = { 0, "out of memory" };

	gather_write(g, &commands);
	if (commands.failed || read_text(&asked, buf_view(&commands), &why)) {
		reply.error = str_of(why.text);
	} else {
		answer_part(c, asked.root, &responses);
		if (responses.failed || read_text(&answered, buf_view(&responses), &why))
			reply.error = STR("the answer is too long");
		else
			reply.responses = answered.root;
	}
	take_reply(c->d, g, &reply);
}

/* ---- asking ---- */

static void draw_id(const struct door *d, char out[GATHER_ID_SIZE])
{
	uint64_t half[2];

	control_draw(d, half);
	snprintf(out, GATHER_ID_SIZE, "%016" PRIx64 "%016" PRIx64, half[0], half[1]);
}

struct asking {
	struct str id, from, name; /* from: the route to the broker that asks, which is called so */
	struct str by, commands;   /* commands: a JSON array */
};

/* Goes through the edges that are connected to this hub: the one behind `edge`, or with NULL the first. */
static const struct client *next_edge(const struct door *d, const struct client *edge)
{
	const struct client *c = edge ? edge->next : d->roster.clients;

	if (!part_has_edges(d->presence.part))
		return NULL;
	while (c && !(c->current && door_is_edge(d, c)))
		c = c->next;
	return c;
}

static const char *name_of_hub(const struct door *d)
{
	return *d->hub_name ? d->hub_name : broker_default_name(CLUSTER_HUB);
}

/* Over this broker's own bridge. A broker that has edges must name it: else they would read it, too. */
static void send_up(struct door *d, const char *topic, struct str payload)
{
	if (d->presence.part == CLUSTER_EDGE || d->bridge_id)
		d->ops.publish(d->ops.ctx, d->presence.part == CLUSTER_EDGE ? NULL : d->bridge_id, topic, payload, false);
}

/* An ask as the hub is to see it, or (is_down) an edge. */
static void write_ask(const struct door *d, const struct asking *a, bool is_down, struct buf *out)
{
	buf_printf(out, "{\"ask\":\"control\",\"id\":\"%.*s\",\"from\":\"", STR_ARGS(a->id));
	if (is_down)
		route_put_for_edge(out, a->from);
	else
		route_put_for_hub(out, d->name, a->from);
	buf_printf(out, "\",\"name\":\"%.*s\",", STR_ARGS(a->name));
	if (is_down)
		buf_printf(out, "\"hub\":\"%s\",", d->name);
	buf_puts(out, "\"by\":");
	buf_json(out, a->by);
	buf_puts(out, ",\"commands\":");
	buf_str(out, a->commands);
	buf_puts(out, "}");
}

/* To all edges but the one that it comes through (NULL: none). */
static void ask_edges(struct door *d, const struct asking *a, const struct client *but)
{
	BUF_CLEANUP struct buf out = { 0 };

	write_ask(d, a, true, &out);
	for (const struct client *c = next_edge(d, NULL); c && !out.failed; c = next_edge(d, c))
		if (c != but)
			d->ops.publish(d->ops.ctx, c->id, DOOR_ASK_TOPIC, buf_view(&out), false);
}

/* Asks whoever is to be asked from here: not those where it comes from. */
static void publish_ask(struct door *d, const struct asking *a, const struct client *but)
{
	BUF_CLEANUP struct buf out = { 0 };

	if (part_has_hub(d->presence.part) && !route_goes_up(a->from)) {
		write_ask(d, a, false, &out);
		if (!out.failed)
			send_up(d, DOOR_ASK_TOPIC, buf_view(&out));
	}
	ask_edges(d, a, but);
}

/* Sends this turn's commands to the others, and answers them for this broker. */
static void ask_all(struct control *c, struct gather *g)
{
	BUF_CLEANUP struct buf commands = { .max = GATHER_ANSWER_BYTES };
	char id[GATHER_ID_SIZE];

	draw_id(c->d, id);
	gather_set_id(g, id);
	gather_write(g, &commands);
	if (gather_asks_others(g) && !commands.failed)
		publish_ask(c->d, &(struct asking){ str_of(id), STR(""), str_of(c->d->name), c->user, buf_view(&commands) }, NULL);
	answer_myself(c, g);
}

/* True: there is room for it. */
static bool expect(struct gather *g, struct str of, struct str edge)
{
	BUF_CLEANUP struct buf route = { 0 };

	route_put_edge(&route, of, edge);
	return route.failed || gather_expect(g, &(struct gather_member){ buf_view(&route), edge });
}

/* This broker's hub, and its edges. Each says who else there is. */
static void expect_others(const struct door *d, struct gather *g)
{
	if (part_has_hub(d->presence.part))
		gather_expect(g, &(struct gather_member){ STR("/"), str_of(name_of_hub(d)) });
	for (const struct client *c = next_edge(d, NULL); c; c = next_edge(d, c))
		expect(g, STR(""), door_edge_name(c));
}

/* ---- answering the operator ---- */

/* What was banned at an edge by address, hubs remember for edges that start later; they cannot know by themselves that the ban is of use. */
static void have_hubs_remember(struct control *c, struct gather *g)
{
	BUF_CLEANUP struct buf list = { 0 }, ignored = { 0 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;
	struct buf *here;
	char id[GATHER_ID_SIZE];

	for (size_t i = 0; (c->args = gather_command(g, i, &here)) != NULL; i++) {
		struct control_target t;
		int64_t seconds;

		if (here || !str_is(json_get_text(c->args, "command"), "ban") || json_get(c->args, "broker") || !gather_was_done(g, i) ||
		    control_read_target(c, &t) || *t.kind != 'a' || !control_ban_seconds(c, &seconds))
			continue;
		buf_printf(&list, "%s{\"command\":\"ban\",\"address\":\"%s\",\"seconds\":%" PRId64 ",\"remember\":true}", list.len ? "," : "[",
			   t.text, seconds);
	}
	buf_puts(&list, "]");
	if (list.failed || list.len < 2)
		return;
	draw_id(c->d, id);
	publish_ask(c->d, &(struct asking){ str_of(id), STR(""), str_of(c->d->name), c->user, buf_view(&list) }, NULL);
	if (part_has_edges(c->d->presence.part) && !read_text(&doc, buf_view(&list), &why))
		answer_part(c, doc.root, &ignored);
}

static void answer_operator(struct control *c, struct gather *g)
{
	BUF_CLEANUP struct buf out = { .max = CONTROL_MAX_RESPONSE * 2 };

	gather_answer(&c->d->gathers, g, &out);
	if (!out.failed)
		c->d->ops.publish(c->d->ops.ctx, c->by->id, CONTROL_RESPONSE_TOPIC, buf_view(&out), false);
	have_hubs_remember(c, g);
}

/* Goes on with a request whose answers are there. The client that asks is in: when it goes, its requests are forgotten (door_gone()). */
static void advance(struct door *d, struct gather *g, mono now)
{
	struct control c = control_of(d, gather_who(g), now);

	while (gather_is_done(g, now)) {
		if (c.by && gather_next_turn(g)) {
			c.n_walks = 0;
			ask_all(&c, g);
			continue;
		}
		if (c.by)
			answer_operator(&c, g);
		gather_free(&d->gathers, g);
		return;
	}
}

/* Takes over a request of which other brokers answer a part. False: it cannot, and nothing has happened. */
static bool spread(struct control *c, struct json_doc *request)
{
	struct door *d = c->d;
	struct gather *g = gather_new(&d->gathers, &(struct gather_setup){ d->name, c->by->ptr, c->now }, request);
	struct buf *here;

	if (!g)
		return false;
	for (size_t i = 0; (c->args = gather_command(g, i, &here)) != NULL; i++)
		if (here)
			control_answer(c, here);
	expect_others(d, g);
	ask_all(c, g);
	advance(d, g, c->now); /* there may be no other broker */
	return true;
}

void door_tick_control(struct door *d, mono now)
{
	struct gather *g, *next;

	for (g = gather_next(&d->gathers, NULL); g; g = next) {
		next = gather_next(&d->gathers, g);
		advance(d, g, now);
	}
}

/* ---- being asked ---- */

struct replying {
	struct str id, to;
	struct str error; /* p is NULL: responses say it */
	struct str responses;
	const struct client *edge; /* that it was asked through; NULL: the hub */
	bool has_passed;           /* the ask has gone on to the others */
};

static const struct client *edge_called(const struct door *d, struct str name)
{
	const struct client *c = next_edge(d, NULL);

	while (c && !str_eq(door_edge_name(c), name))
		c = next_edge(d, c);
	return c;
}

/* The names of the edges that are connected to this hub, but for one. */
static void put_edges(struct buf *out, const struct door *d, const struct client *but)
{
	unsigned n = 0;

	for (const struct client *c = next_edge(d, NULL); c; c = next_edge(d, c))
		if (c != but)
			buf_printf(out, "%s\"%.*s\"", n++ ? "," : "", STR_ARGS(door_edge_name(c)));
}

/* Whom the broker that asks is to expect besides. */
static void put_others(struct buf *out, const struct door *d, const struct replying *r)
{
	if (!r->has_passed || !part_has_edges(d->presence.part))
		return;
	buf_puts(out, "\"edges\":[");
	put_edges(out, d, r->edge);
	buf_puts(out, "],");
	if (r->edge && part_has_hub(d->presence.part))
		buf_printf(out, "\"above\":\"%s\",", name_of_hub(d));
}

static void reply(struct door *d, const struct replying *r)
{
	BUF_CLEANUP struct buf out = { 0 };

	buf_printf(&out, "{\"id\":\"%.*s\",\"to\":\"%.*s\",\"at\":\"%s\",\"broker\":\"%s\",", STR_ARGS(r->id), STR_ARGS(route_next(r->to)),
		   r->edge ? "/" : d->name, d->name);
	put_others(&out, d, r);
	buf_puts(&out, r->error.p ? "\"error\":" : "\"responses\":");
	if (r->error.p)
		buf_json(&out, r->error);
	else
		buf_str(&out, r->responses);
	buf_puts(&out, "}");
	if (out.failed)
		return;
	if (r->edge)
		d->ops.publish(d->ops.ctx, r->edge->id, DOOR_ANSWER_TOPIC, buf_view(&out), false);
	else
		send_up(d, DOOR_ANSWER_TOPIC, buf_view(&out));
}

bool door_charge_edge(struct door *d, struct client *edge, double work)
{
	struct client_extra *extra = client_extra(edge);

	return extra && bucket_take(&extra->asks, rate_of_edge, work, d->roster.groups.now);
}

static double cost_of(const struct json *commands)
{
	double cost = COST_OF_WALK;

	for (const struct json *c = commands->child; c; c = c->next)
		cost += ask_of(json_get_text(c, "command")) == ASK_listClients ? COST_OF_WALK + 1 : 1;
	return cost;
}

/* May the edge ask for this? NULL: yes. */
static const char *edge_may_not(struct door *d, struct client *edge, const struct json *commands)
{
	if (!door_charge_edge(d, edge, cost_of(commands)))
		return "too many requests";
	for (const struct json *c = commands->child; c; c = c->next) {
		enum ask a = ask_of(json_get_text(c, "command"));

		if (!ask_is_answered(a) || !(d->policy->roles[edge->role].asks & 1u << a))
			return "this hub's policy does not let edges ask for it (\"asks\")";
	}
	return NULL;
}

static void do_ask(struct control *c, const struct json *commands, struct replying *r)
{
	BUF_CLEANUP struct buf responses = { 0 };

	c->d->n.asks++;
	answer_part(c, commands, &responses);
	r->responses = buf_view(&responses);
	if (responses.failed)
		r->error = STR("the answer is too long");
	reply(c->d, r);
}

/* NULL: this broker does it. */
static const char *may_not(struct control *c, struct client *edge, const struct json *commands)
{
	if (edge)
		return edge_may_not(c->d, edge, commands);
	return bucket_take(&c->d->asked, rate_of_hub, 1, c->now) ? NULL : "too many requests";
}

/* edge: through which it comes; NULL: from the hub. */
static void is_asked(struct control *c, struct client *edge, const struct json *commands, struct str id)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct replying r = { .id = id, .to = c->from, .edge = edge };
	const char *why = may_not(c, edge, commands);

	if (why) {
		c->d->n.asks_refused++;
		r.error = str_of(why);
		reply(c->d, &r);
		return;
	}
	if (part_has_edges(c->d->presence.part)) {
		json_write(&text, commands);
		r.has_passed = !text.failed;
	}
	if (r.has_passed)
		publish_ask(c->d, &(struct asking){ id, c->from, c->broker, c->user, buf_view(&text) }, edge);
	c->is_weak = !route_is_above(c->from);
	do_ask(c, commands, &r);
}

static bool is_longer_than(const struct json *list, unsigned n)
{
	const struct json *v = list->child;

	for (; v && n; v = v->next)
		n--;
	return v;
}

/* Has what says so come through this edge? What has this broker's own name on its way goes in a circle, or would be taken for its word. */
static bool is_through(const struct door *d, const struct client *edge, struct str route)
{
	return !route_goes_up(route) && route.len && str_eq(route_first(route), door_edge_name(edge)) && !route_passes(route, d->name);
}

/* Can it have come from there? */
static bool is_from(const struct door *d, const struct client *edge, struct str route)
{
	return route_valid(route) && (edge ? is_through(d, edge, route) : route_goes_up(route));
}

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.len; i++)
		if (!strchr("0123456789abcdef", id.p[i]) || !id.p[i])
			return false;
	return id.len && id.len < GATHER_ID_SIZE;
}

bool door_take_control(struct door *d, struct client *from, const struct json *ask)
{
	struct control c = { .d = d, .user = json_get_text(ask, "by"), .from = json_get_text(ask, "from"), .now = d->roster.groups.now };
	struct str id = json_get_text(ask, "id"), hub = json_get_text(ask, "hub");
	const struct json *commands = json_get(ask, "commands");

	if (!is_id(id) || !is_from(d, from, c.from) || !c.user.p || !commands || commands->type != JSON_ARRAY ||
	    is_longer_than(commands, GATHER_COMMANDS))
		return false;
	c.broker = route_is_above(c.from) ? json_get_text(ask, "name") : route_last(c.from);
	if (!broker_name_valid(c.broker) || (!from && !broker_name_valid(hub)))
		return false;
	if (!from)
		str_copy(d->hub_name, sizeof(d->hub_name), hub.p); /* texts of JSON end with a NUL */
	is_asked(&c, from, commands, id);
	return true;
}

/* ---- answers ---- */

/* The text of a member as it stands there, while the rest has not been read. */
static struct str peek(struct str payload, const char *member)
{
	struct str text;

	if (!json_member(payload, member, &text) || text.len < 2 || text.p[0] != '"')
		return (struct str){ NULL, 0 };
	return (struct str){ text.p + 1, text.len - 2 };
}

/* An answer as it goes by: its text, and the routes in it. */
struct passing {
	struct str payload, to, at;
};

/* The same answer with its routes as the next broker sees them. */
static void write_passing(const struct door *d, const struct passing *p, bool is_up, struct buf *out)
{
	const char *end = p->payload.p + p->payload.len, *behind_to = p->to.p + p->to.len, *behind_at = p->at.p + p->at.len;

	buf_str(out, (struct str){ p->payload.p, (size_t)(p->to.p - p->payload.p) });
	buf_str(out, route_next(p->to));
	buf_str(out, (struct str){ behind_to, (size_t)(p->at.p - behind_to) });
	if (is_up)
		route_put_for_hub(out, d->name, p->at);
	else
		route_put_for_edge(out, p->at);
	buf_str(out, (struct str){ behind_at, (size_t)(end - behind_at) });
}

/* What is for another broker goes on, and is not read. False: it does not say well where it goes. */
static bool pass_on(struct door *d, const struct passing *p)
{
	bool is_up = route_goes_up(p->to);
	const struct client *edge = is_up ? NULL : edge_called(d, route_first(p->to));
	BUF_CLEANUP struct buf out = { .max = MESSAGE_BYTES };

	if (p->to.p > p->at.p || (is_up && (!part_has_hub(d->presence.part) || route_goes_up(p->at))))
		return false;
	if (!is_up && !edge)
		return true; /* it has gone meanwhile */
	write_passing(d, p, is_up, &out);
	if (out.failed)
		return false;
	if (is_up)
		send_up(d, DOOR_ANSWER_TOPIC, buf_view(&out));
	else
		d->ops.publish(d->ops.ctx, edge->id, DOOR_ANSWER_TOPIC, buf_view(&out), false);
	return true;
}

static void learn_names(struct door *d, struct gather *g, struct str at, const struct json *answer)
{
	struct str name = json_get_text(answer, "broker"), above = json_get_text(answer, "above");
	BUF_CLEANUP struct buf route = { 0 };

	if (!route_is_above(at) || !broker_name_valid(name))
		return;
	gather_is_called(g, &(struct gather_member){ at, name });
	if (at.len == 1)
		str_copy(d->hub_name, sizeof(d->hub_name), name.p);
	route_put_for_edge(&route, at);
	if (above.p && !route.failed)
		gather_expect(g, &(struct gather_member){ buf_view(&route), above });
}

/* Who else is there: what the broker at this route says. */
static void expect_more(struct door *d, struct gather *g, struct str at, const struct json *answer)
{
	const struct json *edges = json_get(answer, "edges");
	bool fits = true;

	learn_names(d, g, at, answer);
	for (const struct json *e = edges ? edges->child : NULL; e && fits; e = e->next)
		if (broker_name_valid(e->text))
			fits = expect(g, at, e->text);
	if (!fits && may_log(d, &d->asks_pace, d->roster.groups.now))
		door_log(d, LOG_LEVEL_WARN, "%s names more brokers than are asked at a time: %d", gather_name(g, at), GATHER_MEMBERS);
}

static void take_answer(struct door *d, const struct passing *p)
{
	struct gather *g = gather_find(&d->gathers, peek(p->payload, "id"));
	struct gather_reply r = { .route = p->at };
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;

	if (!g || !gather_awaits(g, p->at))
		return; /* it comes too late, or once more, and is not read */
	if (!read_text(&doc, p->payload, &why)) {
		r.responses = json_get(doc.root, "responses");
		r.error = json_get_text(doc.root, "error");
		expect_more(d, g, p->at, doc.root);
	}
	take_reply(d, g, &r);
	advance(d, g, d->roster.groups.now);
}

bool door_take_answer(struct door *d, const struct client *from, const struct message *m)
{
	const struct passing p = { m->payload, peek(m->payload, "to"), peek(m->payload, "at") };

	if (m->payload.len > MESSAGE_BYTES || !route_valid(p.to) || !is_from(d, from, p.at))
		return false;
	if (p.to.len)
		return pass_on(d, &p);
	take_answer(d, &p);
	return true;
}

/* ---- a request of an operator ---- */

static int answer_all(struct control *ctl, struct str request, struct buf *out, struct complaint *why)
{
	/* {"commands":[{"command":"ban",...}]}: three levels, and the data of a message; some members for each command */
	static const struct json_bounds bounds = { CONTROL_MAX_REQUEST, 20 * CONTROL_MAX_COMMANDS, 16 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	const struct json *list;
	bool is_spread;
	unsigned n = 0;

	if (json_parse_within(&doc, request, &bounds, why))
		return 1;
	list = json_get(doc.root, "commands");
	if (!list || list->type != JSON_ARRAY)
		return complaint_say(why, 0, "an array \"commands\" expected");
	if (is_longer_than(list, CONTROL_MAX_COMMANDS))
		return complaint_say(why, 0, "too many commands");
	is_spread = ctl->d->presence.part != CLUSTER_NONE && gather_is_spread(doc.root);
	ctl->is_later = is_spread && spread(ctl, &doc);
	if (ctl->is_later)
		return 0;
	/* Who has several requests on their way sees by their correlation data which of them is refused. */
	for (ctl->args = list->child; ctl->args; ctl->args = ctl->args->next) {
		buf_puts(out, n++ ? "," : "");
		if (is_spread)
			control_answer_no(ctl, "too many requests wait for other brokers", out);
		else
			control_answer(ctl, out);
	}
	return 0;
}

/* The broker does not show control requests as messages, so the rate of messages is applied here. */
static bool is_too_much(struct control *ctl)
{
	const struct role_limits *l = &ctl->d->policy->roles[ctl->by->role].limits;
	struct rate rate = { (double)l->publishes_per_s, (double)l->publishes_burst };
	struct client_extra *extra = client_extra(ctl->by);

	if (extra && bucket_take(&extra->publishes, rate, 1, ctl->now))
		return false;
	door_refuse(ctl->d, ctl->by, (struct refusal){ REASON_PUBLISH_RATE, STR("$CONTROL/scoreboard/v1") }, ctl->now);
	return true;
}

void door_control(struct door *d, const void *ptr, struct str request, mono now)
{
	BUF_CLEANUP struct buf out = { .max = CONTROL_MAX_RESPONSE * 2 };
	struct control ctl = control_of(d, ptr, now);
	struct complaint why;
	int r;

	if (!ctl.by || ctl.by->leaving)
		return;
	if (!d->policy->roles[ctl.by->role].control) {
		door_refuse(d, ctl.by, (struct refusal){ REASON_CONTROL, STR("") }, now);
		return;
	}
	ctl.request = request;
	d->roster.groups.now = now;
	buf_puts(&out, "{\"responses\":[");
	r = is_too_much(&ctl) ? complaint_say(&why, 0, "too many requests") : answer_all(&ctl, request, &out, &why);
	if (ctl.kick_due)
		control_kick_banned(&ctl);
	if (ctl.is_later)
		return;
	if (r) {
		buf_clear(&out);
		buf_puts(&out, "{\"responses\":[{\"command\":null,");
		control_put(&out, "error", str_of(why.text));
		buf_puts(&out, "}");
	}
	buf_puts(&out, "]}");
	if (!out.failed)
		d->ops.publish(d->ops.ctx, ctl.by->id, CONTROL_RESPONSE_TOPIC, buf_view(&out), false);
}
