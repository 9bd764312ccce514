/* notice - what the page says of a notice of the crew, and which one the viewer has put away. Pure but for noticeStore(). */

/* What is to be shown; null: nothing. `dismissed`: the id of the notice that was put away last. `role`: a reader's software says what is urgent
 * at once, and the rest when it has said what it is saying. */
export function noticeModel(notice, dismissed) {
	if (notice === null || notice.id === dismissed)
		return null;
	const { text, level, by } = notice;
	return { text, level, by, role: level === 'urgent' ? 'alert' : 'status' };
}

/* Remembers one id for as long as the tab lives; where the browser keeps nothing, as long as the page does. */
export function noticeStore(key, storage = () => globalThis.sessionStorage) {
	let id = null;
	return {
		get id() {
			try {
				return storage().getItem(key) ?? id;
			} catch {
				return id;
			}
		},
		set id(value) {
			id = value;
			try {
				storage().setItem(key, value);
			} catch {
				// forbidden, or full
			}
		},
	};
}
