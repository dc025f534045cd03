// Programs that leave something behind, or hide what they make: the corpus of the tests and of the rounds that end trees
// (test/integration/trees.test.ts, test/soak/trees.ts). Each prints "there" when what it leaves is there, and needs no more than
// /bin/sh, setsid, nohup and python3.

import { readFileSync } from 'node:fs'
import type { Client } from '../../../client-lib/index.ts'
import type { ProcessSpecInput } from '../../../proto/protocol.ts'
import { statOf } from './daemon-harness.ts'

/** Whoever has none of this left is told from other runs only by when it came. */
const hidden = `python3 -c 'import os,time
if os.fork(): os._exit(0)
os.setsid()
os.execve("/bin/sh",["sh","-c","echo there; exec sleep 1000"],{"PATH":"/bin:/usr/bin"})'`

/** Programs that end, or are killed, and leave something that is known by its parent, its group, its session or its mark. */
export const corpus: Readonly<Record<string, string>> = {
  'a job in the background': 'sleep 1000 & echo there',
  'a session of its own': 'setsid sleep 1000 & sleep 0.1; echo there',
  'setsid and nohup, three deep':
    'setsid nohup sh -c "setsid nohup sh -c \\"setsid nohup sleep 1000 & echo there\\" & wait" > /dev/stdout 2>&1 & wait',
  'a daemon, by a double fork': `python3 -c 'import os,time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.write(1,b"there\\n")
time.sleep(1000)'`,
  'one that ignores TERM and HUP': `setsid sh -c 'trap "" TERM HUP; echo there; while :; do sleep 1; done' & wait`,
  'one that has stopped itself': `setsid sh -c 'echo there; kill -STOP $$' & wait`,
  'one that changes its group': `python3 -c 'import os,time
if os.fork(): os._exit(0)
os.setpgid(0,0)
os.write(1,b"there\\n")
time.sleep(1000)'`,
  'one that makes others all the time': `setsid sh -c 'echo there; i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; wait' & wait`,
  'one that holds the pipes, and ignores that they end': `setsid sh -c 'trap "" HUP PIPE TERM; echo there; while :; do echo more; sleep 1; done' &`,
  'one without environment, below its parent': `setsid env -i /bin/sh -c 'echo there; exec /bin/sleep 1000' & wait`,
  'one that is traced, and stopped by its tracer': `python3 -c 'import ctypes,os,time
pid=os.fork()
if pid==0:
  os.setsid()
  ctypes.CDLL(None).ptrace(0,0,None,None)
  os.kill(os.getpid(),19)
  time.sleep(1000)
os.waitpid(pid,0)
os.write(1,b"there\\n")
time.sleep(1000)'`,
}

/** One that has left its session, lost its parent and cleared its environment. */
export const hiding: Readonly<Record<string, string>> = {
  'one that nothing tells of but when it came': hidden,
}

/** Starts one of the programs, and resolves with its id when what it leaves is there. */
export async function startOf(
  client: Client,
  spec: Omit<ProcessSpecInput, 'command'>,
  script: string,
): Promise<string> {
  const attachment = await client.startAttached({ command: 'sh', args: ['-c', script], ...spec })
  for await (const item of attachment.output) {
    if (item.kind === 'data' && item.bytes.toString().includes('there')) break
  }
  return attachment.process.id
}

/** All descendants of a process that live. Zombies are dead. */
export function livingBelow(ancestor: number): number[] {
  const waiting = [ancestor]
  const found: number[] = []
  for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
    for (const child of childrenOf(pid)) {
      if (!isDead(child)) found.push(child)
      waiting.push(child)
    }
  }
  return found
}

/** Whether a process is gone, or a zombie. */
export function isDead(pid: number): boolean {
  return (statOf(pid)?.state ?? 'Z') === 'Z'
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return [] // gone meanwhile
  }
}
