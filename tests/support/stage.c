#include "tests/support/stage.h"

#include "tests/support/place.h"

void stage_set_with(struct stage *s, const char *list, struct broker *broker, const char *const *args,
		    const char *const *env)
{
	const char *schema = place_source("schema/crg.json");
	const char *const own[] = { "--register", list, "--schema", schema };
	size_t n = sizeof(own) / sizeof(own[0]);

	*s = (struct stage){ .list = list, .broker = broker, .mapping = { .schema = schema } };
	memcpy(s->argv, own, sizeof(own));
	for (; args && *args && n + 1 < sizeof(s->argv) / sizeof(s->argv[0]); args++)
		s->argv[n++] = *args;
	s->board = board_start();
	s->publisher = publisher_start(&(struct publisher_options){
		.board = s->board, .broker = broker, .args = s->argv, .env = env });
}

void stage_set(struct stage *s, const char *list, const char *const *args)
{
	stage_set_with(s, list, broker_start(NULL), args, NULL);
}

void stage_strike(struct stage *s)
{
	publisher_free(s->publisher);
	broker_free(s->broker);
	board_free(s->board);
	mapping_free(&s->mapping);
}

void stage_play(struct stage *s, const struct recording *r, size_t from, size_t to)
{
	recording_play(r, from, to, s->board);
}
