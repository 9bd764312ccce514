#include "mosquitto-plugin/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_error(struct complaint *why)
{
	return complaint_say(why, 0, "%s", strerror(errno));
}

static int read_all(int fd, size_t max, struct buf *out, struct complaint *why)
{
	char block[16384];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return complaint_say(why, 0, "not a regular file");
	while ((n = read(fd, block, sizeof(block))) > 0) {
		buf_add(out, block, (size_t)n);
		if (out->len > max)
			return complaint_say(why, 0, "the file is too long");
	}
	if (n < 0)
		return system_error(why);
	return out->failed ? complaint_say(why, 0, "out of memory") : 0;
}

int file_read(const char *path, size_t max, struct buf *out, struct complaint *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int failed;

	if (fd < 0)
		return system_error(why);
	failed = read_all(fd, max, out, why);
	close(fd);
	return failed;
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

int file_replace(const char *path, struct str bytes, struct complaint *why)
{
	BUF_CLEANUP struct buf temp = { 0 };
	bool ok;
	int fd;

	buf_printf(&temp, "%s.new", path);
	if (temp.failed)
		return complaint_say(why, 0, "out of memory");
	fd = open(temp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return system_error(why);
	ok = fchmod(fd, 0644) == 0 && write_all(fd, bytes); /* whatever the umask: others are to read it */
	ok = close(fd) == 0 && ok;
	if (ok && rename(temp.p, path) == 0)
		return 0;
	unlink(temp.p);
	return system_error(why);
}
