#include "bench/loadgen/core/made_up.h"

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))
#define SKATERS_ON_TRACK 15 /* of a team: those that take positions */

static const char *const scores[] = { "score", "trip-score", "jam-score", "last-score", "timeouts", "official-reviews" };
static const char *const clocks[] = { "period", "jam", "lineup", "timeout", "intermission" };
static const char *const positions[] = { "jammer", "pivot", "blocker1", "blocker2", "blocker3" };

enum skater_key {
	SKATER_NAME,
	SKATER_NUMBER,
	SKATER_PENALTIES,
	SKATER_IN_BOX,
	N_SKATER_KEYS,
};

static const char *const skater_keys[N_SKATER_KEYS] = { "name", "roster-number", "current-penalties", "penalty-box" };

/* SplitMix64: a number that looks like chance, and is always the same for the same seed. */
static uint64_t chance(uint64_t seed)
{
	uint64_t z = (seed + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void put_letters(struct buf *b, char first, int n, uint64_t seed)
{
	for (uint64_t rest = chance(seed); n > 0; n--, rest /= 26)
		buf_char(b, (char)(first + (char)(rest % 26)));
}

static void put_name(struct buf *b, uint64_t skater)
{
	put_letters(b, 'A', 1, ~skater);
	put_letters(b, 'a', 3 + (int)(chance(skater) % 5), skater);
	buf_char(b, ' ');
	put_letters(b, 'A', 1, skater);
	put_letters(b, 'a', 4 + (int)(chance(~skater) % 6), skater + (1 << 20));
}

/* Of the form that a scoreboard gives its skaters: 32 hexadecimal digits. */
static void put_id(struct buf *b, uint64_t seed)
{
	uint64_t high = chance(seed), low = chance(~seed);

	buf_printf(b, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xffff,
		   (unsigned)(low >> 48), (unsigned long long)low & 0xffffffffffff);
}

/* A skater's value, which is about the same in every game, but for penalties. */
static void put_skater_value(struct buf *b, enum skater_key key, uint64_t skater, uint64_t turn)
{
	if (key == SKATER_IN_BOX) {
		buf_puts(b, chance(skater + turn) % 2 ? "true" : "false");
		return;
	}
	buf_char(b, '"');
	if (key == SKATER_NAME)
		put_name(b, skater);
	else if (key == SKATER_NUMBER)
		buf_printf(b, "%u", (unsigned)(chance(skater) % 1000));
	else
		put_letters(b, 'A', (int)(chance(skater + turn) % 5), skater + turn);
	buf_char(b, '"');
}

static void put_position(struct buf *b, uint64_t key, uint64_t team, uint64_t turn)
{
	uint64_t position = key / 3, skater = chance(turn + position + 7 * team) % SKATERS_ON_TRACK * 2 + team;

	buf_printf(b, "position/%s/", positions[position]);
	if (key % 3 < 2) {
		buf_printf(b, "%s\":", skater_keys[key % 3]);
		put_skater_value(b, (enum skater_key)(key % 3), skater, turn);
		return;
	}
	buf_puts(b, "skater\":\"");
	put_id(b, skater);
	buf_char(b, '"');
}

/* Value n of a team's skaters, one skater after another. */
static void put_skater(struct buf *b, uint64_t n, uint64_t team, uint64_t turn)
{
	uint64_t skater = n / N_SKATER_KEYS * 2 + team, key = n % N_SKATER_KEYS;

	buf_puts(b, "skater/");
	put_id(b, skater);
	buf_printf(b, "/%s\":", skater_keys[key]);
	put_skater_value(b, (enum skater_key)key, skater, turn);
}

static void put_clock(struct buf *b, uint64_t clock, uint64_t turn)
{
	uint64_t seed = chance(turn + 100 * clock);

	buf_printf(b, "\"clock/%s\":{\"time\":%u,\"running\":%s,\"direction\":\"%s\",\"at\":1795%09u}", clocks[clock], (unsigned)(seed % 1800000),
		   seed >> 32 & 1 ? "true" : "false", clock < 2 ? "down" : "up", (unsigned)(turn * 500 + seed % 1000000));
}

/* What there are two of: member n of both teams together, which take turns. */
static void put_of_team(struct buf *b, uint64_t n, uint64_t turn)
{
	uint64_t team = n % 2, key = n / 2;

	buf_printf(b, "\"team/%u/", (unsigned)team + 1);
	if (key < LENGTH(scores))
		buf_printf(b, "%s\":%u", scores[key], (unsigned)(chance(turn + n) % 10));
	else if (key < LENGTH(scores) + 3 * LENGTH(positions))
		put_position(b, key - LENGTH(scores), team, turn);
	else
		put_skater(b, key - LENGTH(scores) - 3 * LENGTH(positions), team, turn);
}

/* Member n of a state. The clocks stand behind the scores. */
static void put_member(struct buf *b, uint64_t n, uint64_t turn)
{
	uint64_t first = 2 * LENGTH(scores);

	if (n < first)
		put_of_team(b, n, turn);
	else if (n < first + LENGTH(clocks))
		put_clock(b, n - first, turn);
	else
		put_of_team(b, n - LENGTH(clocks), turn);
}

void made_up_end(struct buf *text, const char *member, uint64_t turn, size_t bytes)
{
	struct buf one BUF_CLEANUP = { 0 };

	buf_printf(text, ",\"%s\":{", member);
	for (uint64_t n = 0;; n++) {
		buf_clear(&one);
		buf_puts(&one, n ? "," : "");
		put_member(&one, n, turn);
		if (one.failed || text->len + one.len + 2 > bytes)
			break;
		buf_str(text, buf_view(&one));
	}
	while (!text->failed && text->len + 2 < bytes)
		buf_char(text, ' ');
	buf_puts(text, "}}");
}
