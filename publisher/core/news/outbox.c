#include "publisher/core/news/outbox.h"

#include "base/hash.h"

#include <stdlib.h>
#include <utlist.h>

struct node {
	UT_hash_handle hh;
	struct node *prev, *next; /* in a queue or among the delayed */
	char *payload;            /* NULL: the topic has no value */
	size_t payload_len;
	struct treatment t;
	mono news_at, may_leave;
	uint32_t generation; /* the outbox's when the topic was set last; see outbox_mark() */
	uint16_t in_flight;  /* how many messages of this topic are; a newer one does not wait for the answer to an older one */
	bool queued;         /* in a queue or among the delayed */
	bool delayed;        /* among the delayed, which are topics that wait until their interval is over */
	bool dirty;          /* its value was not sent since it changed */
	bool at_broker;      /* the broker may hold something here */
	bool seen;           /* while closed: the broker was seen to hold exactly this value */
	struct str path;     /* malloc'ed; empty: the topic is not the scoreboard's, or was only seen at the broker so far */
	size_t topic_len;
	char topic[]; /* NUL-terminated */
};

#define TOKEN_SLOT_BITS 10 /* OUTBOX_MAX_WINDOW slots */

struct slot {
	struct node *node; /* NULL: free */
	mono news_at;
};

struct outbox {
	struct node *nodes; /* by topic */
	struct node *queue[CLASS_COUNT];
	struct node *delayed;
	struct slot slots[OUTBOX_MAX_WINDOW];
	size_t session; /* part of each token; a new one after outbox_close(), so that late answers to what was sent before name no message */
	size_t window, in_flight, queued, topics, bytes, max_bytes;
	uint64_t coalesced;
	uint32_t generation;
	bool open;
};

struct outbox *outbox_new(size_t max_bytes, size_t window)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (o) {
		o->max_bytes = max_bytes;
		o->window = window < OUTBOX_MAX_WINDOW ? window : OUTBOX_MAX_WINDOW;
	}
	return o;
}

static struct str node_topic(const struct node *n)
{
	return (struct str){ n->topic, n->topic_len };
}

static struct str node_payload(const struct node *n)
{
	return (struct str){ n->payload ? n->payload : "", n->payload_len };
}

static bool has_room(const struct outbox *o, size_t bytes)
{
	return bytes <= o->max_bytes && o->bytes <= o->max_bytes - bytes;
}

/* --- queues --- */

static void unqueue(struct outbox *o, struct node *n)
{
	if (!n->queued)
		return;
	if (n->delayed)
		DL_DELETE(o->delayed, n);
	else
		DL_DELETE(o->queue[n->t.class], n);
	n->queued = n->delayed = false;
	o->queued--;
}

static void enqueue(struct outbox *o, struct node *n, mono now)
{
	if (n->queued)
		return;
	n->queued = true;
	n->delayed = !mono_reached(now, n->may_leave);
	if (n->delayed)
		DL_APPEND(o->delayed, n);
	else
		DL_APPEND(o->queue[n->t.class], n);
	o->queued++;
}

static void release_delayed(struct outbox *o, mono now)
{
	struct node *n, *tmp;

	DL_FOREACH_SAFE(o->delayed, n, tmp) {
		if (!mono_reached(now, n->may_leave))
			continue;
		unqueue(o, n);
		enqueue(o, n, now);
	}
}

/* --- nodes --- */

static struct node *find(const struct outbox *o, struct str topic)
{
	struct node *n;

	HASH_FIND(hh, o->nodes, topic.p, topic.len, n);
	return n;
}

static struct node *add(struct outbox *o, struct str topic)
{
	size_t bytes = sizeof(struct node) + topic.len + 1;
	struct node *n = has_room(o, bytes) ? calloc(1, bytes) : NULL;

	if (!n)
		return NULL;
	n->topic_len = topic.len;
	memcpy(n->topic, topic.p, topic.len);
	HASH_ADD_KEYPTR(hh, o->nodes, n->topic, n->topic_len, n);
	if (!HASH_ADDED(n, hh)) {
		free(n);
		return NULL;
	}
	o->bytes += bytes;
	return n;
}

static void set_payload(struct outbox *o, struct node *n, char *payload, size_t len)
{
	o->topics += (payload != NULL);
	o->topics -= (n->payload != NULL);
	o->bytes += len;
	o->bytes -= n->payload_len;
	free(n->payload);
	n->payload = payload;
	n->payload_len = len;
}

