// Readers that leave: ndctl notices at once, also when it has nothing to write, and what it runs is told as without ndctl.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { execa } from 'execa'
import { CliRig } from '../support/terminal/cli-rig.ts'

describe('when the reader of its output goes, and nothing more is to be written, ndctl ends', () => {
  for (const [words, lines] of [
    ['events --since 0', 2],
    ['events --since 0 --json', 2],
    ['list --watch', 1],
    ['list --watch --json', 1],
    ['attach --no-stdin --from start quiet', 1],
    ['attach --no-stdin --lossless --from start quiet', 1],
  ] as const) {
    it(`ndctl ${words} | head -${lines}`, async (t) => {
      const rig = await CliRig.withDaemon(t)
      await rig.start('quiet', ['sh', '-c', 'echo one; exec sleep 600'])
      await rig.start('other', ['sleep', '600'])
      const { stderr } = await rig.shell(`{ ndctl -q ${words}; echo $? >&2; } | head -${lines} >/dev/null`)
      equal(stderr, '141')
      equal((await rig.show('quiet')).state.kind, 'running')
    })
  }
})

describe('when the reader of its output goes, what ndctl start runs', () => {
  for (const [what, program, status, kind] of [
    ['lives on while it writes nothing, and ndctl ends as it does', 'exit 3', '3', 'exited'],
    ['gets SIGPIPE when it writes', 'echo two; exec sleep 600', '141', 'killed'],
  ] as const) {
    it(what, async (t) => {
      const rig = await CliRig.withDaemon(t)
      await execa('mkfifo', [join(rig.directory, 'go')])
      const words = `sh -c "echo one; read line <${rig.directory}/go; ${program}"`
      // The reader has gone when it lets the program go on.
      const reader = `{ head -1 >/dev/null; exec <&-; echo >${rig.directory}/go; }`
      const { stderr } = await rig.shell(`{ ndctl start -q --name x ${words}; echo $? >&2; } | ${reader}`)
      deepEqual([stderr, (await rig.ended('x')).state.kind], [status, kind])
    })
  }
})

it('what cannot be written for want of room is said, and the program does not run on for it', async (t) => {
  const rig = await CliRig.withDaemon(t)
  for (const [id, words, end] of [
    // The signal may come before it has exited by itself.
    ['e', 'echo x', ['exited', 'killed']],
    ['y', 'yes', ['killed']],
    ['s', 'sh -c "echo x; exec sleep 600"', ['killed']],
  ] as const) {
    const { stdout, stderr } = await rig.shell(`ndctl start --name ${id} ${words} >/dev/full; echo $?`)
    equal(stdout, '125')
    match(stderr, new RegExp(`^ndctl: cannot write the output of "${id}" \\(ENOSPC\\), so it was sent SIGPIPE; `))
    const { kind } = (await rig.ended(id)).state
    ok(
      end.some((possible) => possible === kind),
      kind,
    )
  }
})
