#include "bench/wire/ws.h"

#include <strings.h>

#define MAX_RESPONSE 8192
#define MAX_FRAME ((uint64_t)64 << 20)

/* bits of a frame's first byte, and of its second */
#define FIN_BIT 0x80u
#define RESERVED_BITS 0x70u
#define DEFLATED_BIT 0x40u
#define MASK_BIT 0x80u

void ws_put_request(struct buf *out, struct str host, struct str path, const char *subprotocol)
{
	buf_printf(out, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
		   STR_ARGS(path), STR_ARGS(host));
	buf_puts(out, "Sec-WebSocket-Key: " WS_KEY "\r\nSec-WebSocket-Version: 13\r\n");
	if (subprotocol)
		buf_printf(out, "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
	buf_puts(out, "\r\n");
}

static bool has_line(struct str head, struct str name, struct str value)
{
	struct str line;

	while (str_split(&head, '\n', &line)) {
		if (line.len > name.len && !strncasecmp(line.p, name.p, name.len) &&
		    str_eq(str_trim(str_skip(line, name.len)), value))
			return true;
	}
	return false;
}

enum ws_scan ws_scan_response(struct str *rest, int *status)
{
	const char *end = memmem(rest->p, rest->len, "\r\n\r\n", 4);
	struct str head;
	int64_t code;

	*status = 0;
	if (!end)
		return rest->len > MAX_RESPONSE ? WS_SCAN_BAD : WS_SCAN_MORE;
	head = (struct str){ rest->p, (size_t)(end - rest->p) + 2 };
	if (head.len < 12 || !str_starts(head, STR("HTTP/1.1 ")) || !str_to_int((struct str){ head.p + 9, 3 }, &code))
		return WS_SCAN_BAD;
	*status = (int)code;
	*rest = str_skip(*rest, head.len + 2);
	return *status == 101 && has_line(head, STR("Sec-WebSocket-Accept:"), STR(WS_ACCEPT)) ? WS_SCAN_DONE
											      : WS_SCAN_BAD;
}

static uint64_t big_endian(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* Unmasks a payload, or masks it: that is the same operation. */
static void unmask(char *p, size_t len, const char mask[4])
{
	for (size_t i = 0; i < len; i++)
		p[i] = (char)(p[i] ^ mask[i % 4]);
}

/* allowed_bits: the reserved bits of the first byte that may be set */
static inline enum ws_scan scan_frame(char **p, size_t *len, struct ws_frame *frame, unsigned allowed_bits)
{
	static const size_t extra_by_len[128] = { [126] = 2, [127] = 8 };
	const unsigned char *b = (const unsigned char *)*p;
	size_t extra, head;
	uint64_t size;
	bool masked;

	if (*len < 2)
		return WS_SCAN_MORE;
	masked = b[1] & MASK_BIT;
	extra = extra_by_len[b[1] & 0x7f];
	head = 2 + extra + (masked ? 4 : 0);
	if (*len < head)
		return WS_SCAN_MORE;
	size = extra ? big_endian(*p + 2, extra) : (uint64_t)(b[1] & 0x7f);
	if ((b[0] & RESERVED_BITS & ~allowed_bits) || size > MAX_FRAME)
		return WS_SCAN_BAD;
	if (*len - head < size)
		return WS_SCAN_MORE;
	if (masked)
		unmask(*p + head, (size_t)size, *p + head - 4);
	*frame = (struct ws_frame){ b[0] & 0x0fu, b[0] & FIN_BIT, masked, b[0] & DEFLATED_BIT, { *p + head, (size_t)size } };
	*p += head + size;
	*len -= head + (size_t)size;
	return WS_SCAN_DONE;
}

enum ws_scan ws_scan_frame(char **p, size_t *len, struct ws_frame *frame)
{
	return scan_frame(p, len, frame, 0);
}

enum ws_scan ws_scan_deflated_frame(char **p, size_t *len, struct ws_frame *frame)
{
	return scan_frame(p, len, frame, DEFLATED_BIT);
}

static void put_head(struct buf *out, const struct ws_frame *f)
{
	size_t len = f->payload.len, extra = len < 126 ? 0 : (len < 65536 ? 2 : 8);
	unsigned first = (f->opcode & 0x0fu) | (f->fin ? FIN_BIT : 0) | (f->deflated ? DEFLATED_BIT : 0);
	unsigned second = extra == 0 ? (unsigned)len : (extra == 2 ? 126u : 127u);

	buf_char(out, (char)first);
	buf_char(out, (char)(second | (f->masked ? MASK_BIT : 0)));
	for (size_t i = extra; i > 0; i--)
		buf_char(out, (char)((uint64_t)len >> 8 * (i - 1)));
}

void ws_put_frame(struct buf *out, const struct ws_frame *f)
{
	static const char mask[4] = { 0x1b, 0x2d, 0x39, 0x47 };
	size_t from;

	put_head(out, f);
	if (f->masked)
		buf_add(out, mask, sizeof(mask));
	from = out->len;
	buf_str(out, f->payload);
	if (f->masked && !out->failed)
		unmask(out->p + from, f->payload.len, mask);
}

void ws_put_client_frame(struct buf *out, unsigned opcode, struct str payload)
{
	ws_put_frame(out, &(struct ws_frame){ .opcode = opcode, .fin = true, .masked = true, .payload = payload });
}

void ws_put_server_frame(struct buf *out, unsigned opcode, struct str payload)
{
	ws_put_frame(out, &(struct ws_frame){ .opcode = opcode, .fin = true, .payload = payload });
}
