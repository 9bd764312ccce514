#include "mosquitto-plugin/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *read_all(int fd, size_t max, struct buf *out)
{
	char block[16384];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "not a regular file";
	while ((n = read(fd, block, sizeof(block))) > 0) {
		buf_add(out, block, (size_t)n);
		if (out->len > max)
			return "the file is too long";
	}
	if (n < 0)
		return strerror(errno);
	return out->failed ? "out of memory" : NULL;
}

const char *file_read(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why;

	if (fd < 0)
		return strerror(errno);
	why = read_all(fd, max, out);
	close(fd);
	return why;
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.p, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = str_skip(bytes, (size_t)n);
	}
	return true;
}

const char *file_replace(const char *path, struct str bytes)
{
	BUF_CLEANUP struct buf temp = { 0 };
	bool ok;
	int fd;

	buf_printf(&temp, "%s.new", path);
	if (temp.failed)
		return "out of memory";
	fd = open(temp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return strerror(errno);
	ok = write_all(fd, bytes);
	ok = close(fd) == 0 && ok;
	if (ok && rename(temp.p, path) == 0)
		return NULL;
	unlink(temp.p);
	return strerror(errno);
}
