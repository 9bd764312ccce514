/* addr - network addresses as keys. IPv4 is held as IPv6 does (::ffff:a.b.c.d). What is no address, a Unix socket's
 * for instance, is the one address "local". */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include "base/str.h"

#define ADDR_TEXT_SIZE 64

struct addr {
	unsigned char b[16];
};

struct cidr {
	struct addr net;
	unsigned bits;
};

/* text may be NULL. */
struct addr addr_parse(const char *text);
/* Who is counted as one: an IPv4 address, an IPv6 /64 (but a trusted proxy is counted by itself). */
struct addr addr_key(struct addr a);
/* As people write it; a /64 with its length. Returns out. */
char *addr_text(struct addr key, char out[ADDR_TEXT_SIZE]);

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. */
bool cidr_parse(struct str text, struct cidr *out);
bool cidr_has(const struct cidr *c, struct addr a);

#endif
