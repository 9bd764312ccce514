/* Node's old `url`, as much of it as MQTT.js asks for: the parts of an absolute address. */
export default {
	parse(text) {
		const { protocol, hostname, port, pathname, search, searchParams, username, password } = new URL(text);
		const auth = username && [username, password].map(decodeURIComponent).join(':');
		return { protocol, hostname, port: port || null, path: pathname + search, query: Object.fromEntries(searchParams), auth: auth || null };
	},
};
