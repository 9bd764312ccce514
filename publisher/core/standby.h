/* standby - is another publisher in our place at a broker, and how soon do we ask for it again?
 *
 * The problem. A broker may let in one publisher at a time (a role that is `exclusive`, docs/policy.md). It refuses all others, but Mosquitto
 * 2.0 has one answer for every refusal: "not authorized". Whoever is refused because another one leads is well, and has to be there within
 * a second when that one is lost; whoever is refused for a wrong password is not, and must not try it every second.
 *
 * So who is refused looks at the broker as anybody may, without a name: if <prefix>/status is there, and does not say `offline`, another one
 * leads.
 *
 * Words:
 *   leads    the broker has let us in: we are the one who publishes there.
 *   waits    another one leads, as far as we saw; we ask again every STANDBY_ASK_MS.
 *   look     is due with the first refusal, and with one later on every STANDBY_LOOK_MS, since things change.
 *   cold     of a publisher with this kind of standby: it has no connection to the scoreboard as long as it does not lead.
 *   warm     it has one, and so knows all when its turn comes.
 *
 *   if (standby_refused(s, "not authorized", now.mono))
 *           look...
 *   if (standby_saw(s, STANDBY_SAW_LEADER, now.mono, now.wall_ms) == STANDBY_BEGINS)
 *           log("%s", standby_text(s));             standby: another publisher leads since 2026-11-26T18:05:53Z
 *
 * A publisher that was not asked to stand by (STANDBY_OFF) waits just as a warm one when it finds out that another one leads. Of two that have
 * not seen each other yet nothing is known here: who leads is the broker's decision alone. It knows no connection. */
#ifndef PUBLISHER_STANDBY_H
#define PUBLISHER_STANDBY_H

#include "base/mono.h"

#define STANDBY_ASK_MS 1000
#define STANDBY_LOOK_MS 30000
/* The longest wait of a standby that is refused and can't see why: nine times a minute, which is less than what gets an address shut out by
 * default (failed_logins of the policy). */
#define STANDBY_BLIND_MS 7000
#define STANDBY_TEXT_SIZE 160

enum standby_kind {
	STANDBY_OFF,
	STANDBY_COLD,
	STANDBY_WARM,
};

enum standby_saw {
	STANDBY_SAW_LEADER,
	STANDBY_SAW_NOBODY,  /* there is no status, or it is `offline` */
	STANDBY_SAW_NOTHING, /* the broker does not let us look, or does not answer */
};

enum standby_news {
	STANDBY_NO_NEWS,
	STANDBY_BEGINS,  /* we wait from now on */
	STANDBY_REFUSED, /* we are refused for another reason, or for one that we can't see */
};

/* A zeroed struct is a STANDBY_OFF that was never refused. The owner may read it. */
struct standby {
	enum standby_kind kind;
	bool waits;
	bool looking;
	bool doubts;                     /* we wait, but saw nobody when we looked last: he may have gone that moment */
	bool refused;                    /* the last answer of the broker was a refusal that we don't wait for */
	mono look_at;                    /* a refusal before that needs no look */
	char refusal[STANDBY_TEXT_SIZE]; /* what the broker said */
	char text[STANDBY_TEXT_SIZE];    /* while it waits: who leads since when */
};

/* False: there is no kind of this name. The names are no, cold and warm. */
bool standby_kind_from_name(const char *name, enum standby_kind *out) __attribute__((warn_unused_result));

/* The broker has refused us. True: look now. */
bool standby_refused(struct standby *s, const char *why, mono now) __attribute__((warn_unused_result));
/* The broker has refused us for a reason that has nothing to do with who leads. */
void standby_barred(struct standby *s);
/* What that look has shown. */
enum standby_news standby_saw(struct standby *s, enum standby_saw saw, mono now, int64_t wall_ms) __attribute__((warn_unused_result));
/* The broker has let us in. True: we had waited. */
bool standby_leads(struct standby *s) __attribute__((warn_unused_result));
/* The connection to the broker is lost, or there was none: who leads there is not known. */
void standby_lost(struct standby *s);

/* How soon to ask again, after an attempt that did not let us in. 0: that is up to the link. */
int64_t standby_ask_ms(const struct standby *s);
/* For log and status, while it waits. */
const char *standby_text(const struct standby *s);

#endif
