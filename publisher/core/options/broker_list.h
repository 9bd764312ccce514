/* broker_list - what the option `broker` says: mqtt://HOST[:PORT] or mqtts://HOST[:PORT], several of these with blanks between, or `none`. */
#ifndef PUBLISHER_BROKER_LIST_H
#define PUBLISHER_BROKER_LIST_H

#include "base/buf.h"
#include "base/complaint.h"

#define BROKER_LIST_MAX 8

struct broker_address {
	struct str host; /* without the brackets of an IPv6 address */
	int port;        /* the usual one, 1883 or with TLS 8883, when the text has none */
	bool tls;
};

/* The strings view the text. */
struct broker_list {
	struct broker_address at[BROKER_LIST_MAX];
	size_t n; /* 0: `none` */
};

/* 0; or 1 and a complaint: one is no such URL, there are too many, or one of them twice. */
int broker_list_read(struct str text, struct broker_list *out, struct complaint *why) __attribute__((warn_unused_result));

/* Appends HOST:PORT, by which logs and metrics name the broker. */
void broker_name(const struct broker_address *a, struct buf *out);

#endif
