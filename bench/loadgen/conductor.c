#include "bench/loadgen/conductor.h"

#include "base/mono.h"
#include "bench/loadgen/herald.h"
#include "bench/loadgen/probe.h"
#include "bench/loadgen/procstat.h"
#include "bench/loadgen/swarm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS 64
#define DRAIN_MS 20000 /* how long a window's last deliveries may take */
#define PING_MS 20000
/* A storm is over when every viewer has been in sync for so long. The probe runs as long before the storm, for comparison. */
#define CALM_MS 1000
/* How the real publisher waits before it connects again: its options retry-first-ms and retry-max-ms, and 25 % more or less by chance. */
#define PUBLISHER_RETRY_MS 1000
#define PUBLISHER_RETRY_MOST_MS 30000
#define PROGRESS_MS 500       /* how often progress is shown on a terminal, in one line that changes */
#define PROGRESS_LINE_MS 5000 /* how often elsewhere, in a new line each time */

/* The memory that all processes of the run share. */
struct stage {
	struct baton baton;
	struct logins publisher, probe;
	struct tally tallies[]; /* one for each worker but the probe */
};

struct conductor {
	const struct plan *plan;
	volatile sig_atomic_t *stop;
	struct result *result;
	struct stage *stage;
	size_t stage_bytes;
	pid_t workers[MAX_WORKERS];
	/* The workers that hold viewers come first, then one for the flood, then one for the probe. The first number counts all of them,
	 * the second those with viewers, the third these and the flood's. */
	size_t n_workers, n_viewer_workers, n_swarms;
	struct herald heralds[MAX_TARGETS];
	mono pinged, shown;
	bool storming;
	int64_t retry_ms;
	mono redial_at, delta_at; /* in a storm: when the publisher connects again, and when its next delta is due */
};

/* --- workers --- */

static struct swarm_share share_of(struct conductor *c, size_t i)
{
	const struct plan *p = c->plan;
	int64_t n = (int64_t)c->n_viewer_workers, k = (int64_t)i;
	struct swarm_share s = {
		.plan = p,
		.baton = &c->stage->baton,
		.tally = &c->stage->tallies[i],
		.first = p->viewers * k / n,
		.n = p->viewers * (k + 1) / n - p->viewers * k / n,
		.stall = p->stall * (k + 1) / n - p->stall * k / n,
		.dials_per_s = (double)p->connect_rate / (double)n,
	};

	if (i < c->n_viewer_workers)
		return s;
	return (struct swarm_share){
		.plan = p,
		.baton = s.baton,
		.tally = s.tally,
		.first = 1 << 20,
		.n = p->flood_per_s * 3 + 10,
		.dials_per_s = (double)p->flood_per_s,
		.flood = true,
	};
}

static int run_worker(struct conductor *c, size_t i)
{
	struct swarm_share share;

	if (c->plan->probe_user && i == c->n_swarms) {
		probe_run(c->plan, &c->stage->baton, &c->stage->probe);
		return 0;
	}
	share = share_of(c, i);
	return swarm_run(&share);
}

static int start_worker(struct conductor *c, size_t i)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0) {
		fprintf(stderr, "scoreboard-loadgen: fork: %s\n", strerror(errno));
		return -1;
	}
	if (pid == 0) {
		signal(SIGINT, SIG_IGN); /* Ctrl-C reaches every process of the terminal; workers wait until the conductor ends them */
		signal(SIGTERM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		_exit(getppid() == parent && run_worker(c, i) == 0 ? 0 : 1);
	}
	c->workers[c->n_workers++] = pid;
	return 0;
}

