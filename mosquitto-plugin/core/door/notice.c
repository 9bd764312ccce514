#include "mosquitto-plugin/core/door/notice.h"

#include "base/json.h"

/* Anybody who may write the topic decides what stands in it, so reading it has bounds. */
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

void notice_heard(struct notice *n, struct str payload)
{
	n->until_ms = payload.len ? read_until(payload) : 0;
}

bool notice_is_over(struct notice *n, int64_t wall_ms)
{
	if (!n->until_ms || wall_ms < n->until_ms)
		return false;
	n->until_ms = 0;
	return true;
}
