/* A report of who watches, as an edge may send it: what is taken for one is told again as it was read, and
 * adds up to the same. */
#include "tests/fuzz/fuzz.h"

#include "mosquitto-plugin/core/presence/crowd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str report = { (const char *)data, size };
	struct crowd a = { .max_rows = 100 }, b = { .max_rows = 100 }, sum = { .max_rows = 100 };
	BUF_CLEANUP struct buf first = { 0 }, second = { 0 }, third = { 0 };
	struct complaint why;
	bool good = !crowd_read(&a, report, &why);

	PROMISE(good || !a.rows);
	crowd_report(&a, &first);
	PROMISE(first.len <= CROWD_REPORT_BYTES && !crowd_read(&b, buf_view(&first), &why));
	crowd_report(&b, &second);
	PROMISE(str_eq(buf_view(&first), buf_view(&second)));
	crowd_add(&sum, &a);
	crowd_report(&sum, &third);
	PROMISE(str_eq(buf_view(&first), buf_view(&third)));
	crowd_free(&sum);
	crowd_free(&a);
	crowd_free(&b);
	return 0;
}
