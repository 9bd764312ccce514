/* display - the texts for small displays (text.h), such as `display/clock` `1:32`, as the publisher's own topics in the outboxes.
 *
 * A text is made of what the scoreboard has said last: a running clock's text moves with the scoreboard's own ticks, once a second, and stands
 * when they end. Nothing is counted here: so no text goes on by itself when the scoreboard is gone. Then display_clear() takes all of
 * them away, since a text, unlike a page, can't say beside itself that it is old.
 *
 *   display_show(&outboxes, schema, &clocks, now);        after each frame, while the state is that of the present connection
 *   display_clear(&outboxes, schema, now);                when it is not any more; also before the schema is another one
 *
 * A text that is the same as before is no news, and is not published again. */
#ifndef PUBLISHER_DISPLAY_H
#define PUBLISHER_DISPLAY_H

#include "publisher/core/names/schema.h"
#include "publisher/core/news/clock.h"
#include "publisher/core/news/outboxes.h"

#define DISPLAY_MAX_VALUE 1024 /* bytes of a value as JSON; a text takes a longer one for none */

/* Gives each of the schema's texts its value, or takes it away where there is none now. Returns how many were refused because an outbox is
 * full, or there is no memory; these are taken away. */
size_t display_show(const struct outboxes *o, const struct schema *s, const struct clocks *c, mono now);
void display_clear(const struct outboxes *o, const struct schema *s, mono now);

#endif
