#include "mosquitto-plugin/core/policy/reasons.h"

const struct reason_row reason_rows[REASON_COUNT] = {
#define X(name, label, code, text) [REASON_##name] = { label, code, text },
	REASONS(X)
#undef X
};
