/* nginx - the real one, with conf/nginx.conf, in front of a publisher: only ports and folders are other ones. */
#ifndef SUPPORT_NGINX_H
#define SUPPORT_NGINX_H

#include "tests/support/proc.h"

bool nginx_exists(void);
/* Listens on ADDRESS:PORT. Fatal when the file can't be written; it does not wait. */
struct proc *nginx_start(const char *address, int port, int publisher_port);
bool nginx_stop(struct proc *nginx); /* and frees; false: it did not end */

#endif
