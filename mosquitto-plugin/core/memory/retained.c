#include "mosquitto-plugin/core/memory/retained.h"

#include "base/topic.h"
#include "mosquitto-plugin/core/policy/rules.h"

#include <stdlib.h>
#include <utlist.h>

#define BRANCH_LEVELS 4 /* branches by first levels go to this depth */
#define SUM_LEVELS 2    /* those of this depth have sums */

struct retained_owner {
	char *user;
	size_t topics;
	uint64_t bytes;
	UT_hash_handle hh;
};

struct retained_topic {
	struct retained_owner *owner;
	size_t bytes;
	bool wiped;
	struct retained_topic *prev, *next; /* in the list of those that are to be wiped */
	bool has_branch;
	struct retained_topic *prev_in_branch, *next_in_branch; /* if it has_branch: those that begin with the same SUM_LEVELS levels */
	UT_hash_handle hh;
	char text[];
};

/* The key is a hash, with a secret key, of what the topics have in common. If two branches had the same one, they would be counted together,
 * and a filter would cost too much. */
struct retained_branch {
	uint64_t key;
	size_t n;
	/* of a branch by SUM_LEVELS levels (or by all of a topic that has fewer) */
	uint64_t bytes;
	struct retained_topic *topics;
	UT_hash_handle hh;
};

static size_t cost_of(const struct retained_message *m)
{
	return m->topic.len + m->payload_bytes;
}

static struct retained_topic *find(const struct retained_set *r, struct str topic)
{
	struct retained_topic *t;

	HASH_FIND(hh, r->topics, topic.p, topic.len, t);
	return t;
}

static struct retained_owner *find_owner(const struct retained_set *r, struct str user)
{
	struct retained_owner *o;

	HASH_FIND(hh, r->owners, user.p, user.len, o);
	return o;
}

/* ---- branches ---- */

static uint64_t prefix_key(struct str topic, size_t len)
{
	return hash_bytes(topic.p, len);
}

static struct str last_level(struct str topic)
{
	struct str level = topic;

	while (str_split(&topic, '/', &level))
		;
	return level;
}

static uint64_t ending_key(struct str last, size_t depth)
{
	return hash_bytes(last.p, last.len) ^ (0x9e3779b97f4a7c15ULL * (depth + 1));
}

static uint64_t sum_key(struct str topic)
{
	struct str rest = topic, level = { topic.p, 0 };

	for (int depth = 0; depth < SUM_LEVELS && str_split(&rest, '/', &level); depth++)
		;
	return prefix_key(topic, (size_t)(level.p + level.len - topic.p));
}

static size_t count_at(const struct retained_set *r, uint64_t key)
{
	struct retained_branch *b;

	HASH_FIND(hh, r->branches, &key, sizeof(key), b);
	return b ? b->n : 0;
}

static void add_to(struct retained_set *r, uint64_t key, bool more)
{
	struct retained_branch *b;

	HASH_FIND(hh, r->branches, &key, sizeof(key), b);
	if (!b && more) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return; /* without memory a filter of this branch costs too little */
		b->key = key;
		HASH_ADD(hh, r->branches, key, sizeof(b->key), b);
		if (!HASH_ADDED(b, hh)) {
			free(b);
			return;
		}
	}
	if (b && more)
		b->n++;
	else if (b)
		b->n -= b->n > 0; /* without memory for the branch its first topics were not counted */
	if (b && !b->n && !b->topics) {
		HASH_DEL(r->branches, b);
		free(b);
	}
}

static void count_topic(struct retained_set *r, struct str topic, bool more)
{
	struct str rest = topic, level;
	size_t depth = 0;

	while (depth < BRANCH_LEVELS && str_split(&rest, '/', &level)) {
		depth++;
		add_to(r, prefix_key(topic, (size_t)(level.p + level.len - topic.p)), more);
	}
	add_to(r, ending_key(last_level(topic), topic_levels(topic)), more);
}

static struct retained_branch *branch_of(const struct retained_set *r, struct str topic)
{
	struct retained_branch *b;
	uint64_t key = sum_key(topic);

	HASH_FIND(hh, r->branches, &key, sizeof(key), b);
	return b;
}

