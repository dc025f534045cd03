// Programs that tests start and that a bare machine may lack.

import { installed } from '../../scripts/installed.ts'

/**
 * An option of tests that start these programs: where one is missing they are skipped, and say so. With CI=true nothing may
 * be skipped.
 */
export function needs(...programs: readonly string[]): { readonly skip: string | false } {
  const missing = programs.filter((program) => !installed(program))
  if (missing.length === 0) return { skip: false }
  return { skip: `${missing.join(', ')} missing; scripts/install-test-packages.sh installs what the tests start` }
}
