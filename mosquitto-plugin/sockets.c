#include "mosquitto-plugin/sockets.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static void set_options(int fd, unsigned ms)
{
	const struct {
		int level, name;
		unsigned value;
	} options[] = {
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, ms },
		{ IPPROTO_TCP, TCP_KEEPIDLE, SOCKETS_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, SOCKETS_ASK_S },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value)))
			return; /* the descriptor is no TCP socket */
}

int sockets_give_up_after(int64_t ms)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;
	int64_t fd;

	if (!dir)
		return -1;
	while ((e = readdir(dir)))
		if (str_to_int(str_of(e->d_name), &fd))
			set_options((int)fd, (unsigned)ms);
	closedir(dir);
	return 0;
}

static bool is_tcp(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 && protocol == IPPROTO_TCP;
}

bool sockets_peer(int fd, char *out, size_t size)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	const void *in;

	*out = '\0';
	if (getpeername(fd, (struct sockaddr *)&peer, &len))
		return errno == ENOTCONN && is_tcp(fd);
	if (peer.ss_family == AF_INET)
		in = &((const struct sockaddr_in *)(const void *)&peer)->sin_addr;
	else if (peer.ss_family == AF_INET6)
		in = &((const struct sockaddr_in6 *)(const void *)&peer)->sin6_addr;
	else
		return false;
	return inet_ntop(peer.ss_family, in, out, (socklen_t)size) != NULL;
}

int64_t sockets_silent_ms(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || len <= offsetof(struct tcp_info, tcpi_last_data_recv))
		return -1;
	return info.tcpi_last_data_recv;
}
