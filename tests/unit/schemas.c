#include "tests/unit/schemas.h"

#include "tests/unit/unit.h"

#include <stdio.h>

struct schema *schema_of(struct str text)
{
	struct schema *s = NULL;
	struct complaint why;

	if (schema_new(text, &s, &why))
		printf("\n    line %u: %s\n", why.line, why.text);
	CU_ASSERT_FATAL(s != NULL);
	return s;
}
