/* addr - network addresses, as keys of what is counted per address, and networks that contain them. Knows no sockets and asks no name
 * server. An IPv4 address is held as an IPv4-mapped IPv6 address (::ffff:a.b.c.d). Whatever is no address, such as the path of a Unix
 * socket, becomes the one address "local": sixteen zeros. */
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

/* Reads an address as the broker writes it: "192.0.2.1", "2001:db8::1", "fe80::1%eth0". text may be NULL. */
struct addr addr_parse(const char *text);
/* The key under which the limits count this address: an IPv4 address itself; for an IPv6 address its /64, since whoever has one address of a
 * /64 usually has all of them. (A trusted proxy is counted by itself: policy_address_key().) */
struct addr addr_key(struct addr a);
/* Writes the address as people do; a /64 with its length. Returns out. */
char *addr_text(struct addr key, char out[ADDR_TEXT_SIZE]);

/* Reads "10.0.0.0/8", "2001:db8::/32", or an address alone. False when the text is none of these. */
bool cidr_parse(struct str text, struct cidr *out) __attribute__((warn_unused_result));
bool cidr_has(const struct cidr *c, struct addr a);

#endif
