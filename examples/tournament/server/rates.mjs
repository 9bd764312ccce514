/* rates - how often each of many may do something. Each key, as an address, has a bucket of `burst` and gets `perS` back in a second; the
 * longest silent is forgotten when there are more than `most`. Pure: time is an argument, in ms. */

export function createRates({ perS, burst, most = 10000 }) {
	return { perS, burst, most, buckets: new Map() };
}

/* True, and it is paid, when there is something left. */
export function ratesTake(rates, key, now) {
	const had = rates.buckets.get(key) ?? { left: rates.burst, at: now };
	const left = Math.min(rates.burst, had.left + Math.max(0, now - had.at) / 1000 * rates.perS);
	const pays = left >= 1;
	rates.buckets.delete(key);
	rates.buckets.set(key, { left: pays ? left - 1 : left, at: now }); // the last used are at the end
	if (rates.buckets.size > rates.most)
		rates.buckets.delete(rates.buckets.keys().next().value);
	return pays;
}

/* Whose bucket an address is: an IPv6 network of /64 is one household's. */
export function rateKey(address) {
	const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '');
	if (!plain.includes(':'))
		return plain;
	const [head, tail = ''] = plain.split('%')[0].split('::');
	const groups = head.split(':').filter(Boolean);
	const behind = tail.split(':').filter(Boolean);
	while (plain.includes('::') && groups.length + behind.length < 8)
		groups.push('0');
	return [...groups, ...behind].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}
