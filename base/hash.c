#include "base/hash.h"

#include <string.h>
#include <sys/random.h>

static uint64_t key[2] = { 0x736f6d6570736575ULL, 0x646f72616e646f6dULL }; /* one for the process, set at its start */

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(struct sip *s)
{
	s->a += s->b;
	s->b = rotl(s->b, 13) ^ s->a;
	s->a = rotl(s->a, 32);
	s->c += s->d;
	s->d = rotl(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotl(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotl(s->b, 17) ^ s->c;
	s->c = rotl(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

void hash_set_key(uint64_t k0, uint64_t k1)
{
	key[0] = k0;
	key[1] = k1;
}

void hash_draw_key(void)
{
	uint64_t drawn[2];

	if (getrandom(drawn, sizeof(drawn), 0) == (ssize_t)sizeof(drawn))
		hash_set_key(drawn[0], drawn[1]);
}

/* SipHash-1-3 */
uint64_t hash_bytes(const void *bytes, size_t len)
{
	struct sip s = { key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
			 key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL };
	const unsigned char *p = bytes;
	uint64_t word;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		sip_word(&s, word);
	}
	word = (uint64_t)len << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)p[i] << (8 * i);
	sip_word(&s, word);
	s.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}
