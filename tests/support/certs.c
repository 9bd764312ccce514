#include "tests/support/certs.h"

#include "tests/support/place.h"
#include "tests/support/proc.h"

static void openssl(const char *const *argv)
{
	BUF_CLEANUP struct buf err = { 0 };

	if (proc_run(argv, STR(""), NULL, &err) != 0)
		fatal("openssl %s failed:\n%s", argv[1], err.p ? err.p : "");
}

static void make_ca(const char *cert, const char *key, const char *subject)
{
	openssl(ARGV("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
		     "-days", "2", "-subj", subject, "-keyout", key, "-out", cert));
}

static void make_signed(const char *cert, const char *key, const char *subject, const char *ca_key)
{
	const char *request = place_temp("request.pem"), *extensions = place_temp("extensions.cnf");

	place_write(extensions, STR("subjectAltName=DNS:localhost,IP:127.0.0.1\n"));
	openssl(ARGV("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
		     subject, "-keyout", key, "-out", request));
	openssl(ARGV("openssl", "x509", "-req", "-in", request, "-CA", place_temp("ca.pem"), "-CAkey", ca_key,
		     "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert));
}

const struct certs *certs_get(void)
{
	static struct certs c;
	const char *ca_key;

	if (c.ca)
		return &c;
	ca_key = place_temp("ca.key");
	c = (struct certs){
		.ca = place_temp("ca.pem"),
		.server_cert = place_temp("server.pem"),
		.server_key = place_temp("server.key"),
		.client_cert = place_temp("client.pem"),
		.client_key = place_temp("client.key"),
		.other_ca = place_temp("other-ca.pem"),
	};
	make_ca(c.ca, ca_key, "/CN=scoreboard test CA");
	make_ca(c.other_ca, place_temp("other-ca.key"), "/CN=somebody else's CA");
	make_signed(c.server_cert, c.server_key, "/CN=localhost", ca_key);
	make_signed(c.client_cert, c.client_key, "/CN=scoreboard", ca_key);
	return &c;
}
