/* certs - a throw-away certificate authority with a server and a client certificate, made by openssl. */
#ifndef SUPPORT_CERTS_H
#define SUPPORT_CERTS_H

struct certs {
	const char *ca;                       /* PEM files in the temporary directory */
	const char *server_cert, *server_key; /* for localhost and 127.0.0.1 */
	const char *client_cert, *client_key; /* common name "scoreboard" */
	const char *other_ca;                 /* an authority that signed none of these */
};

/* Made at the first call, the same ever after. */
const struct certs *certs_get(void);

#endif
