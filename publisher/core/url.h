/* url - scheme://host:port/path of the endpoints that we connect to. Knows no scheme's meaning. */
#ifndef PUBLISHER_URL_H
#define PUBLISHER_URL_H

#include "base/str.h"

struct url {
	struct str scheme; /* "ws"; empty when the text has none */
	struct str host;   /* without the brackets of an IPv6 address */
	int port;          /* 0: not given */
	struct str path;   /* with its slash and query, or empty */
};

/* Views of text. False with a reason (a static string) when the text is no URL of this form. */
bool url_parse(struct str text, struct url *out, const char **why);

/* ADDR:PORT, :PORT or PORT; [v6]:PORT. An empty address means all. */
bool url_parse_listen(struct str text, struct str *host, int *port);

#endif
