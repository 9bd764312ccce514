/* door - a real broker with the plugin in it, on a policy of the test's making, and what its metrics file says.
 *
 * With SB_DOOR_21 in the environment the broker is the Mosquitto 2.1 that $SB_MOSQUITTO_21 names, and the test program is skipped where
 * there is none. What fails although the test does not ask whether it works is fatal (place.h). */
#ifndef SUPPORT_DOOR_H
#define SUPPORT_DOOR_H

#include "tests/support/broker.h"
#include "tests/support/door_client.h"

/* policy: JSON, NULL for conf/policy.json. `conf`: further lines for the broker, may be NULL. Users are those of conf/policy.json and
 * "ann"; the password of each is its name with "pw-" before it. One broker with a door at a time: they share policy and metrics file. */
#define DOOR_TOKEN_KEY "the key for tokens of these tests" /* of the shipped policy's tokens */
struct broker *door_start(const char *policy, const char *conf);
/* For policies that must be refused: starts it, and returns how the broker ended (PROC_RUNNING: it did not, and is killed). Its log is
 * appended to `log`. */
int door_try(const char *policy, struct buf *log);
/* Stops the broker, unless it was killed: it must end well, also when it was frozen, and no sanitizer may have complained. */
void door_stop(struct broker *b);

/* Writes another policy and tells the broker to read it; does not wait until it has. */
void door_set_policy(struct broker *b, const char *policy);
const char *door_file(const char *name); /* the path of a file in the folder of the policy */
bool door_is_21(void);

/* A value of the metrics file, such as `connections{role="viewer"}`; -1: not there. The plugin writes the file every some seconds. */
double door_metric(const char *name);
bool door_wait_metric(const char *name, double value, int64_t ms);

/* Connects as user (NULL: nobody), by TCP from 127.0.0.1; fatal when refused. */
struct dc *door_enter(struct broker *b, const char *id, const char *user);
/* A control request from an operator's connection; the answer is appended to out. */
bool door_control(struct dc *by, const char *request, struct buf *out);

#endif
