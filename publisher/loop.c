#include "publisher/loop.h"

#include "publisher/io/history/history.h"
#include "publisher/io/watch.h"

#include <libwebsockets.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SECOND_MS 1000

/* What loop_run() needs while it runs. */
struct running {
	struct loop *loop;
	void (*hup)(struct loop *l); /* called on SIGHUP */
	int signal_fd;
	struct watch *signals;
	mono next_second; /* when mqtt_sink_tick() is due */
	lws_sorted_usec_list_t timer;
};

/* --- signals --- */

static void on_signal(void *arg)
{
	struct running *r = arg;
	struct signalfd_siginfo info;

	if (read(r->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		r->hup(r->loop);
		return;
	}
	log_info("main", "stopping  signal=%s", info.ssi_signo == SIGINT ? "INT" : "TERM");
	bridge_stop(r->loop->io.bridge, io_now(), "publisher stopped");
}

static void watch_signals(struct running *r)
{
	const struct watch_events events = { .readable = on_signal, .arg = r };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r->signals = watch_new(&r->loop->io, r->signal_fd, &events);
}

/* --- effects --- */

static void run_effect(struct loop *l, const struct effect *fx)
{
	switch (fx->type) {
	case FX_SOURCE_DIAL:
		l->source->ops->dial(l->source);
		break;
	case FX_SOURCE_HANG_UP:
		l->source->ops->hang_up(l->source);
		break;
	case FX_SOURCE_PING:
		if (l->source->ops->ping)
			l->source->ops->ping(l->source);
		break;
	case FX_SOURCE_SEND:
		if (l->source->ops->send)
			l->source->ops->send(l->source, fx->text);
		break;
	case FX_SOURCE_FETCH:
		if (l->source->ops->fetch)
			l->source->ops->fetch(l->source, fx->text);
		break;
	case FX_LOG:
		log_text(fx->level, fx->area, fx->text, &fx->fields);
		break;
	case FX_EXIT:
		l->done = true;
		break;
	default:
		mqtt_sink_run(l->sinks[fx->broker], fx);
		break;
	}
}

static void drain_effects(struct loop *l)
{
	struct effect fx;

	while (!l->done && bridge_next_effect(l->io.bridge, io_now(), &fx))
		run_effect(l, &fx);
	if (l->io.history)
		history_review(l->io.history, io_now());
	if (l->http)
		http_server_review(l->http, mono_now());
}

/* --- time --- */

/* The timer only has to end the sleep of lws_service(). It is set again at once because lws_service() runs the timers that are due
 * before it sleeps: a timer that came due since it was set would be used up, and the sleep could be a long one. */
static void on_timer(lws_sorted_usec_list_t *timer)
{
	struct running *r = lws_container_of(timer, struct running, timer);

	lws_sul_schedule(r->loop->io.lws, 0, timer, on_timer, LWS_US_PER_MS);
}

static mono next_wake(const struct running *r)
{
	const struct source *s = r->loop->source;
	mono t = mono_min(r->next_second, bridge_deadline(r->loop->io.bridge));

	return s->ops->deadline ? mono_min(t, s->ops->deadline(s)) : t;
}

/* Sleeps until something happens, or until the next deadline. When it returns, the callbacks of the libraries have told the bridge
 * what happened. Negative: libwebsockets can't go on. */
static int wait_for_events(struct running *r)
{
	const int do_not_sleep = -1;
	int64_t wait_ms = mono_diff(next_wake(r), mono_now());

	if (wait_ms <= 0)
		return lws_service(r->loop->io.lws, do_not_sleep);
	lws_sul_schedule(r->loop->io.lws, 0, &r->timer, on_timer, wait_ms * LWS_US_PER_MS);
	return lws_service(r->loop->io.lws, 0);
}

static void tick(struct running *r)
{
	struct loop *l = r->loop;
	struct moment now = io_now();

	if (l->source->ops->tick && mono_reached(now.mono, l->source->ops->deadline(l->source)))
		l->source->ops->tick(l->source, now.mono);
	if (mono_reached(now.mono, r->next_second)) {
		r->next_second = mono_add(now.mono, SECOND_MS);
		for (size_t i = 0; i < l->n_sinks; i++)
			mqtt_sink_tick(l->sinks[i]);
	}
	if (mono_reached(now.mono, bridge_deadline(l->io.bridge)))
		bridge_tick(l->io.bridge, now);
}

void loop_run(struct loop *l, void (*hup)(struct loop *l))
{
	struct running r = { .loop = l, .hup = hup, .next_second = mono_now() };

	watch_signals(&r);
	bridge_start(l->io.bridge, io_now());
	for (;;) {
		drain_effects(l);
		if (l->done)
			break;
		if (wait_for_events(&r) < 0)
			break;
		tick(&r);
	}
	lws_sul_cancel(&r.timer);
	watch_free(r.signals);
	close(r.signal_fd);
}
