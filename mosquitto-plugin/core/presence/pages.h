/* pages - who watches without being a client of the broker: pages that a publisher serves over HTTP. Knows neither clients nor brokers.
 *
 * A publisher reports them as often as they change, at most once a second, and every few seconds in any case:
 *
 *   <prefix>/crew/watching   {"sse":120,"polling":3}      not retained; of one of several tracks <prefix>/<track>/crew/watching
 *
 * A report belongs to the connection that brought it. It ends with the connection, or when no other one has come for PAGES_FORGET_MS. */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include "base/mono.h"
#include "base/str.h"

#define PAGES_REPORTERS 64
#define PAGES_MOST 1000000 /* of each kind, that one reporter may claim */
#define PAGES_REPORT_BYTES 256
#define PAGES_FORGET_MS 15000

enum pages_kind {
	PAGES_SSE, /* streams of Server-Sent Events */
	PAGES_POLLING,
	PAGES_KINDS
};

extern const char *const pages_kind_names[PAGES_KINDS];

/* A zeroed struct is empty. */
struct pages {
	struct page_report {
		const void *from; /* the connection, as the caller calls it */
		uint64_t n[PAGES_KINDS];
		mono heard;
	} reports[PAGES_REPORTERS];
	unsigned n_reports;
	uint64_t changes; /* times that the sum has changed */
};

/* False: it is no report, or there are too many reporters. */
bool pages_take(struct pages *p, const void *from, struct str report, mono now) __attribute__((warn_unused_result));
void pages_gone(struct pages *p, const void *from); /* who has reported nothing is ignored */
void pages_tick(struct pages *p, mono now);
uint64_t pages_count(const struct pages *p, enum pages_kind kind);

#endif
