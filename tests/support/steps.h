/* steps - scoreboard paths as the scoreboard sees them: steps that begin at '.' and '(', an argument being one step
 * whatever it holds. For the stand-in's register list; written apart from the publisher's. */
#ifndef SUPPORT_STEPS_H
#define SUPPORT_STEPS_H

#include "base/str.h"

/* Is path at or below pattern? By whole steps; "(*)" and "(anything*)" in the pattern stand for any argument. */
bool steps_cover(struct str pattern, struct str path);

#endif
