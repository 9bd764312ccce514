#include "tests/support/broker.h"

#include "tests/support/certs.h"
#include "tests/support/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct broker {
	int port, ws_port, tls_port;
	const char *conf_path;
	char url[64];
	struct proc *proc;
};

/* What every conf of ours has, unless the test says otherwise. "user root" keeps the broker able to read what the
 * test wrote when it is run by root; other users cannot change who they are anyway. */
static const char *const defaults[] = {
	"user root",
	"allow_anonymous true",
	"allow_duplicate_messages true",
	"max_queued_messages 100000",
	"set_tcp_nodelay true",
	"persistence false",
	"log_type all",
	"log_dest stderr",
};

static struct str first_word(struct str line)
{
	const char *space = line.len ? memchr(line.p, ' ', line.len) : NULL;

	return (struct str){ line.p, space ? (size_t)(space - line.p) : line.len };
}

static bool overridden(const char *conf, const char *line)
{
	struct str rest = str_of(conf ? conf : ""), given;

	while (str_split(&rest, '\n', &given))
		if (given.len && str_eq(first_word(given), first_word(str_of(line))))
			return true;
	return false;
}

static void add_tls(struct buf *out, const struct broker *b, enum broker_tls tls)
{
	const struct certs *c = certs_get();

	buf_printf(out, "listener %d 127.0.0.1\n", b->tls_port);
	buf_printf(out, "cafile %s\ncertfile %s\nkeyfile %s\n", c->ca, c->server_cert, c->server_key);
	if (tls == BROKER_TLS_CLIENT_CERT)
		buf_puts(out, "require_certificate true\n");
}

static void configure(struct broker *b, const struct broker_options *options)
{
	static const struct broker_options none;
	const struct broker_options *o = options ? options : &none;
	const char *each = o->listener_conf ? o->listener_conf : "";
	BUF_CLEANUP struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!overridden(o->conf, defaults[i]))
			buf_printf(&out, "%s\n", defaults[i]);
	if (o->conf)
		buf_printf(&out, "%s\n", o->conf);
	buf_printf(&out, "listener %d 127.0.0.1\n%s\n", b->port, each);
	/* without socket_domain a WebSockets listener of 2.0.x listens on every interface, whatever address it is given */
	buf_printf(&out, "listener %d 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n%s\n", b->ws_port, each);
	if (o->tls != BROKER_PLAIN) {
		b->tls_port = b->tls_port ? b->tls_port : port_free();
		add_tls(&out, b, o->tls);
	}
	place_write(b->conf_path, buf_view(&out));
}

static bool accepts(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return rc == 0;
}

static bool up(const struct broker *b)
{
	return accepts(b->port) && (!b->ws_port || accepts(b->ws_port)) && (!b->tls_port || accepts(b->tls_port));
}

static struct proc *spawn(const struct broker *b)
{
	const char *program = getenv("SB_MOSQUITTO") ? getenv("SB_MOSQUITTO") : "/usr/sbin/mosquitto";

	return proc_start(&(struct proc_options){ .argv = ARGV(program, "-c", b->conf_path) });
}

void broker_start_again(struct broker *b)
{
	proc_free(b->proc);
	b->proc = spawn(b);
	if (WAIT_FOR(up(b) || !proc_running(b->proc), 10000) && proc_running(b->proc))
		return;
	proc_print_tail(b->proc);
	fatal("Mosquitto does not run with %s", b->conf_path);
}

static struct broker *broker_on(int port, int ws_port)
{
	static unsigned int n;
	struct broker *b = calloc(1, sizeof(*b));
	char name[40];

	if (!b)
		fatal("out of memory");
	b->port = port;
	b->ws_port = ws_port;
	snprintf(name, sizeof(name), "broker-%u.conf", ++n);
	b->conf_path = place_temp(name);
	snprintf(b->url, sizeof(b->url), "mqtt://127.0.0.1:%d", b->port);
	return b;
}

static struct broker *broker_new(const struct broker_options *options)
{
	struct broker *b = broker_on(port_free(), port_free());

	configure(b, options);
	return b;
}

struct broker *broker_start_whole(const char *conf, int port, int ws_port)
{
	struct broker *b = broker_on(port, ws_port);

	place_write(b->conf_path, str_of(conf));
	broker_start_again(b);
	return b;
}

struct broker *broker_start(const struct broker_options *options)
{
	struct broker *b = broker_new(options);

	broker_start_again(b);
	return b;
}

void broker_free(struct broker *b)
{
	if (!b)
		return;
	proc_free(b->proc);
	free(b);
}

int broker_try(const struct broker_options *options, struct buf *log)
{
	struct broker *b = broker_new(options);
	int status;

	b->proc = spawn(b);
	(void)WAIT_FOR(up(b) || !proc_running(b->proc), 10000);
	status = proc_running(b->proc) ? PROC_RUNNING : proc_wait(b->proc, 0);
	proc_stderr(b->proc, log);
	broker_free(b);
	return status;
}

int broker_port(const struct broker *b)
{
	return b->port;
}

int broker_ws_port(const struct broker *b)
{
	return b->ws_port;
}

int broker_tls_port(const struct broker *b)
{
	return b->tls_port;
}

const char *broker_url(const struct broker *b)
{
	return b->url;
}

const char *broker_conf_path(const struct broker *b)
{
	return b->conf_path;
}

static void end(struct broker *b, int signal_number)
{
	if (!b->proc)
		return;
	proc_signal(b->proc, signal_number);
	if (proc_wait(b->proc, 10000) == PROC_RUNNING)
		fatal("Mosquitto does not end on signal %d", signal_number);
	proc_free(b->proc);
	b->proc = NULL;
}

void broker_stop(struct broker *b)
{
	end(b, SIGTERM);
}

void broker_kill(struct broker *b)
{
	end(b, SIGKILL);
}

void broker_restart(struct broker *b)
{
	broker_kill(b);
	broker_start_again(b);
}

void broker_freeze(struct broker *b)
{
	proc_signal(b->proc, SIGSTOP);
}

void broker_thaw(struct broker *b)
{
	proc_signal(b->proc, SIGCONT);
}

void broker_reload(struct broker *b)
{
	proc_signal(b->proc, SIGHUP);
}

struct proc *broker_proc(struct broker *b)
{
	return b->proc;
}