static void enter_branch(const struct retained_set *r, struct retained_topic *t)
{
	struct retained_branch *b = branch_of(r, str_of(t->text));

	if (!b)
		return;
	DL_APPEND2(b->topics, t, prev_in_branch, next_in_branch);
	t->has_branch = true;
}

static void leave_branch(const struct retained_set *r, struct retained_topic *t)
{
	struct retained_branch *b = t->has_branch ? branch_of(r, str_of(t->text)) : NULL;

	if (b)
		DL_DELETE2(b->topics, t, prev_in_branch, next_in_branch);
}

/* A topic of the branch that holds `was` bytes is to hold `is`. */
static void weigh(struct retained_set *r, struct str topic, size_t was, size_t is)
{
	struct retained_branch *b = was == is ? NULL : branch_of(r, topic);

	if (b) /* without memory for the branch its first topics were not weighed */
		b->bytes = b->bytes + is > was ? b->bytes + is - was : 0;
}

static bool is_wild(struct str level)
{
	return str_is(level, "+") || str_is(level, "#");
}

/* How many topics begin as the filter does up to its first wildcard. */
static size_t count_prefix(const struct retained_set *r, struct str filter)
{
	struct str rest = filter, level;
	size_t len = 0, depth = 0;

	while (depth < BRANCH_LEVELS && str_split(&rest, '/', &level) && !is_wild(level)) {
		len = (size_t)(level.p + level.len - filter.p);
		depth++;
	}
	return depth ? count_at(r, prefix_key(filter, len)) : retained_count(r);
}

size_t retained_below(const struct retained_set *r, struct str filter)
{
	struct str last = last_level(filter);
	size_t n, ending;

	if (!memchr(filter.p, '+', filter.len) && !memchr(filter.p, '#', filter.len))
		return find(r, filter) ? 1 : 0;
	n = count_prefix(r, filter);
	if (is_wild(last))
		return n;
	ending = count_at(r, ending_key(last, topic_levels(filter)));
	return ending < n ? ending : n;
}

struct retained_sum retained_sum_of(const struct retained_set *r, struct str topic)
{
	const struct retained_branch *b = branch_of(r, topic);

	return b ? (struct retained_sum){ b->n, b->bytes } : (struct retained_sum){ 0, 0 };
}

bool retained_fits(const struct retained_set *r, const struct retained_message *m, const struct retained_sum *most)
{
	const struct retained_topic *t = find(r, m->topic);
	struct retained_sum is = retained_sum_of(r, m->topic);
	size_t held = t ? t->bytes : 0;

	if (!m->payload_bytes)
		return true;
	return is.topics + (t ? 0 : 1) <= most->topics && is.bytes + cost_of(m) <= most->bytes + held;
}

/* ---- who holds what ---- */

static void forget_idle(struct retained_set *r, struct retained_owner *o)
{
	if (o->topics)
		return;
	HASH_DEL(r->owners, o);
	free(o->user);
	free(o);
}

/* The topic was written since it was marked: what it holds now is not what the operator wanted cleared. */
static void spare(struct retained_set *r, struct retained_topic *t)
{
	if (!t->wiped)
		return;
	t->wiped = false;
	DL_DELETE(r->wiped, t);
}

static void let_go(struct retained_set *r, struct retained_topic *t)
{
	struct retained_owner *o = t->owner;

	o->bytes -= t->bytes;
	o->topics--;
	forget_idle(r, o);
}

static void drop(struct retained_set *r, struct retained_topic *t)
{
	weigh(r, str_of(t->text), t->bytes, 0);
	leave_branch(r, t);
	count_topic(r, str_of(t->text), false);
	if (t->wiped)
		DL_DELETE(r->wiped, t);
	HASH_DEL(r->topics, t);
	let_go(r, t);
	free(t);
}

void retained_free(struct retained_set *r)
{
	while (r->topics)
		drop(r, r->topics);
}

size_t retained_count(const struct retained_set *r)
{
	return HASH_COUNT(r->topics);
}

