// Whether an HTTP server answers a GET as it should: with one of these statuses, and a body that a pattern is found in. node:http is
// loaded with the first probe. Each probe has a connection of its own; certificates are not checked, because a server on this machine
// is asked by an address that its certificate does not name.

import type { ClientRequest, IncomingMessage } from 'node:http'
import { errnoOf } from '../../proto/errno.ts'
import type { Pattern } from './pattern.ts'
import type { Probe } from './probe.ts'

/** Bytes of the body that are looked at. */
const BODY_MAX = 64 * 1024

export interface HttpQuestion {
  readonly url: string
  /** The statuses that are well; undefined: 200 to 399. */
  readonly status: readonly number[] | undefined
  readonly match: Pattern | undefined
}

export function httpProbe(question: HttpQuestion): Probe {
  return (tell) => {
    let over = false
    let request: ClientRequest | undefined
    const end = (problem: string | undefined) => {
      if (over) return
      over = true
      request?.destroy()
      tell(problem)
    }
    const failed = (error: unknown) => end(`cannot ask ${question.url}: ${errnoOf(error) ?? String(error)}`)
    ask(question.url).then((asked) => {
      if (over) {
        asked.on('error', () => {}).destroy()
        return
      }
      request = asked
      asked.on('error', failed)
      asked.on('response', (response) => look(question, response, end))
      asked.end()
    }, failed)
    return () => {
      over = true
      request?.destroy()
    }
  }
}

async function ask(url: string): Promise<ClientRequest> {
  const headers = { 'user-agent': 'netdaemon', accept: '*/*', connection: 'close' }
  if (url.startsWith('https:')) {
    const { request } = await import('node:https')
    return request(url, { agent: false, headers, rejectUnauthorized: false })
  }
  const { request } = await import('node:http')
  return request(url, { agent: false, headers })
}

function look({ url, status, match }: HttpQuestion, response: IncomingMessage, end: (problem?: string) => void): void {
  const { statusCode = 0 } = response
  response.on('error', () => end(`${url} broke off its answer`))
  response.on('close', () => end(`${url} broke off its answer`))
  if (!(status === undefined ? statusCode >= 200 && statusCode < 400 : status.includes(statusCode))) {
    end(`${url} answers ${statusCode}`)
    return
  }
  if (match === undefined) {
    end()
    return
  }
  const pieces: Buffer[] = []
  let bytes = 0
  const judge = () => {
    const body = Buffer.concat(pieces).subarray(0, BODY_MAX).toString()
    end(match.foundIn(body) ? undefined : `the answer of ${url} does not match ${JSON.stringify(match.source)}`)
  }
  response.on('data', (piece: Buffer) => {
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= BODY_MAX) judge()
  })
  response.on('end', judge)
}
