#include "bench/loadgen/swarm.h"

#include "base/mono.h"
#include "bench/loadgen/core/manners.h"
#include "bench/loadgen/core/viewer.h"
#include "bench/loadgen/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES 65536
#define MAX_EVENTS 512
#define RETRY_US 1000000
#define DUE_STEP_US 2000 /* how often due_us is searched for viewers whose time has come */
#define NEVER_US INT64_MAX
#define FLOOD_TIMEOUT_US 5000000
#define JOIN_TIMEOUT_US 30000000
#define SWEEP_US 4000000 /* every viewer is looked at once in this time */
#define VIEWER_NET 1     /* 127.0.1.x */
#define FLOOD_NET 9
#define FLOOD_ADDRESSES 20

/* A viewer that is to connect, not before due_us. */
struct waiting {
	int64_t viewer, due_us;
};

struct swarm {
	struct swarm_share share;
	struct audience audience;
	struct viewer *viewers;
	struct waiting *queue; /* a ring: viewers that are to connect, for the first time or after a failure */
	int64_t head, queued, inflight;
	int64_t *due_us; /* by viewer: when it connects again, pings or gives up; NEVER_US: it has nothing to do by itself */
	int64_t n_due, looked_us;
	double tokens;
	int64_t filled_us, swept_us, sweep_at;
	uint64_t dialled;
	int epfd;
	bool stalled;
	char bytes[READ_BYTES];
};

static int64_t now_us(void)
{
	return (int64_t)(mono_now_ns() / 1000);
}

static int64_t ping_us(const struct swarm *s)
{
	return s->share.plan->keepalive_s * 1000000 * 5 / 6;
}

static const struct target *target_of(const struct swarm *s, const struct viewer *v)
{
	const struct plan *p = s->share.plan;
	int64_t number = s->share.first + (v - s->viewers);

	return s->share.flood ? &p->flood_target : &p->targets[(size_t)number % p->n_targets];
}

static void count_in_sync(struct swarm *s, const struct viewer *v, int64_t by)
{
	size_t target = s->share.flood ? 0 : (size_t)(target_of(s, v) - s->share.plan->targets);

	atomic_fetch_add(&s->share.tally->in_sync[target], by);
}

static void enqueue(struct swarm *s, const struct viewer *v, int64_t due_us)
{
	s->queue[(s->head + s->queued++) % s->share.n] = (struct waiting){ v - s->viewers, due_us };
}

static bool is_on_the_way(const struct viewer *v)
{
	return v->state != VIEWER_OUT && v->state != VIEWER_SYNCED;
}

/* --- coming back --- */

static void set_due(struct swarm *s, const struct viewer *v, int64_t us)
{
	int64_t *due = &s->due_us[v - s->viewers];

	s->n_due += (us != NEVER_US) - (*due != NEVER_US);
	*due = us;
}

static bool has_pings_left(const struct swarm *s, const struct viewer *v)
{
	return s->share.plan->as_page && v->state >= VIEWER_JOINING && v->pings < MANNERS_PINGS;
}

static int64_t patience_us(const struct viewer *v)
{
	return (v->state >= VIEWER_JOINING ? MANNERS_JOIN_MS : MANNERS_DIAL_MS) * INT64_C(1000);
}

static void plan_next(struct swarm *s, const struct viewer *v)
{
	int64_t due = v->returning && is_on_the_way(v) ? v->began_us + patience_us(v) : NEVER_US;

	if (has_pings_left(s, v) && v->next_ping_us < due)
		due = v->next_ping_us;
	set_due(s, v, due);
}

static void come_back_later(struct swarm *s, struct viewer *v)
{
	double rnd = (double)random() / ((double)RAND_MAX + 1);

	set_due(s, v, s->audience.now_us + manners_retry_ms(v->attempt++, rnd) * 1000);
}

/* A viewer that was told to stop reading has been disconnected by the server, as it should be: counted apart from lost ones, and it does
 * not come back. */
static void note_cut(struct swarm *s, struct viewer *v)
{
	tally_count(s->share.tally, COUNT_cut, 1);
	set_due(s, v, NEVER_US);
	dial_drop(v->fd);
	viewer_reset(v);
}

