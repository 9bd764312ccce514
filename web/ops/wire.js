/* wire - one connection to a broker, as an operator. Translates between MQTT.js and desk.js; decides nothing. */

import { dial } from '../client/dial.js';
import { randomHex } from '../client/id.js';

const REQUEST = '$CONTROL/scoreboard/v1';
const RESPONSE = '$CONTROL/scoreboard/v1/response';
const KEEPALIVE_S = 30;
/* A CONNACK's reasons for who is not to come, of MQTT 5: a bad client id, bad name or password, not authorized, banned. Mosquitto 2.0 says 0x87 to whatever it is. */
const NOT_WELCOME = new Set([0x85, 0x86, 0x87, 0x8a]);

/* on: opened(), topic(topic, text), answer(text), lost({ refused }). Nothing is told after close(). */
export function openWire({ url, who, topics, dialMs, mqtt }, on) {
	const line = dial(mqtt, { url, who, clientId: `ops-${randomHex(8)}`, keepalive: KEEPALIVE_S, dialMs, lost: (error) => on.lost({ refused: NOT_WELCOME.has(error?.code) }) });
	const { client, close } = line;
	client.on('connect', () => {
		client.subscribe(topics, { qos: 0 }, () => {}); // what is refused is not shown
		on.opened();
	});
	client.on('message', (topic, payload) => {
		const text = new TextDecoder().decode(payload);
		if (!line.closed && topic === RESPONSE)
			on.answer(text);
		else if (!line.closed)
			on.topic(topic, text);
	});
	return {
		close,
		/* Resolves when the broker has taken it. */
		ask: (text) => new Promise((resolve, reject) => {
			if (line.closed)
				reject(new Error('not connected'));
			client.publish(REQUEST, text, { qos: 1 }, (error) => (error ? reject(error) : resolve()));
		}),
	};
}
