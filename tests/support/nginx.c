#include "tests/support/nginx.h"

#include "tests/support/place.h"

#include <sys/stat.h>

bool nginx_exists(void)
{
	return place_exists("/usr/sbin/nginx");
}

struct proc *nginx_start(const char *address, int port, int publisher_port)
{
	BUF_CLEANUP struct buf script = { 0 };
	const char *dir = place_temp("nginx"), *conf = place_temp("nginx.conf");

	mkdir(dir, 0755);
	buf_printf(&script,
		   "sed -e 's|listen 80 |listen %s:%d |' -e 's|127.0.0.1:8080|127.0.0.1:%d|' "
		   "-e 's|/run/scoreboard-nginx.pid|%s/pid|' -e 's|/var/lib/nginx|%s|' -e 's|/var/cache/nginx|%s|' "
		   "-e 's|^worker_processes.*|worker_processes 1; daemon off; user root;|' %s > %s",
		   address, port, publisher_port, dir, dir, dir, place_source("conf/nginx.conf"), conf);
	if (proc_run(ARGV("sh", "-c", script.p), (struct str){ "", 0 }, NULL, NULL) != 0)
		fatal("can't write %s", conf);
	return proc_start(&(struct proc_options){ .argv = ARGV("/usr/sbin/nginx", "-c", conf) });
}

/* Killed outright it would leave its workers behind. */
bool nginx_stop(struct proc *nginx)
{
	bool ended;

	proc_signal(nginx, SIGTERM);
	ended = proc_wait(nginx, 5000) != PROC_RUNNING;
	proc_free(nginx);
	return ended;
}
