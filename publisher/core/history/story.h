/* story - which game is on, which of its chapters (in derby: jams), and what each chapter changed, told from a view by the rules of the
 * schema's member `history`. It knows no word of any sport, no file, and no clock: time is an argument, in milliseconds since 1970.
 *
 * Words:
 *   game      what lies between two values of the key `game`. Its id is that value where it is made of letters, digits, `-` and `_`, and
 *             else a name made of it; "": the view names no game.
 *   series    the keys whose values a game is about (scores), always in the order of the rules.
 *   chapter   begins when the key `during` becomes true with another `number` than the chapter before had, and ends when `during` is true no
 *             longer. If `during` becomes true again with the same number, the chapter goes on, as after an operator's mistake; but if the
 *             number was another one in between, it begins anew. What changes in a series until the next chapter begins is the chapter's.
 *
 * The life of one delta: it is folded into the picture, and story_take() compares the picture with what was told before. It says what is to be
 * written down; the struct has it.
 *
 *   news = story_take(&s, &picture, t);
 *   if (news & STORY_GAME)    ... another game is on: story_game(&s), and s.title, s.result
 *   if (news & STORY_CHAPTER) ... s.chapter has changed
 */
#ifndef PUBLISHER_STORY_H
#define PUBLISHER_STORY_H

#include "publisher/core/history/picture.h"
#include "publisher/core/names/schema.h"

#define STORY_ID_SIZE 65 /* of a game's id, with its NUL */

enum story_news {
	STORY_NOTHING = 0,
	STORY_GAME = 1,    /* another game is on, or none */
	STORY_TOLD = 2,    /* title, result, or when it was over have changed */
	STORY_CHAPTER = 4, /* the chapter has changed, or is another one */
};

struct story_chapter {
	int64_t n;                        /* 1 is the game's first; 0: there was none yet */
	int64_t begin, end;               /* end 0: it goes on */
	struct buf number;                /* JSON array: the values of the rules' `number` */
	struct buf before, after, change; /* JSON arrays, by series. What is no number has no change: null */
};

struct story {
	const struct history_rules *rules;
	char game[STORY_ID_SIZE];
	struct buf title, result; /* result: JSON array, by series */
	int64_t over;             /* when the result stood; 0: it does not yet */
	struct story_chapter chapter;
	bool left; /* since the chapter ended, the number was another one */
};

/* What a history knew of a game when it was written to last; the texts are copied. */
struct story_past {
	int64_t over, n, begin, end; /* n and the rest are its last chapter's; n 0: it has none */
	struct str number, before;
};

void story_init(struct story *s, const struct history_rules *rules); /* the rules must outlive it */
void story_free(struct story *s);

/* The picture is as of now. Returns what has changed, enum story_news added up. */
unsigned int story_take(struct story *s, const struct picture *p, int64_t t);
/* To be called after STORY_GAME, if the game was on before: its last chapter may go on. Then story_take() again with the same picture. */
void story_resume(struct story *s, const struct story_past *past);

/* Is it an id that story_take() could give? For ids that strangers send. */
bool story_is_id(struct str text);

#endif
