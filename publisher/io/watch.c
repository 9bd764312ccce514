#include "publisher/io/watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct watch {
	struct watch_events events;
	struct lws *wsi; /* libwebsockets' side of it; NULL: it has closed it */
};

struct watch *watch_new(struct io *io, int fd, const struct watch_events *events)
{
	struct lws_vhost *vhost = lws_get_vhost_by_name(io->lws, "default");
	struct watch *w = calloc(1, sizeof(*w));
	lws_sock_file_fd_type copy = { .filefd = fcntl(fd, F_DUPFD_CLOEXEC, 3) };

	if (w && copy.filefd >= 0) {
		w->events = *events;
		w->wsi = lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, copy, WATCH_PROTOCOL, NULL);
	} else if (copy.filefd >= 0) {
		close(copy.filefd);
	}
	if (w && w->wsi) {
		lws_set_opaque_user_data(w->wsi, w);
		return w;
	}
	free(w); /* libwebsockets closes the duplicate when it can't take it */
	return NULL;
}

void watch_want_write(struct watch *w)
{
	if (w->wsi)
		lws_callback_on_writable(w->wsi);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->wsi) {
		lws_set_opaque_user_data(w->wsi, NULL);
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	}
	free(w);
}

int watch_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct watch *w = lws_get_opaque_user_data(wsi);

	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_CLOSE_FILE && w) {
		w->wsi = NULL;
		w->events.readable(w->events.arg);
	} else if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		if (!w)
			return -1;
		w->events.readable(w->events.arg);
	} else if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE && w && w->events.writable) {
		w->events.writable(w->events.arg);
	}
	return 0;
}
