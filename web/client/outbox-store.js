/* outbox-store - where waiting messages survive a reload: IndexedDB, or memory where there is none. All calls are
 * promises; items are plain objects with an `id`. What is asked for while a transaction is under way goes with the next one: a hundred
 * messages written at once cost two transactions. A promise resolves when the browser says that its transaction is complete, and on disk
 * ("strict"), where the browser can say that. */

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

/* `shared`: all tabs of this origin see the same messages. */
function databaseStore(database) {
	const batches = createBatches((changes) => commit(database, changes));
	return {
		persistent: true,
		shared: true,
		put: (item) => batches.change(item.id, item),
		remove: (id) => batches.change(id, null),
		all: () => readAll(database),
		close: () => batches.idle().then(() => database.close()),
	};
}

function commit(database, changes) {
	return new Promise((resolve, reject) => {
		const durability = [...changes.values()].some((item) => item !== null) ? 'strict' : 'relaxed'; // a removal that is lost costs a second copy
		const transaction = database.transaction('messages', 'readwrite', { durability });
		const messages = transaction.objectStore('messages');
		transaction.oncomplete = resolve;
		transaction.onerror = transaction.onabort = () => reject(transaction.error);
		changes.forEach((item, id) => (item === null ? messages.delete(id) : messages.put(item)));
	});
}

function readAll(database) {
	return new Promise((resolve, reject) => {
		const request = database.transaction('messages', 'readonly').objectStore('messages').getAll();
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

/* commit(Map of id -> item or null) is called with all changes since the last call; one call at a time. A batch that fails is tried again
 * change by change: a message that there is no room for must not keep others from being removed. */
export function createBatches(commit) {
	let next = null;
	let running = null;
	const run = async () => {
		while (next) {
			const { changes, settle } = next;
			next = null;
			await commit(changes).then(() => settle.forEach(({ resolve }) => resolve()), () => oneByOne(commit, changes, settle));
		}
		running = null;
	};
	return {
		change(id, item) {
			next ??= { changes: new Map(), settle: [] };
			next.changes.set(id, item);
			const done = new Promise((resolve, reject) => next.settle.push({ id, resolve, reject }));
			running ??= Promise.resolve().then(run);
			return done;
		},
		idle: async () => { await running; },
	};
}

async function oneByOne(commit, changes, settle) {
	for (const [id, item] of changes) {
		const mine = settle.filter((waiting) => waiting.id === id);
		await commit(new Map([[id, item]])).then(
			() => mine.forEach(({ resolve }) => resolve()),
			(error) => mine.forEach(({ reject }) => reject(error)),
		);
	}
}
