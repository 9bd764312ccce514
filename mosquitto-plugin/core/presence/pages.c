#include "mosquitto-plugin/core/presence/pages.h"

#include "base/json.h"

const char *const pages_kind_names[PAGES_KINDS] = { "sse", "polling" };

static bool read_report(struct str text, uint64_t n[PAGES_KINDS])
{
	struct str value;
	int64_t number;

	if (text.len > PAGES_REPORT_BYTES)
		return false;
	for (int i = 0; i < PAGES_KINDS; i++) {
		if (!json_member(text, pages_kind_names[i], &value) || !str_to_int(value, &number) || number < 0 || number > PAGES_MOST)
			return false;
		n[i] = (uint64_t)number;
	}
	return true;
}

static struct page_report *find(struct pages *p, const void *from)
{
	for (unsigned i = 0; i < p->n_reports; i++)
		if (p->reports[i].from == from)
			return &p->reports[i];
	return NULL;
}

bool pages_take(struct pages *p, const void *from, struct str report, mono now)
{
	struct page_report *r = find(p, from), new = { .from = from, .heard = now };

	if (!read_report(report, new.n) || (!r && p->n_reports == PAGES_REPORTERS))
		return false;
	if (!r)
		r = &p->reports[p->n_reports++];
	p->changes += memcmp(r->n, new.n, sizeof(new.n)) != 0 || r->from != from;
	*r = new;
	return true;
}

static void drop(struct pages *p, struct page_report *r)
{
	*r = p->reports[--p->n_reports];
	p->reports[p->n_reports] = (struct page_report){ .from = NULL };
	p->changes++;
}

void pages_gone(struct pages *p, const void *from)
{
	struct page_report *r = find(p, from);

	if (r)
		drop(p, r);
}

void pages_tick(struct pages *p, mono now)
{
	for (unsigned i = 0; i < p->n_reports;) {
		if (mono_diff(now, p->reports[i].heard) > PAGES_FORGET_MS)
			drop(p, &p->reports[i]);
		else
			i++;
	}
}

uint64_t pages_count(const struct pages *p, enum pages_kind kind)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < p->n_reports; i++)
		n += p->reports[i].n[kind];
	return n;
}
