/* page - what the browser says about the page and the network. In Node there is neither: nothing is ever said. */

export const isHidden = () => globalThis.document?.visibilityState === 'hidden';

/* Returns the function that ends it. */
export function watchPage({ hidden, shown, online }) {
	const visibility = () => (isHidden() ? hidden() : shown());
	globalThis.document?.addEventListener?.('visibilitychange', visibility);
	globalThis.window?.addEventListener('online', online);
	return () => {
		globalThis.document?.removeEventListener?.('visibilitychange', visibility);
		globalThis.window?.removeEventListener('online', online);
	};
}
