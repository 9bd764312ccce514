/* wire - one connection to a broker, as an uplink. Translates between MQTT.js and uplink.js; decides nothing. */

import { dial } from '../client/dial.js';

const KEEPALIVE_S = 15;
const QUEUE_MOST = 16 << 20; // bytes that the broker has not taken: more is a way that is too slow
const REFUSED = 0x80;        // reason codes from here on

/* on: joined(), order(text), choked('slow' | 'refused'), lost(code). Nothing is told after close(). `timers`: see timers.js. */
export function openWire({ url, who, clientId, prefix, dialMs, timers, mqtt }, on) {
	const line = dial(mqtt, { url, who, clientId, keepalive: KEEPALIVE_S, dialMs, timers, lost: (error) => on.lost(error?.code ?? error?.reasonCode) });
	const { client, close, lose } = line;
	let window = 1;     // messages that may wait for their acknowledgement
	let flying = 0;
	let bytes = 0;      // of all that the broker has not taken
	const waiting = [];
	const answered = (size, error) => {
		flying--;
		bytes -= size;
		if (line.closed)
			return;
		if (error)
			on.choked('refused');
		pump();
	};
	const pump = () => {
		while (!line.closed && flying < window && waiting.length > 0) {
			const payload = waiting.shift();
			flying++;
			client.publish(`uplink/frames/${prefix}`, payload, { qos: 1 }, (error, packet) => answered(payload.length, error ?? packet?.reasonCode >= REFUSED));
		}
	};
	client.on('connect', ({ properties }) => {
		window = Math.min(100, properties?.receiveMaximum ?? 100);
		client.subscribe(`uplink/orders/${prefix}`, { qos: 1 }, (error, granted) => {
			if (line.closed)
				return;
			if (error || granted?.some(({ qos }) => qos >= REFUSED))
				return lose({ code: 'subscribe' });
			on.joined();
		});
	});
	client.on('message', (topic, payload, { retain }) => !line.closed && !retain && on.order(new TextDecoder().decode(payload)));
	return {
		close,
		get queued() { return bytes; },
		say(payload) {
			bytes += payload.length;
			waiting.push(payload);
			pump();
			if (bytes > QUEUE_MOST)
				on.choked('slow');
		},
		/* What was not sent yet of a session that has ended. */
		drop() {
			waiting.splice(0).forEach(({ length }) => { bytes -= length; });
		},
	};
}
