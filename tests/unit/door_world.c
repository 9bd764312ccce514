#include "tests/unit/door_world.h"
#include "tests/unit/unit.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>

#define CLIENTS 1000

static struct {
	char id[64];
	unsigned turn; /* the higher, the later he came; 0: never */
} came[CLIENTS];
static unsigned turns;

const void *pointer(uintptr_t n)
{
	return (const void *)(n * 16);
}

void world_begin(void)
{
	memset(came, 0, sizeof(came));
	turns = 0;
}

void world_connects(uintptr_t n, const char *id)
{
	CU_ASSERT_FATAL(n < CLIENTS);
	snprintf(came[n].id, sizeof(came[n].id), "%s", id ? id : "");
	came[n].turn = ++turns;
}

const void *world_find(const struct door *d, const char *id)
{
	uintptr_t found = 0;

	for (uintptr_t n = 1; n < CLIENTS; n++)
		if (came[n].turn > came[found].turn && strcmp(came[n].id, id) == 0 && door_is_in(d, pointer(n)))
			found = n;
	return found ? pointer(found) : NULL;
}

void world_publishes_nothing(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	(void)to;
	(void)topic;
	(void)payload;
	(void)retain;
}

char *world_token(const char *secret, const char *claims)
{
	jwt_t *jwt = NULL;
	char *text;

	jwt_new(&jwt);
	jwt_add_grants_json(jwt, claims);
	jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret));
	text = jwt_encode_str(jwt);
	jwt_free(jwt);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

int64_t metric(const struct door *d, const char *name)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct str rest, line, head = STR("scoreboard_door_"), want = str_of(name);
	double sum = 0;
	bool found = false;

	door_metrics(d, &text);
	for (rest = buf_view(&text); str_split(&rest, '\n', &line);) {
		if (!str_starts(line, head) || !str_starts(str_skip(line, head.len), want))
			continue;
		line = str_skip(line, head.len + want.len);
		if (!line.len || (*line.p != ' ' && *line.p != '{'))
			continue;
		found = true;
		sum += strtod(strchr(line.p, ' '), NULL);
	}
	if (!found)
		printf("\n    there is no metric %s\n", name);
	CU_ASSERT(found);
	return (int64_t)sum;
}
