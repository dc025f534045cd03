// The requests that say whether a process is to run. Each is answered when it has had its effect, or when it is sure that it
// will not: it failed, or a later request wants something else.

import { NetdaemonError } from '../../proto/errors.ts'
import type { Process } from '../process/process.ts'
import { outcomeOfStart, outcomeOfStop } from '../supervisor/outcome.ts'
import { type DaemonContext, type Handlers, Later, ok } from './request-context.ts'
import { whenKept } from './when-kept.ts'

interface Waiting {
  readonly wait: boolean
  readonly timeoutMs?: number | undefined
}

export const lifeHandlers: Pick<Handlers, 'UP' | 'STOP' | 'RESTART' | 'RELOAD'> = {
  UP(daemon, _client, { process, ...waiting }) {
    const target = daemon.processes.find(process)
    return whenAsked(daemon, target, 'up', () => {
      daemon.processes.up(target)
      return answerWhen(daemon, target, waiting, outcomeOfStart(target, daemon.processes), 'has not come up')
    })
  },

  STOP(daemon, _client, { process, killAfterMs, ...waiting }) {
    const target = daemon.processes.find(process)
    const { dependencies } = daemon.processes
    return whenAsked(daemon, target, 'down', () => {
      dependencies.stop([target], killAfterMs)
      return answerWhen(daemon, target, waiting, outcomeOfStop(target, daemon.processes), 'has not ended')
    })
  },

  RESTART(daemon, _client, { process, ...waiting }) {
    const target = daemon.processes.find(process)
    return whenAsked(daemon, target, 'up', () => {
      daemon.processes.again(target)
      return answerWhen(daemon, target, waiting, outcomeOfStart(target, daemon.processes), 'has not come up again')
    })
  },

  RELOAD({ processes }, _client, { process }) {
    const target = processes.find(process)
    const answer = () => ok({ process: target.summary() })
    const reload = target.reload()
    if (reload === undefined) return answer()
    return new Later<ReturnType<typeof answer>>((settle) =>
      reload((failure) => {
        if (failure === undefined) settle.answer(answer())
        else settle.fail(failure)
      }),
    )
  },
}

/** Acts when what is wanted is on disk, for a process that is kept there. */
function whenAsked<A>({ kept }: DaemonContext, process: Process, wanted: 'up' | 'down', act: () => A | Later<A>) {
  return whenKept((done) => kept.ask(process, { wanted }, done), act)
}

/** Answers as soon as there is an outcome; an error is one, too. */
function answerWhen(
  { clock }: DaemonContext,
  process: Process,
  { wait, timeoutMs }: Waiting,
  outcome: () => NetdaemonError | 'done' | undefined,
  late: string,
) {
  const answer = () => ok({ process: process.summary() })
  const known = outcome()
  if (known instanceof NetdaemonError) throw known
  if (known === 'done' || !wait) return answer()
  return new Later<ReturnType<typeof answer>>((settle) => {
    const cancels: (() => void)[] = []
    const stop = () => {
      for (const cancel of cancels) cancel()
    }
    const look = () => {
      const result = outcome()
      if (result === undefined) return
      stop()
      if (result === 'done') settle.answer(answer())
      else settle.fail(result)
    }
    cancels.push(process.life.watch(look))
    if (timeoutMs !== undefined) {
      const timeout = () => {
        stop()
        settle.fail(new NetdaemonError('TIMEOUT', `"${process.id}" ${late} within ${timeoutMs} ms`))
      }
      cancels.push(clock.after(timeoutMs, timeout))
    }
    return stop
  })
}
