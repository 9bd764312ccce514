#include "mosquitto-plugin/core/policy/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

static const unsigned char v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(struct addr a)
{
	return memcmp(a.b, v4_prefix, sizeof(v4_prefix)) == 0;
}

static bool parse(const char *text, struct addr *out)
{
	*out = (struct addr){ { 0 } };
	if (inet_pton(AF_INET, text, out->b + 12) == 1) {
		memcpy(out->b, v4_prefix, sizeof(v4_prefix));
		return true;
	}
	return inet_pton(AF_INET6, text, out->b) == 1;
}

struct addr addr_parse(const char *text)
{
	char copy[ADDR_TEXT_SIZE];
	struct addr a;

	if (!text)
		return (struct addr){ { 0 } };
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "%")] = '\0'; /* inet_pton() does not take the interface of fe80::1%eth0 */
	if (!parse(copy, &a))
		a = (struct addr){ { 0 } };
	return a;
}

struct addr addr_key(struct addr a)
{
	if (!is_v4(a))
		memset(a.b + 8, 0, 8);
	return a;
}

char *addr_text(struct addr key, char out[ADDR_TEXT_SIZE])
{
	static const struct addr none;
	char text[INET6_ADDRSTRLEN] = "";

	if (memcmp(&key, &none, sizeof(key)) == 0) {
		snprintf(out, ADDR_TEXT_SIZE, "local");
	} else if (is_v4(key)) {
		inet_ntop(AF_INET, key.b + 12, out, ADDR_TEXT_SIZE);
	} else {
		inet_ntop(AF_INET6, key.b, text, sizeof(text));
		snprintf(out, ADDR_TEXT_SIZE, "%s%s", text, memcmp(key.b + 8, none.b, 8) ? "" : "/64");
	}
	return out;
}

bool cidr_parse(struct str text, struct cidr *out)
{
	struct str rest = text, head;
	char copy[ADDR_TEXT_SIZE];
	int64_t bits, max;

	if (!text.p || !str_split(&rest, '/', &head) || head.len >= sizeof(copy))
		return false;
	memcpy(copy, head.p, head.len);
	copy[head.len] = '\0';
	if (strlen(copy) != head.len || !parse(copy, &out->net))
		return false;
	max = is_v4(out->net) && !strchr(copy, ':') ? 32 : 128;
	bits = max;
	if (rest.p && (!str_to_int(rest, &bits) || bits < 0 || bits > max))
		return false;
	out->bits = (unsigned)(bits + 128 - max);
	return true;
}

bool cidr_has(const struct cidr *c, struct addr a)
{
	unsigned bytes = c->bits / 8, rest = c->bits % 8;
	unsigned mask = 0xFFu << (8 - rest) & 0xFFu;

	if (memcmp(c->net.b, a.b, bytes) != 0)
		return false;
	return !rest || ((unsigned)(c->net.b[bytes] ^ a.b[bytes]) & mask) == 0;
}
