#include "mosquitto-plugin/core/policy/asks.h"

const char *const ask_names[ASK_COUNT] = {
#define X(name) #name,
	ASKS(X)
#undef X
};

enum ask ask_of(struct str command)
{
	for (int i = 0; i < ASK_COUNT; i++)
		if (str_is(command, ask_names[i]))
			return (enum ask)i;
	return ASK_COUNT;
}

bool ask_is_answered(enum ask a)
{
	return a != ASK_closeRoom && a != ASK_COUNT;
}
