/* ws - RFC 6455 as far as a bench needs it: the handshake of a client, frames both ways. Takes bytes, returns views.
 * The client's key is always the RFC's example: this is no secret, and the floor can then answer without SHA-1. */
#ifndef LOADGEN_WS_H
#define LOADGEN_WS_H

#include "base/buf.h"

#include <stdint.h>

#define WS_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

enum ws_scan {
	WS_SCAN_MORE,
	WS_SCAN_DONE,
	WS_SCAN_BAD,
};

/* subprotocol: NULL for none. */
void ws_put_request(struct buf *out, struct str host, struct str path, const char *subprotocol);

/* Takes the answer to the request off *rest. *status: the HTTP status, also when the answer is bad. */
enum ws_scan ws_scan_response(struct str *rest, int *status);

struct ws_frame {
	unsigned opcode;
	bool fin;
	struct str payload; /* unmasked by ws_scan_frame() where it stands */
};

/* Takes a frame off the bytes at *p, which are writable because masked ones are decoded in place. */
enum ws_scan ws_scan_frame(char **p, size_t *len, struct ws_frame *frame);

/* What a client sends: always masked, with a fixed mask. */
void ws_put_client_frame(struct buf *out, unsigned opcode, struct str payload);
/* What a server sends. */
void ws_put_server_frame(struct buf *out, unsigned opcode, struct str payload);

#endif
