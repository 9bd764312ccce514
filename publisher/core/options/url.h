/* url - scheme://host:port/path of the endpoints that we connect to. Knows no scheme, only the custom that an `s` behind one
 * stands for TLS. */
#ifndef PUBLISHER_URL_H
#define PUBLISHER_URL_H

#include "base/complaint.h"
#include "base/str.h"

struct url {
	struct str scheme; /* "ws"; empty when the text has none */
	struct str host;   /* without the brackets of an IPv6 address */
	int port;          /* 0: not given */
	struct str path;   /* with its slash and query, or empty */
};

/* 0, and the parts of *out view `text`; or 1 and a complaint when the text is no URL of this form. */
int url_parse(struct str text, struct url *out, struct complaint *why) __attribute__((warn_unused_result));

/* Is it `scheme`, or `scheme` with an `s` behind it: mqtt or mqtts? *tls tells which; it is set only when the answer is yes. */
bool url_has_scheme(const struct url *url, const char *scheme, bool *tls) __attribute__((warn_unused_result));

/* Where to listen: ADDR:PORT, [v6]:PORT, :PORT or PORT. *host views text and is empty for all addresses of the machine. False:
 * the text is none of these; then *host and *port are undefined. */
bool url_parse_listen(struct str text, struct str *host, int *port) __attribute__((warn_unused_result));

#endif
