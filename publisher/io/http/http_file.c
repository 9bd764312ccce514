#include "publisher/io/http/http_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", HTTP_FILE_HTML },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".map", "application/json" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *type_of(struct str name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_ends(name, str_of(types[i].suffix)))
			return types[i].type;
	return NULL;
}

/* No name in the path begins with a dot: so it does not leave the folder by "..", and nothing hidden is shown. */
static bool is_safe(const char *path)
{
	return !strstr(path, "/.") && !strchr(path, '\\');
}

static bool look(const char *name, struct stat *found)
{
	return stat(name, found) == 0 && S_ISREG(found->st_mode) && access(name, R_OK) == 0;
}

static int64_t changed_ns(const struct stat *file)
{
	return (int64_t)file->st_mtim.tv_sec * 1000000000 + file->st_mtim.tv_nsec;
}

/* Goes on with NAME.gz in place of NAME, if that is there and no older. */
static void prefer_gzip(struct http_file *f, struct buf *name)
{
	const size_t plain = name->len;
	struct stat found;

	buf_puts(name, ".gz");
	f->gzip = !name->failed && look(name->p, &found) && changed_ns(&found) >= changed_ns(&f->stat);
	if (f->gzip)
		f->stat = found;
	else
		buf_cut(name, plain);
}

bool http_file_open(struct http_file *f, const char *dir, const char *path, bool gzip)
{
	BUF_CLEANUP struct buf name = { 0 };

	*f = (struct http_file){ 0 };
	if (!*dir || !is_safe(path))
		return false;
	buf_printf(&name, "%s%s%s", dir, path, str_ends(str_of(path), STR("/")) ? "index.html" : "");
	if (name.failed)
		return false;
	f->type = type_of(buf_view(&name));
	if (!f->type || !look(name.p, &f->stat))
		return false;
	if (gzip)
		prefer_gzip(f, &name);
	f->name = str_dup(buf_view(&name));
	return f->name != NULL;
}

void http_file_etag(const struct http_file *f, char *etag, size_t size)
{
	snprintf(etag, size, "\"%" PRIx64 "-%" PRIx64 "%s\"", (uint64_t)changed_ns(&f->stat), (uint64_t)f->stat.st_size, f->gzip ? "-gzip" : "");
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool http_file_read(struct http_file *f, struct buf *out, size_t max)
{
	char piece[16384];
	int fd = open(f->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat now;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &now) == 0 && is_same(&now, &f->stat))
		n = pread(fd, piece, max < sizeof(piece) ? max : sizeof(piece), f->done);
	close(fd);
	if (n <= 0)
		return false;
	buf_add(out, piece, (size_t)n);
	f->done += n;
	return !out->failed;
}

void http_file_close(struct http_file *f)
{
	free(f->name);
	*f = (struct http_file){ 0 };
}