static void drop(struct outbox *o, struct node *n)
{
	unqueue(o, n);
	set_payload(o, n, NULL, 0);
	o->bytes -= sizeof(*n) + n->topic_len + 1 + n->path.len;
	HASH_DEL(o->nodes, n);
	free((void *)(uintptr_t)n->path.p);
	free(n);
}

/* A topic that has no value, that the broker does not hold, and that nothing here refers to, need not be remembered. */
static void drop_if_done(struct outbox *o, struct node *n)
{
	if (!n->payload && !n->at_broker && !n->in_flight && !n->queued)
		drop(o, n);
}

static void free_slots(struct outbox *o)
{
	for (size_t i = 0; i < o->window; i++) {
		if (o->slots[i].node)
			o->slots[i].node->in_flight = 0;
		o->slots[i].node = NULL;
	}
	o->in_flight = 0;
	o->session++;
}

void outbox_free(struct outbox *o)
{
	struct node *n, *tmp;

	if (!o)
		return;
	free_slots(o);
	HASH_ITER(hh, o->nodes, n, tmp) {
		drop(o, n);
	}
	free(o);
}

/* The node's value changed. */
static void note_news(struct outbox *o, struct node *n, mono now)
{
	o->coalesced += n->dirty;
	n->dirty = true;
	n->seen = false;
	n->news_at = now;
	if (o->open)
		enqueue(o, n, now);
}

/* Gives a topic that has no path this one: it may have been seen at the broker before the scoreboard named it. False: no room. */
static bool set_path(struct outbox *o, struct node *n, struct str path)
{
	char *copy;

	if (n->path.len || !path.len)
		return true;
	copy = has_room(o, path.len) ? str_dup(path) : NULL;
	if (!copy)
		return false;
	n->path = (struct str){ copy, path.len };
	o->bytes += path.len;
	return true;
}

/* The topic's node, made if there is none, and a copy of the payload in *copy. NULL: there is no room, and the topic's value is what it was. */
static struct node *prepare(struct outbox *o, const struct outbox_value *v, char **copy)
{
	struct node *n = find(o, v->topic);

	if (!n)
		n = add(o, v->topic);
	if (!n)
		return NULL;
	*copy = set_path(o, n, v->path) && has_room(o, v->payload.len) ? str_dup(v->payload) : NULL;
	if (*copy)
		return n;
	drop_if_done(o, n);
	return NULL;
}

enum outbox_result outbox_set(struct outbox *o, const struct outbox_value *v, mono now)
{
	struct node *n = find(o, v->topic);
	char *copy = NULL;

	if (n && n->payload && str_eq(node_payload(n), v->payload)) {
		n->generation = o->generation;
		return OUTBOX_SAME;
	}
	n = prepare(o, v, &copy);
	if (!n)
		return OUTBOX_FULL;
	if (n->t.class != v->treatment.class)
		unqueue(o, n);
	n->generation = o->generation;
	n->t = v->treatment;
	set_payload(o, n, copy, v->payload.len);
	note_news(o, n, now);
	return OUTBOX_NEWS;
}

static void remove_node(struct outbox *o, struct node *n, mono now)
{
	set_payload(o, n, NULL, 0);
	if (n->at_broker || n->in_flight) {
		note_news(o, n, now);
		return;
	}
	unqueue(o, n);
	drop_if_done(o, n);
}

enum outbox_result outbox_remove(struct outbox *o, struct str topic, mono now)
{
	struct node *n = find(o, topic);

	if (!n || !n->payload)
		return OUTBOX_SAME;
	remove_node(o, n, now);
	return OUTBOX_NEWS;
}

/* A topic with another generation than the outbox's was not set since. */
void outbox_mark(struct outbox *o)
{
	o->generation++;
}

size_t outbox_sweep(struct outbox *o, mono now, void (*gone)(void *arg, struct str topic), void *arg)
{
	struct node *n, *tmp;
	size_t swept = 0;

	HASH_ITER(hh, o->nodes, n, tmp) {
		if (!n->path.len || !n->payload || n->generation == o->generation)
			continue;
		gone(arg, node_topic(n));
		remove_node(o, n, now);
		swept++;
	}
	return swept;
}

void outbox_each(const struct outbox *o, void (*fn)(void *arg, struct str topic, struct str path, struct str payload),
		 void *arg)
{
	for (const struct node *n = o->nodes; n; n = n->hh.next)
		if (n->path.len && n->payload)
			fn(arg, node_topic(n), n->path, node_payload(n));
}

