/* emitter - listeners by event name. A listener that throws stops nobody else. */

export function createEmitter() {
	const listeners = new Map();
	return {
		/* Returns the function that ends it. */
		on(name, listener) {
			if (!listeners.has(name))
				listeners.set(name, new Set());
			listeners.get(name).add(listener);
			return () => listeners.get(name).delete(listener);
		},
		emit(name, event) {
			listeners.get(name)?.forEach((listener) => call(listener, event));
		},
	};
}

function call(listener, event) {
	try {
		listener(event);
	} catch (error) {
		console.error(error); // a page's mistake must not stop the feed
	}
}
