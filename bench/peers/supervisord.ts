// supervisord: output goes to log files; the interface is XML-RPC over a UNIX socket, which is what supervisorctl and
// control services speak.

import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { execa } from 'execa'
import { installed } from '../../scripts/installed.ts'
import { residentMb, until } from '../support/daemon.ts'
import { holds, sizeOf, untilSize } from './files.ts'
import type { Peer, PeerRig } from './peer.ts'

interface Program {
  readonly name: string
  readonly command: string
  readonly log?: string
  readonly count?: number
}

/** One running supervisord with the programs given. */
class Supervisord implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly socket: string
  readonly config: string

  private constructor(child: ChildProcess, socket: string, config: string) {
    this.#process = child
    this.socket = socket
    this.config = config
  }

  static async start(rig: PeerRig, programs: readonly Program[]): Promise<Supervisord> {
    const base = rig.fresh('supervisord')
    const socket = `${base}.sock`
    writeFileSync(`${base}.conf`, configuration(base, socket, programs))
    const child = spawn('supervisord', ['-n', '-c', `${base}.conf`], { stdio: 'ignore' })
    const daemon = new Supervisord(child, socket, `${base}.conf`)
    let answers = false
    const ask = async () => {
      while (!answers) {
        answers = await daemon.call('supervisor.getState').then(
          () => true,
          () => false,
        )
        if (!answers) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const asking = ask()
    await until('supervisord', () => answers, 60_000, 20)
    await asking
    return daemon
  }

  get memoryMb(): number {
    return residentMb(this.#process.pid ?? 0)
  }

  /** Calls a method of its interface; resolves with the XML of the answer. */
  call(method: string, ...params: readonly string[]): Promise<string> {
    const values = params.map((param) => `<param><value><string>${param}</string></value></param>`).join('')
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values}</params></methodCall>`
    return new Promise((resolve, reject) => {
      const sent = request(
        { socketPath: this.socket, path: '/RPC2', method: 'POST', headers: { 'Content-Type': 'text/xml' } },
        (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('end', () => {
            const xml = Buffer.concat(pieces).toString()
            if (response.statusCode !== 200 || xml.includes('<fault>')) reject(new Error(`${method}: ${xml}`))
            else resolve(xml)
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await exited
  }
}

function configuration(base: string, socket: string, programs: readonly Program[]): string {
  const sections = programs.map(({ name, command, log, count = 1 }) =>
    [
      `[program:${name}]`,
      `command=${command}`,
      `process_name=${count > 1 ? '%(program_name)s_%(process_num)05d' : '%(program_name)s'}`,
      `numprocs=${count}`,
      `autostart=${count > 1}`,
      'autorestart=false',
      'startsecs=0',
      `stdout_logfile=${log ?? 'NONE'}`,
      'stdout_logfile_maxbytes=0',
      'stderr_logfile=NONE',
    ].join('\n'),
  )
  return `[unix_http_server]
file=${socket}
[supervisord]
logfile=/dev/null
logfile_maxbytes=0
pidfile=${base}.pid
minfds=16384
loglevel=error
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
${sections.join('\n')}
`
}

export const supervisord: Peer = {
  name: 'supervisord',

  async version() {
    return installed('supervisord') ? `supervisord ${(await execa('supervisord', ['--version'])).stdout}` : undefined
  },

  async bulk(rig, file) {
    const log = rig.fresh('log')
    await using daemon = await Supervisord.start(rig, [{ name: 'bulk', command: `cat ${file.path}`, log }])
    const begun = performance.now()
    await daemon.call('supervisor.startProcess', 'bulk')
    await untilSize(log, file.size)
    const seconds = (performance.now() - begun) / 1000
    if (!holds(log, file)) throw new Error('supervisord: the log holds other bytes')
    rmSync(log)
    return seconds
  },

  async starts(rig, count) {
    const log = rig.fresh('log')
    await using daemon = await Supervisord.start(rig, [{ name: 'echo', command: '/bin/echo x', log }])
    const times: number[] = []
    for (let run = 1; run <= count; run++) {
      const begun = performance.now()
      const [seen] = await Promise.all([
        untilSize(log, run * 2).then(() => performance.now()),
        daemon.call('supervisor.startProcess', 'echo'),
      ])
      times.push((seen - begun) * 1000)
      for (;;) if (/EXITED/.test(await daemon.call('supervisor.getProcessInfo', 'echo'))) break
    }
    return times
  },

  async scale(rig, processes) {
    await using daemon = await Supervisord.start(
      rig,
      processes === 0 ? [] : [{ name: 'sleep', command: '/bin/sleep 100000', count: processes }],
    )
    const running = (xml: string) => xml.split('>RUNNING<').length - 1
    for (;;) if (running(await daemon.call('supervisor.getAllProcessInfo')) >= processes) break
    const listMs: number[] = []
    for (let run = 0; run < 5; run++) {
      const begun = performance.now()
      await daemon.call('supervisor.getAllProcessInfo')
      listMs.push(performance.now() - begun)
    }
    return { memoryMb: daemon.memoryMb, listMs }
  },

  async listCommand(rig, count) {
    await using daemon = await Supervisord.start(rig, [{ name: 'sleep', command: '/bin/sleep 100000' }])
    await daemon.call('supervisor.startProcess', 'sleep')
    const times: number[] = []
    for (let run = 0; run < count; run++) {
      const begun = performance.now()
      const { stdout } = await execa('supervisorctl', ['-c', daemon.config, 'status'])
      times.push(performance.now() - begun)
      if (!stdout.includes('RUNNING')) throw new Error(`supervisorctl: ${stdout}`)
    }
    return times
  },

  async completeRuns(rig, file, runs) {
    const log = rig.fresh('log')
    await using daemon = await Supervisord.start(rig, [{ name: 'bulk', command: `cat ${file.path}`, log }])
    let complete = 0
    for (let run = 0; run < runs; run++) {
      const before = sizeOf(log)
      await daemon.call('supervisor.startProcess', 'bulk')
      for (;;) if (/EXITED/.test(await daemon.call('supervisor.getProcessInfo', 'bulk'))) break
      if (sizeOf(log) - before === file.size) complete++
    }
    return complete
  },
}
