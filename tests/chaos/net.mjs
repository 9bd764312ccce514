/* net - machines and the cables between them: each a network namespace with an address, all at one bridge, which is the rink's network. The test itself is at the
 * bridge, and reaches every machine whose cable is well. Needs run.sh, whose network this is. */
import { execFileSync } from 'node:child_process';
import { portOpen, run, stop, until } from '../web/support/tools.mjs';

export const RINK = '10.77.0.1';
const WIDTH = 16;

const ip = (line) => execFileSync('ip', line.split(' '), { stdio: ['ignore', 'pipe', 'pipe'] });

export function layCables() {
	ip('link set lo up');
	ip('link add rink type bridge');
	ip(`address add ${RINK}/${WIDTH} dev rink`);
	ip('link set rink up');
}

/* A machine, named in at most 12 characters, with its addresses (of 10.77.0.0/16), the first of which is `address`. */
export function createMachine(name, ...addresses) {
	const port = `to-${name}`;
	ip(`netns add ${name}`);
	ip(`link add ${port} type veth peer name eth0 netns ${name}`);
	ip(`link set ${port} master rink up`);
	ip(`-n ${name} link set lo up`);
	ip(`-n ${name} link set eth0 up`);
	addresses.forEach((address) => ip(`-n ${name} address add ${address}/${WIDTH} dev eth0`));
	return {
		name, address: addresses[0], addresses,
		run: (command, args, options) => run('ip', ['netns', 'exec', name, command, ...args], options),
		/* What is sent from and to here vanishes, and nobody is told. */
		cut: () => ip(`link set ${port} nomaster`),
		mend: () => ip(`link set ${port} master rink`),
		/* The machine knows that it has no network; the others are not told. */
		down: () => ip(`-n ${name} link set eth0 down`),
		up: () => ip(`-n ${name} link set eth0 up`),
	};
}

/* A program on a machine, which can be broken and healed in many ways. It is up when its port answers at the rink. */
export function createPart(machine, { command, args, port, env }) {
	const part = { name: machine.name, machine, port, child: null, meant: false };
	part.start = () => {
		part.meant = true;
		part.child = machine.run(command, args, { env: { ...process.env, ...env } });
		part.child.ended.then((how) => { part.endedBy = how; });
	};
	part.up = () => until(() => portOpen(port, machine.address), `${part.name} answers at port ${port}`)
		.catch(({ message }) => { throw new Error(`${message}: ${part.child.said}`); });
	part.end = (signal) => {
		part.meant = false;
		return stop(part.child, signal);
	};
	part.kill = () => part.end('SIGKILL');
	part.freeze = () => part.child.kill('SIGSTOP');
	part.thaw = () => part.child.kill('SIGCONT');
	/* Has it ended without being told? */
	part.died = () => part.meant && (part.child.exitCode !== null || part.child.signalCode !== null);
	return part;
}
