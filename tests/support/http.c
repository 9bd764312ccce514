#include "tests/support/http.h"

#include "tests/support/place.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_S 5
#define MAX_ANSWER ((size_t)64 << 20)

int http_dial(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval timeout = { .tv_sec = (time_t)patience_ms(TIMEOUT_S) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool http_raw(int port, struct str request, struct buf *answer)
{
	int fd = http_dial(port);
	char block[16384];
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (send(fd, request.p, request.len, MSG_NOSIGNAL) == (ssize_t)request.len)
		while (answer->len < MAX_ANSWER && (n = recv(fd, block, sizeof(block), 0)) > 0)
			buf_add(answer, block, (size_t)n);
	close(fd);
	return n == 0;
}

int http_get(int port, const char *path, struct buf *body)
{
	BUF_CLEANUP struct buf request = { 0 };
	BUF_CLEANUP struct buf answer = { 0 };
	const char *end;

	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", path, port);
	if (!http_raw(port, buf_view(&request), &answer) || answer.len < 12)
		return -1;
	end = memmem(answer.p, answer.len, "\r\n\r\n", 4);
	if (!end || strncmp(answer.p, "HTTP/1.", 7) != 0)
		return -1;
	if (body)
		buf_puts(body, end + 4);
	return atoi(answer.p + 9);
}

static bool row_value(struct str line, const char *row, double *out)
{
	size_t n = strlen(row);

	if (line.len <= n + 1 || memcmp(line.p, row, n) != 0 || line.p[n] != ' ')
		return false;
	*out = strtod(line.p + n, NULL);
	return true;
}

double metric(struct str page, const char *row)
{
	struct str line;
	double value;

	while (str_split(&page, '\n', &line))
		if (row_value(line, row, &value))
			return value;
	return (double)NAN;
}

double metric_sum(struct str page, const char *name)
{
	size_t n = strlen(name);
	double sum = 0, value;
	struct str line;

	while (str_split(&page, '\n', &line)) {
		const char *space = line.len ? memrchr(line.p, ' ', line.len) : NULL;

		if (row_value(line, name, &value))
			sum += value;
		else if (space && line.len > n && memcmp(line.p, name, n) == 0 && line.p[n] == '{')
			sum += strtod(space, NULL);
	}
	return sum;
}
