#include "publisher/core/history/replay.h"

#include "base/json.h"
#include "publisher/core/frame.h"

#include <inttypes.h>

/* A clock is an object whose member `at` is when it had its time; every other value is passed on as it is. */
static void write_value(struct str value, int64_t moved, struct buf *out)
{
	struct str at;
	int64_t ms;

	if (value.len < 2 || value.p[0] != '{' || !json_member(value, "at", &at) || !str_to_int(at, &ms)) {
		buf_str(out, value);
		return;
	}
	buf_add(out, value.p, (size_t)(at.p - value.p));
	buf_printf(out, "%" PRId64, ms + moved);
	buf_add(out, at.p + at.len, (size_t)(value.p + value.len - at.p) - at.len);
}

/* False: the message has no such object. */
static bool write_values(struct str message, const char *member, int64_t moved, struct buf *out)
{
	struct frame frame;
	struct update u;
	bool found = frame_open_member(&frame, message, member) == FRAME_STATE, first = true;

	if (found)
		buf_printf(out, ",\"%s\":{", member);
	while (found && frame_next(&frame, &u)) {
		if (u.bad || !u.value.len)
			continue;
		if (!first)
			buf_char(out, ',');
		first = false;
		buf_json(out, u.path);
		buf_char(out, ':');
		write_value(u.value, moved, out);
	}
	if (found)
		buf_char(out, '}');
	frame_close(&frame);
	return found;
}

bool replay_write(struct str message, const struct replay_position *to, struct buf *out)
{
	struct str gone;
	bool found;

	buf_printf(out, "{\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"ts\":%" PRId64, to->epoch, to->seq, to->ts);
	found = write_values(message, "state", to->moved, out);
	found |= write_values(message, "set", to->moved, out);
	if (json_member(message, "del", &gone)) {
		buf_puts(out, ",\"del\":");
		buf_str(out, gone);
		found = true;
	}
	buf_char(out, '}');
	return found;
}
