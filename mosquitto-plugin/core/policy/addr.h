/* addr - network addresses, as keys of what is counted per address, and networks that hold them. Knows no sockets and asks no name
 * server. IPv4 is held as IPv6 writes it (::ffff:a.b.c.d). What is no address, a Unix socket's for instance, is the one
 * address "local": sixteen zeros. */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include "base/str.h"

#define ADDR_TEXT_SIZE 64

struct addr {
	unsigned char b[16];
};

/* A network: the first `bits` bits of `net`, 0 to 128. For an IPv4 network /8 that is 104: the address begins at bit 96. */
struct cidr {
	struct addr net;
	unsigned bits;
};

/* As the broker says it: "192.0.2.1", "2001:db8::1", "fe80::1%eth0". text may be NULL. */
struct addr addr_parse(const char *text);
/* Whom the limits count as one: an IPv4 address is itself; of an IPv6 address it is the /64, since whoever has one has all of it. (A
 * trusted proxy is counted by itself: policy_address_key.) */
struct addr addr_key(struct addr a);
/* As people write it; a /64 with its length. Returns out. */
char *addr_text(struct addr key, char out[ADDR_TEXT_SIZE]);

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. False when the text is none of these. */
bool cidr_parse(struct str text, struct cidr *out) __attribute__((warn_unused_result));
bool cidr_has(const struct cidr *c, struct addr a);

#endif
