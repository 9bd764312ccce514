#include "mosquitto-plugin/core/door/notice.h"

#include "base/json.h"

#include <stdlib.h>

/* Anybody who may write the topic decides what stands in it, so reading it has bounds. 0: there is no end. */
static int64_t read_until(struct str payload)
{
	static const struct json_bounds bounds = { NOTICE_MAX_BYTES, 1000, 8 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	const struct json *until;
	struct complaint unread;

	if (json_parse_within(&doc, payload, &bounds, &unread))
		return 0;
	until = json_get(doc.root, "until");
	return until && until->type == JSON_NUMBER && until->number >= 1 && until->number <= 1e15 ? (int64_t)until->number : 0;
}

static void drop(struct notices *n, size_t i)
{
	n->v[i] = n->v[--n->n];
}

void notice_heard(struct notices *n, struct str topic, struct str payload)
{
	int64_t until_ms = payload.len ? read_until(payload) : 0;

	for (size_t i = 0; i < n->n; i++) {
		if (!str_is(topic, n->v[i].topic))
			continue;
		free(n->v[i].topic);
		drop(n, i);
		break;
	}
	if (!until_ms || n->n == TRACKS_MOST)
		return;
	n->v[n->n] = (struct notice){ str_dup(topic), until_ms };
	n->n += n->v[n->n].topic != NULL;
}

char *notice_take_over(struct notices *n, int64_t wall_ms)
{
	for (size_t i = 0; i < n->n; i++) {
		char *topic = n->v[i].topic;

		if (wall_ms < n->v[i].until_ms)
			continue;
		drop(n, i);
		return topic;
	}
	return NULL;
}

void notices_free(struct notices *n)
{
	while (n->n)
		free(n->v[--n->n].topic);
}