static int start_workers(struct conductor *c)
{
	const struct plan *p = c->plan;
	size_t n = (size_t)((p->viewers + p->per_process - 1) / p->per_process);
	size_t all;

	c->n_viewer_workers = n ? n : 1;
	c->n_swarms = c->n_viewer_workers + (p->flood_per_s ? 1 : 0);
	all = c->n_swarms + (p->probe_user ? 1 : 0);
	if (all > MAX_WORKERS) {
		fprintf(stderr, "scoreboard-loadgen: %zu processes are too many, raise --per-process\n", all);
		return -1;
	}
	c->stage_bytes = sizeof(*c->stage) + c->n_swarms * sizeof(struct tally);
	c->stage = mmap(NULL, c->stage_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->stage == MAP_FAILED) {
		c->stage = NULL;
		fprintf(stderr, "scoreboard-loadgen: mmap: %s\n", strerror(errno));
		return -1;
	}
	atomic_store(&c->stage->baton.window, -1);
	for (size_t i = 0; i < all; i++)
		if (start_worker(c, i))
			return -1;
	return 0;
}

static bool worker_has_died(const struct conductor *c)
{
	siginfo_t info = { 0 };

	return c->n_workers && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

static void end_workers(struct conductor *c)
{
	if (c->stage)
		atomic_store(&c->stage->baton.stop, true);
	for (size_t i = 0; i < c->n_workers; i++) {
		for (int tries = 0; waitpid(c->workers[i], NULL, WNOHANG) == 0; tries++) {
			if (tries == 1000)
				kill(c->workers[i], SIGKILL);
			usleep(10000);
		}
	}
	c->n_workers = 0;
}

/* --- looking --- */

static int64_t arm_in_sync(const struct conductor *c, size_t arm)
{
	int64_t n = 0;

	for (size_t i = 0; i < c->n_viewer_workers; i++)
		for (size_t t = 0; t < c->plan->n_targets; t++)
			if (plan_arm_of_target(c->plan, t) == arm)
				n += atomic_load(&c->stage->tallies[i].in_sync[t]);
	return n;
}

static int64_t in_sync(const struct conductor *c)
{
	int64_t n = 0;

	for (size_t arm = 0; arm < c->plan->n_arms; arm++)
		n += arm_in_sync(c, arm);
	return n;
}

static uint64_t count_of(const struct conductor *c, enum count what)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->n_viewer_workers; i++)
		n += tally_get(&c->stage->tallies[i], what);
	return n;
}

static uint64_t flood_count(const struct conductor *c, enum count what)
{
	return c->plan->flood_per_s ? tally_get(&c->stage->tallies[c->n_viewer_workers], what) : 0;
}

static int64_t delivered(const struct conductor *c, size_t window)
{
	int64_t n = 0;

	for (size_t i = 0; i < c->n_viewer_workers; i++)
		n += (int64_t)atomic_load(&c->stage->tallies[i].windows[window].deliveries);
	return n;
}

static void show_progress(struct conductor *c, const char *doing)
{
	bool terminal = isatty(STDERR_FILENO);
	mono now = mono_now();

	if (c->plan->quiet || mono_diff(now, c->shown) < (terminal ? PROGRESS_MS : PROGRESS_LINE_MS))
		return;
	c->shown = now;
	fprintf(stderr, "%s%-10s %7lld of %lld in sync, %llu refused, %llu lost, %llu messages, %llu gaps   %s",
		terminal ? "\r" : "", doing, (long long)in_sync(c), (long long)c->plan->viewers, (unsigned long long)count_of(c, COUNT_refused),
		(unsigned long long)count_of(c, COUNT_lost), (unsigned long long)count_of(c, COUNT_deliveries),
		(unsigned long long)count_of(c, COUNT_gaps), terminal ? "" : "\n");
}

static struct procstat watch(const struct conductor *c, size_t arm)
{
	struct procstat sum = { 0 }, s;

	for (size_t i = 0; i < c->plan->watches.n; i++) {
		if (c->plan->alternate && i != arm)
			continue;
		if (procstat_read(c->plan->watch_pids[i], &s))
			fprintf(stderr, "\nscoreboard-loadgen: process %lld is gone\n", (long long)c->plan->watch_pids[i]);
		sum.cpu_us += s.cpu_us;
		sum.rss_kb += s.rss_kb;
		sum.peak_kb += s.peak_kb;
	}
	return sum;
}

