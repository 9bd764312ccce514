/* http_request - reads the head of one HTTP/1.x request: the request line and the headers, up to the empty line behind them. Knows no
 * socket, no file and no answer. Anybody may have sent the bytes: whatever they are, it never reads beyond them.
 *
 *   switch (http_request_read(bytes, &request)) {
 *   case HTTP_HEAD_WHOLE:  answer it; request.length bytes are used up
 *   case HTTP_HEAD_PART:   wait for more, up to HTTP_HEAD_MAX_BYTES
 *   default:               refuse it with the status, and close the connection
 *   }
 */
#ifndef PUBLISHER_HTTP_REQUEST_H
#define PUBLISHER_HTTP_REQUEST_H

#include "base/str.h"

#define HTTP_HEAD_MAX_BYTES 8192
#define HTTP_PATH_MAX_BYTES 400

enum http_head {
	HTTP_HEAD_WHOLE = 0,
	HTTP_HEAD_PART = 1, /* the empty line has not come yet */
	/* the other values are the HTTP status to answer with */
	HTTP_HEAD_BAD = 400,       /* no HTTP/1.x request */
	HTTP_HEAD_PATH_LONG = 414, /* the path is longer than HTTP_PATH_MAX_BYTES, and so is none of ours */
	HTTP_HEAD_LONG = 431,      /* the head is longer than HTTP_HEAD_MAX_BYTES */
};

enum http_method {
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_OTHER,
};

struct http_request {
	enum http_method method;
	char path[HTTP_PATH_MAX_BYTES + 1];                       /* decoded, without query; begins with '/'; no control characters */
	struct str query;                                         /* behind the `?`, as it came; p is NULL when there is none */
	struct str accept_encoding, if_none_match, last_event_id; /* views of the bytes; empty when absent */
	bool keep_alive;                                          /* the connection may be used for another request */
	bool has_body;                                            /* a body follows the head */
	size_t length;                                            /* bytes of the head, the empty line included */
};

/* Reads the request that the bytes begin with; more may follow it. *out is complete on HTTP_HEAD_WHOLE only, but may be looked at in
 * any case. */
enum http_head http_request_read(struct str bytes, struct http_request *out) __attribute__((warn_unused_result));

/* Is the path of what belongs to a scoreboard, "/<prefix>/<name><ending>"? Then *name views the path: with the prefix "scoreboard" and the
 * ending ".json" it is "spectator" of "/scoreboard/spectator.json". The name is not empty, and may hold a '/'. */
bool http_path_name(struct str path, struct str prefix, struct str ending, struct str *name) __attribute__((warn_unused_result));

/* Does the client have the answer with this entity tag already? The tag with its quotes; none may be a part of another one. */
bool http_request_has_etag(const struct http_request *q, const char *etag) __attribute__((warn_unused_result));

/* May the answer be compressed by gzip? */
bool http_request_takes_gzip(const struct http_request *q) __attribute__((warn_unused_result));

#endif
