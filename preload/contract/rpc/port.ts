/**
 * A two-way pipe of structured values. Transports (in-process pair, WebSocket, child process,
 * MessagePort) each make one; nothing above knows which.
 *
 * What may cross is the same on all of them, see {@link ./wire-value.ts}.
 */
export interface Port {
  /**
   * Sends a message; typed arrays reach the other side exact-size. Throws `rpc/not-encodable` for a
   * value that cannot cross. On a closed port it does nothing.
   */
  post(message: unknown): void;
  /** Sets the one reader. Messages that came before it are kept for it. */
  onMessage(listener: (message: unknown) => void): void;
  /**
   * Called once, when the other side is gone or `close` was called here, with the reason where one
   * is known (a sentence for a person). A listener added after that is still called.
   */
  onClose(listener: (reason: string | null) => void): void;
  close(reason?: string): void;
}
