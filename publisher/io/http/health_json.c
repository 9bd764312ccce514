#include "publisher/io/http/health_json.h"

#include "base/json.h"

#include <inttypes.h>

/* The reason that the status gives, as it stands there. */
static struct str status_reason(const struct io *io)
{
	struct str reason;

	if (!json_member(bridge_status(io->bridge), "reason", &reason) || reason.len < 2 || reason.p[0] != '"')
		return STR("not ready yet");
	return (struct str){ reason.p + 1, reason.len - 2 };
}

void health_why_write(const struct io *io, struct buf *out)
{
	const struct part *unwell = parts_first_unwell(bridge_parts(io->bridge));

	if (unwell)
		buf_printf(out, "%s%s%s: %s", unwell->kind, *unwell->name ? " " : "", unwell->name, unwell->why);
	else if (bridge_ready(io->bridge))
		buf_puts(out, "all is well");
	else
		buf_str(out, status_reason(io));
}

static void write_number(struct buf *out, const char *name, int64_t n)
{
	if (n == ATTENDANCE_UNKNOWN)
		buf_printf(out, ",\"%s\":null", name);
	else
		buf_printf(out, ",\"%s\":%" PRId64, name, n);
}

bool health_json_write(struct io *io, struct buf *out)
{
	const struct attendance *a = bridge_attendance(io->bridge);
	struct str status = bridge_status(io->bridge);
	BUF_CLEANUP struct buf why = { 0 };
	bool ok = bridge_ready(io->bridge);

	health_why_write(io, &why);
	buf_printf(out, "{\"ok\":%s,\"why\":", ok ? "true" : "false");
	buf_json(out, buf_view(&why));
	buf_printf(out, ",\"at\":%" PRId64 ",\"version\":\"" PROGRAM_VERSION "\",\"status\":", io_now().wall_ms);
	buf_str(out, status.len ? status : STR("null"));
	write_number(out, "viewers", a->viewers);
	write_number(out, "users", a->users);
	buf_puts(out, ",\"parts\":");
	parts_write(bridge_parts(io->bridge), out);
	buf_puts(out, "}\n");
	return ok;
}
