/* http_answer - makes the answers to requests: status, headers, and a body unless it is a file's or a stream's. Knows no socket. */
#ifndef PUBLISHER_HTTP_ANSWER_H
#define PUBLISHER_HTTP_ANSWER_H

#include "publisher/core/http/http_request.h"
#include "publisher/io/io.h"

struct answer {
	int status;                /* of HTTP */
	const char *type;          /* a MIME type; static */
	const char *cache_control; /* or NULL: no such header; static */
	char etag[80];             /* with its quotes; "": no such header. Answers of a view have one, files, and /config.json */
	char accel_expires[24];    /* the header X-Accel-Expires, for nginx; "": no such header */
	bool gzip;                 /* the body is compressed */
	bool of_view;              /* the answer is a view's, or there is none of that name: a header tells the prefix of our topics */
	bool is_page;              /* a header tells which sites may show the answer in a frame */
	bool is_inert;             /* a header tells browsers to run and load nothing that the body might name */
	bool endless;              /* the answer ends with the connection, not after `length` bytes */
	bool close;                /* the connection is closed after it */
	size_t length;             /* of the body in bytes, also of one that is not in `body`: a file's */
	struct buf body;
};

/* Keeps the last answer for each view, plain and compressed, so that a thousand clients who ask for it in the same second cost
 * hardly more than one. */
struct answer_cache;
struct answer_cache *answer_cache_new(struct io *io) __attribute__((warn_unused_result)); /* NULL: no memory */
void answer_cache_free(struct answer_cache *c);                                           /* NULL is fine */

/* Answers /healthz, /readyz, /health.json, /metrics, /config.json and /<prefix>/<view>.json; *out is then to be freed. False for any
 * other path, which may be a file's: *out is untouched. */
bool answer_make(struct answer_cache *cache, const struct http_request *request, struct answer *out)
	__attribute__((warn_unused_result));
/* The answer of an error: the status, and its words as a line of text. *out is to be freed. */
void answer_refuse(int status, struct answer *out);
void answer_free(struct answer *a); /* twice is fine */

/* Appends the status line, all headers, and the empty line behind them. */
void answer_write_head(const struct answer *a, const struct config *config, struct buf *out);

#endif
