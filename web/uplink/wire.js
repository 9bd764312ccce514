/* wire - one connection to a broker, as an uplink. Translates between MQTT.js and uplink.js; decides nothing. */

const KEEPALIVE_S = 15;
const QUEUE_MOST = 16 << 20; // bytes that the broker has not taken: more is a way that is too slow
const REFUSED = 0x80;        // reason codes from here on

/* on: joined(), order(text), choked('slow' | 'refused'), lost(code). Nothing is told after close(). `timers`: see timers.js. */
export function openWire({ url, who, clientId, prefix, dialMs, timers, mqtt }, on) {
	const client = mqtt.connect(url, {
		...who,
		clientId,
		protocolVersion: 5,
		clean: true,
		keepalive: KEEPALIVE_S,
		reconnectPeriod: 0,
		resubscribe: false,
		queueQoSZero: false,
		connectTimeout: dialMs,
		timerVariant: timers, // MQTT.js' own worker is made of a blob: not under our CSP
	});
	let closed = false;
	let window = 1;     // messages that may wait for their acknowledgement
	let flying = 0;
	let bytes = 0;      // of all that the broker has not taken
	const waiting = [];
	const close = () => {
		closed = true;
		client.end(true);
	};
	const lose = (error) => {
		if (closed)
			return;
		close();
		on.lost(error?.code ?? error?.reasonCode);
	};
	const answered = (size, error) => {
		flying--;
		bytes -= size;
		if (closed)
			return;
		if (error)
			on.choked('refused');
		pump();
	};
	const pump = () => {
		while (!closed && flying < window && waiting.length > 0) {
			const payload = waiting.shift();
			flying++;
			client.publish(`uplink/frames/${prefix}`, payload, { qos: 1 }, (error, packet) => answered(payload.length, error ?? packet?.reasonCode >= REFUSED));
		}
	};
	client.on('connect', ({ properties }) => {
		window = Math.min(100, properties?.receiveMaximum ?? 100);
		client.subscribe(`uplink/orders/${prefix}`, { qos: 1 }, (error, granted) => {
			if (closed)
				return;
			if (error || granted?.some(({ qos }) => qos >= REFUSED))
				return lose({ code: 'subscribe' });
			on.joined();
		});
	});
	client.on('message', (topic, payload, { retain }) => !closed && !retain && on.order(new TextDecoder().decode(payload)));
	client.on('error', lose);
	client.on('disconnect', lose);
	client.on('close', () => lose());
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
