/* Messages of a packed feed from somebody who need not be trusted, in a row: no text is above the ceiling, and what can't be read changes
 * nothing. And the same bytes as texts: what the packer packs comes back.
 *
 * The input is records, each a length in two bytes, the highest first, and so many bytes; what is more than MAX_RECORDS only costs time. */
#include "tests/fuzz/fuzz.h"

#include "publisher/core/news/packer.h"
#include "publisher/core/news/unpacker.h"

#define MAX_RECORDS 12
#define CEILING ((size_t)1 << 16)
#define FIRST "{\"epoch\":\"mwrbkg81\",\"seq\":1,\"ts\":1795320684724,\"state\":{\"team/1/name\":\"Harbour Bruisers\",\"team/1/score\":0}}"

static bool next_record(struct str *rest, struct str *record)
{
	size_t len;

	if (rest->len < 2)
		return false;
	len = (size_t)(unsigned char)rest->p[0] << 8 | (unsigned char)rest->p[1];
	*rest = str_skip(*rest, 2);
	*record = (struct str){ rest->p, len < rest->len ? len : rest->len };
	*rest = str_skip(*rest, record->len);
	return true;
}

/* --- messages of a stranger --- */

static void check_take(struct unpacker *u, struct str message)
{
	BUF_CLEANUP struct buf before = { 0 };
	BUF_CLEANUP struct buf text = { 0 };
	uint32_t id = u->dictionary.id;
	enum unpacked r;

	buf_str(&before, buf_view(&u->dictionary.text));
	r = unpacker_take(u, message, &text);
	PROMISE(text.len <= CEILING);
	PROMISE(!u->dictionary.text.failed && u->dictionary.text.len <= PACKED_DICTIONARY_MAX);
	if (r == UNPACKED_BAD || r == UNPACKED_UNKNOWN)
		PROMISE(u->dictionary.id == id && str_eq(buf_view(&u->dictionary.text), buf_view(&before)));
	else
		PROMISE(!text.failed && message.len > PACKED_HEAD);
}

/* No fuzzer guesses a CRC-32, so each message is tried with our dictionary's as well. */
static void check_take_as_ours(struct unpacker *u, struct str message)
{
	BUF_CLEANUP struct buf copy = { 0 };

	check_take(u, message);
	if (message.len < PACKED_HEAD)
		return;
	buf_str(&copy, message);
	for (int i = 0; i < 4; i++)
		copy.p[1 + i] = (char)(u->dictionary.id >> (24 - 8 * i));
	check_take(u, buf_view(&copy));
}

static void take_strange(struct str input)
{
	struct unpacker u;
	struct str message;

	unpacker_init(&u, CEILING);
	for (int i = 0; i < MAX_RECORDS && next_record(&input, &message); i++)
		check_take_as_ours(&u, message);
	unpacker_free(&u);
}

/* --- and of the packer --- */

struct pair {
	struct packer *packer;
	struct unpacker unpacker;
	struct buf message, dictionary, text;
};

static void check_message(struct pair *p, const struct buf *message, enum unpacked expected, struct str text)
{
	PROMISE(!message->failed);
	PROMISE(unpacker_take(&p->unpacker, buf_view(message), &p->text) == expected);
	PROMISE(str_eq(buf_view(&p->text), text));
}

static void send_base(struct pair *p, struct str text)
{
	packer_base(p->packer, text, &p->message, &p->dictionary);
	if (p->dictionary.len)
		check_message(p, &p->dictionary, UNPACKED_NOTHING, text);
	check_message(p, &p->message, UNPACKED_TEXT, text);
}

static void send_text(struct pair *p, struct str text)
{
	if (text.len % 2)
		packer_kept(p->packer, text, &p->message);
	else
		packer_text(p->packer, text, &p->message);
	check_message(p, &p->message, UNPACKED_TEXT, text);
}

static void there_and_back(struct str input)
{
	struct pair p = { .packer = packer_new() };
	struct str text;

	PROMISE(p.packer != NULL);
	unpacker_init(&p.unpacker, CEILING);
	send_base(&p, STR(FIRST)); /* without one there is no dictionary */
	for (int i = 0; i < MAX_RECORDS && next_record(&input, &text); i++) {
		if (text.len % 3)
			send_text(&p, text);
		else
			send_base(&p, text);
	}
	packer_free(p.packer);
	unpacker_free(&p.unpacker);
	buf_free(&p.message);
	buf_free(&p.dictionary);
	buf_free(&p.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };

	take_strange(input);
	there_and_back(input);
	return 0;
}