/* --- passing time --- */

/* Waits as the real publisher does: from the loss of the connection or the failure of an attempt, and each time twice as long. */
static void redial_later(struct conductor *c)
{
	c->redial_at = mono_add(mono_now(), c->retry_ms * 3 / 4 + random() % (c->retry_ms / 2));
	c->retry_ms = c->retry_ms * 2 < PUBLISHER_RETRY_MOST_MS ? c->retry_ms * 2 : PUBLISHER_RETRY_MOST_MS;
}

static void lose_herald(struct conductor *c)
{
	herald_hang_up(&c->heralds[0]);
	c->retry_ms = PUBLISHER_RETRY_MS;
	redial_later(c);
}

static void redial_herald(struct conductor *c)
{
	struct complaint why;

	if (!mono_reached(mono_now(), c->redial_at))
		return;
	if (herald_connect(&c->heralds[0], &c->stage->publisher, &why))
		redial_later(c);
	else if (herald_snapshot(&c->heralds[0]))
		lose_herald(c);
}

/* Keeps the publisher's connection alive. -1: it is lost, which ends the run, except in a storm, where it is part of the test. */
static int tend(struct conductor *c, size_t arm, bool ping)
{
	if (c->heralds[arm].fd < 0) {
		redial_herald(c);
		return 0;
	}
	if (!herald_tend(&c->heralds[arm], ping))
		return 0;
	if (c->storming)
		lose_herald(c);
	return c->storming ? 0 : -1;
}

/* Lets so many milliseconds pass, keeps connections alive and shows progress. Returns 0, or -1 when the run must end. */
static int pass(struct conductor *c, int64_t ms, const char *doing)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	bool ping = mono_diff(mono_now(), c->pinged) >= PING_MS;

	show_progress(c, doing);
	nanosleep(&t, NULL);
	if (*c->stop)
		return -1;
	if (worker_has_died(c)) {
		fprintf(stderr, "\nscoreboard-loadgen: a worker has died\n");
		return -1;
	}
	if (ping)
		c->pinged = mono_now();
	for (size_t arm = 0; c->plan->publish_per_s && arm < c->plan->n_arms; arm++)
		if (tend(c, arm, ping))
			return -1;
	return 0;
}

static int rest(struct conductor *c, int64_t ms)
{
	mono until = mono_add(mono_now(), ms);

	while (!mono_reached(mono_now(), until))
		if (pass(c, 20, "settling"))
			return -1;
	return 0;
}

static int gather(struct conductor *c)
{
	mono began = mono_now();
	int64_t most_ms = c->plan->connect_timeout_s * 1000;

	while (in_sync(c) < c->plan->viewers) {
		if (pass(c, 5, "joining"))
			return -1;
		if (mono_diff(mono_now(), began) > most_ms) {
			fprintf(stderr, "\nscoreboard-loadgen: only %lld of %lld are in sync after %lld s\n",
				(long long)in_sync(c), (long long)c->plan->viewers, (long long)most_ms / 1000);
			break;
		}
	}
	c->result->connect_all_s = (double)mono_diff(mono_now(), began) / 1000;
	c->result->in_sync = in_sync(c);
	return 0;
}

/* --- a window --- */

static int publish_for(struct conductor *c, struct window_result *w)
{
	int64_t n = c->plan->seconds * c->plan->publish_per_s / c->plan->publish_period_s;
	uint64_t began = mono_now_ns();

	for (int64_t i = 0; i < n; i++) {
		uint64_t due = began + (uint64_t)(i * c->plan->publish_period_s) * 1000000000u / (uint64_t)c->plan->publish_per_s;
		const struct timespec at = { (time_t)(due / 1000000000u), (long)(due % 1000000000u) };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		if (herald_delta(&c->heralds[w->arm]) || pass(c, 0, "measuring"))
			return -1;
		w->published++;
	}
	return 0;
}