bool retained_may(const struct retained_set *r, const struct retained_message *m, const struct retained_limits *limits)
{
	const struct retained_owner *o = find_owner(r, m->owner);
	const struct retained_topic *t = find(r, m->topic);
	size_t topics = o ? o->topics : 0;
	uint64_t bytes = o ? o->bytes : 0;

	if (!m->payload_bytes)
		return true;
	if (t && t->owner == o) {
		topics--;
		bytes -= t->bytes;
	}
	return topics < limits->of_owner && bytes + cost_of(m) <= limits->bytes;
}

static struct retained_owner *make_owner(struct retained_set *r, struct str user)
{
	struct retained_owner *o = find_owner(r, user);

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->user = str_dup(user);
	if (o->user)
		HASH_ADD_KEYPTR(hh, r->owners, o->user, user.len, o);
	if (o->user && HASH_ADDED(o, hh))
		return o;
	free(o->user);
	free(o);
	return NULL;
}

static void hold(struct retained_topic *t, struct retained_owner *o, size_t bytes)
{
	t->owner = o;
	t->bytes = bytes;
	o->topics++;
	o->bytes += bytes;
}

static bool add(struct retained_set *r, const struct retained_message *m, struct retained_owner *o)
{
	struct retained_topic *t = calloc(1, sizeof(*t) + m->topic.len + 1);

	if (!t)
		return false;
	memcpy(t->text, m->topic.p, m->topic.len);
	HASH_ADD_KEYPTR(hh, r->topics, t->text, m->topic.len, t);
	if (!HASH_ADDED(t, hh)) {
		free(t);
		return false;
	}
	hold(t, o, cost_of(m));
	count_topic(r, m->topic, true);
	enter_branch(r, t);
	weigh(r, m->topic, 0, t->bytes);
	return true;
}

/* The new owner may be the old one, with no other topic. let_go() frees an owner without topics, so o is given one more meanwhile. */
static void change_hands(struct retained_set *r, struct retained_topic *t, struct retained_owner *o, size_t bytes)
{
	weigh(r, str_of(t->text), t->bytes, bytes);
	o->topics++;
	let_go(r, t);
	o->topics--;
	hold(t, o, bytes);
	spare(r, t);
}

void retained_wrote(struct retained_set *r, const struct retained_message *m, const struct retained_limits *limits)
{
	struct retained_topic *t = find(r, m->topic);
	struct retained_owner *o;

	if (!m->payload_bytes) {
		if (t)
			drop(r, t);
		return;
	}
	o = t || HASH_COUNT(r->topics) < limits->topics ? make_owner(r, m->owner) : NULL;
	if (!o) {
		r->not_kept++;
	} else if (t) {
		change_hands(r, t, o, cost_of(m));
	} else if (!add(r, m, o)) {
		r->not_kept++;
		forget_idle(r, o);
	}
}

/* ---- wiping ---- */

static void mark(struct retained_set *r, struct retained_topic *t)
{
	if (t->wiped)
		return;
	t->wiped = true;
	DL_APPEND(r->wiped, t);
}

/* Is everything that the filter matches in one branch with a sum? */
static bool is_in_branch(struct str filter)
{
	struct str level;

	for (int depth = 0; depth < SUM_LEVELS && str_split(&filter, '/', &level); depth++)
		if (is_wild(level))
			return false;
	return true;
}

static size_t wipe_in_branch(struct retained_set *r, struct str filter)
{
	const struct retained_branch *b = branch_of(r, filter);
	size_t n = 0;

	for (struct retained_topic *t = b ? b->topics : NULL; t; t = t->next_in_branch) {
		if (!filter_covers(filter, str_of(t->text)))
			continue;
		mark(r, t);
		n++;
	}
	return n;
}

size_t retained_wipe(struct retained_set *r, struct str user, struct str filter)
{
	size_t n = 0;

	if (!user.p && is_in_branch(filter))
		return wipe_in_branch(r, filter);
	for (struct retained_topic *t = r->topics; t; t = t->hh.next) {
		if (user.p ? !str_is(user, t->owner->user) : !filter_covers(filter, str_of(t->text)))
			continue;
		mark(r, t);
		n++;
	}
	return n;
}

char *retained_next_wiped(struct retained_set *r)
{
	char *topic;

	if (!r->wiped)
		return NULL;
	topic = str_dup(str_of(r->wiped->text));
	if (topic)
		drop(r, r->wiped);
	return topic;
}
