// What a probe is: one look at a process from outside, which takes a while and comes out well or not.

/**
 * Looks once, and tells what is wrong, for people; undefined: nothing. It tells once, never at once. The returned function gives
 * up: then nothing is told any more, and nothing of the look is left. How long it may take is for the caller to say.
 */
export type Probe = (tell: (problem: string | undefined) => void) => () => void
