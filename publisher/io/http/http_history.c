#include "publisher/io/http/http_history.h"

#include <stdlib.h>

#define UNAVAILABLE 503

struct http_history {
	struct io *io;
	struct ask ask;
	struct history_asker asker;
	struct history_ticket *ticket; /* NULL: nothing is on its way */
	struct store_answer piece;     /* the first one of a log, while its head is being sent */
	bool has_answer;               /* the ticket's is there */
	bool has_piece;
	bool begun; /* the head was given out */
};

enum ask_result http_history_wants(const struct io *io, const struct http_request *q, struct ask *out)
{
	if (!io->history)
		return ASK_OTHER;
	return ask_read(str_of(q->path), q->query, config_text(io->config, CONF_PREFIX), out);
}

static void answered(void *arg)
{
	struct http_history *h = arg;

	h->has_answer = true;
	h->asker.answered(h->asker.arg);
}

/* False: no memory. */
static bool ask(struct http_history *h)
{
	h->has_answer = false;
	h->ticket = history_ask(h->io->history, &h->ask, &(struct history_asker){ answered, h });
	return h->ticket != NULL;
}

struct http_history *http_history_new(struct io *io, const struct ask *a, const struct history_asker *asker)
{
	struct http_history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	*h = (struct http_history){ .io = io, .ask = *a, .asker = *asker };
	if (ask(h))
		return h;
	free(h);
	return NULL;
}

void http_history_free(struct http_history *h)
{
	if (!h)
		return;
	history_forget(h->ticket);
	buf_free(&h->piece.body);
	free(h);
}

/* The whole answer, or the head of a log. */
static void write_answer(struct http_history *h, struct store_answer *a, struct answer *out)
{
	if (a->status != 200) {
		if (a->status == UNAVAILABLE)
			bridge_count(h->io->bridge, HEALTH_HTTP_LATE_HISTORY);
		answer_refuse(a->status, out);
		buf_free(&a->body);
		return;
	}
	*out = (struct answer){ .status = a->status, .type = a->type, .of_view = true };
	out->cache_control = a->max_age_s > 1 ? "max-age=3600" : "max-age=1";
	out->endless = h->ask.kind == ASK_DELTAS;
	if (out->endless) {
		out->cache_control = "no-store";
		h->piece = *a;
		h->has_piece = true;
		return;
	}
	out->body = a->body;
	out->length = a->body.len;
}

/* Gives a piece out, and asks for the one behind it. */
static enum http_history_news give_piece(struct http_history *h, struct store_answer *a, struct answer *out)
{
	bool goes_on = a->status == 200;

	*out = (struct answer){ .body = a->body };
	h->ask.number = a->next;
	if (a->more)
		goes_on &= ask(h);
	if (goes_on)
		return HTTP_HISTORY_PIECE;
	buf_free(&out->body);
	return HTTP_HISTORY_FAILED;
}

enum http_history_news http_history_next(struct http_history *h, struct answer *out)
{
	struct store_answer a;

	if (h->has_piece) {
		h->has_piece = false;
		a = h->piece;
		h->piece = (struct store_answer){ 0 };
		return give_piece(h, &a, out);
	}
	if (!h->ticket)
		return HTTP_HISTORY_END;
	if (!h->has_answer)
		return HTTP_HISTORY_WAITS;
	history_take(h->ticket, &a);
	h->ticket = NULL;
	if (h->begun)
		return give_piece(h, &a, out);
	h->begun = true;
	write_answer(h, &a, out);
	return HTTP_HISTORY_ANSWER;
}
