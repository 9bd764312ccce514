/* token - a JSON Web Token in the place of a password: HS256, RS256 or ES256, with `sub`, `exp`, and perhaps `nbf`, `iss`, `aud`,
 * `role`, `rooms` and `hosts`. The algorithm is that of the policy's key, never the token's choice. Knows no clients and no clock.
 *
 * Anybody can send any token, so little is done with one that none of the policy's keys has signed: its header, which has to be read before
 * the signature is checked, is short (TOKEN_HEADER_BYTES) and holds few values; its claims are read only afterwards. (libjwt, which checks
 * the signature, reads both for itself; bench/request_bench measures what that takes.) */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "mosquitto-plugin/core/policy/policy.h"

#define TOKEN_MAX_BYTES 8192
#define TOKEN_HEADER_BYTES 1024 /* of the header, as base64 */
#define TOKEN_COST_US 300       /* about how long an ES256 check takes, for every key that is tried */

/* What a good token says (JWT calls its members claims). */
struct claims {
	char *subject; /* the user name */
	int role;      /* one that the policy allows for tokens */
	char **rooms;  /* n_rooms of them: where he may be; %r of a filter stands for these and for `hosts` (rules.h) */
	char **hosts;  /* n_hosts rooms of which he is a host; %h of a filter stands for these */
	size_t n_rooms, n_hosts;
	int64_t expires_ms; /* by the wall clock; the policy's leeway is added */
};

struct token {
	struct str text;
	int64_t shown_ms; /* when it is checked, by the wall clock */
};

enum token_outcome {
	TOKEN_GOOD,
	TOKEN_OVER, /* it is genuine, but has expired */
	TOKEN_BAD,
};

/* Does this password look like a token? */
bool token_looks_like(struct str password);
/* TOKEN_GOOD, and *out has the claims, for the caller to free; or another outcome, *out is empty, and `why` says what is wrong (its line is
 * 0). Blocks for up to TOKEN_COST_US for each key of the policy. */
enum token_outcome token_check(const struct policy *p, const struct token *token, struct claims *out, struct complaint *why)
	__attribute__((warn_unused_result));
void claims_free(struct claims *c); /* twice is legal */

#endif
