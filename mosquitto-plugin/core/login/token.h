/* token - a JWT in the place of a password: HS256, RS256 or ES256, with `sub`, `exp`, and perhaps `nbf`, `iss`, `aud`,
 * `role` and `rooms`. The algorithm is that of the policy's key, never the token's choice. Knows no clients and no clock.
 *
 * A stranger can send any token, so that little is done with one that none of our keys has signed: its header, which has to be read
 * before, is short (TOKEN_HEADER_BYTES) and holds few values; its claims are looked at afterwards. (libjwt, which checks the
 * signature, reads both for itself: bench/request_bench.) */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "mosquitto-plugin/core/policy/policy.h"

#define TOKEN_MAX_BYTES 8192
#define TOKEN_HEADER_BYTES 1024 /* of it, encoded: read before anybody knows who sent it */
#define TOKEN_COST_US 300       /* about what an ES256 check takes, for every key that is tried */

/* What a good token says. */
struct claims {
	char *subject; /* the user name */
	int role;      /* one that the policy allows for tokens */
	char **rooms;  /* n_rooms of them; what %r stands for */
	size_t n_rooms;
	int64_t expires_ms; /* wall clock, with the policy's leeway */
};

struct token {
	struct str text;
	int64_t shown_ms; /* when it was shown: wall clock */
};

enum token_outcome {
	TOKEN_GOOD,
	TOKEN_OVER, /* genuine, but expired */
	TOKEN_BAD,
};

/* Is this password meant as a token? */
bool token_looks_like(struct str password);
/* TOKEN_GOOD and its claims, which are the caller's; or another outcome, no claims, and `why` (its line is 0). Blocks for as long
 * as TOKEN_COST_US says. */
enum token_outcome token_check(const struct policy *p, const struct token *token, struct claims *out, struct complaint *why)
	__attribute__((warn_unused_result));
void claims_free(struct claims *c); /* twice is legal */

#endif
