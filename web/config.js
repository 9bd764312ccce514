/* What a league edits. What the publisher that serves this page knows better, it tells at config.json, and that goes before this file: the brokers, the prefix,
 * the title, the tracks. Everything may also be given in the address: ?server=wss://…&prefix=…&view=…
 * A server that the address names, but neither this file nor where the page came from, is named on the page: anybody can
 * make such an address, and what is then shown does not come from the league. */
export default {
	// Brokers; the page chooses the one that does best. Empty: port 9001 of the host that serves this page, path /mqtt
	// (on https pages: /mqtt of the same host). Example: ['wss://live.example.org/mqtt', 'wss://edge2.example.org/mqtt']
	servers: [],

	// Publishers for networks that block WebSockets. Empty: where this page came from.
	http: [],

	// One broker can serve many tracks: each has its own prefix.
	prefix: 'scoreboard',

	// What people call this scoreboard.
	title: '',

	// Where these pages are, as people are to open them: for the QR code of venue.html.
	addresses: [],

	// All tracks, where there are several: the start page shows them, [{ prefix: 'scoreboard/track1', title: 'Track 1' }, ...]
	tracks: [],

	// How the brokers send the game: 'packed', a quarter of the bytes, and JSON where a broker has no packed feed; or 'json'.
	encoding: 'packed',

	// Sponsors: a row below the board, and names that the crew can put on the overlay; with their pictures, files in the folder of the pages
	// (of the packages: /usr/share/scoreboard-mqtt/web): [{ name: 'Acme Skates', image: 'sponsors/acme.svg' }]
	sponsors: [],

	// Whether a publisher at `http` keeps games (its option --history; one that serves these pages tells it): the board then leads to them, and can go 30 s back.
	history: false,

	// The views of the two pages.
	view: 'spectator',
	overlayView: 'overlay',
};
