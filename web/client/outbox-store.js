/* outbox-store - where waiting messages survive a reload: IndexedDB, or memory where there is none. All calls are
 * promises; items are plain objects with an `id`. */

export async function openStore(name) {
	if (!globalThis.indexedDB)
		return memoryStore();
	const database = await openDatabase(name).catch(() => null); // private windows may refuse
	return database ? databaseStore(database) : memoryStore();
}

function memoryStore() {
	const items = new Map();
	return {
		persistent: false,
		put: async (item) => { items.set(item.id, item); },
		remove: async (id) => { items.delete(id); },
		all: async () => [...items.values()],
		close: () => {},
	};
}

function openDatabase(name) {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name, 1);
		request.onupgradeneeded = () => request.result.createObjectStore('messages', { keyPath: 'id' });
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
		request.onblocked = () => reject(new Error('blocked'));
	});
}

function databaseStore(database) {
	const act = (mode, verb, argument) => new Promise((resolve, reject) => {
		const transaction = database.transaction('messages', mode);
		const request = transaction.objectStore('messages')[verb](...(argument === undefined ? [] : [argument]));
		transaction.oncomplete = () => resolve(request.result);
		transaction.onerror = transaction.onabort = () => reject(transaction.error);
	});
	return {
		persistent: true,
		put: (item) => act('readwrite', 'put', item),
		remove: (id) => act('readwrite', 'delete', id),
		all: () => act('readonly', 'getAll'),
		close: () => database.close(),
	};
}
