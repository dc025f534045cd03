// How a command opens the UI: checks the terminal, connects, and loads the bundle with Ink in it, which others never pay for.

import { isatty } from 'node:tty'
import type { GlobalValues } from '../command-line/command.ts'
import { CliError } from '../complaint.ts'
import { reachDaemon, socketOf } from '../connection/reach-daemon.ts'
import { done, type Outcome } from '../exit-status.ts'
import { SignalRelay } from '../signals/signal-relay.ts'

/** @param id a process to begin with @throws CliError without a terminal, NetdaemonError */
export async function openUi(options: GlobalValues, id: string | undefined): Promise<Outcome> {
  if (!isatty(0) || !isatty(1)) {
    throw new CliError('the UI needs a terminal for its input and output; use "ndctl list" or "ndctl top" instead')
  }
  if ((process.env.TERM ?? 'dumb') === 'dumb') {
    throw new CliError(
      'the UI needs a terminal that can move its cursor; TERM is "dumb" or not set, so this one cannot',
    )
  }
  const connect = () => reachDaemon(options)
  const client = await connect()
  const open = id === undefined ? undefined : await client.show(id)
  const [{ runUi }, { terminalCalls }] = await Promise.all([
    import('../tui/run.ts'),
    import('../terminal/terminal-calls.ts'),
  ])
  using signals = new SignalRelay()
  const onSignal = (deliver: (signal: string) => void) => signals.connect(deliver)
  const end = await runUi({ connect, client, open, address: socketOf(options), calls: terminalCalls(), onSignal })
  return end.kind === 'quit' ? done : end
}
