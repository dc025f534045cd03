// How a process stands to others and to the disk, as SHOW tells it: what it needs, who needs it, where it was declared. Pure.

import type { ProcessDetail } from '../../proto/protocol.ts'
import type { Need } from './dependencies.ts'

/** Dependents that are told of: the answer must have an end. */
const DEPENDENTS_MAX = 1000

/** What is kept of a process. */
interface Standing {
  /** Where it was applied from; null: it was started. */
  readonly source: string | null
  readonly enabled: boolean
}

type Relations = Pick<ProcessDetail, 'dependsOn' | 'dependents' | 'source' | 'enabled'>

/** @param standing undefined: nothing is kept of it */
export function relationsOf(
  needs: Need[],
  dependents: readonly { readonly id: string }[],
  standing: Standing | undefined,
): Relations {
  const source = standing?.source ?? null
  return {
    ...(needs.length === 0 ? {} : { dependsOn: needs }),
    ...(dependents.length === 0 ? {} : { dependents: dependents.slice(0, DEPENDENTS_MAX).map(({ id }) => id) }),
    ...(source === null ? {} : { source }),
    ...(standing === undefined ? {} : { enabled: standing.enabled }),
  }
}
