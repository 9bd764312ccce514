#include "publisher/core/uplink.h"

#include <inttypes.h>
#include <stdio.h>

#define KEEP_BYTES (1 << 18) /* the first frame of a session may be of megabytes, the later ones are small and need no such room */

static const char no_message[] = "the uplink page has sent what is no message of an uplink";

void uplink_init(struct uplink *u, size_t max_frame)
{
	*u = (struct uplink){ .max_frame = max_frame, .until = MONO_NEVER, .why = "" };
}

void uplink_free(struct uplink *u)
{
	buf_free(&u->frame);
}

static void forget_frame(struct uplink *u)
{
	buf_clear(&u->frame);
	if (u->frame.cap > KEEP_BYTES)
		buf_free(&u->frame);
	u->too_large = u->frame_ended = false;
}

void uplink_end(struct uplink *u)
{
	u->state = UPLINK_IDLE;
	u->until = MONO_NEVER;
	forget_frame(u);
}

static enum uplink_news over(struct uplink *u, const char *why)
{
	uplink_end(u);
	u->why = why;
	return UPLINK_OVER;
}

void uplink_ask(struct uplink *u, uint32_t rnd, uint32_t salt, mono now)
{
	uplink_end(u);
	u->state = UPLINK_ASKING;
	u->next = 0;
	u->answered = false;
	u->until = mono_add(now, UPLINK_OPEN_WITHIN_MS);
	snprintf(u->session, sizeof(u->session), "%08" PRIx32 "%08" PRIx32, rnd, salt);
}

/* ---- messages ---- */

struct message {
	struct str session, word, body;
	int64_t number;
};

static bool read_message(struct str text, struct message *out)
{
	struct str head, number;

	if (!str_split(&text, '\n', &head))
		return false;
	out->body = text.p ? text : STR("");
	out->word = head;
	return str_split(&out->word, ' ', &out->session) && str_split(&out->word, ' ', &number) && out->word.p &&
	       str_to_int(number, &out->number) && out->number >= 0;
}

static enum uplink_news on_here(struct uplink *u)
{
	if (u->state == UPLINK_OPEN)
		return over(u, "the uplink page has come anew");
	return u->state == UPLINK_ASKING ? UPLINK_HERE : UPLINK_NOTHING;
}

/* A page's word for it is looked up, and its own texts go nowhere: they would stand in the log and in everybody's status. */
static enum uplink_news on_lost(struct uplink *u, struct str word)
{
	static const struct {
		const char *word, *why;
	} reasons[] = {
		{ "unreachable", "the uplink page can't connect to the scoreboard" },
		{ "closed", "the scoreboard has closed the connection to the uplink page" },
		{ "slow", "the uplink page's way to the broker is too slow" },
		{ "refused", "the broker has refused what the uplink page sent" },
		{ "stopped", "the uplink page was stopped by its user" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (str_is(word, reasons[i].word))
			return over(u, reasons[i].why);
	return over(u, "the uplink page has ended the connection to the scoreboard");
}

static void add_part(struct uplink *u, struct str part)
{
	if (u->frame_ended)
		forget_frame(u);
	if (u->too_large || part.len > u->max_frame - u->frame.len) {
		u->too_large = true;
		buf_free(&u->frame);
		return;
	}
	buf_str(&u->frame, part);
	u->too_large = u->frame.failed;
}

static enum uplink_news end_frame(struct uplink *u, struct str part)
{
	add_part(u, part);
	u->frame_ended = true;
	return u->too_large ? UPLINK_FRAME_TOO_LARGE : UPLINK_FRAME;
}

static enum uplink_news when_open(struct uplink *u, const struct message *m)
{
	if (str_is(m->word, "frame"))
		return end_frame(u, m->body);
	if (str_is(m->word, "pong"))
		return UPLINK_PONG;
	if (!str_is(m->word, "part"))
		return over(u, no_message);
	add_part(u, m->body);
	return UPLINK_PONG; /* on a slow line its answer to a ping waits behind its parts, which show as well that it is there */
}

static enum uplink_news while_asking(struct uplink *u, const struct message *m)
{
	u->answered = true;
	if (str_is(m->word, "trying"))
		return UPLINK_NOTHING;
	if (!str_is(m->word, "open"))
		return over(u, no_message);
	u->state = UPLINK_OPEN;
	u->until = MONO_NEVER;
	return UPLINK_OPENED;
}

static enum uplink_news in_session(struct uplink *u, const struct message *m)
{
	if (m->number < u->next) /* it has come twice, which MQTT allows */
		return UPLINK_NOTHING;
	if (m->number > u->next)
		return over(u, "something of the uplink page was lost on its way");
	u->next++;
	if (str_is(m->word, "lost"))
		return on_lost(u, m->body);
	return u->state == UPLINK_OPEN ? when_open(u, m) : while_asking(u, m);
}

enum uplink_news uplink_take(struct uplink *u, struct str message)
{
	struct message m;

	if (!read_message(message, &m))
		return u->state == UPLINK_OPEN ? over(u, no_message) : UPLINK_NOTHING;
	if (str_is(m.session, "-") && str_is(m.word, "here"))
		return on_here(u);
	return u->state != UPLINK_IDLE && str_is(m.session, u->session) ? in_session(u, &m) : UPLINK_NOTHING;
}

struct str uplink_frame(const struct uplink *u)
{
	return buf_view(&u->frame);
}

bool uplink_is_late(struct uplink *u, mono now)
{
	if (u->state != UPLINK_ASKING || !mono_reached(now, u->until))
		return false;
	return over(u, u->answered ? "the uplink page has not reached the scoreboard yet"
				   : "no uplink page answers: is one open beside the scoreboard?") == UPLINK_OVER;
}

/* ---- orders ---- */

void uplink_write(const struct uplink *u, const char *word, struct str body, struct buf *out)
{
	buf_printf(out, "%s 0 %s", u->session, word);
	if (!body.len)
		return;
	buf_char(out, '\n');
	buf_str(out, body);
}
