/* steps - scoreboard paths as the scoreboard sees them: as steps that begin at '.' and '(', an argument being one step
 * whatever it holds. The board uses it to see which paths a client has registered for; it shares no code with the publisher. */
#ifndef SUPPORT_STEPS_H
#define SUPPORT_STEPS_H

#include "base/str.h"

/* Is path at or below pattern? By whole steps; "(*)" and "(anything*)" in the pattern stand for any argument. */
bool steps_cover(struct str pattern, struct str path);

#endif
