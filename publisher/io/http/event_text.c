#include "publisher/io/http/event_text.h"

#include <inttypes.h>

/* A line break would end the event's data. JSON may hold one between its tokens, where a blank means the same; ours does not, but
 * another publisher's might. */
static void write_line(struct buf *out, struct str text)
{
	size_t i = out->len;

	for (buf_str(out, text); i < out->len; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->p[i] = ' ';
}

void event_write(struct buf *out, const char *event, const struct event_id *id, struct str data)
{
	buf_printf(out, "event: %s\n", event);
	if (*id->epoch)
		buf_printf(out, "id: %s:%" PRIu64 "\n", id->epoch, id->seq);
	buf_puts(out, "data: ");
	write_line(out, data);
	buf_puts(out, "\n\n");
}

void event_write_snapshot(struct buf *out, const struct feed *f)
{
	BUF_CLEANUP struct buf state = { 0 };

	feed_write_state(f, &state);
	buf_char(&state, '}');
	event_write(out, "snapshot", &(struct event_id){ feed_epoch(f), feed_seq(f) }, buf_view(&state));
	out->failed |= state.failed;
}

bool event_write_delta(struct buf *out, const struct feed *f, uint64_t seq)
{
	struct str delta;

	if (!feed_history(f, seq, &delta))
		return false;
	event_write(out, "delta", &(struct event_id){ feed_epoch(f), seq }, delta);
	return true;
}
