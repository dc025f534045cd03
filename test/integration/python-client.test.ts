// The client of examples/python, which is all that docs/protocol-from-another-language.md promises, against a real daemon.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { encode } from '@msgpack/msgpack'
import { execa } from 'execa'
import { repository } from '../../scripts/repository.ts'
import { DaemonHarness } from '../support/daemon/daemon-harness.ts'
import { needs } from '../support/programs.ts'

const directory = join(repository, 'examples/python')

/** Runs a program that has the client, and answers what it printed. */
async function python(args: readonly string[], socket: string, input = ''): Promise<string> {
  const env = { NETDAEMON_SOCKET: socket, PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout } = await execa('python3', args, { env, input })
  return stdout
}

const client = (script: string, socket: string) =>
  python(
    ['-c', `from netdaemon_client import *\nwith Client() as daemon:\n${script.replaceAll(/^/gm, '    ')}`],
    socket,
  )

describe('the client in Python', () => {
  it('does what its example says', needs('python3'), async () => {
    await using daemon = await DaemonHarness.start()
    const said = await python([join(directory, 'example.py')], daemon.socket)
    assert.deepEqual(said.split('\n'), [
      'speaking with netdaemon',
      "running: ['greeter']",
      'stderr Who is there?',
      'stdout Hello, Python.',
      'it has exited with 3',
      'CANNOT_START ENOENT',
    ])
  })

  it(
    'writes more than the window, keeps channels apart, and sees the end after all output',
    needs('python3'),
    async () => {
      await using daemon = await DaemonHarness.start()
      const said = await client(
        `count = daemon.call("START", spec={"command": "sh", "args": ["-c", "wc -c; echo done >&2"]}, attach={"from": "start"})
count.write(bytes(3_000_000))
count.write(b"")
for channel, data in count.output():
    print(channel, data.decode().strip())
print(count.state["kind"], count.state["code"], count.offset)`,
        daemon.socket,
      )
      assert.deepEqual(said.split('\n'), ['1 3000000', '2 done', 'exited 0 13'])
    },
  )

  it('puts long messages together, and takes them apart', needs('python3'), async () => {
    await using daemon = await DaemonHarness.start()
    const said = await client(
      `variables = {f"V{n}": "x" * 1000 for n in range(500)}
started = daemon.call("START", spec={"command": "sleep", "args": ["1000"], "name": "long", "env": {"set": variables}})
detail = daemon.call("SHOW", process="long", env=True)["process"]
print(all(detail["env"][key] == value for key, value in variables.items()))
print(daemon.call("KILL", process=started["process"]["handle"], signal=9)["signal"])
print(daemon.call("WAIT", process="long")["process"]["state"]["signal"])`,
      daemon.socket,
    )
    assert.deepEqual(said.split('\n'), ['True', 'SIGKILL', 'SIGKILL'])
  })

  it(
    'goes on from an offset, is told what is not kept, and reads two processes at once',
    needs('python3'),
    async () => {
      await using daemon = await DaemonHarness.start()
      const said = await client(
        `flood = {"command": "head", "args": ["-c", "200000", "/dev/zero"], "outputLimit": 65536}
for name in ("one", "two"):
    daemon.call("START", spec={**flood, "name": name})
    daemon.call("WAIT", process=name)
one, two = [daemon.call("ATTACH", process=name, from_={"offset": 10}) for name in ("one", "two")]
for attachment in (two, one):
    gap, kept = 0, 0
    for channel, data in attachment.output():
        if channel is None:
            gap += data
        else:
            kept += len(data)
    print(attachment.id, gap + kept, kept, attachment.offset)`,
        daemon.socket,
      )
      assert.deepEqual(said.split('\n'), ['two 199990 65536 200000', 'one 199990 65536 200000'])
    },
  )

  it('tells that a process takes no more input, instead of waiting for it', needs('python3'), async () => {
    await using daemon = await DaemonHarness.start()
    const said = await client(
      `lazy = daemon.call("START", spec={"command": "sh", "args": ["-c", "exec <&-; sleep 1000"]}, attach={})
try:
    while True:
        lazy.write(bytes(100_000))
except NetdaemonError as error:
    print(error.code)`,
      daemon.socket,
    )
    assert.equal(said, 'INPUT_CLOSED')
  })

  it('reads every form of MessagePack that others write, and reads back what it writes', needs('python3'), async () => {
    const numbers = [
      0,
      1,
      127,
      128,
      255,
      256,
      65_535,
      65_536,
      2 ** 32,
      2 ** 53 - 1,
      -1,
      -32,
      -33,
      -128,
      -129,
      -40_000,
      -(2 ** 40),
      0.5,
    ]
    const texts = ['', 'é日', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(300), 'x'.repeat(70_000)]
    const lists = [[], [1, [2, [3]]], Array(15).fill(null), Array(16).fill(true), Array(70_000).fill(1)]
    const map = (size: number) => Object.fromEntries(Array.from({ length: size }, (_, at) => [`k${at}`, at]))
    const values = [null, true, false, ...numbers, ...texts, ...lists, map(0), map(15), map(16), map(70_000)]
    const script = `import json, sys
from netdaemon_client import pack, unpack
for line in sys.stdin:
    value, end = unpack(bytes.fromhex(line))
    assert end == len(line.strip()) // 2 and unpack(pack(value)) == (value, len(pack(value)))
    print(json.dumps(value))`
    const lines = values.map((value) => `${Buffer.from(encode(value)).toString('hex')}\n`)
    const said = await python(['-c', script], '/dev/null', lines.join(''))
    assert.deepEqual(
      said.split('\n').map((line) => JSON.parse(line)),
      values,
    )
  })
})
