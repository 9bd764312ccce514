/* sockets - what Mosquitto has no option for. A client that has stopped reading but still pings stays connected, and all that it is
 * sent piles up, in the kernel and then in the broker. TCP can give up on such a one; the broker then sees a lost connection. */
#ifndef PLUGIN_SOCKETS_H
#define PLUGIN_SOCKETS_H

#include <stdint.h>

/* From now on a peer that takes nothing for so long, while something waits for it, is given up: on every TCP socket of this process,
 * and on those that its listening ones accept later, which inherit it. 0, or -1 with errno. Does not block. */
int sockets_give_up_after(int64_t ms);

#endif
