/* nginx - as conf/nginx.conf ships it, before a stage's publisher and broker; plain, and as scoreboard-setup makes it for a domain. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createService, freePort, nginxPath, placed, scratch, shipped, source, stayRoot } from './tools.mjs';

/* What both have in common: where they are, and who is behind them. */
const places = (stage, folder) => [
	['worker_processes auto;', `worker_processes 1; daemon off; ${stayRoot.map((line) => `${line};`).join('')}`],
	['127.0.0.1:8080', `127.0.0.1:${stage.httpPort}`],
	['127.0.0.1:9001', `127.0.0.1:${stage.broker.wsPort}`],
	['/run/scoreboard-nginx.pid', join(folder, 'pid')],
	['/var/lib/nginx', folder],
	['/var/cache/nginx', folder],
];

async function start(folder, text, ports) {
	const conf = join(folder, 'nginx.conf');
	writeFileSync(conf, text);
	const nginx = createService(nginxPath(), ['-c', conf], Object.values(ports));
	await nginx.start();
	return Object.assign(nginx, ports);
}

export async function startNginx(stage) {
	const folder = scratch();
	const port = await freePort();
	return start(folder, shipped('conf/nginx.conf', [['listen 80 ', `listen 127.0.0.1:${port} `], ...places(stage, folder)]), { port });
}

/* The file as the script itself makes it. */
const ofSetup = (domain) => execFileSync('bash', ['-euc', 'declare -A answer=([domain]="$1"); root="" etc=/nowhere share=.; . setup/files.sh; nginx_conf', '-', domain],
	{ cwd: source, encoding: 'utf8' });

/* With the certificate { chain, key }, by links as scoreboard-setup makes them. use(): another one. webroot: of certbot's challenges. */
export async function startHttps(stage, domain, certificate) {
	const folder = scratch();
	const ports = { tlsPort: await freePort(), mqttsPort: await freePort(), plainPort: await freePort() };
	const link = ({ chain, key }) => [[chain, 'chain.pem'], [key, 'key.pem']].forEach(([file, name]) => symlinkSync(file, join(folder, 'tls', name)));
	['tls', 'webroot'].forEach((name) => mkdirSync(join(folder, name)));
	link(certificate);
	const nginx = await start(folder, placed(ofSetup(domain).replaceAll(/^.*listen \[::\].*\n/gm, ''), 'what scoreboard-setup makes of conf/nginx.conf', [
		['/etc/scoreboard-mqtt/tls', join(folder, 'tls')],
		['listen 80;', `listen 127.0.0.1:${ports.plainPort};`],
		['listen 443 ', `listen 127.0.0.1:${ports.tlsPort} `],
		['listen 8883 ', `listen 127.0.0.1:${ports.mqttsPort} `],
		['/var/lib/scoreboard-nginx', join(folder, 'webroot')],
		['127.0.0.1:1883', `127.0.0.1:${stage.broker.port}`],
		...places(stage, folder),
	]), ports);
	nginx.use = (another) => {
		['chain.pem', 'key.pem'].forEach((name) => unlinkSync(join(folder, 'tls', name)));
		link(another);
		nginx.child.kill('SIGHUP');
	};
	return Object.assign(nginx, { webroot: join(folder, 'webroot') });
}
