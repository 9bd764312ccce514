#include "tests/support/publisher.h"

#include "tests/support/json.h"
#include "tests/support/place.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK_WAIT_MS 10000
#define READY_WAIT_MS 15000
#define MAX_ARGS 64

struct publisher {
	struct publisher_options options;
	int http_port;
	char http[40];
	const char *state_file;
	struct proc *proc;
	const char *argv[MAX_ARGS];
	const char *env[MAX_ARGS];
};

static size_t copy_list(const char **to, size_t n, const char *const *from)
{
	for (; from && *from; from++) {
		if (n + 1 >= MAX_ARGS)
			fatal("too many arguments");
		to[n++] = *from;
	}
	return n;
}

static void set_argv(struct publisher *p, const struct publisher_options *o)
{
	size_t n = o->files ? copy_list(p->argv, 0, ARGV("prlimit", o->files)) : 0;

	n = copy_list(p->argv, n, ARGV(publisher_program(), "--http", p->http, "--state-file", p->state_file));

	if (o->board)
		n = copy_list(p->argv, n, ARGV("--source", board_url(o->board)));
	if (o->broker)
		n = copy_list(p->argv, n, ARGV("--broker", broker_url(o->broker)));
	copy_list(p->argv, n, o->args);
	copy_list(p->env, 0, o->env);
}

struct publisher *publisher_start(const struct publisher_options *o)
{
	static unsigned int n;
	struct publisher *p = calloc(1, sizeof(*p));
	char name[40];

	if (!p)
		fatal("out of memory");
	p->options = *o;
	p->http_port = port_free();
	snprintf(p->http, sizeof(p->http), "%s:%d", o->listen ? o->listen : "127.0.0.1", p->http_port);
	snprintf(name, sizeof(name), "publisher-%u.state", ++n);
	p->state_file = place_temp(name);
	set_argv(p, o);
	publisher_start_again(p);
	return p;
}

static bool verdict(bool ok, const char *claim, const char *file, int line)
{
	CU_assertImplementation(ok, (unsigned int)line, claim, file, "", CU_FALSE);
	return ok;
}

/* Ends the publisher in order, as every test does: only then a sanitizer reports what it has found. */
static void end_in_order(struct publisher *p)
{
	int status;

	if (!proc_running(p->proc))
		return;
	proc_signal(p->proc, SIGCONT);
	status = publisher_stop(p);
	if (status == 0)
		return;
	printf("\n    the publisher ended with %d on SIGTERM", status);
	proc_print_tail(p->proc);
	verdict(false, "the publisher ends with 0", __FILE__, __LINE__);
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	end_in_order(p);
	proc_free(p->proc);
	free(p);
}

void publisher_start_again(struct publisher *p)
{
	proc_free(p->proc);
	p->proc = proc_start(&(struct proc_options){
		.argv = p->argv,
		.env = p->env,
		.with_stdin = p->options.with_stdin,
	});
}

struct proc *publisher_proc(struct publisher *p)
{
	return p->proc;
}

int publisher_http_port(const struct publisher *p)
{
	return p->http_port;
}

bool publisher_ready(struct publisher *p)
{
	return http_get(p->http_port, "/readyz", NULL) == 200;
}

double publisher_metric(struct publisher *p, const char *row)
{
	BUF_CLEANUP struct buf page = { 0 };

	if (http_get(p->http_port, "/metrics", &page) != 200)
		return (double)NAN;
	return metric(buf_view(&page), row);
}

double publisher_metric_sum(struct publisher *p, const char *name)
{
	BUF_CLEANUP struct buf page = { 0 };

	if (http_get(p->http_port, "/metrics", &page) != 200)
		return (double)NAN;
	return metric_sum(buf_view(&page), name);
}

void publisher_kill(struct publisher *p)
{
	proc_signal(p->proc, SIGKILL);
	proc_wait(p->proc, CHECK_WAIT_MS);
}

int publisher_stop(struct publisher *p)
{
	proc_signal(p->proc, SIGTERM);
	return proc_wait(p->proc, CHECK_WAIT_MS);
}

