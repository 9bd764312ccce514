#include "mosquitto-plugin/core/cluster/part.h"

static bool is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool broker_name_valid(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_of_name(name.p[i]))
			return false;
	return name.len && name.len <= BROKER_NAME_MAX;
}

const char *broker_default_name(enum cluster_part part)
{
	static const char *const names[] = { [CLUSTER_NONE] = "broker", [CLUSTER_HUB] = "hub", [CLUSTER_EDGE] = "edge", [CLUSTER_MID] = "mid" };

	return names[part];
}