/* Ends a connection and plans the next one. A viewer that was in sync comes back on its own clock, as a page does, however many others
 * do the same: that is the storm to be measured. One that never was goes back to the end of the queue, which lets in --rate a second. */
static void hang_up(struct swarm *s, struct viewer *v, enum count why)
{
	bool was_in_sync = v->state == VIEWER_SYNCED;

	if (v->reads_not) {
		note_cut(s, v);
		return;
	}
	tally_count(s->share.tally, why, 1);
	if (!was_in_sync && !v->returning)
		s->inflight--;
	if (was_in_sync)
		count_in_sync(s, v, -1);
	dial_drop(v->fd);
	viewer_reset(v);
	set_due(s, v, NEVER_US); /* if a ping was due, it no longer is */
	if (was_in_sync) {
		v->returning = true;
		v->attempt = 0;
		v->lost_us = s->audience.now_us;
	}
	if (v->returning)
		come_back_later(s, v);
	else
		enqueue(s, v, s->audience.now_us + (s->share.flood ? 0 : RETRY_US + random() % RETRY_US));
}

/* --- dialling --- */

static void start_dial(struct swarm *s, struct viewer *v)
{
	const struct plan *p = s->share.plan;
	int64_t i = v - s->viewers;
	struct dial d = {
		.to = target_of(s, v)->address,
		.source = s->share.flood ? dial_source(FLOOD_NET, i, FLOOD_ADDRESSES)
					 : dial_source(VIEWER_NET, s->share.first + i, p->source_addresses),
	};
	struct epoll_event ev = { .events = EPOLLOUT, .data.ptr = v };

	tally_count(s->share.tally, COUNT_dialled, 1);
	v->guessing = s->share.flood;
	v->fd = dial(&d);
	if (v->fd < 0 || epoll_ctl(s->epfd, EPOLL_CTL_ADD, v->fd, &ev)) {
		if (v->fd >= 0)
			close(v->fd);
		tally_count(s->share.tally, COUNT_failed, 1);
		viewer_reset(v);
		if (v->returning)
			come_back_later(s, v);
		else
			enqueue(s, v, s->audience.now_us + RETRY_US);
		return;
	}
	v->state = VIEWER_DIALLING;
	v->began_us = s->audience.now_us;
	s->inflight += !v->returning;
	plan_next(s, v);
}

static void fill_tokens(struct swarm *s)
{
	double most = s->share.dials_per_s / 20 + 1;

	s->tokens += s->share.dials_per_s * (double)(s->audience.now_us - s->filled_us) / 1e6;
	if (s->tokens > most)
		s->tokens = most;
	s->filled_us = s->audience.now_us;
}

static int64_t most_inflight(const struct swarm *s)
{
	return s->share.flood ? s->share.n : s->share.plan->inflight;
}

static void dial_some(struct swarm *s)
{
	fill_tokens(s);
	if (s->share.flood && !atomic_load(&s->share.baton->flood))
		return;
	for (; s->tokens >= 1 && s->queued && s->inflight < most_inflight(s); s->tokens -= 1) {
		struct waiting w = s->queue[s->head];

		if (w.due_us > s->audience.now_us)
			return;
		s->head = (s->head + 1) % s->share.n;
		s->queued--;
		start_dial(s, &s->viewers[w.viewer]);
	}
}

/* --- what arrives --- */

static bool flush(struct swarm *s, struct viewer *v)
{
	struct buf *out = &s->audience.out;
	ssize_t n = out->len ? send(v->fd, out->p, out->len, MSG_NOSIGNAL) : 0;
	/* All that a viewer says fits into a socket's buffer: a rest means that the server has stopped reading. */
	bool whole = !out->failed && n == (ssize_t)out->len;

	buf_clear(out);
	return whole;
}

static void note_joined(struct swarm *s, struct viewer *v)
{
	int64_t took = s->audience.now_us - v->began_us;

	/* spreads the keepalives: viewers that joined in the same moment must not all ping in the same moment */
	v->pinged_us -= random() % ping_us(s);
	s->inflight -= !v->returning;
	if (v->returning)
		hist_add(&s->share.tally->back, (uint64_t)(s->audience.now_us - v->lost_us));
	v->returning = false;
	plan_next(s, v);
	tally_count(s->share.tally, COUNT_synced, 1);
	count_in_sync(s, v, 1);
	hist_add(&s->share.tally->join, took > 0 ? (uint64_t)took : 0);
}

