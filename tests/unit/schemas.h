/* schemas - the small schemas that tests of the publisher's core share, whose scoreboard has paths below B, and the way from a text to a
 * schema. */
#ifndef TESTS_UNIT_SCHEMAS_H
#define TESTS_UNIT_SCHEMAS_H

#include "publisher/core/names/schema.h"

/* Without views: B.S is critical, B.P for the crew, B.X never leaves the publisher; B.T is nothing special. */
#define SCHEMA_PLAIN \
	"{\"register\":{\"live\":[\"B.S\",\"B.T\",\"B.P\",\"B.X\"],\"full\":[\"B\"]}," \
	"\"roots\":[{\"path\":\"B\",\"topic\":\"\"}]," \
	"\"rules\":[{\"paths\":[\"B.S\"],\"class\":\"critical\"}," \
	"{\"paths\":[\"B.P\"],\"visibility\":\"crew\"}," \
	"{\"paths\":[\"B.X\"],\"visibility\":\"drop\"}]}"

/* With a view v of B.S (critical), B.L (low), the clocks B.C(*), and B.P, which is the crew's. */
#define SCHEMA_WITH_VIEW \
	"{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}]," \
	"\"views\":{\"v\":\"\"},\"default\":{\"class\":\"low\"}," \
	"\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\"," \
	"\"views\":[\"v\"]}]," \
	"\"rules\":[{\"paths\":[\"B.S\"],\"class\":\"critical\",\"views\":[\"v\"]}," \
	"{\"paths\":[\"B.L\"],\"class\":\"low\",\"views\":[\"v\"]}," \
	"{\"paths\":[\"B.P\"],\"visibility\":\"crew\",\"views\":[\"v\"]}]}"

/* The caller frees it. One that is refused ends the test, after its complaint was printed. */
struct schema *schema_of(struct str text);

#endif
