#include "publisher/core/http/seats.h"

#include "base/hash.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct address_key {
	uint8_t bytes[16];
};

struct address {
	UT_hash_handle hh;
	struct address_key key;
	bool exempt;
	size_t taken[SEAT_KINDS];
};

struct seats {
	struct seat_limits limits;
	struct address *addresses;
	size_t taken[SEAT_KINDS];
};

struct seats *seats_new(const struct seat_limits *limits)
{
	struct seats *s = calloc(1, sizeof(*s));

	if (s)
		s->limits = *limits;
	return s;
}

void seats_free(struct seats *s)
{
	struct address *a, *tmp;

	if (!s)
		return;
	HASH_ITER(hh, s->addresses, a, tmp) {
		HASH_DEL(s->addresses, a);
		free(a);
	}
	free(s);
}

/* What is counted as one address: of IPv6 the first 64 bits, the rest zero; of IPv4 the whole, as the IPv6 address ::ffff:a.b.c.d,
 * which is how a socket for both shows it. *exempt: it is a loopback address. */
static struct address_key key_of(const struct sockaddr *from, bool *exempt)
{
	struct address_key k = { { [10] = 0xFF, [11] = 0xFF } };
	struct in6_addr v6 = IN6ADDR_ANY_INIT;

	if (from->sa_family == AF_INET6)
		v6 = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
	*exempt = IN6_IS_ADDR_LOOPBACK(&v6);
	if (from->sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6)) {
		k = (struct address_key){ { 0 } };
		memcpy(k.bytes, &v6, 8);
		return k;
	}
	if (from->sa_family == AF_INET6)
		memcpy(k.bytes, &v6, sizeof(k.bytes));
	else
		memcpy(k.bytes + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	*exempt = k.bytes[12] == 127;
	return k;
}

static struct address *find_or_add(struct seats *s, const struct sockaddr *from)
{
	bool exempt;
	struct address_key key = key_of(from, &exempt);
	struct address *a;

	/* the other addresses of the /64 of ::1 are not used on any network, so it does no harm that they share its exemption */
	HASH_FIND(hh, s->addresses, &key, sizeof(key), a);
	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->key = key;
	a->exempt = exempt;
	HASH_ADD(hh, s->addresses, key, sizeof(key), a);
	if (HASH_ADDED(a, hh))
		return a;
	free(a);
	return NULL;
}

static void forget_if_idle(struct seats *s, struct address *a)
{
	for (int kind = 0; kind < SEAT_KINDS; kind++)
		if (a->taken[kind])
			return;
	HASH_DEL(s->addresses, a);
	free(a);
}

enum seat_result seats_take(struct seats *s, struct address *a, enum seat_kind kind)
{
	if (!a->exempt && a->taken[kind] >= s->limits.per_address[kind])
		return SEAT_ADDRESS_FULL;
	if (s->taken[kind] >= s->limits.total[kind])
		return SEAT_ALL_TAKEN;
	a->taken[kind]++;
	s->taken[kind]++;
	return SEAT_TAKEN;
}

enum seat_result seats_enter(struct seats *s, const struct sockaddr *from, struct address **out)
{
	struct address *a = find_or_add(s, from);
	enum seat_result r = a ? seats_take(s, a, SEAT_CONNECTION) : SEAT_ALL_TAKEN;

	if (r == SEAT_TAKEN)
		*out = a;
	else if (a)
		forget_if_idle(s, a);
	return r;
}

void seats_give_back(struct seats *s, struct address *a, enum seat_kind kind)
{
	a->taken[kind]--;
	s->taken[kind]--;
	forget_if_idle(s, a);
}

size_t seats_taken(const struct seats *s, enum seat_kind kind)
{
	return s->taken[kind];
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

struct seat_limits seats_fit(struct seat_limits wanted, size_t files)
{
	const size_t few = 8; /* so that /readyz can be asked for, however few files there are */
	size_t room = files > SEATS_FILES_KEPT + few ? files - SEATS_FILES_KEPT : few;
	struct seat_limits l = wanted;

	l.total[SEAT_CONNECTION] = at_most(wanted.total[SEAT_CONNECTION], room);
	l.total[SEAT_STREAM] = at_most(wanted.total[SEAT_STREAM], l.total[SEAT_CONNECTION] / 2);
	for (int kind = 0; kind < SEAT_KINDS; kind++)
		l.per_address[kind] = at_most(wanted.per_address[kind], (l.total[kind] + 1) / 2);
	return l;
}
