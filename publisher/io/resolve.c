#include "publisher/io/resolve.h"

#include "publisher/io/watch.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* While name servers are silent, each name that we dial (of eight brokers and a scoreboard) has as many threads as dials fit into the time that
 * a lookup takes. Beyond that no thread is started, and the dial just waits for its end. */
#define THREADS_MAX 32

static atomic_int n_threads;

/* What the loop and the thread share. The thread can't be stopped while it waits for a name server, so it may outlive the resolve: whoever
 * lets go of it last frees it. */
struct lookup {
	char *host;
	int event_fd;
	atomic_int found; /* an enum resolve_families */
	atomic_int holders;
};

struct resolve {
	struct lookup *lookup;
	struct watch *watch;
	void (*done)(void *arg, enum resolve_families found);
	void *arg;
};

static void lookup_release(struct lookup *l)
{
	if (atomic_fetch_sub(&l->holders, 1) > 1)
		return;
	if (l->event_fd >= 0)
		close(l->event_fd);
	free(l->host);
	free(l);
}

static enum resolve_families find(const char *host, int flags)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	struct addrinfo *found = NULL;
	int families = RESOLVE_UNKNOWN;

	if (getaddrinfo(host, NULL, &hints, &found))
		return RESOLVE_UNKNOWN;
	for (const struct addrinfo *a = found; a; a = a->ai_next)
		families |= a->ai_family == AF_INET6 ? RESOLVE_IPV6 : RESOLVE_IPV4;
	freeaddrinfo(found);
	return (enum resolve_families)families;
}

static void *look_up(void *arg)
{
	struct lookup *l = arg;

	atomic_store(&l->found, (int)find(l->host, 0));
	eventfd_write(l->event_fd, 1);
	lookup_release(l);
	atomic_fetch_sub(&n_threads, 1);
	return NULL;
}

/* The thread inherits our signal mask, in which the signals that the loop handles are blocked. */
static void start_thread(struct lookup *l)
{
	pthread_t thread;

	if (atomic_load(&n_threads) >= THREADS_MAX)
		return;
	atomic_fetch_add(&n_threads, 1);
	atomic_fetch_add(&l->holders, 1);
	if (pthread_create(&thread, NULL, look_up, l)) {
		atomic_fetch_sub(&n_threads, 1);
		lookup_release(l);
		return;
	}
	pthread_detach(thread);
}

static struct lookup *lookup_new(const char *host)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	atomic_init(&l->holders, 1);
	l->host = str_dup(str_of(host));
	l->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->host && l->event_fd >= 0)
		return l;
	lookup_release(l);
	return NULL;
}

static void answered(void *arg)
{
	struct resolve *r = arg;
	void (*done)(void *arg, enum resolve_families found) = r->done;
	void *done_arg = r->arg;
	eventfd_t n;
	enum resolve_families found;

	if (eventfd_read(r->lookup->event_fd, &n))
		return; /* no answer yet: the watch only says that it is being closed */
	found = (enum resolve_families)atomic_load(&r->lookup->found);
	resolve_cancel(r);
	done(done_arg, found);
}

struct resolve *resolve_start(struct io *io, const char *host, void (*done)(void *arg, enum resolve_families found), void *arg)
{
	struct resolve *r = find(host, AI_NUMERICHOST) ? NULL : calloc(1, sizeof(*r));
	const struct watch_events events = { .readable = answered, .arg = r };

	if (!r)
		return NULL;
	r->done = done;
	r->arg = arg;
	r->lookup = lookup_new(host);
	r->watch = r->lookup ? watch_new(io, r->lookup->event_fd, &events) : NULL;
	if (!r->watch) {
		resolve_cancel(r);
		return NULL;
	}
	start_thread(r->lookup);
	return r;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	watch_free(r->watch);
	if (r->lookup)
		lookup_release(r->lookup);
	free(r);
}
