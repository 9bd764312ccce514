/* publisher - the real program between a board and a broker, and what tests claim about the result. */
#ifndef SUPPORT_PUBLISHER_H
#define SUPPORT_PUBLISHER_H

#include "tests/support/board.h"
#include "tests/support/broker.h"
#include "tests/support/http.h"
#include "tests/support/mapping.h"
#include "tests/support/mqtt.h"
#include "tests/support/proc.h"

struct publisher;

struct publisher_options {
	struct board *board;     /* NULL: the source is among args */
	struct broker *broker;   /* NULL: the broker is among args */
	const char *const *args; /* further options, NULL-terminated; or NULL. The strings must outlive the publisher. */
	const char *const *env;  /* "NAME=value", NULL-terminated; or NULL */
	bool with_stdin;
	const char *listen; /* the address of --http; NULL: 127.0.0.1 */
	const char *files;  /* prlimit's option for its limit of open files, "--nofile=400:400"; NULL: ours */
};

/* Starts it with an --http port and a --state-file of its own. It does not wait. */
struct publisher *publisher_start(const struct publisher_options *options);
/* Ends it by SIGTERM where it still runs; a status other than 0 is a failure of the test. */
void publisher_free(struct publisher *p);

struct proc *publisher_proc(struct publisher *p); /* of the present run */
int publisher_http_port(const struct publisher *p);
bool publisher_ready(struct publisher *p);                     /* is /readyz 200 now? */
double publisher_metric(struct publisher *p, const char *row); /* NAN when there is none, or no answer */
double publisher_metric_sum(struct publisher *p, const char *name);

void publisher_kill(struct publisher *p);        /* kill -9 */
int publisher_stop(struct publisher *p);         /* SIGTERM; its exit status */
void publisher_start_again(struct publisher *p); /* the same command line, state file and ports */

/* CUnit assertions, printing what differed. `json` may also be a text for displays, which is none. They wait up to ten seconds (stretched by
 * patience). */
#define CHECK_RETAINED(broker, topic, json) check_retained(broker, topic, json, __FILE__, __LINE__)
#define CHECK_GONE(broker, topic) check_retained(broker, topic, NULL, __FILE__, __LINE__)
#define CHECK_READY(publisher) check_ready(publisher, __FILE__, __LINE__)
#define CHECK_STATUS(broker, state) check_status(broker, state, __FILE__, __LINE__)
#define CHECK_LINE(proc, mark, text) check_line(proc, mark, text, __FILE__, __LINE__)
bool check_retained(struct broker *b, const char *topic, const char *json, const char *file, int line);
bool check_ready(struct publisher *p, const char *file, int line);
bool check_status(struct broker *b, const char *state, const char *file, int line); /* of scoreboard/status */
bool check_line(struct proc *p, size_t mark, const char *text, const char *file, int line);

/* The broker's leaves under "scoreboard" become exactly what the board's state is under the mapping and list. */
#define CHECK_MIRRORED(broker, board, mapping, list) check_mirrored(broker, board, mapping, list, __FILE__, __LINE__)
bool check_mirrored(struct broker *br, struct board *b, struct mapping *m, const char *list, const char *file, int line);
/* The same against a state. */
#define CHECK_HOLDS(broker, state, mapping, list) check_holds(broker, state, mapping, list, __FILE__, __LINE__)
bool check_holds(struct broker *br, const struct tree *state, struct mapping *m, const char *list, const char *file,
		 int line);

#endif
