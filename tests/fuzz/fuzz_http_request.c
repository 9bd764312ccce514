/* A head of a request is read, or refused; what is read is within its bounds, and every shorter part of it was no head yet, or refused
 * alike. */
#include "tests/fuzz/fuzz.h"

#include "publisher/core/http/http_request.h"

static void check_whole(struct str bytes, const struct http_request *q)
{
	PROMISE(q->length >= 4 && q->length <= bytes.len);
	PROMISE(memcmp(bytes.p + q->length - 4, "\r\n\r\n", 4) == 0);
	PROMISE(q->path[0] == '/' && strlen(q->path) <= HTTP_PATH_MAX_BYTES);
	PROMISE(!strpbrk(q->path, "\r\n"));
	PROMISE(q->accept_encoding.len + q->if_none_match.len + q->last_event_id.len < q->length);
	PROMISE(!http_request_takes_gzip(q) || q->accept_encoding.len >= 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct http_request q, again;
	enum http_head r = http_request_read(bytes, &q);

	if (r == HTTP_HEAD_PART)
		PROMISE(size < HTTP_HEAD_MAX_BYTES);
	if (r != HTTP_HEAD_WHOLE)
		return 0;
	check_whole(bytes, &q);
	PROMISE(http_request_read((struct str){ bytes.p, q.length }, &again) == HTTP_HEAD_WHOLE && again.length == q.length);
	PROMISE(http_request_read((struct str){ bytes.p, q.length - 1 }, &again) == HTTP_HEAD_PART || q.length > HTTP_HEAD_MAX_BYTES);
	return 0;
}