static int listen_for(struct conductor *c)
{
	mono until = mono_add(mono_now(), c->plan->seconds * 1000);

	while (!mono_reached(mono_now(), until))
		if (pass(c, 20, "listening"))
			return -1;
	return 0;
}

static int drain(struct conductor *c, const struct window_result *w, size_t i)
{
	mono until = mono_add(mono_now(), DRAIN_MS);

	while (delivered(c, i) < w->published * w->viewers && !mono_reached(mono_now(), until))
		if (pass(c, 5, "draining"))
			return -1;
	return 0;
}

/* Called with -1 before a window and with +1 after it, so that what remains is what the window itself has cost. */
static void mark(struct conductor *c, struct window_result *w, int sign)
{
	struct procstat s = watch(c, w->arm);

	w->cpu_us += sign * s.cpu_us;
	w->rss_kb = s.rss_kb;
	w->seconds += sign * (double)mono_now().ms / 1000;
	w->flood_dialled += sign * (int64_t)flood_count(c, COUNT_dialled);
	w->flood_refused += sign * (int64_t)flood_count(c, COUNT_refused);
	c->result->arms[w->arm].rss_peak_kb = s.peak_kb;
}

static int measure(struct conductor *c, size_t i)
{
	struct window_result *w = &c->result->windows[i];
	struct baton *baton = &c->stage->baton;
	int failed;

	w->arm = plan_arm_of_window(c->plan, i);
	w->flood = c->plan->flood_per_s && i % 2;
	w->stall = c->plan->stall && i > 0;
	atomic_store(&baton->stall, w->stall);
	atomic_store(&baton->flood, w->flood);
	if (rest(c, c->plan->settle_ms))
		return -1;
	w->viewers = arm_in_sync(c, w->arm);
	atomic_store(&baton->window, (int)i);
	mark(c, w, -1);
	failed = c->plan->publish_per_s ? publish_for(c, w) || drain(c, w, i) : listen_for(c);
	mark(c, w, 1);
	atomic_store(&baton->window, -1);
	atomic_store(&baton->flood, false);
	w->deliveries = delivered(c, i);
	c->result->n_windows = i + 1;
	return failed ? -1 : 0;
}

/* --- a storm --- */

static void publish_in_storm(struct conductor *c)
{
	const struct plan *p = c->plan;

	if (!p->publish_per_s || c->heralds[0].fd < 0 || !mono_reached(mono_now(), c->delta_at))
		return;
	c->delta_at = mono_add(mono_now(), 1000 * p->publish_period_s / p->publish_per_s);
	if (herald_delta(&c->heralds[0]))
		lose_herald(c);
}

/* Waits out a storm: until the time is over, or until somebody has lost its connection and then everybody, the publisher too, has been
 * back for CALM_MS. Returns 0, or -1 when the run must end. */
static int weather(struct conductor *c, int64_t ms, const char *doing)
{
	mono until = mono_add(mono_now(), ms), calm = mono_now();
	bool hit = false;

	while (!mono_reached(mono_now(), until)) {
		publish_in_storm(c);
		if (pass(c, 5, doing))
			return -1;
		if (in_sync(c) < c->result->in_sync || (c->plan->publish_per_s && c->heralds[0].fd < 0)) {
			hit = true;
			calm = mono_now();
		}
		if (hit && mono_diff(mono_now(), calm) >= CALM_MS)
			return 0;
	}
	return 0;
}

static void mark_storm(struct conductor *c, int sign)
{
	struct storm_result *s = &c->result->storm;

	for (int k = 0; k < N_COUNTS; k++)
		s->counts[k] += (uint64_t)sign * count_of(c, (enum count)k);
	s->seconds += sign * (double)mono_now().ms / 1000;
}

/* Waits until nothing has arrived for CALM_MS: messages that the server still had in its queues must not count in the next window. */
static int calm_down(struct conductor *c)
{
	mono until = mono_add(mono_now(), DRAIN_MS), quiet = mono_now();
	uint64_t seen = 0;

	while (mono_diff(mono_now(), quiet) < CALM_MS && !mono_reached(mono_now(), until)) {
		if (pass(c, 20, "calming"))
			return -1;
		if (count_of(c, COUNT_deliveries) != seen) {
			seen = count_of(c, COUNT_deliveries);
			quiet = mono_now();
		}
	}
	return 0;
}

