// Every place in the daemon that makes a system call, failing once with every errno that makes sense there: the daemon
// survives (or refuses to start, with a sentence), clients get an answer, nothing leaks, and the daemon works on.
//
// NETDAEMON_FAULTS=all lets not only the first call of each place fail, but each of them, in the whole scenario: minutes.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Log } from '../../daemon/observe/log.ts'
import { playScenario } from '../support/daemon/fault-scenario.ts'
import { applicable, type Call } from '../support/daemon/faulty-calls.ts'

const directory = mkdtempSync(join(tmpdir(), 'ndf-'))
after(() => rmSync(directory, { recursive: true }))
const logPath = join(directory, 'log')
const log = new Log('warning', { path: logPath, own: false })

interface Site {
  readonly method: string
  /** The step of the scenario that comes here first. */
  readonly step: string
  calls: number
}

interface Fault {
  readonly site: string
  readonly errno: string
  /** Which of the site's calls fails. */
  readonly nth: number
  /** The only step to play; absent: all. */
  readonly step?: string | undefined
}

/** Where calls are made in a scenario in which nothing fails. */
async function collectSites(): Promise<Map<string, Site>> {
  const sites = new Map<string, Site>()
  let step = ''
  const schedule = ({ method, site, nth }: Call) => {
    const known = sites.get(site)
    if (known === undefined) sites.set(site, { method, step, calls: nth })
    else known.calls = nth
    return undefined
  }
  const begins = (next: string) => {
    step = next
  }
  const { refusal, troubles } = await playScenario({ schedule, log, begins })
  assert.equal(refusal, undefined)
  assert.deepEqual(troubles, [])
  return sites
}

function faultsAt(site: string, { method, step, calls }: Site): Fault[] {
  const names = applicable[method] ?? assert.fail(`there are no errnos for ${method}`)
  const faults: Fault[] = names.map((errno) => ({ site, errno, nth: 1, step }))
  if (process.env.NETDAEMON_FAULTS !== 'all') return faults
  const places = Array.from({ length: calls }, (_, index) => index + 1)
  return faults.concat(places.flatMap((nth) => names.map((errno) => ({ site, errno, nth }))))
}

/** Lets one call fail. What came of it, or undefined if the call was not made this time. */
async function survive({ site, errno, nth, step }: Fault): Promise<'refused' | 'told' | 'made up for' | undefined> {
  let reached = false
  const schedule = (call: Call) => {
    if (reached || call.site !== site || call.nth !== nth) return undefined
    reached = true
    return errno
  }
  try {
    const { refusal, troubles } = await playScenario({ schedule, log, only: step })
    const logged = readFileSync(logPath, 'utf8')
    assert.ok(!logged.includes('internal error'), logged)
    if (!reached) return undefined
    if (refusal !== undefined) return 'refused'
    return troubles.length > 0 ? 'told' : 'made up for'
  } catch (error) {
    throw new Error(`${errno} at call ${nth} of ${site}: ${error}`, { cause: error })
  }
}

// What is opened once and for good is not the daemon's: koffi keeps /dev/null.
before(() => playScenario({ schedule: () => undefined, log, leakAllowed: true }))

test('a daemon whose log is on a full disk goes on', async () => {
  const { refusal, troubles } = await playScenario({
    schedule: () => undefined,
    log: new Log('debug', { path: '/dev/full', own: false }),
  })
  assert.equal(refusal, undefined)
  assert.deepEqual(troubles, [])
})

test('every system call of the daemon may fail', async (t) => {
  const sites = await collectSites()
  const count = { refused: 0, told: 0, 'made up for': 0, 'not made': 0 }
  for (const [site, about] of sites) {
    await t.test(site, async () => {
      for (const fault of faultsAt(site, about)) count[(await survive(fault)) ?? 'not made']++
    })
  }
  const survived = count.refused + count.told + count['made up for']
  t.diagnostic(
    `${sites.size} call sites, ${survived} faults survived: ${count.refused} refused at start-up with a sentence, ` +
      `${count.told} told to the client, ${count['made up for']} made up for; ${count['not made']} calls were not made again`,
  )
  // Each site met at least one of its errnos, give or take what timing decides.
  assert.ok(survived > 2 * sites.size)
})