static bool retained_is(struct broker *b, const char *topic, const char *json, struct buf *got)
{
	TREE_CLEANUP struct tree tree = { NULL };
	struct str value;

	buf_clear(got);
	if (!tree_read(broker_port(b), topic, &tree)) {
		buf_puts(got, "(the broker could not be read)");
		return false;
	}
	value = tree_get(&tree, str_of(topic));
	if (value.p)
		buf_str(got, value);
	else
		buf_puts(got, "(nothing)");
	return json ? value.p && (str_is(value, json) || json_equal(value, str_of(json))) : !value.p;
}

bool check_retained(struct broker *b, const char *topic, const char *json, const char *file, int line)
{
	BUF_CLEANUP struct buf got = { 0 };
	bool ok = WAIT_FOR(retained_is(b, topic, json, &got), CHECK_WAIT_MS);

	if (!ok)
		printf("\n    %s:%d: %s: expected %s, got %s\n", file, line, topic, json ? json : "(nothing)", got.p);
	return verdict(ok, topic, file, line);
}

bool check_ready(struct publisher *p, const char *file, int line)
{
	bool ok = WAIT_FOR(publisher_ready(p) || !proc_running(p->proc), READY_WAIT_MS) && proc_running(p->proc);

	if (!ok) {
		BUF_CLEANUP struct buf body = { 0 };
		int status = http_get(p->http_port, "/readyz", &body);

		printf("\n    %s:%d: publisher %s, /readyz says %d %s", file, line,
		       proc_running(p->proc) ? "runs" : "has ended", status, body.p ? body.p : "");
		proc_print_tail(p->proc);
	}
	return verdict(ok, "the publisher is ready", file, line);
}

static bool status_is(struct broker *b, const char *state, struct buf *got)
{
	TREE_CLEANUP struct tree tree = { NULL };
	BUF_CLEANUP struct buf name = { 0 };
	struct str value;

	buf_clear(got);
	if (!tree_read(broker_port(b), "scoreboard/status", &tree))
		return false;
	value = tree_get(&tree, STR("scoreboard/status"));
	if (!value.p)
		return false;
	buf_str(got, value);
	value = json_get(value, "state");
	return value.p && json_string(value, &name) && str_is(buf_view(&name), state);
}

bool check_status(struct broker *b, const char *state, const char *file, int line)
{
	BUF_CLEANUP struct buf got = { 0 };
	bool ok = WAIT_FOR(status_is(b, state, &got), CHECK_WAIT_MS);

	if (!ok)
		printf("\n    %s:%d: scoreboard/status: expected %s, got %s\n", file, line, state,
		       got.p ? got.p : "(nothing)");
	return verdict(ok, state, file, line);
}

bool check_line(struct proc *p, size_t mark, const char *text, const char *file, int line)
{
	bool ok = proc_wait_line(p, mark, text, CHECK_WAIT_MS);

	if (!ok) {
		printf("\n    %s:%d: no line with \"%s\" was logged", file, line, text);
		proc_print_tail(p);
	}
	return verdict(ok, text, file, line);
}

static size_t differences(struct broker *br, const struct tree *expected, size_t max_lines)
{
	TREE_CLEANUP struct tree got = { NULL };

	if (!tree_read(broker_port(br), "scoreboard/#", &got)) {
		if (max_lines)
			printf("\n    the broker could not be read\n");
		return SIZE_MAX;
	}
	leaves_only(&got, "scoreboard");
	return tree_diff(expected, &got, max_lines);
}

bool check_holds(struct broker *br, const struct tree *state, struct mapping *m, const char *list, const char *file,
		 int line)
{
	TREE_CLEANUP struct tree expected = { NULL };
	bool ok;

	expected_tree(m, state, list, &expected);
	ok = WAIT_FOR(differences(br, &expected, 0) == 0, CHECK_WAIT_MS);
	if (!ok) {
		printf("\n    %s:%d: the broker does not hold the state:", file, line);
		/* even if nothing differs any more by now, it took too long, which is a failure */
		differences(br, &expected, 10);
	}
	return verdict(ok, "the broker holds the state", file, line);
}

bool check_mirrored(struct broker *br, struct board *b, struct mapping *m, const char *list, const char *file, int line)
{
	TREE_CLEANUP struct tree state = { NULL };

	board_state(b, &state);
	return check_holds(br, &state, m, list, file, line);
}
