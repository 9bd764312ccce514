#include "bench/loadgen/report.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char *name;
	double p;
} quantiles[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 }, { "max", 1 } };

#define N_QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

static double ms(const struct hist *h, double p)
{
	return (double)hist_quantile(h, p) / 1000;
}

static double cpu_us_per_delivery(const struct window_result *w)
{
	return w->deliveries ? (double)w->cpu_us / (double)w->deliveries : 0;
}

static double kb_per_viewer(const struct result *r, size_t arm)
{
	int64_t kb = r->arms[arm].rss_joined_kb - r->arms[arm].rss_before_kb;

	return r->arms[arm].in_sync ? (double)kb / (double)r->arms[arm].in_sync : 0;
}

static double bytes_per_delta(const struct result *r)
{
	return r->payloads.n_deltas ? (double)r->payloads.deltas / (double)r->payloads.n_deltas : 0;
}

bool result_is_whole(const struct plan *plan, const struct result *r)
{
	static const enum count faults[] = { COUNT_bad, COUNT_gaps, COUNT_repeated, COUNT_backward, COUNT_unread, COUNT_lost };

	/* a storm cuts connections on purpose; gaps or repeats in the feed are faults even then */
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (r->counts[faults[i]] > (faults[i] == COUNT_lost ? r->storm.counts[COUNT_lost] : 0))
			return false;
	for (size_t i = 0; plan->publish_per_s && i < r->n_windows; i++)
		if (r->windows[i].deliveries != r->windows[i].published * r->windows[i].viewers)
			return false;
	return r->in_sync == r->viewers && (!r->storm.ran || r->storm.in_sync == r->viewers);
}

static void print_logins(const char *who, const struct logins *l)
{
	printf("%-18s %llu logins in (the slowest after %.1f ms), %llu refused, %llu failed\n", who,
	       (unsigned long long)l->in, (double)l->slowest_us / 1000, (unsigned long long)l->refused,
	       (unsigned long long)l->failed);
}

static void print_storm(const struct plan *plan, const struct storm_result *s)
{
	printf("storm              %llu lost, %lld in sync after %.1f s; one was back after: p50 %.2f s, p99 %.2f s, all %.2f s\n",
	       (unsigned long long)s->counts[COUNT_lost], (long long)s->in_sync, s->seconds, ms(&s->back, 0.5) / 1000,
	       ms(&s->back, 0.99) / 1000, ms(&s->back, 1) / 1000);
	printf("                   %llu connects, of them %llu refused, %llu failed, %llu too slow\n",
	       (unsigned long long)s->counts[COUNT_dialled], (unsigned long long)s->counts[COUNT_refused],
	       (unsigned long long)s->counts[COUNT_failed], (unsigned long long)s->counts[COUNT_timeouts]);
	print_logins("  publisher", &s->publisher);
	if (plan->probe_user)
		print_logins("  operator", &s->probe);
}

int report_table(const struct plan *plan, const struct result *r)
{
	printf("viewers            %lld, in sync %lld after %.2f s (one: p50 %.1f ms, p99 %.1f ms)\n", (long long)r->viewers,
	       (long long)r->in_sync, r->connect_all_s, ms(&r->join, 0.5), ms(&r->join, 0.99));
	if (r->payloads.n_deltas)
		printf("payloads           %s: snapshot %zu bytes, recent %zu, a delta %.1f\n", plan->packed ? "packed" : "JSON", r->payloads.snapshot,
		       r->payloads.recent, bytes_per_delta(r));
	for (size_t arm = 0; plan->watches.n && arm < plan->n_arms; arm++)
		printf("memory             %lld kB before, %lld kB joined: %.2f kB per viewer; peak %lld kB\n",
		       (long long)r->arms[arm].rss_before_kb, (long long)r->arms[arm].rss_joined_kb,
		       kb_per_viewer(r, arm), (long long)r->arms[arm].rss_peak_kb);
	for (int k = 0; k < N_COUNTS; k++)
		if (r->counts[k] || r->flood_counts[k])
			printf("%-18s %llu%s\n", count_help[k], (unsigned long long)r->counts[k],
			       r->flood_counts[k] ? " (and the flood's)" : "");
	if (r->storm.ran)
		print_storm(plan, &r->storm);
	puts("\nwindow         deltas  delivered  us CPU each   p50 ms   p99 ms   max ms   RSS kB");
	for (size_t i = 0; i < r->n_windows; i++) {
		const struct window_result *w = &r->windows[i];

		printf("%2zu %-9s %8lld %10lld %12.2f %8.2f %8.2f %8.2f %8lld", i + 1,
		       w->flood ? "flood" : (w->stall ? "stalled" : ""), (long long)w->published,
		       (long long)w->deliveries, cpu_us_per_delivery(w), ms(&w->latency, 0.5), ms(&w->latency, 0.99),
		       ms(&w->latency, 1), (long long)w->rss_kb);
		puts(plan->alternate ? plan->urls.v[w->arm] : "");
		if (w->flood)
			printf("   %.0f bad logins per second, %lld refused\n", (double)w->flood_dialled / w->seconds,
			       (long long)w->flood_refused);
	}
	return ferror(stdout) ? -1 : 0;
}

