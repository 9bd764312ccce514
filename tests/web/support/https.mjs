/* https - an authority that only this test knows, certificates of it, a browser that trusts it and nobody else new, certbot with an authority to ask, and what a TLS port speaks. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { FLAGS } from './chrome.mjs';
import { chromiumPath, createService, freePort, run, scratch, stop } from './tools.mjs';

export const NAME = 'live.league.example';
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });

/* issue(): another certificate for `name`, as { chain, key }; one(): the same as HAProxy has it, in one file. `ca`: the authority's own. */
export function createAuthority(called = 'the authority of a test') {
	const folder = scratch();
	const at = (file) => join(folder, file);
	let made = 0;
	openssl('req', '-x509', ...EC, '-days', '2', '-subj', `/CN=${called}`, '-keyout', at('ca.key'), '-out', at('ca.pem'));
	return {
		ca: at('ca.pem'),
		issue(name = NAME) {
			const [chain, key, request] = ['pem', 'key', 'csr'].map((kind) => at(`${++made}.${kind}`));
			writeFileSync(at('names'), `subjectAltName=DNS:${name}\n`);
			openssl('req', ...EC, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
			openssl('x509', '-req', '-in', request, '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names'), '-out', chain);
			return { chain, key };
		},
	};
}

/* A Chromium whose profile knows this authority (a file), and nothing else that the system does not; no check is switched off. `ports`: where NAME's 443 and 80 are. */
export async function launchStrict({ ca, ports }) {
	const home = scratch();
	const store = join(home, '.pki/nssdb');
	mkdirSync(store, { recursive: true });
	execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
	if (ca)
		execFileSync('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'test', '-i', ca]);
	const rules = Object.entries(ports).map(([port, here]) => `MAP ${NAME}:${port} 127.0.0.1:${here}`);
	return chromium.launch({ executablePath: chromiumPath(), headless: true, env: { ...process.env, HOME: home },
		args: [...FLAGS, `--host-resolver-rules=${rules.join(',')}`] });
}

/* The real certbot, with folders of its own, and pebble, which it takes for Let's Encrypt; that one looks at `httpPort` for NAME. get(words): the first certificate, by `certbot
 * certonly` with these words; renew(): another one; live: where they are; ca(): whose. `authority` vouches for pebble itself. `env`: for certbot's hooks. */
export async function startCertbot(authority, httpPort, env = {}) {
	const folder = scratch();
	const [api, management, dns] = [await freePort(), await freePort(), await freePort()];
	const { chain, key } = authority.issue('localhost');
	const config = join(folder, 'pebble.json');
	writeFileSync(config, JSON.stringify({ pebble: { listenAddress: `127.0.0.1:${api}`, managementListenAddress: `127.0.0.1:${management}`, certificate: chain, privateKey: key, httpPort, tlsPort: 1 } }));
	/* its UDP port of 127.0.0.1 is what freePort() has taken */
	const names = run('/usr/bin/pebble-challtestsrv', ['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.2:${dns}`, '-http01', '', '-https01', '', '-tlsalpn01', '', '-management', '']);
	const pebble = createService('/usr/bin/env', ['PEBBLE_VA_NOSLEEP=1', 'PEBBLE_WFE_NONCEREJECT=0', '/usr/bin/pebble', '-config', config, '-dnsserver', `127.0.0.2:${dns}`], [api, management]);
	await pebble.start();
	const certbot = async (...words) => {
		const child = run('/usr/bin/certbot', [...words, '-q', '--config-dir', folder, '--work-dir', folder, '--logs-dir', folder],
			{ env: { ...process.env, ...env, REQUESTS_CA_BUNDLE: authority.ca } });
		assert.equal(await child.ended, 0, child.said + pebble.child.said);
	};
	return {
		live: { chain: join(folder, 'live', NAME, 'fullchain.pem'), key: join(folder, 'live', NAME, 'privkey.pem') },
		get: (...words) => certbot('certonly', '--non-interactive', '--agree-tos', '--register-unsafely-without-email', '--server', `https://localhost:${api}/dir`, '-d', NAME, ...words),
		renew: () => certbot('renew', '--force-renewal', '--no-random-sleep-on-renew'),
		ca() {
			const file = join(folder, 'root.pem');
			writeFileSync(file, execFileSync('curl', ['-sf', '--cacert', authority.ca, `https://localhost:${management}/roots/0`]));
			return file;
		},
		stop: () => Promise.all([stop(names), pebble.stop()]),
	};
}

/* What `openssl s_client` says of a port, with these words more. */
const handshake = (port, ca, ...words) => {
	const { stdout, stderr } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', NAME, '-verify_hostname', NAME, '-CAfile', ca, ...words], { input: '', encoding: 'utf8', timeout: 10000 });
	return stdout + stderr;
};
const cipherOf = (said) => /Cipher is (\S+)/.exec(said)?.[1];
const WEAK = { security: 'DEFAULT:@SECLEVEL=0', static: 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256', cbc: 'ECDHE+AES+SHA:ECDHE+AES+SHA256:@SECLEVEL=0', nothing: 'NULL:aNULL:@SECLEVEL=0' };

/* As testssl would look: which versions and ciphers a port takes, whether its chain is good for NAME, what it negotiates above (`alpn`: { asked: got }). */
export function checkProtocol(port, ca, alpn = {}) {
	const refuses = (what, ...words) => assert.match(cipherOf(handshake(port, ca, ...words)) ?? '(NONE)', /^(\(NONE\)|0000)$/, `${port} takes ${what}`);
	for (const version of ['-tls1_3', '-tls1_2']) {
		const said = handshake(port, ca, version);
		assert.match(said, /Verify return code: 0 \(ok\)/, `${port} ${version}: ${said.slice(-800)}`);
		assert.match(cipherOf(said), /GCM|CHACHA20/);
		assert.doesNotMatch(said, /Compression: zlib/);
	}
	refuses('TLS 1.1', '-tls1_1', '-cipher', WEAK.security);
	refuses('TLS 1.0', '-tls1', '-cipher', WEAK.security);
	refuses('a cipher without forward secrecy', '-tls1_2', '-cipher', WEAK.static);
	refuses('CBC', '-tls1_2', '-cipher', WEAK.cbc);
	refuses('nobody\'s or no encryption', '-tls1_2', '-cipher', WEAK.nothing);
	assert.match(handshake(port, ca, '-tls1_2'), /Secure Renegotiation IS supported/);
	for (const [asked, got] of Object.entries(alpn))
		assert.match(handshake(port, ca, '-alpn', asked), got ? new RegExp(`ALPN protocol: ${got}`) : /No ALPN/, `ALPN ${asked}`);
}

/* The certificate that a port shows, as text; null when it is not one of this authority for NAME. */
export function shown(port, ca) {
	const said = handshake(port, ca);
	return /Verify return code: 0/.test(said) ? /-----BEGIN[^]*?END CERTIFICATE-----/.exec(said)[0] : null;
}
