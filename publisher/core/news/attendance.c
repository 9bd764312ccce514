#include "publisher/core/news/attendance.h"

#include "base/json.h"

void attendance_forget(struct attendance *a)
{
	*a = (struct attendance){ .viewers = ATTENDANCE_UNKNOWN, .users = ATTENDANCE_UNKNOWN };
}

/* An empty payload: the topic was cleared. */
static int64_t number_of(struct str text)
{
	int64_t n;

	return str_to_int(text, &n) && n >= 0 ? n : ATTENDANCE_UNKNOWN;
}

bool attendance_hear(struct attendance *a, struct str topic, struct str payload)
{
	struct str total = { "", 0 };

	if (str_is(topic, "presence/users")) {
		a->users = number_of(payload);
		return true;
	}
	if (!str_is(topic, "presence/watching"))
		return false;
	a->viewers = json_member(payload, "total", &total) ? number_of(total) : ATTENDANCE_UNKNOWN;
	return true;
}

/* More people than there can be (a broker says what it likes) stay more than there can be. */
static void add(int64_t *sum, int64_t n)
{
	if (n == ATTENDANCE_UNKNOWN)
		return;
	if (*sum == ATTENDANCE_UNKNOWN)
		*sum = 0;
	*sum = n > INT64_MAX - *sum ? INT64_MAX : *sum + n;
}

void attendance_add(struct attendance *a, const struct attendance *other)
{
	add(&a->viewers, other->viewers);
	add(&a->users, other->users);
}