/* --- JSON --- */

static void put_quantiles(FILE *f, const char *name, const struct hist *h)
{
	fprintf(f, "\"%s\":{\"count\":%llu,\"mean\":%.3f", name, (unsigned long long)h->count, hist_mean(h) / 1000);
	for (size_t i = 0; i < N_QUANTILES; i++)
		fprintf(f, ",\"%s\":%.3f", quantiles[i].name, ms(h, quantiles[i].p));
	fputs("}", f);
}

static void put_counts(FILE *f, const char *name, const uint64_t *counts)
{
	fprintf(f, "\"%s\":{", name);
	for (int k = 0; k < N_COUNTS; k++)
		fprintf(f, "%s\"%s\":%llu", k ? "," : "", count_names[k], (unsigned long long)counts[k]);
	fputs("}", f);
}

static void put_window(FILE *f, const struct window_result *w)
{
	fprintf(f, "{\"arm\":%zu,\"flood\":%s,\"stall\":%s,\"seconds\":%.3f,\"viewers\":%lld,\"published\":%lld,\"deliveries\":%lld,",
		w->arm, w->flood ? "true" : "false", w->stall ? "true" : "false", w->seconds, (long long)w->viewers,
		(long long)w->published, (long long)w->deliveries);
	fprintf(f, "\"cpu_us\":%lld,\"cpu_us_per_delivery\":%.3f,\"rss_kb\":%lld,\"flood_dialled\":%lld,"
		   "\"flood_refused\":%lld,",
		(long long)w->cpu_us, cpu_us_per_delivery(w), (long long)w->rss_kb, (long long)w->flood_dialled,
		(long long)w->flood_refused);
	put_quantiles(f, "latency_ms", &w->latency);
	fputs("}", f);
}

static void put_arms(FILE *f, const struct plan *plan, const struct result *r)
{
	fputs("\"arms\":[", f);
	for (size_t arm = 0; arm < plan->n_arms; arm++)
		fprintf(f, "%s{\"in_sync\":%lld,\"rss_before_kb\":%lld,\"rss_joined_kb\":%lld,\"rss_peak_kb\":%lld,"
			   "\"kb_per_viewer\":%.3f}",
			arm ? "," : "", (long long)r->arms[arm].in_sync, (long long)r->arms[arm].rss_before_kb,
			(long long)r->arms[arm].rss_joined_kb, (long long)r->arms[arm].rss_peak_kb,
			kb_per_viewer(r, arm));
	fputs("],", f);
}

static void put_logins(FILE *f, const char *name, const struct logins *l)
{
	fprintf(f, "\"%s\":{\"in\":%llu,\"refused\":%llu,\"failed\":%llu,\"slowest_ms\":%.3f},", name, (unsigned long long)l->in,
		(unsigned long long)l->refused, (unsigned long long)l->failed, (double)l->slowest_us / 1000);
}

static void put_storm(FILE *f, const struct storm_result *s)
{
	fprintf(f, "\"storm\":{\"seconds\":%.3f,\"in_sync\":%lld,", s->seconds, (long long)s->in_sync);
	put_logins(f, "publisher", &s->publisher);
	put_logins(f, "operator", &s->probe);
	put_quantiles(f, "back_ms", &s->back);
	fputc(',', f);
	put_counts(f, "counts", s->counts);
	fputs("},", f);
}

static void put_result(FILE *f, const struct plan *plan, const struct result *r)
{
	fprintf(f, "{\"whole\":%s,\"viewers\":%lld,\"in_sync\":%lld,\"connect_all_s\":%.3f,",
		result_is_whole(plan, r) ? "true" : "false", (long long)r->viewers, (long long)r->in_sync,
		r->connect_all_s);
	fprintf(f, "\"payloads\":{\"packed\":%s,\"snapshot\":%zu,\"recent\":%zu,\"delta\":%.3f},", plan->packed ? "true" : "false",
		r->payloads.snapshot, r->payloads.recent, bytes_per_delta(r));
	put_arms(f, plan, r);
	put_quantiles(f, "join_ms", &r->join);
	fputc(',', f);
	if (r->storm.ran)
		put_storm(f, &r->storm);
	put_counts(f, "counts", r->counts);
	fputc(',', f);
	put_counts(f, "flood_counts", r->flood_counts);
	fputs(",\"windows\":[", f);
	for (size_t i = 0; i < r->n_windows; i++) {
		fputs(i ? ",\n" : "\n", f);
		put_window(f, &r->windows[i]);
	}
	fputs("]}\n", f);
}

int report_json(const struct plan *plan, const struct result *r)
{
	bool to_stdout = !strcmp(plan->json_file, "-");
	FILE *f = to_stdout ? stdout : fopen(plan->json_file, "we");
	int failed;

	if (!f) {
		fprintf(stderr, "scoreboard-loadgen: cannot write %s: %s\n", plan->json_file, strerror(errno));
		return -1;
	}
	put_result(f, plan, r);
	failed = ferror(f);
	if (!to_stdout && fclose(f))
		failed = 1;
	return failed ? -1 : 0;
}
