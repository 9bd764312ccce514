/* sockets - TCP options that Mosquitto does not set. A client that has stopped reading but still pings stays connected, and all that it is
 * sent piles up, in the kernel and then in the broker. A client that has vanished without a word stays for 1.5 times its MQTT keepalive,
 * which has to be long for a crowd. TCP can give up on both, at no cost to the broker, which sees a lost connection. */
#ifndef PLUGIN_SOCKETS_H
#define PLUGIN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKETS_IDLE_S 60 /* a peer of which nothing was heard for so long is asked whether it is there (TCP's keep-alive) */
#define SOCKETS_ASK_S 15  /* and asked again after so long */

/* From now on TCP gives up on a peer that takes nothing for `ms` while something waits for it, and on one that is silent for `ms` altogether
 * and has not answered a keep-alive. This holds for every TCP socket of this process, and for those that its listening sockets accept
 * later, which inherit the options (tcp(7)). Returns 0, or -1 with errno. Does not block. */
int sockets_give_up_after(int64_t ms) __attribute__((warn_unused_result));

/* The address of the other end of a TCP connection, as text without the port; empty when the connection has ended. False when the descriptor
 * is no TCP socket. */
bool sockets_peer(int fd, char *out, size_t size) __attribute__((warn_unused_result));

/* For how many milliseconds nothing has come in on this TCP connection; -1: it is none, or that is not known. */
int64_t sockets_silent_ms(int fd);

#endif
