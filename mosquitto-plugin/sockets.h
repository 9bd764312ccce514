/* sockets - what Mosquitto has no option for. A client that has stopped reading but still pings stays connected, and all that it is
 * sent piles up, in the kernel and then in the broker; one that vanished without a word stays for 1.5 times its keepalive, which
 * for a crowd has to be long. TCP can give up on both, at no cost to the broker, which sees a lost connection. */
#ifndef PLUGIN_SOCKETS_H
#define PLUGIN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKETS_IDLE_S 60 /* without a sign of the peer: it is asked */
#define SOCKETS_ASK_S 15  /* and again after this */

/* From now on a peer that takes nothing for so long, while something waits for it, is given up; so is one that was idle, was asked by
 * TCP's keep-alive, and has been silent for so long altogether. On every TCP socket of this process, and on those that its listening
 * ones accept later, which inherit it (tcp(7)). 0, or -1 with errno. Does not block. */
int sockets_give_up_after(int64_t ms) __attribute__((warn_unused_result));

/* The address of the other end of a TCP connection, as text without the port; empty when that has ended. False when the descriptor is
 * no TCP socket. */
bool sockets_peer(int fd, char *out, size_t size) __attribute__((warn_unused_result));

#endif