static void obey(struct swarm *s, struct viewer *v, enum viewer_answer answer)
{
	const enum count ended = v->state == VIEWER_SYNCED ? COUNT_lost : COUNT_failed;
	const enum count counts[] = { [VIEWER_REFUSED] = COUNT_refused, [VIEWER_ENDED] = ended, [VIEWER_BAD] = COUNT_bad };
	bool let_in = v->guessing && v->state == VIEWER_JOINING;

	if (answer == VIEWER_IN_SYNC)
		note_joined(s, v);
	if (answer > VIEWER_IN_SYNC)
		hang_up(s, v, counts[answer]);
	else if (let_in)
		hang_up(s, v, COUNT_synced);
	else if (!flush(s, v))
		hang_up(s, v, ended);
	buf_clear(&s->audience.out);
}

static void begin_to_hurry(struct swarm *s, struct viewer *v)
{
	v->next_ping_us = s->audience.now_us + manners_ping_ms(0) * 1000;
	plan_next(s, v);
}

static void receive(struct swarm *s, struct viewer *v)
{
	ssize_t n = recv(v->fd, s->bytes, sizeof(s->bytes), 0);
	bool was_in = v->state >= VIEWER_JOINING;

	s->audience.now_us = now_us();
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		/* a server may refuse a bad login by closing the connection without an answer */
		hang_up(s, v, v->state == VIEWER_SYNCED ? COUNT_lost : (v->guessing ? COUNT_refused : COUNT_failed));
		return;
	}
	tally_count(s->share.tally, COUNT_bytes, (uint64_t)n);
	obey(s, v, viewer_take(v, &s->audience, target_of(s, v), s->bytes, (size_t)n));
	if (!was_in && has_pings_left(s, v))
		begin_to_hurry(s, v);
}

static void connected(struct swarm *s, struct viewer *v)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = v };
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error ||
	    epoll_ctl(s->epfd, EPOLL_CTL_MOD, v->fd, &ev)) {
		hang_up(s, v, COUNT_failed);
		return;
	}
	viewer_begin(v, &s->audience, target_of(s, v), (uint64_t)s->share.first << 32 | s->dialled++);
	obey(s, v, VIEWER_FINE);
}

/* --- what time brings --- */

static void look_after(struct swarm *s, struct viewer *v)
{
	int64_t most = s->share.flood ? FLOOD_TIMEOUT_US : JOIN_TIMEOUT_US;

	if (is_on_the_way(v) && s->audience.now_us - v->began_us > most) {
		hang_up(s, v, COUNT_timeouts);
	} else if (v->state == VIEWER_SYNCED && s->audience.now_us - v->pinged_us > ping_us(s)) {
		viewer_ping(v, &s->audience, target_of(s, v));
		obey(s, v, VIEWER_FINE);
	}
}

/* Sends one of the pings that a page sends while it joins. pinged_us stays as it was, so that the keepalives stay spread over time. */
static void hurry(struct swarm *s, struct viewer *v)
{
	int64_t pinged_us = v->pinged_us;

	viewer_ping(v, &s->audience, target_of(s, v));
	v->pinged_us = pinged_us;
	v->pings++;
	if (has_pings_left(s, v))
		v->next_ping_us = s->audience.now_us + manners_ping_ms(v->pings) * 1000;
	plan_next(s, v);
	obey(s, v, VIEWER_FINE);
}

static void act(struct swarm *s, struct viewer *v)
{
	if (v->state == VIEWER_OUT) {
		set_due(s, v, NEVER_US);
		start_dial(s, v);
	} else if (v->returning && s->audience.now_us - v->began_us >= patience_us(v)) {
		hang_up(s, v, COUNT_timeouts);
	} else if (has_pings_left(s, v) && v->next_ping_us <= s->audience.now_us) {
		hurry(s, v);
	} else {
		plan_next(s, v);
	}
}

