#include "bench/loadgen/probe.h"

#include "base/mono.h"
#include "bench/loadgen/login.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define EVERY_MS 100

/* One login, from connect() to DISCONNECT. */
static void knock(const struct plan *p, struct logins *tally, unsigned number)
{
	char id[40];
	const struct mqtt_login who = {
		.version = plan_mqtt_version(p),
		.client_id = id,
		.user = p->probe_user,
		.password = p->probe_password,
		.keepalive_s = 60,
	};
	struct buf bye BUF_CLEANUP = { 0 };
	struct complaint why;
	int fd;

	snprintf(id, sizeof(id), "loadgen-probe-%u", number);
	if (login(p, &p->probe_target, &who, tally, &fd, &why))
		return;
	mqtt_put_disconnect(&bye);
	(void)!login_send(fd, &bye); /* it does not matter if the broker has closed first: the login itself was counted */
	close(fd);
}

/* Sleeps until the next tenth of a second. If an answer took longer than that, the attempts that were due meanwhile are left out. */
static void wait_for_beat(mono *next)
{
	const struct timespec t = { 0, 1000000 };

	*next = mono_add(*next, EVERY_MS);
	if (mono_reached(mono_now(), *next))
		*next = mono_now();
	while (!mono_reached(mono_now(), *next))
		nanosleep(&t, NULL);
}

void probe_run(const struct plan *plan, const struct baton *baton, struct logins *tally)
{
	mono next = mono_now();

	for (unsigned number = 0; !atomic_load(&baton->stop); wait_for_beat(&next))
		if (atomic_load(&baton->storm))
			knock(plan, tally, number++);
}
