// Subjects as JavaScript, one file each, with packages left outside: what an application's own code would be.
import { build } from 'esbuild'
import { subjectNames } from './subject.ts'

/** Writes `.cache/js/<subject>.js` and `.cache/js/cold.js`. */
export async function compileSubjects(): Promise<void> {
  const subjects = subjectNames.map((name) => ({ in: `subjects/${name}.ts`, out: name }))
  await build({
    absWorkingDir: process.cwd(),
    entryPoints: [...subjects, { in: 'cases/cold.child.ts', out: 'cold' }],
    outdir: '.cache/js',
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // The repository's own maps `stablestudio` to its sources; an application loads the built package.
    tsconfigRaw: {},
    logLevel: 'warning',
  })
}
