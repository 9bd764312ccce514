#include "publisher/core/news/outboxes.h"

int outboxes_open(struct outboxes *o, size_t n, size_t max_bytes, size_t window)
{
	*o = (struct outboxes){ .n = n };
	for (size_t i = 0; i < n; i++) {
		o->list[i] = outbox_new(max_bytes, window);
		if (!o->list[i]) {
			outboxes_close(o);
			return 1;
		}
	}
	return 0;
}

void outboxes_close(struct outboxes *o)
{
	for (size_t i = 0; i < o->n; i++)
		outbox_free(o->list[i]);
	*o = (struct outboxes){ .n = 0 };
}

unsigned int outboxes_set(const struct outboxes *o, const struct outbox_value *v, mono now)
{
	unsigned int results = 0;

	for (size_t i = 0; i < o->n; i++)
		results |= outbox_set(o->list[i], v, now);
	return results;
}

unsigned int outboxes_remove(const struct outboxes *o, struct str topic, mono now)
{
	unsigned int results = 0;

	for (size_t i = 0; i < o->n; i++)
		results |= outbox_remove(o->list[i], topic, now);
	return results;
}

void outboxes_mark(const struct outboxes *o)
{
	for (size_t i = 0; i < o->n; i++)
		outbox_mark(o->list[i]);
}

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

size_t outboxes_sweep(const struct outboxes *o, mono now, void (*gone)(void *arg, struct str topic), void *arg)
{
	size_t most = 0;

	for (size_t i = 0; i < o->n; i++)
		most = max(most, outbox_sweep(o->list[i], now, gone, arg));
	return most;
}

void outboxes_drop_all(const struct outboxes *o)
{
	for (size_t i = 0; i < o->n; i++) {
		outbox_close(o->list[i]);
		outbox_drop_all(o->list[i]);
	}
}

size_t outboxes_topics(const struct outboxes *o)
{
	size_t most = 0;

	for (size_t i = 0; i < o->n; i++)
		most = max(most, outbox_stats(o->list[i]).topics);
	return most;
}

size_t outboxes_bytes(const struct outboxes *o)
{
	size_t bytes = 0;

	for (size_t i = 0; i < o->n; i++)
		bytes += outbox_stats(o->list[i]).bytes;
	return bytes;
}
