#include "mosquitto-plugin/sockets.h"

#include "base/str.h"

#include <dirent.h>
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
			return; /* no TCP socket, and that is fine */
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
