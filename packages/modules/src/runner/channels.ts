/** The channels between a runner child and its parent, beside its standard streams, by file descriptor. */

/** Messages, both ways: one JSON text a line. */
export const MESSAGE_FD = 3;
/** Heartbeats, a byte each: a thread has no part in the channel of its process. */
export const HEARTBEAT_FD = 4;