static int ride_out(struct conductor *c)
{
	struct storm_result *s = &c->result->storm;

	c->storming = true;
	atomic_store(&c->stage->baton.storm, true);
	if (weather(c, CALM_MS, "calm"))
		return -1;
	mark_storm(c, -1);
	if (system(c->plan->storm_command)) {
		fprintf(stderr, "\nscoreboard-loadgen: --storm-command failed\n");
		return -1;
	}
	if (weather(c, c->plan->storm_s * 1000, "storm"))
		return -1;
	mark_storm(c, 1);
	atomic_store(&c->stage->baton.storm, false);
	c->storming = false;
	s->ran = true;
	s->in_sync = in_sync(c);
	if (c->plan->publish_per_s && c->heralds[0].fd < 0) {
		fprintf(stderr, "\nscoreboard-loadgen: the publisher did not come back\n");
		return -1;
	}
	return c->plan->publish_per_s ? calm_down(c) : 0;
}

static int open_arm(struct conductor *c, size_t arm)
{
	struct herald *h = &c->heralds[arm];

	c->result->arms[arm].rss_before_kb = watch(c, arm).rss_kb;
	if (!c->plan->publish_per_s)
		return 0;
	return herald_open(h, c->plan, arm) ? -1 : herald_snapshot(h);
}

static int play(struct conductor *c)
{
	c->pinged = mono_now();
	for (size_t arm = 0; arm < c->plan->n_arms; arm++)
		if (open_arm(c, arm))
			return -1;
	usleep(200000); /* so that the broker retains the snapshot before the first viewer asks for it */
	if (start_workers(c) || gather(c) || rest(c, c->plan->settle_ms))
		return -1;
	for (size_t arm = 0; arm < c->plan->n_arms; arm++) {
		c->result->arms[arm].in_sync = arm_in_sync(c, arm);
		c->result->arms[arm].rss_joined_kb = watch(c, arm).rss_kb;
	}
	if (c->plan->storm_s && ride_out(c))
		return -1;
	for (int64_t i = 0; i < c->plan->windows; i++)
		if (measure(c, (size_t)i))
			return -1;
	return 0;
}

/* --- adding up --- */

static void add_up(struct conductor *c)
{
	struct result *r = c->result;

	r->viewers = c->plan->viewers;
	r->payloads = c->heralds[0].sizes;
	r->storm.publisher = c->stage->publisher;
	r->storm.probe = c->stage->probe;
	for (int k = 0; k < N_COUNTS; k++) {
		r->counts[k] = count_of(c, (enum count)k);
		r->flood_counts[k] = flood_count(c, (enum count)k);
	}
	for (size_t i = 0; i < c->n_viewer_workers; i++) {
		hist_merge(&r->join, &c->stage->tallies[i].join);
		hist_merge(&r->storm.back, &c->stage->tallies[i].back);
		for (size_t w = 0; w < r->n_windows; w++)
			hist_merge(&r->windows[w].latency, &c->stage->tallies[i].windows[w].latency);
	}
}

int conductor_run(const struct plan *plan, volatile sig_atomic_t *stop, struct result *out)
{
	struct conductor c = { .plan = plan, .stop = stop, .result = out };
	int failed;

	for (size_t arm = 0; arm < MAX_TARGETS; arm++)
		c.heralds[arm].fd = -1;
	failed = play(&c);

	if (!plan->quiet && isatty(STDERR_FILENO))
		fputs("\n", stderr);
	if (c.stage) {
		add_up(&c);
		end_workers(&c);
		munmap(c.stage, c.stage_bytes);
	}
	for (size_t arm = 0; arm < MAX_TARGETS; arm++)
		herald_close(&c.heralds[arm]);
	return failed;
}