static void act_on_due(struct swarm *s)
{
	if (!s->n_due || s->audience.now_us - s->looked_us < DUE_STEP_US)
		return;
	s->looked_us = s->audience.now_us;
	for (int64_t i = 0; i < s->share.n; i++)
		if (s->due_us[i] <= s->audience.now_us)
			act(s, &s->viewers[i]);
}

static void sweep(struct swarm *s)
{
	int64_t due = s->share.n * (s->audience.now_us - s->swept_us) / SWEEP_US;

	if (due < 1)
		return;
	for (int64_t i = 0; i < due && i < s->share.n; i++) {
		look_after(s, &s->viewers[s->sweep_at]);
		s->sweep_at = (s->sweep_at + 1) % s->share.n;
	}
	s->swept_us = s->audience.now_us;
}

static void stall_when_told(struct swarm *s)
{
	if (s->stalled || !atomic_load(&s->share.baton->stall))
		return;
	s->stalled = true;
	for (int64_t i = 0; i < s->share.stall; i++) {
		struct viewer *v = &s->viewers[i];

		if (v->state != VIEWER_SYNCED)
			continue;
		epoll_ctl(s->epfd, EPOLL_CTL_DEL, v->fd, NULL);
		v->reads_not = true;
		count_in_sync(s, v, -1);
	}
}

/* --- the loop --- */

/* A process that sleeps in epoll_wait() is woken inside the server's send(), at the cost of the server's CPU time; viewers on other
 * machines do not cost it that. So this one never sleeps there: it looks every NAP_US, and measures latencies longer by up to as much. */
#define NAP_US 200

static void turn(struct swarm *s)
{
	struct epoll_event events[MAX_EVENTS];
	const struct timespec nap = { .tv_nsec = NAP_US * 1000 };
	int n;

	nanosleep(&nap, NULL);
	n = epoll_wait(s->epfd, events, MAX_EVENTS, 0);

	s->audience.now_us = now_us();
	for (int i = 0; i < n; i++) {
		struct viewer *v = events[i].data.ptr;

		if (v->state == VIEWER_DIALLING)
			connected(s, v);
		else if (v->state != VIEWER_OUT)
			receive(s, v);
	}
	s->audience.now_us = now_us();
	stall_when_told(s);
	sweep(s);
	act_on_due(s);
	dial_some(s);
}

static int swarm_open(struct swarm *s)
{
	size_t n = (size_t)(s->share.n ? s->share.n : 1);

	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	s->viewers = calloc(n, sizeof(*s->viewers));
	s->queue = calloc(n, sizeof(*s->queue));
	s->due_us = calloc(n, sizeof(*s->due_us));
	if (s->epfd < 0 || !s->viewers || !s->queue || !s->due_us || audience_init(&s->audience, s->share.plan)) {
		fprintf(stderr, "scoreboard-loadgen: a worker cannot begin: %s\n", strerror(errno));
		return -1;
	}
	s->audience.baton = s->share.baton;
	s->audience.tally = s->share.tally;
	s->audience.now_us = s->filled_us = s->swept_us = now_us();
	s->audience.wall_offset_us = wall_now_ms() * 1000 - s->audience.now_us;
	for (int64_t i = 0; i < s->share.n; i++) {
		viewer_reset(&s->viewers[i]);
		s->due_us[i] = NEVER_US;
		enqueue(s, &s->viewers[i], 0);
	}
	return 0;
}

static void swarm_close(struct swarm *s)
{
	for (int64_t i = 0; s->viewers && i < s->share.n; i++) {
		if (s->viewers[i].fd >= 0)
			dial_drop(s->viewers[i].fd);
		viewer_reset(&s->viewers[i]);
	}
	audience_free(&s->audience);
	free(s->viewers);
	free(s->queue);
	free(s->due_us);
	if (s->epfd >= 0)
		close(s->epfd);
}

int swarm_run(const struct swarm_share *share)
{
	struct swarm *s = calloc(1, sizeof(*s));
	int result;

	if (!s)
		return -1;
	s->share = *share;
	srandom((unsigned)getpid());
	result = swarm_open(s);
	while (!result && !atomic_load(&share->baton->stop))
		turn(s);
	swarm_close(s);
	free(s);
	return result;
}
