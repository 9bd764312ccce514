#include "mosquitto-plugin/core/policy/limits.h"

#include <string.h>

const struct limit_row door_limit_rows[] = {
#define X(name, def, min, max) { #name, offsetof(struct door_limits, name), def, min, max },
	DOOR_LIMITS(X)
#undef X
		{ NULL, 0, 0, 0, 0 },
};

const struct limit_row role_limit_rows[] = {
#define X(name, def, min, max) { #name, offsetof(struct role_limits, name), def, min, max },
	ROLE_LIMITS(X)
#undef X
		{ NULL, 0, 0, 0, 0 },
};

void limits_default(const struct limit_row *rows, void *limits)
{
	for (; rows->name; rows++)
		*limits_at(rows, limits) = rows->def;
}

const struct limit_row *limits_find(const struct limit_row *rows, const char *name, size_t len)
{
	for (; rows->name; rows++)
		if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
			return rows;
	return NULL;
}