void outbox_drop_all(struct outbox *o)
{
	struct node *n, *tmp;

	free_slots(o);
	HASH_ITER(hh, o->nodes, n, tmp) {
		if (n->path.len)
			drop(o, n);
	}
}

/* --- the broker --- */

void outbox_close(struct outbox *o)
{
	struct node *n, *tmp;

	o->open = false;
	free_slots(o);
	HASH_ITER(hh, o->nodes, n, tmp) {
		unqueue(o, n);
		n->at_broker = n->seen = false;
		drop_if_done(o, n);
	}
}

bool outbox_seen(struct outbox *o, struct str topic, struct str payload)
{
	struct node *n = find(o, topic);

	if (!n) {
		n = add(o, topic);
		if (!n)
			return true;
		n->t = (struct treatment){ .class = CLASS_LOW, .qos = 1 };
	}
	n->at_broker = true;
	n->seen = n->payload && str_eq(node_payload(n), payload);
	return !n->seen;
}

size_t outbox_open(struct outbox *o, mono now)
{
	struct node *n, *tmp;
	size_t differ = 0;

	o->open = true;
	HASH_ITER(hh, o->nodes, n, tmp) {
		if (n->seen) {
			n->dirty = false;
			continue;
		}
		n->dirty = true;
		n->news_at = now; /* how long the broker was away must not count as the time that a publish takes */
		enqueue(o, n, now);
		differ++;
	}
	return differ;
}

static struct node *first(const struct outbox *o)
{
	for (size_t c = 0; c < CLASS_COUNT; c++)
		if (o->queue[c])
			return o->queue[c];
	return NULL;
}

static size_t free_slot(const struct outbox *o)
{
	size_t i = 0;

	while (i < o->window && o->slots[i].node)
		i++;
	return i;
}

bool outbox_next(struct outbox *o, mono now, struct publish *out)
{
	struct node *n;
	size_t i;

	if (!o->open || o->in_flight >= o->window)
		return false;
	release_delayed(o, now);
	n = first(o);
	if (!n)
		return false;
	unqueue(o, n);
	i = free_slot(o);
	o->slots[i] = (struct slot){ .node = n, .news_at = n->news_at };
	o->in_flight++;
	n->in_flight++;
	n->dirty = false;
	n->at_broker = n->payload != NULL;
	n->may_leave = mono_add(now, n->t.interval_ms);
	*out = (struct publish){
		.token = o->session << TOKEN_SLOT_BITS | i,
		.topic = node_topic(n),
		.payload = node_payload(n),
		.qos = n->payload ? n->t.qos : 1, /* a lost clear would stay for ever */
		.content_type = n->t.content_type,
	};
	return true;
}

int64_t outbox_acked(struct outbox *o, size_t token, mono now)
{
	size_t i = token & (((size_t)1 << TOKEN_SLOT_BITS) - 1);
	struct slot slot;

	if (token >> TOKEN_SLOT_BITS != o->session || i >= o->window || !o->slots[i].node)
		return -1;
	slot = o->slots[i];
	o->slots[i].node = NULL;
	o->in_flight--;
	slot.node->in_flight--;
	drop_if_done(o, slot.node);
	return mono_diff(now, slot.news_at);
}

struct str outbox_get(const struct outbox *o, struct str topic)
{
	const struct node *n = find(o, topic);

	return n ? node_payload(n) : (struct str){ "", 0 };
}

bool outbox_knows(const struct outbox *o, struct str topic)
{
	return find(o, topic) != NULL;
}

bool outbox_is_pending(const struct outbox *o, struct str topic)
{
	const struct node *n = find(o, topic);

	return n && n->dirty;
}

mono outbox_deadline(const struct outbox *o)
{
	const struct node *n;
	mono t = MONO_NEVER;

	if (o->in_flight >= o->window)
		return t; /* nothing can be sent before an answer has come, which is an event of its own */
	DL_FOREACH(o->delayed, n) {
		t = mono_min(t, n->may_leave);
	}
	return t;
}

bool outbox_idle(const struct outbox *o)
{
	return o->open && !o->queued && !o->in_flight;
}

struct outbox_stats outbox_stats(const struct outbox *o)
{
	return (struct outbox_stats){
		.coalesced = o->coalesced,
		.topics = o->topics,
		.bytes = o->bytes,
		.queued = o->queued,
		.in_flight = o->in_flight,
	};
}
