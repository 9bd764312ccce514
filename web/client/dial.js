/* dial - one connection to a broker by MQTT.js, as all of ours are: it ends where it is lost, and MQTT.js tries nothing by itself. Who dials again, and when,
 * is decided by who has dialled. */

/* `timers`: MQTT.js' own ones run in a worker that is made of a blob, which our pages' policy does not allow. */
export function dialOptions({ who, clientId, keepalive = 60, dialMs, timers = 'native' }) {
	return {
		...who,
		clientId,
		protocolVersion: 5,
		clean: true,
		keepalive,
		reconnectPeriod: 0,
		resubscribe: false,
		queueQoSZero: false,
		connectTimeout: dialMs,
		timerVariant: timers,
	};
}

/* { client, closed, close(), lose(error) }. lost(error) is called once, when it ends without close(); the error may be missing. */
export function dial(mqtt, { url, lost, ...options }) {
	const client = mqtt.connect(url, dialOptions(options));
	const line = {
		client,
		closed: false,
		close() {
			line.closed = true;
			client.end(true);
		},
		lose(error) {
			if (line.closed)
				return;
			line.close();
			lost(error);
		},
	};
	client.on('error', line.lose);
	client.on('disconnect', line.lose);
	client.on('close', () => line.lose());
	return line;
}
