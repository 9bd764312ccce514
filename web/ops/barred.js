/* barred - who may log in here. An address can be made up by anybody: a page that shows it in its own name, or takes the password to another server, is not
 * ours. */

/* Why nobody should log in at this address; null: all is well. `settings`: of board/settings.js. */
export function whyBarred({ foreign }) {
	if (window.top !== window)
		return 'Another page shows this one inside itself. Open it by its own address.';
	if (foreign.length > 0)
		return `The address that you have opened names other servers: ${foreign.join(', ')}. Open this page without them, or name them in config.js.`;
	return null;
}
