// Keeps Node's debugger shut, which would let whoever can connect to a local port run code in the daemon: Node opens it on
// SIGUSR1 until a program listens to that signal. Imported first, so that ours listens before the rest of it is loaded.

process.on('SIGUSR1', () => {})

/**
 * An option for a Node that we start: the address at which it would open its debugger is one that no machine has (TEST-NET-1,
 * RFC 5737). So a SIGUSR1 that comes while Node itself is loading does nothing but write a line to stderr.
 */
export const NO_DEBUGGER = '--inspect-port=192.0.2.1:0'
