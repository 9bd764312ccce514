#include "publisher/io/web/cookie.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COOKIE_MAX_BYTES 256

struct cookie {
	char *file; /* where it is kept; NULL: only in memory */
	char text[COOKIE_MAX_BYTES];
};

/* May the text stand in a Cookie header? It comes from a file or from the scoreboard, and must hold nothing that would end the value, the
 * header, or the cookie. */
static bool is_safe(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == ';' || *text == ',')
			return false;
	return true;
}

static void load(struct cookie *c)
{
	FILE *f = c->file ? fopen(c->file, "re") : NULL;

	if (!f)
		return;
	if (fgets(c->text, sizeof(c->text), f))
		c->text[strcspn(c->text, "\r\n")] = '\0';
	if (!is_safe(c->text))
		c->text[0] = '\0';
	fclose(f);
}

static void make_folders(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
}

static char *choose_file(const char *file)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct buf path = { 0 };

	if (strcmp(file, "none") == 0)
		return NULL;
	if (strcmp(file, "auto") != 0)
		return str_dup(str_of(file));
	if (state && *state)
		buf_puts(&path, state);
	else if (home && *home)
		buf_printf(&path, "%s/.local/state", home);
	else
		return NULL;
	buf_puts(&path, "/scoreboard-mqtt/cookie");
	if (path.p)
		make_folders(path.p);
	return path.p;
}

struct cookie *cookie_new(const char *file)
{
	struct cookie *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->file = choose_file(file);
	load(c);
	return c;
}

void cookie_free(struct cookie *c)
{
	if (!c)
		return;
	free(c->file);
	free(c);
}

const char *cookie_get(const struct cookie *c)
{
	return c->text;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1;

	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	return ok;
}

void cookie_take(struct cookie *c, const char *set_cookie)
{
	size_t len = strcspn(set_cookie, ";");
	char text[COOKIE_MAX_BYTES];

	if (len == 0 || len >= sizeof(text))
		return;
	memcpy(text, set_cookie, len);
	text[len] = '\0';
	if (!is_safe(text) || strcmp(text, c->text) == 0)
		return;
	memcpy(c->text, text, len + 1);
	if (c->file && !write_file(c->file, text))
		log_warn("source", "can't keep the scoreboard's cookie  file=%s reason=\"%s\"", c->file, strerror(errno));
}
