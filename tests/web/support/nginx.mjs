/* nginx - as conf/nginx.conf ships it, before a stage's publisher and broker. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createService, freePort, nginxPath, scratch, shipped, stayRoot } from './tools.mjs';

export async function startNginx(stage) {
	const folder = scratch();
	const port = await freePort();
	const conf = join(folder, 'nginx.conf');
	writeFileSync(conf, shipped('conf/nginx.conf', [
		['worker_processes auto;', `worker_processes 1; daemon off; ${stayRoot.map((line) => `${line};`).join('')}`],
		['listen 80 ', `listen 127.0.0.1:${port} `],
		['127.0.0.1:8080', `127.0.0.1:${stage.httpPort}`],
		['127.0.0.1:9001', `127.0.0.1:${stage.broker.wsPort}`],
		['/run/scoreboard-nginx.pid', join(folder, 'pid')],
		['/var/lib/nginx', folder],
		['/var/cache/nginx', folder],
	]));
	const nginx = createService(nginxPath(), ['-c', conf], [port]);
	await nginx.start();
	return Object.assign(nginx, { port });
}
