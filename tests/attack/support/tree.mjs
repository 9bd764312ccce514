/* tree - as many retained topics as a whole game has: told by the publisher, in the shape of its own. */
import assert from 'node:assert/strict';
import { PASSWORD } from './rink.mjs';
import { PUBACK, login, publishPacket } from './wire.mjs';

const PAYLOAD = 'Some Skater Name';

export async function publishTree(rink, topics) {
	const wire = await login({ port: rink.publishPort, user: 'publisher', password: PASSWORD, id: 'whole-game' });
	assert.equal(wire.code, 0);
	let acknowledged = 0;
	const all = new Promise((done) => wire.on(PUBACK, () => { if (++acknowledged === topics) done(true); }));
	for (let i = 0; i < topics; i++) {
		wire.send(publishPacket(`scoreboard/whole/period/${i % 2 + 1}/jam/${Math.floor(i / 200)}/team/${i % 4 + 1}/leaf/${i}`, PAYLOAD,
			{ retain: true, qos: 1, id: i % 65535 + 1 }));
		if (i % 500 === 499)
			while (acknowledged < i - 1500)
				await new Promise((done) => setTimeout(done, 5));
	}
	await Promise.race([all, new Promise((_, fail) => setTimeout(fail, 20000, new Error(`only ${acknowledged} topics were taken`)))]);
	wire.close();
}
