#include "tests/support/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLOWDOWN 4
#else
#define SLOWDOWN 1
#endif

struct kept {
	struct kept *next;
	char text[];
};

static struct kept *kept_strings;
static char temp_dir[PATH_MAX];
static pid_t temp_owner;

void fatal(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("\nHARNESS: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void kept_free(void)
{
	while (kept_strings) {
		struct kept *k = kept_strings;

		kept_strings = k->next;
		free(k);
	}
}

static const char *keep(const char *dir, const char *relative)
{
	size_t size = strlen(dir) + strlen(relative) + 2;
	struct kept *k = malloc(sizeof(*k) + size);

	if (!k)
		fatal("out of memory");
	if (!kept_strings)
		atexit(kept_free);
	snprintf(k->text, size, "%s/%s", dir, relative);
	k->next = kept_strings;
	kept_strings = k;
	return k->text;
}

static const char *env_or(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

const char *place_build(const char *relative)
{
	return keep(env_or("SB_BUILD_DIR", "build"), relative);
}

const char *publisher_program(void)
{
	static const char *path;

	if (!path)
		path = place_build("publisher/scoreboard-publisher");
	if (!place_exists(path))
		fatal("%s is not built", path);
	return path;
}

const char *place_source(const char *relative)
{
	return keep(env_or("SB_SOURCE_DIR", "."), relative);
}

const char *place_shared(const char *relative)
{
	const char *path = getenv("SB_SHARED") ? keep(getenv("SB_SHARED"), relative)
					       : keep(place_source("../shared"), relative);

	return place_exists(path) ? path : NULL;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void temp_remove(void)
{
	if (getpid() != temp_owner)
		return;
	if (getenv("SB_KEEP"))
		printf("kept: %s\n", temp_dir);
	else
		nftw(temp_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *place_temp(const char *relative)
{
	if (!temp_owner) {
		snprintf(temp_dir, sizeof(temp_dir), "%s/sb-test-XXXXXX", env_or("TMPDIR", "/tmp"));
		if (!mkdtemp(temp_dir))
			fatal("no temporary directory %s: %s", temp_dir, strerror(errno));
		temp_owner = getpid();
		atexit(temp_remove);
	}
	return keep(temp_dir, relative);
}

bool place_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

void place_write(const char *path, struct str bytes)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes.p, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
		fatal("cannot write %s: %s", path, strerror(errno));
}

bool place_read(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char block[65536];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(out, block, n);
	fclose(f);
	return !out->failed;
}

bool place_instrumented(void)
{
	return SLOWDOWN > 1;
}

static bool port_taken(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, rc;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return rc != 0;
}

/* Other test programs are not to take a port while the broker on it is down for a moment. All of them agree on it by the UDP port of the
 * same number, which nothing here uses, and which the kernel gives to one of them until that one ends (tests/web/support/tools.mjs does so). */
static bool port_reserved(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return true; /* fd stays open */
	close(fd);
	return false;
}

/* Not by bind(0): such a port could be taken by anyone's outgoing connection while the broker that a test restarts
 * on it is down. */
int port_free(void)
{
	static uint64_t x;

	if (!x)
		x = mono_now_ns() ^ (uint64_t)getpid() << 32;
	for (int tries = 0; tries < 1000; tries++) {
		int port;

		x = x * 6364136223846793005u + 1442695040888963407u;
		port = 12000 + (int)(x >> 33) % 20000;
		if (port_reserved(port) && !port_taken(port))
			return port;
	}
	fatal("no free port");
}

int64_t patience_ms(int64_t ms)
{
	static double factor;

	if (factor <= 0)
		factor = atof(env_or("SB_PATIENCE", "1")) * SLOWDOWN;
	return (int64_t)((double)ms * (factor > 0 ? factor : 1));
}

unsigned int place_number(const char *variable, unsigned int otherwise)
{
	const char *text = getenv(variable);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

void nap_ms(int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

uint32_t chance(uint32_t below)
{
	static uint64_t x;

	if (!x) {
		x = strtoull(env_or("SB_SEED", "0"), NULL, 10);
		if (!x)
			x = mono_now_ns() % 1000000 + 1;
		printf("\n    seed %llu (SB_SEED=%llu repeats)\n", (unsigned long long)x, (unsigned long long)x);
	}
	x = x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((x >> 33) % below);
}
