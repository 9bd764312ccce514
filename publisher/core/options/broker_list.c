#include "publisher/core/options/broker_list.h"

#include "publisher/core/options/url.h"

#include <stdio.h>

#define PORT 1883
#define PORT_TLS 8883

/* Complains that the URL is not what it must be, and returns 1. */
static int refuse(struct str url, const char *what, struct complaint *why)
{
	char value[COMPLAINT_VALUE_SIZE + 8]; /* so much more than complaint_value() takes that it sees that something was cut */

	snprintf(value, sizeof(value), "%.*s", STR_ARGS(url));
	return complaint_say(why, 0, "\"%s\"%s", complaint_value(value).text, what);
}

static int read_one(struct str text, struct broker_address *out, struct complaint *why)
{
	struct complaint url_why;
	char reason[200];
	struct url url;

	if (str_is(text, "none"))
		return complaint_say(why, 0, "none stands alone");
	if (url_parse(text, &url, &url_why)) {
		snprintf(reason, sizeof(reason), ": %.190s", url_why.text);
		return refuse(text, reason, why);
	}
	if (!url_has_scheme(&url, "mqtt", &out->tls))
		return refuse(text, ": unknown scheme; it is mqtt or mqtts", why);
	out->host = url.host;
	out->port = url.port ? url.port : (out->tls ? PORT_TLS : PORT);
	return 0;
}

/* Two connections with our one client id to one broker would throw each other out. */
static bool has(const struct broker_list *list, const struct broker_address *a)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->at[i].host, a->host) && list->at[i].port == a->port)
			return true;
	return false;
}

static int add(struct broker_list *list, struct str text, struct complaint *why)
{
	struct broker_address a;

	if (read_one(text, &a, why))
		return 1;
	if (has(list, &a))
		return refuse(text, " is there twice", why);
	if (list->n == BROKER_LIST_MAX)
		return complaint_say(why, 0, "at most %d can be told", BROKER_LIST_MAX);
	list->at[list->n++] = a;
	return 0;
}

int broker_list_read(struct str text, struct broker_list *out, struct complaint *why)
{
	struct str one;

	out->n = 0;
	if (str_is(str_trim(text), "none"))
		return 0;
	while (str_split(&text, ' ', &one))
		if (one.len && add(out, one, why))
			return 1;
	return out->n ? 0 : complaint_say(why, 0, "is empty; without a broker it is none");
}

void broker_name(const struct broker_address *a, struct buf *out)
{
	bool brackets = memchr(a->host.p, ':', a->host.len) != NULL;

	buf_printf(out, "%s%.*s%s:%d", brackets ? "[" : "", STR_ARGS(a->host), brackets ? "]" : "", a->port);
}
