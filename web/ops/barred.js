/* barred - the pages with a login: which of their screens is shown, and who may log in here. An address can be made up by anybody: a page that shows
 * ours in its own name, or one that takes the password to another server, gets no login. */

import { find, setText } from '../board/dom.js';

const SCREENS = ['loading', 'barred', 'login', 'desk'];

export function showScreen(screen) {
	document.body.dataset.screen = screen;
	for (const name of SCREENS)
		find(`#${name}`).toggleAttribute('hidden', name !== screen);
}

/* Shows the login, or why there is none. Returns whether somebody may log in. */
export function showLogin(settings) {
	const why = whyBarred(settings);
	setText(find('#barred-why'), why ?? '');
	showScreen(why === null ? 'login' : 'barred');
	return why === null;
}

/* Why nobody should log in at this address; null: all is well. `settings`: of board/settings.js. */
function whyBarred({ foreign }) {
	if (window.top !== window)
		return 'Another page shows this one inside itself. Open it by its own address.';
	if (foreign.length > 0)
		return `The address that you have opened names other servers: ${foreign.join(', ')}. Open this page without them, or name them in config.js.`;
	return null;
}
