/* broker - a real Mosquitto (/usr/sbin/mosquitto, or $SB_MOSQUITTO) on free ports of 127.0.0.1: a TCP listener, one
 * for WebSockets, and one with TLS if wanted. The ports stay the same over restarts. Its log is its stderr. */
#ifndef SUPPORT_BROKER_H
#define SUPPORT_BROKER_H

#include "tests/support/proc.h"

struct broker;

enum broker_tls {
	BROKER_PLAIN,
	BROKER_TLS,             /* a third listener with certs_get()'s server certificate */
	BROKER_TLS_CLIENT_CERT, /* which also demands a client certificate of that CA */
};

struct broker_options {
	/* Lines added to the defaults; a line whose first word is that of a default replaces it. NULL: none. */
	const char *conf;
	/* Lines for each listener, e.g. "max_connections 2\n". NULL: none. */
	const char *listener_conf;
	enum broker_tls tls;
};

/* Both wait until every port accepts; fatal, with the broker's log, when they do not. options may be NULL. */
struct broker *broker_start(const struct broker_options *options);
/* With a whole conf of the test's making, which listens on these ports; ws_port may be 0. */
struct broker *broker_start_whole(const char *conf, int port, int ws_port);
void broker_free(struct broker *b);

/* Starts the program with this conf and returns how it ended (PROC_RUNNING: it runs, and is killed): for confs that
 * must be refused. Its log is appended to log. */
int broker_try(const struct broker_options *options, struct buf *log);

int broker_port(const struct broker *b);
int broker_ws_port(const struct broker *b);
int broker_tls_port(const struct broker *b);    /* 0: no such listener */
const char *broker_url(const struct broker *b); /* mqtt://127.0.0.1:PORT */
const char *broker_conf_path(const struct broker *b);

void broker_stop(struct broker *b); /* SIGTERM, and waits; without persistence all is forgotten */
void broker_kill(struct broker *b); /* kill -9 */
void broker_start_again(struct broker *b);
void broker_restart(struct broker *b); /* kill -9, then start again */
void broker_freeze(struct broker *b);  /* SIGSTOP: connections stay up and silent */
void broker_thaw(struct broker *b);
void broker_reload(struct broker *b); /* SIGHUP */

struct proc *broker_proc(struct broker *b); /* of the run since the last start; NULL while stopped */

#endif
