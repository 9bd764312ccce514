// For the checkers' own tests: a tree of files that a test makes, and what a checker says of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

const roots = [];

after(() => roots.forEach((root) => rmSync(root, { recursive: true })));

// files: path -> text. Returns the folder that they lie in, which is gone after the tests.
export function makeTree(files) {
	const root = mkdtempSync(join(tmpdir(), 'house-'));
	roots.push(root);
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
	return root;
}

// Runs the checker in the folder, and returns what it says; it must agree with `good`.
export function runChecker(good, checker, args, root) {
	try {
		const said = execFileSync('node', [checker, ...args], { encoding: 'utf8', cwd: root });
		assert.ok(good, `not found:\n${said}`);
		return said;
	} catch (e) {
		if (e.status !== 1)
			throw e;
		assert.ok(!good, e.stdout);
		return e.stdout;
	}
}
