/* tls_front - a port that speaks TLS with certs_get()'s server certificate and passes the bytes on to another port of
 * 127.0.0.1 in the clear: it makes wss:// of a board. One connection at a time. */
#ifndef SUPPORT_TLS_FRONT_H
#define SUPPORT_TLS_FRONT_H

struct tls_front;

struct tls_front *tls_front_start(int to_port);
int tls_front_port(const struct tls_front *f);
void tls_front_free(struct tls_front *f);

#endif
