/* ws - WebSocket (RFC 6455) by hand, for bench and tests: a client's handshake, and frames in both directions.
 *
 * Takes bytes and returns views into them; knows no socket. A frame is one piece of a message: `fin` says whether it is the last,
 * later pieces have WS_CONTINUATION. Putting pieces together, answering pings and what the payload means are the caller's.
 *
 * Not for the product: the client's key is always the RFC's example and its mask is always the same, so that a server that
 * only knows this client (bench/floor.c) can answer without SHA-1, and a run can be repeated byte for byte. */
#ifndef WIRE_WS_H
#define WIRE_WS_H

#include "base/buf.h"

#include <stdint.h>

#define WS_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* what a server must answer to WS_KEY */

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8, /* this and the following are control frames: never in pieces, and they may stand between pieces */
	WS_PING = 9,
	WS_PONG = 10,
};

enum ws_scan {
	WS_SCAN_MORE, /* not whole yet; nothing was taken */
	WS_SCAN_DONE,
	WS_SCAN_BAD, /* not what a peer may say: there is no way on */
};

/* Appends a client's request. subprotocol: NULL for none. */
void ws_put_request(struct buf *out, struct str host, struct str path, const char *subprotocol);

/* Takes the answer to the request off *rest. *status: the HTTP status, also when the answer is bad; 0: none to be read. */
enum ws_scan ws_scan_response(struct str *rest, int *status) __attribute__((warn_unused_result));

struct ws_frame {
	unsigned opcode; /* an enum ws_opcode, or whatever the peer says */
	bool fin;
	bool masked;   /* as every frame of a client must be, and none of a server may be */
	bool deflated; /* RFC 7692's mark, on the first frame of a compressed message: the payload is a piece of raw DEFLATE */
	struct str payload;
};

/* Takes a frame off the bytes at *p, of which there are *len. They are writable because a masked payload is unmasked where it
 * stands. A deflated frame is bad: nobody agreed to it. */
enum ws_scan ws_scan_frame(char **p, size_t *len, struct ws_frame *frame) __attribute__((warn_unused_result));
/* The same where permessage-deflate was agreed on. */
enum ws_scan ws_scan_deflated_frame(char **p, size_t *len, struct ws_frame *frame) __attribute__((warn_unused_result));

/* Appends a frame as it is described, its payload masked if `masked` says so. Of `opcode` the low four bits count. */
void ws_put_frame(struct buf *out, const struct ws_frame *frame);
/* Whole messages: what a client sends, what a server sends. */
void ws_put_client_frame(struct buf *out, unsigned opcode, struct str payload);
void ws_put_server_frame(struct buf *out, unsigned opcode, struct str payload);

#endif
